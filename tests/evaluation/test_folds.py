"""Splits: nobody is on both sides, everybody is tested once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import EvaluationError, UnknownNameError
from mer_zoo.evaluation import Fold, folds_hash, grouped_kfold, make_folds
from mer_zoo.evaluation.folds import check_folds

people = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.integers(0, 2)),
    min_size=12,
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(people, st.sampled_from(["loso", "lodo", "kfold-3"]))
def test_subjects_never_stand_on_both_sides(rows, split):
    subjects = np.array([f"{d}/s{i}" for d, i, _ in rows])
    labels = np.array([label for *_, label in rows])
    try:
        folds = make_folds(split, subjects, labels)
    except EvaluationError:
        groups = {s[0] for s in subjects} if split == "lodo" else set(subjects)
        assert len(groups) < {"loso": 2, "lodo": 2, "kfold-3": 3}[split]
        return
    check_folds(folds, subjects, split)
    for fold in folds:
        assert not set(subjects[fold.train]) & set(subjects[fold.test])
        assert len(fold.train) + len(fold.test) == len(rows)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(len(rows)))


def test_loso_has_a_fold_for_every_subject_and_lodo_for_every_dataset(examples):
    loso = make_folds("loso", examples.subjects, examples.labels)
    assert [fold.name for fold in loso] == sorted(set(examples.subjects))
    lodo = make_folds("lodo", examples.subjects, examples.labels)
    assert [fold.name for fold in lodo] == ["a", "b"]


def test_groups_are_even():
    subjects = np.repeat([f"d/s{i}" for i in range(20)], 10)
    labels = np.tile([0] * 6 + [1] * 4, 20)
    sizes = [len(f.test) for f in grouped_kfold(subjects, labels, 5, seed=3)]
    assert sizes == [40] * 5


def test_the_hash_follows_the_folds_and_not_the_order_of_rows(examples):
    order = np.random.default_rng(0).permutation(len(examples))
    shuffled = examples.part(order)

    def digest(e, split):
        return folds_hash(make_folds(split, e.subjects, e.labels), e.clips)

    assert digest(examples, "loso") == digest(shuffled, "loso")
    assert digest(examples, "loso") != digest(examples, "lodo")


def test_the_tenth_of_the_paper_shares_subjects_and_only_it_may(examples):
    (fold,) = make_folds("paper-10%", examples.subjects, examples.labels)
    assert len(fold.test) == pytest.approx(9, abs=1)
    assert set(examples.subjects[fold.train]) & set(examples.subjects[fold.test])
    check_folds([fold], examples.subjects, "paper-10%")
    with pytest.raises(EvaluationError, match="trains and tests on subject"):
        check_folds([fold], examples.subjects, "kfold-10")


def test_dishonest_folds_are_refused(examples):
    rows = np.arange(len(examples))
    with pytest.raises(EvaluationError, match="trains on clips it tests"):
        check_folds([Fold("f", rows, rows[:3])], examples.subjects, "loso")
    twice = [Fold("f", rows[50:], rows[:3]), Fold("g", rows[50:], rows[:3])]
    with pytest.raises(EvaluationError, match="two folds"):
        check_folds(twice, examples.subjects, "loso")


@pytest.mark.parametrize("split", ["holdout", "kfold-", "kfold-x", "LOSO"])
def test_unknown_splits_are_named(split, examples):
    with pytest.raises(UnknownNameError, match="split"):
        make_folds(split, examples.subjects, examples.labels)


def test_too_few_subjects():
    subjects, labels = np.array(["d/s1"] * 4), np.zeros(4, int)
    for split in ("loso", "lodo", "kfold-2"):
        with pytest.raises(EvaluationError):
            make_folds(split, subjects, labels)
