"""The chief's oracle: trials of the dead are handed on, and every trial ends once."""

import json
from types import SimpleNamespace

import keras_tuner
import pytest

from tuner.engine import StopSearch, TrialTuner
from tuner.errors import ChiefLostError
from tuner.oracles import make_oracle
from tuner.workers.served import DIED, MOST_STARTS, NOTE, PATIENCE, SERVED
from tuner.workers.standing import Standing
from tuner.workers.worker import PatientOracle

pytestmark = pytest.mark.backend_free


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture()
def clock():
    return Clock()


@pytest.fixture()
def served(tmp_path, clock):
    def make(trials=2, again=False):
        space = keras_tuner.HyperParameters()
        space.Float("training.learning_rate", 0.0, 1.0)
        oracle = make_oracle(
            "random",
            space,
            seed=1,
            trials=trials,
            state_file=tmp_path / "oracle.json",
            oracles=SERVED,
            note={"search": "toy-1"},
            backup=tmp_path / "backup.json",
            again=again,
            clock=clock,
        )
        TrialTuner(oracle, tmp_path)  # says where the project lies
        return oracle

    return make


def ended(oracle, trial, uf1=0.5):
    oracle.update_trial(trial.trial_id, {"uf1": uf1})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)


def test_workers_are_told_what_they_work_for(served):
    oracle = served()
    space = keras_tuner.HyperParameters.from_proto(oracle.get_space().to_proto())
    assert json.loads(space.values[NOTE]) == {"search": "toy-1"}
    assert NOTE not in oracle.create_trial("a").hyperparameters.values


def test_the_trial_of_a_silent_worker_goes_to_one_that_waits(served, clock):
    oracle = served()
    first, second = oracle.create_trial("a"), oracle.create_trial("b")
    ended(oracle, second)
    assert oracle.create_trial("b").status == "IDLE"  # one may have to be handed on
    clock.now = PATIENCE - 1
    oracle.get_trial(first.trial_id)  # a sign of life
    clock.now += PATIENCE - 1
    assert oracle.create_trial("b").status == "IDLE"
    clock.now += 2
    taken = oracle.create_trial("b")
    assert (taken.trial_id, taken.status) == (first.trial_id, "RUNNING")
    assert taken.hyperparameters.values == first.hyperparameters.values
    ended(oracle, taken)
    ended(oracle, first, uf1=0.9)  # it lived after all, and comes too late
    assert oracle.end_order == [second.trial_id, first.trial_id]
    assert oracle.create_trial("b").status == "STOPPED"


def test_a_worker_started_anew_has_its_trial_back(served):
    oracle = served()
    first = oracle.create_trial("a")
    assert oracle.create_trial("a").trial_id == first.trial_id
    assert oracle.create_trial("b").trial_id != first.trial_id


def test_a_trial_that_kills_its_workers_is_given_up(served):
    oracle = served()
    poison = oracle.create_trial("a")
    for _ in range(MOST_STARTS - 1):
        assert oracle.create_trial("a").trial_id == poison.trial_id
    assert oracle.create_trial("a").trial_id != poison.trial_id
    given_up = oracle.trials[poison.trial_id]
    assert given_up.status == "FAILED"
    assert given_up.message.endswith(DIED)


def test_a_chief_started_anew_leaves_workers_at_their_trials(served, tmp_path):
    oracle = served()
    first, second = oracle.create_trial("a"), oracle.create_trial("b")
    ended(oracle, second, uf1=0.25)
    again = served(again=True)
    again.reload()
    assert again.create_trial("a").trial_id == first.trial_id
    ended(again, first, uf1=0.75)
    assert again.end_order == [second.trial_id, first.trial_id]
    standing = Standing.read(tmp_path / "oracle.json")
    assert standing.best == (0, 0.75)
    assert standing.ended == ((1, "COMPLETED", 0.25), (0, "COMPLETED", 0.75))
    assert Standing.read(tmp_path / "none.json") is None


def test_a_search_started_anew_takes_interrupted_trials_up_first(served):
    oracle = served()
    first = oracle.create_trial("a")
    again = served()
    again.reload()
    assert again.create_trial("c").trial_id == first.trial_id


class Client:
    """Answers as the chief of whichever search listens at the address now."""

    search, calls = "toy-1", ()

    def get_space(self):
        return SimpleNamespace(values={NOTE: json.dumps({"search": self.search})})

    def create_trial(self, tuner_id):
        self.calls += (self.search,)
        return SimpleNamespace(status="RUNNING")

    def update_trial(self, trial_id, metrics, step=0):
        self.calls += (self.search,)


def test_a_worker_never_works_for_another_search_at_the_same_address():
    client = Client()
    chief = SimpleNamespace(wait=lambda patience: None)
    oracle = PatientOracle(client, chief, StopSearch)
    assert oracle.note() == {"search": "toy-1"}
    oracle.create_trial("a")
    client.search = "toy-2"  # the next outer fold of a nested search, say
    for call in (lambda: oracle.create_trial("a"), lambda: oracle.update_trial("0", {"uf1": 1.0})):
        with pytest.raises(StopSearch) as stopped:
            call()
        assert isinstance(stopped.value.__cause__, ChiefLostError)
        assert "toy-1 has ended" in str(stopped.value.__cause__)
    assert client.calls == ("toy-1",)
