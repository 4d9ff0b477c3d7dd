"""Scores against scikit-learn, the published baseline, and the statistics by what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from mer_zoo.evaluation import Scores, bootstrap_interval, compare_paired, confusion_matrix
from mer_zoo.evaluation.metrics import chance, majority, uf1
from mer_zoo.evaluation.statistics import subject_confusions

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=80)


@settings(deadline=None, max_examples=200)
@given(pairs)
def test_scores_are_those_of_scikit_learn(rows):
    truth, named = np.array(rows).T
    scores = Scores(confusion_matrix(truth, named, 4))
    labels = range(4)
    assert (scores.confusion == sklearn_metrics.confusion_matrix(truth, named, labels=labels)).all()
    assert scores.uf1 == pytest.approx(sklearn_metrics.f1_score(truth, named, average="macro"))
    assert scores.weighted_f1 == pytest.approx(
        sklearn_metrics.f1_score(truth, named, average="weighted")
    )
    assert scores.uar == pytest.approx(
        sklearn_metrics.recall_score(truth, named, average="macro", labels=np.unique(truth))
    )
    assert scores.accuracy == pytest.approx((truth == named).mean())


def test_the_majority_of_megc_2019():
    labels = np.repeat([0, 1, 2], [250, 109, 83])
    always = majority(labels, 3)
    assert always.accuracy == pytest.approx(0.5656, abs=5e-5)
    assert always.uf1 == pytest.approx(0.2408, abs=5e-5)
    assert always.uar == pytest.approx(1 / 3)


def test_chance_is_what_random_names_score():
    labels = np.repeat([0, 1, 2], [50_000, 21_800, 16_600])
    named = np.random.default_rng(0).integers(0, 3, len(labels))
    drawn = Scores(confusion_matrix(labels, named, 3))
    for name in ("uf1", "uar", "accuracy"):
        assert getattr(chance(labels, 3), name) == pytest.approx(getattr(drawn, name), abs=0.01)


def _confusions(seed, skill, subjects=30, each=8):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, subjects * each)
    right = rng.random(len(labels)) < skill
    named = np.where(right, labels, rng.integers(0, 3, len(labels)))
    names = np.repeat([f"s{i:02d}" for i in range(subjects)], each)
    return subject_confusions(labels, named, names, 3)[None]


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    skill = 0.6
    expected = skill + (1 - skill) / 3  # of UF1 with balanced classes
    covered = 0
    for seed in range(100):
        low, high = bootstrap_interval(_confusions(seed, skill), draws=300)
        covered += low <= expected <= high
    assert 86 <= covered <= 100


def test_a_paired_comparison_finds_a_difference_and_only_then():
    worse, better = _confusions(1, 0.4), _confusions(2, 0.8)
    found = compare_paired(better, worse)
    assert found.difference == pytest.approx(float((uf1(better.sum(1)) - uf1(worse.sum(1)))[0]))
    assert found.p_value < 0.01
    assert found.interval[0] > 0
    assert compare_paired(worse, better).difference == pytest.approx(-found.difference)
    same = compare_paired(worse, worse)
    assert same.difference == 0
    assert same.p_value == 1
    values = [
        compare_paired(_confusions(s, 0.6), _confusions(s + 99, 0.6)).p_value for s in range(20)
    ]
    assert np.mean(np.array(values) < 0.05) <= 0.2
