"""Names in long videos: right, and wrong a minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.naming import NamingScore, Stretch, count_named, read_stretches, score_naming
from mer_zoo.errors import EvaluationError

SMILE = Stretch(10, 40, "smiles", ("happiness",))
WORDS = Stretch(60, 90, "speaks")


def test_a_name_is_right_only_over_a_stretch_that_may_have_it():
    named = [(12, 18, "happiness"), (30, 35, "disgust"), (65, 70, "surprise"), (66, 71, None)]
    score = score_naming([SMILE, WORDS], named, minutes=2)
    assert score == NamingScore(2, candidates=4, right=1, wrong=2, expressions=1, found=1)
    assert score.wrong_a_minute == 1


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20), st.sampled_from(["a", None]))))
def test_every_name_is_right_or_wrong(drawn):
    named = [(onset, onset + rise, label) for onset, rise, label in drawn]
    score = score_naming([Stretch(50, 99, "x", ("a",)), WORDS], named, minutes=1)
    assert score.right + score.wrong == sum(label is not None for _, _, label in named)
    assert score.candidates == len(named) and score.found <= score.expressions == 1
    assert (score + score).wrong_a_minute == score.wrong_a_minute


def test_stretches_count_once_however_many_intervals_touch_them():
    again = Stretch(100, 130, "smiles faintly", ("happiness",))
    named = [(12, 18, "disgust"), (30, 35, "happiness"), (39, 65, None), (95, 101, "surprise")]
    assert count_named([SMILE, WORDS, again], named, "happiness") == (2, 1)
    assert count_named([SMILE, WORDS, again], named, "surprise") == (0, 0)
    assert count_named([SMILE, again], [], "happiness") == (0, 0)


def test_tables_are_read_and_their_faults_named(tmp_path):
    table = tmp_path / "talk.csv"
    table.write_text("start,end,what,labels\n10,40,smiles,happiness\n60,90,speaks,\n")
    assert read_stretches(table) == [SMILE, WORDS]
    table.write_text("start,end,what\n10,40,smiles\n")
    with pytest.raises(EvaluationError, match="no column 'labels'"):
        read_stretches(table)
    table.write_text("start,end,what,labels\n10,x,smiles,\n")
    with pytest.raises(EvaluationError, match=r"line 2: .*'x'"):
        read_stretches(table)
    with pytest.raises(EvaluationError, match=r"nothing\.csv"):
        read_stretches(tmp_path / "nothing.csv")


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_a_video_has_a_length(minutes):
    with pytest.raises(EvaluationError, match="minutes"):
        score_naming([], [], minutes)


def test_intervals_go_forwards():
    with pytest.raises(EvaluationError, match="Frames 9 to 3"):
        score_naming([], [(9, 3, None)], minutes=1)
