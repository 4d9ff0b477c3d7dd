"""The spotting score: MEGC's definition, and what must hold for any intervals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import SpottingScore, pooled_spotting, score_spotting
from mer_zoo.evaluation.spotting import intersection_over_union

interval = st.tuples(st.integers(0, 300), st.integers(0, 40)).map(lambda p: (p[0], p[0] + p[1]))
intervals = st.lists(interval, max_size=8)
thorough = settings(deadline=None, max_examples=80)


def test_by_hand():
    annotated = [(10, 19), (50, 59), (100, 109)]
    spotted = [(10, 19), (55, 64), (102, 111), (200, 205)]
    # 10 of 10 frames; 5 of 15; 8 of 12; none.
    assert intersection_over_union([(50, 59)], [(55, 64)]) == pytest.approx(np.array([[5 / 15]]))
    score = score_spotting(annotated, spotted)
    assert score == SpottingScore(2, 2, 1)
    assert score.precision == 0.5 and score.recall == pytest.approx(2 / 3)
    assert score.f1 == pytest.approx(4 / 7)


def test_exactly_half_matches_and_less_does_not():
    assert score_spotting([(0, 9)], [(0, 4)]).true_positives == 1
    assert score_spotting([(0, 9)], [(0, 3)]).true_positives == 0


def test_one_spotted_interval_finds_one_annotated_only():
    assert score_spotting([(0, 9), (0, 9)], [(0, 9)]) == SpottingScore(1, 0, 1)
    assert score_spotting([(0, 9)], [(0, 9), (1, 9)]) == SpottingScore(1, 1, 0)


def test_pairs_are_chosen_for_the_most_matches():
    """Taking the best overlap first would leave one pair of the two possible unmatched."""
    annotated, spotted = [(0, 9), (0, 14)], [(0, 10), (0, 18)]
    assert score_spotting(annotated, spotted).true_positives == 2


def test_counts_are_pooled_before_the_ratio():
    videos = [([(0, 9)], [(0, 9)]), ([(0, 9), (20, 29)], [(50, 59), (70, 79), (90, 99)])]
    assert pooled_spotting(videos) == SpottingScore(1, 3, 2)
    assert pooled_spotting(videos).f1 == pytest.approx(2 / 7)


def test_nothing_is_no_score():
    empty = score_spotting([], [])
    assert all(math.isnan(v) for v in (empty.precision, empty.recall, empty.f1))
    missed = score_spotting([(0, 9)], [])
    assert missed.recall == missed.f1 == 0 and math.isnan(missed.precision)


@thorough
@given(intervals, intervals)
def test_counts_add_up_and_roles_swap(one, other):
    score, swapped = score_spotting(one, other), score_spotting(other, one)
    assert score.true_positives + score.false_negatives == len(one)
    assert score.true_positives + score.false_positives == len(other)
    assert swapped.true_positives == score.true_positives
    if one or other:
        assert 0 <= score.f1 <= 1 and swapped.f1 == score.f1


@thorough
@given(intervals)
def test_what_is_annotated_scores_full_marks(found):
    assert score_spotting(found, found[::-1]).true_positives == len(found)


@thorough
@given(intervals, intervals, st.integers(0, 1000))
def test_time_has_no_origin_and_a_stricter_limit_never_adds(one, other, shift):
    moved = [[(a + shift, b + shift) for a, b in each] for each in (one, other)]
    assert score_spotting(*moved) == score_spotting(one, other)
    strict = score_spotting(one, other, least_iou=0.8)
    assert strict.true_positives <= score_spotting(one, other).true_positives


@pytest.mark.parametrize("bad", [[(9, 3)], [(1, 2, 3)], [("a", "b")], [5]])
def test_bad_intervals_are_named(bad):
    with pytest.raises(EvaluationError, match="onset"):
        score_spotting(bad, [])


@pytest.mark.parametrize("limit", [0, -1, 1.5, float("nan")])
def test_impossible_limits_are_named(limit):
    with pytest.raises(EvaluationError, match="least_iou"):
        score_spotting([(0, 9)], [(0, 9)], least_iou=limit)
