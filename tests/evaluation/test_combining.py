"""Ensembles of results: what is averaged, and what cannot be."""

import numpy as np
import pytest

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Result, combine, run, score

pytestmark = pytest.mark.backend_free


@pytest.fixture()
def results(examples, learner, tmp_path):
    """Two results on the same folds, the rows of the second one in another order."""
    order = np.random.default_rng(2).permutation(len(examples))
    one, two = examples, examples.part(order)
    return [
        run(learner, rows, folder=tmp_path / str(n), seeds=seeds, progress=False)
        for n, (rows, seeds) in enumerate(((one, (1, 2)), (two, (1, 2)), (one, (3,))))
    ]


def test_the_probabilities_of_each_clip_and_seed_are_averaged(results, tmp_path):
    first, second, _ = results
    # Clip by clip, other answers than the first one's.
    second.probabilities[:] = np.roll(second.probabilities, 1, axis=2)
    both = combine([first, second])
    place = {clip: row for row, clip in enumerate(second.clips)}
    rows = [place[clip] for clip in first.clips]
    expected = (first.probabilities + second.probabilities[:, rows]) / 2
    np.testing.assert_allclose(both.probabilities, expected, atol=1e-6)
    assert both.about["learner"] == {"mean_of": [first.about["learner"]] * 2}
    again = Result.read(both.save(tmp_path / "both"))
    assert again.uf1 == pytest.approx(both.uf1)
    assert first.compare(both).difference == pytest.approx(first.uf1 - both.uf1)


def test_results_of_other_seeds_or_of_one_network_are_refused(results):
    with pytest.raises(EvaluationError, match="seeds differ"):
        combine([results[0], results[2]])
    with pytest.raises(EvaluationError, match="two results or more"):
        combine(results[:1])


def test_results_of_score_and_the_same_result_twice_are_refused(results, tmp_path):
    first, second, _ = results
    second.probabilities[:] = np.roll(second.probabilities, 1, axis=2)
    scored = score(first.save(tmp_path / "first") / "predictions.csv")
    for given in ([first, scored], [scored, first]):
        with pytest.raises(
            EvaluationError, match=r"does not say its learner.* of `mer-zoo evaluate`"
        ):
            combine(given)
    with pytest.raises(EvaluationError, match="Results 1 and 3 hold the same predictions"):
        combine([first, second, Result.read(tmp_path / "first")])
