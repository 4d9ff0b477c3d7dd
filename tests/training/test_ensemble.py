"""Several networks of one recipe that answer together."""

import numpy as np
import pytest

import mer_zoo
from mer_zoo import datasets, modalities
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.scoring import fold_seed
from mer_zoo.training.ensemble import EnsembleLearner
from tests.training.test_learner import blobs, learner


@pytest.mark.backend_free
def test_an_ensemble_answers_with_the_mean_of_its_members_and_of_the_mirror_image():
    examples = blobs(rows=24)
    quick = learner(epochs=1)
    together = EnsembleLearner(quick, 2).fit(examples, seed=5)
    answers = []
    for number in range(2):
        alone = quick.fit(examples, fold_seed(5, f"member {number}"))
        mirrored = modalities.flip("flow", examples.images, per_channel=True)
        answers += [alone.predict(examples.images), alone.predict(mirrored)]
    assert np.abs(answers[0] - answers[2]).max() > 1e-3, "members have seeds of their own"
    np.testing.assert_allclose(
        together.predict(examples.images), np.mean(answers, axis=0), atol=1e-5
    )


@pytest.mark.backend_free
def test_an_ensemble_is_evaluated_and_named_in_the_record(tmp_path):
    data = datasets.load("flow", fake_release("flow", tmp_path / "flow"))
    made = mer_zoo.evaluate(
        "ststnet_flow309",
        data,
        split="kfold-2",
        seeds=[1],
        members=2,
        out=tmp_path / "out",
        progress=False,
    )
    assert made.about["learner"]["members"] == 2
    assert made.probabilities.shape[1] == len(made.clips)


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"members": 0}, "2 or more"),
        ({"members": 2, "oracle": True}, "oracle"),
        ({"members": 2, "split": "zero-shot"}, "zero-shot"),
    ],
)
def test_what_an_ensemble_cannot_do_is_refused(options, named, tmp_path):
    data = datasets.load("flow", fake_release("flow", tmp_path / "flow"))
    with pytest.raises(EvaluationError, match=named):
        mer_zoo.evaluate("ststnet_flow309", data, progress=False, **options)
