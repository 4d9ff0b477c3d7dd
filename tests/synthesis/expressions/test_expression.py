import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import RecipeError, UnknownNameError
from mer_zoo.synthesis import SCHEMAS, Expression, Movement, Timing, bayes_ceiling
from mer_zoo.synthesis.camera.disturbances import speech
from mer_zoo.synthesis.corpus.distribution import Conditions, annotate, draw_plan
from mer_zoo.synthesis.expressions.expression import draw_expression
from mer_zoo.synthesis.expressions.schema import Combination, Schema
from mer_zoo.synthesis.expressions.schemas import CASME2

timings = st.builds(
    lambda onset, rise, plateau, fall, rest, sharpness: Timing(
        onset, onset + rise, onset + rise + plateau + fall, plateau, rest, sharpness
    ),
    st.integers(0, 5),
    st.integers(1, 30),
    st.integers(0, 6),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.floats(1, 2),
)


@settings(deadline=None, max_examples=60)
@given(timings, st.floats(0, 0.9))
def test_a_course_is_nothing_at_the_onset_and_full_at_the_apex(timing, lag):
    course = timing.course(timing.offset + 4, lag)
    assert course[: timing.onset + 1].max() == 0
    assert course[timing.apex] == 1 == course.max()
    assert (np.diff(course[: timing.apex + 1]) >= 0).all()
    assert (np.diff(course[timing.apex :]) <= 1e-6).all()
    assert course[timing.offset :] == pytest.approx(timing.rest, abs=1e-6)


@pytest.mark.parametrize(
    ("onset", "apex", "offset", "plateau"),
    [(5, 5, 9, 0), (0, 4, 3, 0), (0, 4, 8, 4), (-1, 4, 9, 0)],
)
def test_impossible_timings_are_refused(onset, apex, offset, plateau):
    with pytest.raises(ValueError, match="onset < apex"):
        Timing(onset, apex, offset, plateau)


def test_drawn_expressions_follow_the_tables():
    rng = np.random.default_rng(3)
    drawn = [draw_expression(CASME2, "happiness", Timing(0, 8, 16), 2.0, rng) for _ in range(400)]
    allowed = {tuple(sorted(c.strengths)) for c in CASME2.combinations["happiness"]}
    assert {tuple(sorted(m.number for m in e.movements)) for e in drawn} == allowed
    sided = np.mean([e.side != "both" for e in drawn])
    assert 0.2 < sided < 0.4
    assert all(min(m.lag for m in e.movements) == 0 for e in drawn)


def test_an_unsided_unit_is_never_coded_on_one_side():
    expression = Expression((Movement(17, left=0.1), Movement(4, left=0.1)), Timing(0, 2, 4))
    assert expression.action_units == ("17", "R4")
    assert expression.side == "right"


def test_bayes_ceiling_of_a_schema_worked_by_hand():
    happy = (Combination(3, {12: 1}), Combination(1, {6: 1}))
    sad = (Combination(1, {15: 1}), Combination(1, {12: 0.5}))
    ceiling = bayes_ceiling(Schema("hand", {"happy": happy, "sad": sad}))
    # 12 is happy in 3/8 of all clips and sad in 2/8; everything else is certain.
    assert ceiling.accuracy == pytest.approx(3 / 8 + 1 / 8 + 2 / 8)
    assert ceiling.macro_f1 == pytest.approx((8 / 10 + 4 / 6) / 2)


def test_the_ambiguity_of_casme2_is_kept():
    ceiling = bayes_ceiling(CASME2)
    assert ceiling.accuracy == pytest.approx(0.911, abs=5e-4)
    assert ceiling.macro_f1 == pytest.approx(0.911, abs=5e-4)


def test_unknown_classes_are_named():
    with pytest.raises(UnknownNameError, match="happiness"):
        CASME2.draw("happines", np.random.default_rng(0))


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_plans_keep_to_their_distribution(split):
    rng = np.random.default_rng(1)
    plans = [draw_plan(CASME2, "others", split, rng) for _ in range(300)]
    peaks = np.array([p.expression.peak for p in plans])
    large = np.array([p.amplitude == "large" for p in plans])
    assert ((peaks >= 0.8) & (peaks <= np.where(large, 16, 5))).all()
    assert 1.8 < np.median(peaks[~large]) < 2.6 and peaks[~large].max() <= 5
    assert large.mean() == pytest.approx(0.25, abs=0.08) if split == "train" else not large.any()
    strong = np.mean([p.head == "strong" for p in plans])
    assert strong == (pytest.approx(0.3, abs=0.08) if split == "train" else 0)
    assert np.mean([p.expression.timing.held for p in plans]) == pytest.approx(0.25, abs=0.08)
    for plan in plans:
        onset, apex, offset = plan.annotated
        timing = plan.expression.timing
        assert 0 <= onset < apex <= offset < plan.n_frames
        assert (offset == apex) == timing.held
        assert 6 <= timing.offset - timing.onset <= 60
        assert len(plan.disturbances.head) == plan.n_frames > timing.offset


def test_annotators_err_about_the_truth():
    rng = np.random.default_rng(2)
    timing = Timing(4, 24, 44)
    marks = np.array([annotate(timing, 50, rng) for _ in range(400)])
    assert marks.mean(axis=0) == pytest.approx([4, 24, 44], abs=0.6)
    assert (marks.std(axis=0) > 0.5).all()


def test_clips_without_an_expression_have_no_movement():
    rng = np.random.default_rng(0)
    plans = [draw_plan(CASME2, "none", "train", rng) for _ in range(200)]
    assert not any(p.expression.movements for p in plans)
    frozen = [p for p in plans if p.head == "frozen"]
    assert frozen and not any(p.disturbances.head.any() or p.has_blink for p in frozen)
    assert np.mean([p.has_blink for p in plans]) > 0.3
    assert np.mean([p.speaks for p in plans]) == pytest.approx(0.31, abs=0.08)
    for plan in plans:
        assert (plan.disturbances.speech is not None) == plan.speaks
        assert not (plan.speaks and plan.head == "frozen")


def test_nobody_speaks_during_an_expression():
    rng = np.random.default_rng(0)
    assert not any(draw_plan(CASME2, "others", "train", rng).speaks for _ in range(100))


def test_conditions_are_kept():
    rng = np.random.default_rng(0)
    conditions = Conditions(peak=1.5, head=0.8)
    plans = [draw_plan(CASME2, "disgust", "test", rng, conditions) for _ in range(50)]
    assert all(p.expression.peak == 1.5 and p.head == "strong" for p in plans)
    still = [draw_plan(CASME2, "disgust", "test", rng) for _ in range(50)]
    drift = [
        np.abs(np.concatenate([p.disturbances.head for p in ps])).max(0) for ps in (plans, still)
    ]
    assert (drift[0][:3] > 1.5 * drift[1][:3]).all()
    for impossible in ({"peak": 0}, {"peak": float("nan")}, {"head": -1}):
        with pytest.raises(RecipeError, match=next(iter(impossible))):
            Conditions(**impossible)


def test_wrong_phases_are_marked_in_the_same_clips():
    def plans(share):
        rngs = (np.random.default_rng(seed) for seed in range(200))
        given = Conditions(phases=share)
        return [draw_plan(CASME2, "happiness", "test", rng, given) for rng in rngs]

    true, some, worst = plans(0), plans(0.1), plans(0.3)
    for right, wrong in zip(true, worst, strict=True):
        timing = right.expression.timing
        assert right.expression == wrong.expression and right.n_frames == wrong.n_frames
        np.testing.assert_array_equal(right.disturbances.head, wrong.disturbances.head)
        assert 0 <= wrong.annotated[0] < wrong.annotated[1] <= wrong.annotated[2] < wrong.n_frames
        if not timing.held:
            assert right.annotated == (timing.onset, timing.apex, timing.offset)
    onsets = np.array([[p.annotated[0] for p in ps] for ps in (true, some, worst)])
    lengths = np.array([p.expression.timing.offset - p.expression.timing.onset for p in true])
    spread = ((onsets[1:] - onsets[0]) / lengths).std(axis=1)
    assert spread == pytest.approx([0.1, 0.3], rel=0.2)
    assert Conditions(phases=None) == Conditions()
    with pytest.raises(RecipeError, match="phases"):
        Conditions(phases=0.31)


def test_speech_moves_the_mouth_within_its_range():
    rng = np.random.default_rng(0)
    for _ in range(20):
        course = speech(60, 30.0, rng)
        assert course.shape == (60, 4) and course.min() >= 0
        assert 0.99 < course.max() <= 6


def test_schemas_have_usable_tables():
    for name, schema in SCHEMAS.items():
        assert schema.name == name
        assert all(
            c.weight > 0 and c.strengths for row in schema.combinations.values() for c in row
        )
