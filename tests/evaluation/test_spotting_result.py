"""The spotting score of a dataset: kinds, pooling, intervals by subject, and chance."""

import math

import numpy as np
import pytest

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import SpottedVideo, SpottingScore, read_intervals, score_videos
from mer_zoo.evaluation.spotting_result import kind_by_duration

pytestmark = pytest.mark.backend_free


def video(name="a", subject="s1", micro=(), macro=(), spotted=(), *, last=1000, fps=30):
    return SpottedVideo(name, subject, fps, 1, last, {"micro": micro, "macro": macro}, spotted)


def test_half_a_second_is_a_micro_expression_and_a_frame_more_is_not():
    assert [kind_by_duration(100, 115 + n, 30) for n in (0, 1)] == ["micro", "macro"]
    assert [kind_by_duration(100, 200 + n, 200) for n in (0, 1)] == ["micro", "macro"]


def test_by_hand():
    one = video(
        micro=[(10, 20), (100, 110)],
        macro=[(200, 260)],
        spotted=[(10, 20), (205, 260), (500, 510)],
    )
    other = video("b", "s2", macro=[(30, 90)], spotted=[(600, 700)])
    result = score_videos("toy", [one, other])
    assert one.kinds == ["micro", "macro", "micro"] and one.matched == [True, True, False]
    assert result.scores["micro"] == SpottingScore(1, 1, 1)
    assert result.scores["macro"] == SpottingScore(1, 1, 1)
    assert result.scores["all"] == SpottingScore(2, 2, 2) and result.scores["all"].f1 == 0.5
    assert (result.videos, result.subjects) == (2, 2)
    assert result.to_dict()["scores"]["micro"]["f1"] == 0.5


def test_an_interval_of_the_other_kind_finds_nothing():
    """17 of 16 frames overlap, but one frame too many makes it a macro-expression."""
    result = score_videos("toy", [video(micro=[(10, 25)], spotted=[(10, 26)])])
    assert result.scores["all"] == SpottingScore(0, 1, 1)


def test_the_interval_is_by_subject():
    """One subject is found always, the other never: resamples of both give 0, 1 or what lies between."""
    videos = [video(str(i), "right", [(10, 20)], (), [(10, 20)]) for i in range(5)]
    videos += [video(str(5 + i), "wrong", [(10, 20)], (), [(50, 60)]) for i in range(5)]
    result = score_videos("toy", videos)
    assert result.scores["micro"].f1 == 0.5 and result.intervals["micro"] == (0.0, 1.0)
    alike = [video(str(i), f"s{i}", [(10, 20)], (), [(10, 20)]) for i in range(3)]
    assert score_videos("toy", alike).intervals["micro"] == (1.0, 1.0)


def test_what_is_not_defined_is_not_a_number():
    result = score_videos("toy", [video(micro=[(10, 20)])])
    assert result.scores["micro"].f1 == 0 and math.isnan(result.chance["macro"])
    kept = result.to_dict()["scores"]["macro"]
    assert kept["f1"] is None and kept["f1_interval"] == [None, None] and kept["f1_chance"] is None
    with pytest.raises(EvaluationError, match="no videos"):
        score_videos("toy", [])


def test_chance_knows_lengths_and_counts_but_no_places():
    """Of 91 places of ten frames within a hundred, 7 overlap with (41, 50) by at least half."""
    found = video(micro=[(41, 50)], spotted=[(41, 50)], last=100)
    chance = score_videos("toy", [found], chance_draws=20_000).chance
    assert chance["micro"] == pytest.approx(7 / 91, abs=0.006) and chance["all"] == chance["micro"]
    again = [score_videos("toy", [found], chance_draws=50, seed=seed).chance for seed in (1, 1, 2)]
    assert again[0]["micro"] == again[1]["micro"] != again[2]["micro"]
    # Where an interval fills its video, its place is known.
    whole = video(micro=[(1, 10)], spotted=[(1, 10)], last=10)
    assert score_videos("toy", [whole]).chance["micro"] == 1


def test_chance_pairs_each_interval_once():
    """In a video of 11 frames, every place of two equal intervals matches, and only one counts."""
    found = video(micro=[(1, 10)], spotted=[(1, 10), (2, 11)], last=11)
    assert score_videos("toy", [found]).chance["micro"] == pytest.approx(2 / 3)


def test_intervals_of_a_table(tmp_path):
    table = tmp_path / "found.csv"
    table.write_text("Video;Onset;Offset;score\nspNO.1/A;3;9;.5\nb;4;4;1\nspNO.1/a;1;2;0\n")
    found = read_intervals(table, ["spNO.1/a", "b", "c"])
    assert found == {"spNO.1/a": [(3, 9), (1, 2)], "b": [(4, 4)], "c": []}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,onset\nb,1\n", "no column 'offset'; its columns are video, onset"),
        ("clip,onset,offset\nb,1,2\n", "no column 'video'"),
        ("video,onset,offset\nd,1,2\n", "line 2: there is no video 'd'; names are like b"),
        ("video,onset,offset\nb,5,2\n", "line 2: '5, 2', expected 0 <= onset <= offset"),
        (f"video,onset,offset\nb,5,{'9' * 400}\n", "expected 0 <= onset <= offset <= 999999999"),
        ("video,onset,offset\nb,5\n", "line 2: onset and offset are '5, ', expected whole"),
        ("video,onset,offset\nb,1.5,2\n", "expected whole numbers"),
    ],
)
def test_tables_of_intervals_that_cannot_be_used(tmp_path, text, message):
    table = tmp_path / "found.csv"
    table.write_text(text)
    with pytest.raises(EvaluationError, match=message):
        read_intervals(table, ["b", "c"])


def test_the_counts_of_random_intervals_are_those_of_the_pooled_score():
    from mer_zoo.evaluation import pooled_spotting

    rng = np.random.default_rng(4)
    videos = []
    for number in range(12):
        onsets = rng.integers(1, 900, (2, 6))
        annotated, spotted = ([(int(a), int(a) + 12) for a in row] for row in onsets)
        spotted[:3] = [(a + 3, b + 2) for a, b in annotated[:3]]
        videos.append(video(str(number), f"s{number % 4}", annotated, (), spotted))
    pairs = [(own.annotated["micro"], own.spotted) for own in videos]
    result = score_videos("toy", videos)
    assert result.scores["micro"] == pooled_spotting(pairs)
    low, high = result.intervals["micro"]
    assert low <= result.scores["micro"].f1 <= high and result.chance["micro"] < low


def test_a_table_of_intervals_says_what_its_frame_numbers_count(tmp_path):
    table = tmp_path / "found.csv"
    text = "video,onset,offset,numbering\na,0,2,index\na,5,9,file\nb,1,1,\n"
    table.write_text(text)
    numbers = {"a": [5, 7, 9, 10], "b": [1]}
    assert read_intervals(table, numbers) == {"a": [(5, 9), (5, 9)], "b": [(1, 1)]}
    with pytest.raises(EvaluationError, match=r"line 2: numbering is 'index', expected 'file'$"):
        read_intervals(table, ["a", "b"])
    table.write_text(text.replace("0,2", "0,4"))
    with pytest.raises(EvaluationError, match="line 2: '0, 4', but a has 4 frames"):
        read_intervals(table, numbers)
    table.write_text("video,onset,offset,onset_seconds\na,5,9,0.1\n")  # an older `spot --csv`
    with pytest.raises(EvaluationError, match="Add a column numbering"):
        read_intervals(table, numbers)
