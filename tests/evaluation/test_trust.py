"""Results that read back whatever their classes are called, and never mix two evaluations."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Result, run
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.settings import versions
from tests.evaluation.learners import Means, NearestMean

NAMES = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8),
    min_size=2,
    max_size=4,
    unique=True,
)


@dataclasses.dataclass(frozen=True)
class NamesTheLast(NearestMean):
    """Names the last class, of which no clip may be."""

    classes: int = 3

    def fit(self, examples, seed, watch=None):
        means = Means(np.full((self.classes, *examples.images.shape[1:]), 9.0, np.float32))
        means.means[-1] = examples.images.mean(0)
        for _ in range(2 if watch else 0):
            watch(means.predict)
        return means


@dataclasses.dataclass(frozen=True)
class Chosen(NearestMean):
    """Was chosen by the scores of these subjects."""

    selected_on: tuple[str, ...] = ()


def result_of(names, subject="s"):
    n = 2 * len(names)
    rng = np.random.default_rng(len(names))
    return Result(
        clips=np.array([f"{i:03d}" for i in range(n)]),
        subjects=np.array([f"{subject}/{i % 2}" for i in range(n)]),
        labels=np.arange(n) % len(names),
        folds=np.array([str(i % 2) for i in range(n)]),
        probabilities=rng.dirichlet(np.ones(len(names)), (2, n)).astype(np.float32),
        class_names=tuple(names),
        seeds=(10, 9),
        about={"protocol": "toy", "split": "loso"},
    )


def assert_read_back(names, folder):
    saved = result_of(names)
    saved.save(folder, force=True)
    found = Result.read(folder)
    for field in ("clips", "subjects", "labels", "folds", "probabilities"):
        np.testing.assert_array_equal(getattr(found, field), getattr(saved, field))
    assert found.class_names == saved.class_names and found.uf1 == saved.uf1


@pytest.mark.parametrize("names", [("0", "1"), ("1", "0"), ("None", "NA"), ("nan", "true", "1.0")])
def test_classes_may_be_called_anything(names, tmp_path):
    assert_read_back(names, tmp_path)


@settings(max_examples=30, deadline=None)
@given(names=NAMES)
def test_whatever_the_names_a_result_reads_back(names, tmp_path_factory):
    assert_read_back(names, tmp_path_factory.mktemp("result"))


def test_a_damaged_result_is_named(tmp_path):
    result_of(("a", "b")).save(tmp_path)
    table = tmp_path / "predictions.csv"
    whole = table.read_text()
    for text in (whole.replace("p_b", "q_b"), whole.replace(",a,", ",x,"), whole[:120], ""):
        table.write_text(text)
        with pytest.raises(EvaluationError, match=r"predictions\.csv|holds no result"):
            Result.read(tmp_path)


def change_json(folder, change):
    path = folder / "result.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["about"].pop("protocol"), "about.protocol is no text"),
        (lambda d: d.update(about=[]), "about.protocol is no text"),
        (lambda d: d.update(seeds=[{}, 9]), "seeds is"),
        (lambda d: d.update(seeds=[10, 10]), "seeds is"),
        (lambda d: d.update(seeds=[9, 10]), "expected those of the seeds"),
        (lambda d: d.update(class_names=["a", 3]), "class_names is"),
        (lambda d: d["confusion"][0].reverse(), "confusion matrix of the predictions is another"),
    ],
)
def test_facts_that_do_not_fit_the_predictions_are_refused(tmp_path, change, message):
    result_of(("a", "b", "c")).save(tmp_path)
    change_json(tmp_path, change)
    with pytest.raises(EvaluationError, match=message):
        Result.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [*rows[:-2], rows[-1], rows[-2]], "seed 9 is of other clips"),
        (lambda rows: [r.rpartition(",")[0] + ",nan" for r in rows], "not a finite number"),
        (lambda rows: [r.replace("s/", "s" * 2000 + "/") for r in rows], "subject has 2002"),
    ],
)
def test_predictions_that_cannot_be_used_are_refused(tmp_path, change, message):
    result_of(("a", "b", "c")).save(tmp_path)
    table = tmp_path / "predictions.csv"
    header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([header, *change(rows)]) + "\n")
    with pytest.raises(EvaluationError, match=rf"predictions\.csv .*{message}"):
        Result.read(tmp_path)


@pytest.mark.parametrize("text", ['{"a":' * 100_000, "1" * 5000, " " * 33_000_000])
def test_text_that_no_result_has_is_refused_by_name(tmp_path, text):
    result_of(("a", "b")).save(tmp_path / "mine")
    (tmp_path / "mine" / "result.json").write_text(text)
    with pytest.raises(EvaluationError, match="mine holds no result"):
        Result.read(tmp_path / "mine")


def test_the_oracle_counts_a_class_that_no_clip_is_of(examples, tmp_path):
    few = examples.part(np.flatnonzero(examples.labels < 2))
    shown = run(NamesTheLast(), few, folder=tmp_path, seeds=(1,), oracle=True, progress=False)
    assert shown.accuracy == 0
    assert shown.about["test_selected"]["best_epoch_per_fold"]["accuracy"] == 0


class Unwatched(NearestMean):
    def fit(self, examples, seed, watch=None):
        return super().fit(examples, seed)


def test_the_oracle_needs_answers_after_each_epoch(examples, tmp_path):
    with pytest.raises(EvaluationError, match="must call `watch` after every epoch"):
        run(Unwatched(), examples, folder=tmp_path, seeds=(1,), oracle=True, progress=False)


def begun(examples, folder):
    """An evaluation with its first fold finished and the rest missing."""
    run(NearestMean(), examples, folder=folder, seeds=(1,), progress=False)
    for file in sorted(folder.glob("seed1/fold*.json"))[1:]:
        file.unlink()


def test_other_images_of_the_same_clips_are_not_mixed_in(examples, tmp_path):
    begun(examples, tmp_path)
    other = Examples(
        examples.images + 1,
        examples.labels,
        examples.subjects,
        examples.clips,
        examples.class_names,
        examples.protocol,
    )
    with pytest.raises(EvaluationError, match="images"):
        run(NearestMean(), other, folder=tmp_path, seeds=(1,), progress=False)
    assert len(list(tmp_path.glob("seed1/fold*.json"))) == 1, "nothing is lost"


def test_folds_of_other_packages_are_not_mixed_in(examples, tmp_path, monkeypatch):
    begun(examples, tmp_path)
    others = {**versions(), "numpy": "9.9"}
    monkeypatch.setattr("mer_zoo.settings.versions", lambda: others)
    with pytest.raises(EvaluationError, match="versions"):
        run(NearestMean(), examples, folder=tmp_path, seeds=(1,), progress=False)


def test_a_score_on_subjects_who_decided_the_hyperparameters_is_labelled(examples, tmp_path):
    chosen = Chosen(selected_on=("a/s0",))
    result = run(chosen, examples, folder=tmp_path / "a", seeds=(1,), progress=False)
    assert result.about["label"] == SAME_SUBJECTS and SAME_SUBJECTS.upper() in result.title
    others = Chosen(selected_on=("c/s0",))
    result = run(others, examples, folder=tmp_path / "b", seeds=(1,), progress=False)
    assert "label" not in result.about
