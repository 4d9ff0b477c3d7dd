"""A search in processes: shares of the machine, addresses, and a worker that is killed."""

import importlib.machinery
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from mer_zoo.errors import TrackingError
from mer_zoo.tracking import Store
from tests.families import Family, assert_ends, until
from tests.tuner.learners import Place
from tuner.errors import ChiefLostError, SearchRefusedError, WorkersLostError
from tuner.usage import DeviceUse
from tuner.workers.address import Address
from tuner.workers.handover import common_store, handed_over, refuse_private_store
from tuner.workers.orphans import SUPERVISED
from tuner.workers.supervisor import Team

pytestmark = pytest.mark.backend_free

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import os, sys
sys.path.insert(0, {root!r})
from mer_zoo.tracking import Store
from tests.tuner.learners import Place
Place({folder!r}).join({recipe!r}, {address!r})
"""


def command_of(place, recipe_file):
    def command(address, uri):
        told = {"root": str(ROOT), "folder": str(place.folder), "recipe": str(recipe_file)}
        return [sys.executable, "-c", WORKER.format(**told, address=address)]

    return command


def test_the_use_of_a_gpu_is_measured_where_nvidia_tells_it(monkeypatch):
    nvml = types.ModuleType("pynvml")
    nvml.__spec__ = importlib.machinery.ModuleSpec("pynvml", None)
    nvml.NVMLError = RuntimeError
    nvml.nvmlInit = nvml.nvmlShutdown = lambda: None
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetUtilizationRates = lambda gpu: types.SimpleNamespace(gpu=40 + gpu)
    nvml.nvmlDeviceGetMemoryInfo = lambda gpu: types.SimpleNamespace(used=2**30)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    with DeviceUse() as use:
        sum(range(10**6))
    assert use.metrics["gpu_percent"] == 42
    assert use.metrics["gpu_memory_mb"] == 1024
    assert 0 < use.metrics["cpu_cores"] < 64


@pytest.mark.parametrize("text", ["8765", "host:", ":8765", "host:http", "host:70000"])
def test_what_is_no_address(text):
    with pytest.raises(SearchRefusedError, match="HOST:PORT"):
        Address.parse(text)


def test_a_port_that_is_taken_is_named_before_anything_starts():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SearchRefusedError, match=f"cannot listen on 127.0.0.1:{port}"):
            Address.parse(f"127.0.0.1:{port}").free()


def test_nobody_to_train_is_refused():
    with pytest.raises(SearchRefusedError, match="nothing would be trained"):
        Team(0, command=lambda *told: [])
    with pytest.raises(SearchRefusedError, match="0 or more"):
        Team(-1, command=lambda *told: [])


def test_a_chief_that_is_not_there(recipe_file, place, monkeypatch):
    monkeypatch.setattr("tuner.workers.worker.PATIENCE", 0.0)
    with pytest.raises(ChiefLostError, match=r"Nobody answers at 127\.0\.0\.1:9"):
        place.join(recipe_file, "127.0.0.1:9")


def test_a_worker_that_cannot_work_stops_the_search_with_its_words(recipe_file, place, monkeypatch):
    def command(address, uri):
        return [sys.executable, "-c", "import sys; print('LeakError: held out'); sys.exit(2)"]

    with pytest.raises(WorkersLostError, match="LeakError: held out"):
        place.search(recipe_file, team=Team(1, command))
    assert place.fits == []


def test_one_of_two_workers_is_killed_and_every_trial_is_done_once(recipe_file, place, capfd):
    """The values of a random search do not depend on who asks when, so both searches are alike.

    The workers are told no store: they use that of the search.
    """
    whole = Place(place.folder / "whole", place.folder / "mlflow.db")
    expected = whole.search(recipe_file, algorithm="random")
    killed = threading.Event()

    def kill():
        while not killed.is_set():
            pids = list(place.diary.glob("*.pid"))
            if pids and place.fits:
                os.kill(int(pids[0].stem), signal.SIGKILL)
                killed.set()
            time.sleep(0.05)

    threading.Thread(target=kill, daemon=True).start()
    found = place.search(
        recipe_file, algorithm="random", team=Team(2, command_of(place, recipe_file))
    )
    assert killed.is_set()
    assert "exit code -9; restarting it" in capfd.readouterr().err
    assert found.trials == expected.trials
    assert found.best == expected.best
    runs = found.record.client.search_runs([found.record.experiment], max_results=100)
    own = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == found.record.run.id]
    assert len(own) == 4 and len(runs) == 1 + 4  # the search and its trials
    assert {r.info.status for r in own} == {"FINISHED"}
    assert len(place.fits) <= 4 * 2 + 1  # the fold that was cut short, again
    again = place.search(recipe_file, algorithm="random", team=Team(2, lambda *told: ["false"]))
    assert again.trials == found.trials  # nothing is left, so nobody is started


ELSEWHERE = """
import sys
sys.path.insert(0, {root!r})
from mer_zoo.errors import MerZooError
from tests.tuner.learners import Place, noisy_means, toy_examples
import tuner
try:
    learner = noisy_means(Place({folder!r}).diary, seconds=0)
    tuner.join({recipe!r}, toy_examples(), {address!r}, tracking_uri={uri!r}, learner=learner)
except MerZooError as error:
    print(f"{{type(error).__name__}}: {{error}}")
    sys.exit(2)
"""


def worker_with(place, recipe_file, uri):
    """Makes the command of a worker that was given this URI, whatever the store of the search."""

    def command(address, _):
        told = {"root": str(ROOT), "folder": str(place.folder), "recipe": str(recipe_file)}
        return [sys.executable, "-c", ELSEWHERE.format(**told, address=address, uri=uri)]

    return command


def test_a_worker_with_another_store_refuses_before_it_trains(recipe_file, place, migrated):
    other = f"sqlite:///{place.folder / 'other.db'}"
    with pytest.raises(WorkersLostError, match=r"TrackingError: There is no database.*other\.db"):
        place.search(recipe_file, team=Team(1, worker_with(place, recipe_file, other)))
    assert not (place.folder / "other.db").exists()
    shutil.copy(migrated, place.folder / "other.db")
    note = {"search": "toy-1", "store": {"tracking_uri": other, "run": "0" * 32}}
    with pytest.raises(TrackingError, match=r"does not hold the search toy-1.*--tracking-uri"):
        common_store(note, None)
    with pytest.raises(TrackingError, match=r"127\.0\.0\.1:9.*--tracking-uri"):
        common_store(note, "http://127.0.0.1:9")
    assert place.fits == []


@pytest.mark.parametrize("uri", ["sqlite:///{folder}/mlflow.db", "http://localhost:{port}"])
def test_a_chief_for_other_machines_needs_a_store_that_they_reach(recipe_file, place, uri):
    with socket.create_server(("127.0.0.1", 0)) as server:
        store = Store.at(uri.format(folder=place.folder, port=server.getsockname()[1]))
        with pytest.raises(SearchRefusedError, match=r"mlflow server --host.*--tracking-uri http"):
            refuse_private_store(store, Address("0.0.0.0", 0))
        refuse_private_store(store, Address())
    with pytest.raises(SearchRefusedError, match="mlflow server"):
        place.search(recipe_file, team=Team(1, lambda *told: ["false"], Address("0.0.0.0", 0)))


def test_a_password_is_not_handed_over():
    store = Store.at("postgresql+psycopg2://me:secret@db.example.org/runs")
    told = handed_over(store, "r1")
    assert told["tracking_uri"] == "postgresql+psycopg2://db.example.org/runs"


SUPERVISOR = """
import sys, time
from pathlib import Path
from tuner.workers.member import Member
child = "import time; from tuner.workers.orphans import end_with_supervisor as end; end(); time.sleep(600)"
member = Member("worker1", [sys.executable, "-c", child], {}, Path(sys.argv[1]) / "worker1.log")
member.start()
print(member.pid, flush=True)
time.sleep(600)
"""


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(done, seconds=120):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    assert done()


def test_the_processes_of_a_supervisor_that_is_killed_end_too(tmp_path):
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    pid = int(supervisor.stdout.readline())
    assert is_there(pid)
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not is_there(pid))


SEARCH = """
import sys
import tuner
from tests.tuner.learners import Place, noisy_means, toy_examples
from tuner.workers.supervisor import Team
folder, recipe, code = sys.argv[1:]
def command(address, uri):
    return [sys.executable, "-c", code, folder, recipe, address, uri]
Place(folder).search(recipe, team=Team(2, command))
"""
SLOW = """
import sys
import tuner
from tests.tuner.learners import noisy_means, toy_examples
folder, recipe, address, uri = sys.argv[1:]
learner = noisy_means(folder + "/diary", seconds=600)
tuner.join(recipe, toy_examples(), address, tracking_uri=uri, learner=learner)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_the_processes_of_a_search_end_with_it(recipe_file, place, number):
    family = Family(SEARCH, place.folder, recipe_file, SLOW)
    try:
        assert until(lambda: len(list(place.diary.glob("*.pid"))) == 2, 120)
        assert len(family.alive()) >= 4  # the supervisor, the chief and the workers
        assert assert_ends(family, number) == -number
    finally:
        family.end()


def test_a_worker_ends_with_its_supervisor_before_it_has_read_anything(tmp_path):
    """Its recipe does not exist: a worker that came to read it would end with 2."""
    recipe = tmp_path / "missing.toml"
    command = [sys.executable, "-m", "tuner", recipe, "--photos", tmp_path, "--join", "127.0.0.1:9"]
    worker = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, env={**os.environ, SUPERVISED: "1"}
    )
    try:
        worker.stdin.close()
        assert worker.wait(30) == 1
    finally:
        worker.kill()
        worker.wait()


def test_ctrl_c_ends_all_processes_and_the_search_can_go_on(recipe_file, place, monkeypatch):
    asleep = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    file = place.folder / "pid"

    def interrupt(supervisor, member, *again):
        pids.append(member.pid)
        both = len(set(pids)) == 2  # the chief and the worker
        if both and file.exists() and file.read_text():
            raise KeyboardInterrupt

    pids = []
    monkeypatch.setattr("tuner.workers.supervisor.Supervisor._look_at", interrupt)
    team = Team(1, lambda *told: [sys.executable, "-c", asleep, str(file)])
    with pytest.raises(KeyboardInterrupt):
        place.search(recipe_file, team=team)
    assert int(file.read_text()) in pids
    assert not any(map(is_there, pids))
    outcome = place.search(recipe_file, trials=1)
    assert outcome.best.number == 0
