"""A dataset's long videos: spotted, scored, resumed after a kill."""

import csv
import json
import subprocess
import sys
import time

import cv2
import numpy as np
import openpyxl
import pytest
from skimage import data

import mer_zoo
from mer_zoo import faces, synthesis
from mer_zoo.batch import score_intervals
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip
from mer_zoo.datasets import read_videos
from mer_zoo.datasets.fake import fake_videos
from mer_zoo.errors import BatchError, OutputExistsError, ParameterError, UnknownNameError

pytestmark = pytest.mark.backend_free
MOST_SECONDS = 300
EXPRESSION = ("micro", 61, 66, 73)


def drawn(video):
    """A micro-expression at the frames of `EXPRESSION`, which are numbered from 1."""
    photo = data.astronaut()[:256, 96:352]
    portrait = synthesis.Portrait.of(photo, faces.find_landmarks(photo).points, crop=False)
    still = synthesis.draw_long_video(
        portrait, seconds=4, seed=video.number, expressions_a_minute=0, blinks_a_minute=0
    )
    _, onset, apex, offset = EXPRESSION
    timing = synthesis.Timing(onset - 1, apex - 1, offset - 1)
    smile = synthesis.Expression((synthesis.Movement(12),), timing, peak=4.0)
    moving = synthesis.LongVideo(portrait, (smile,), (), still.disturbances, 30.0, still.seed)
    return moving.frames()


def smiling(video):
    """The beginning of the packaged smile, one expression."""
    return Clip.from_video(demonstration.smile()).frames[:45, ::2, ::2]


@pytest.fixture(scope="module")
def smiles(tmp_path_factory):
    """Five videos of one smile each."""
    root = tmp_path_factory.mktemp("smiles") / "release"
    return fake_videos(
        "casme3",
        root,
        subjects=5,
        videos_per_subject=1,
        intervals=lambda _: [("micro", 12, 20, 26)],
        frames=smiling,
        clean=True,
    )


def with_onsets(root, path, onset):
    """The table of a release with another onset in each row, and the offset a frame later."""
    (table,) = root.glob("*.xlsx")
    book = openpyxl.load_workbook(table)
    for row in book.worksheets[0].iter_rows(min_row=2):
        for cell, number in zip(row[2:5], (onset, onset, onset + 1), strict=True):
            cell.value = number
    book.save(path)
    return path


def rows(out):
    """The rows of the csv file, which must be whole whenever it is read."""
    table = out / "spotting.csv"
    if not table.exists():
        return []
    text = table.read_text("utf-8")
    assert text.endswith("\n")
    return list(csv.DictReader(text.splitlines()))


def spotted_videos(out):
    """The videos that were read, one entry a reading."""
    lines = (out / "spotting.csv.journal").read_text().splitlines()[1:]
    return [json.loads(line)["clip"] for line in lines if "clip" in json.loads(line)]


def test_what_is_drawn_is_found_and_scored(tmp_path):
    root = fake_videos(
        "casme3",
        tmp_path / "r",
        subjects=2,
        videos_per_subject=1,
        intervals=lambda _: [EXPRESSION],
        frames=drawn,
    )
    result = mer_zoo.evaluate_spotting("casme3", root, tmp_path / "out", progress=False)
    counts = result.scores["micro"]
    assert counts.true_positives == 2 and counts.false_positives == 0, rows(tmp_path / "out")
    # The quirks: one macro-expression of an unknown end, and a folder without rows, which is not read.
    assert result.scores["macro"].false_negatives == 1 and result.videos == 2
    found = rows(tmp_path / "out")
    assert [row["video"] for row in found] == ["spNO.1/a", "spNO.2/a"]
    for row in found:
        # Numbers of files, although file 2 is missing.
        assert abs(int(row["apex"]) - EXPRESSION[2]) <= 3
        assert (row["kind"], row["matched"], row["subject"]) == ("micro", "True", row["video"][:6])
    kept = json.loads((tmp_path / "out" / "score.json").read_text())
    assert kept["scores"]["micro"]["recall"] == 1 and kept["settings"]["min_motion"] == 0.6
    assert kept["annotated"] == {"micro": 2, "macro": 1} and kept["failed"] == {}
    assert any("not known: the apex ends" in note for note in kept["notes"])


def test_killed_in_the_middle_it_resumes(smiles, tmp_path):
    out = tmp_path / "out"
    names = ("evaluate-spotting", "casme3", smiles, "--out", out)
    process = subprocess.Popen(
        [sys.executable, "-m", "mer_zoo.cli", *map(str, names)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    end = time.monotonic() + MOST_SECONDS
    while len(rows(out)) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    process.kill()
    printed, _ = process.communicate()
    before = rows(out)
    assert 2 <= len(before) < 5, printed

    with pytest.raises(BatchError, match=r"min_motion: 0\.6 -> 2"):
        mer_zoo.evaluate_spotting("casme3", smiles, out, min_motion=2.0, progress=False)
    assert rows(out) == before, "rows of two settings never mix"

    result = mer_zoo.evaluate_spotting("casme3", smiles, out, progress=False)
    assert result.videos == 5 and rows(out)[: len(before)] == before and len(rows(out)) == 5
    assert sorted(spotted_videos(out)) == sorted(set(spotted_videos(out))), "nothing is read twice"
    again = mer_zoo.evaluate_spotting("casme3", smiles, out, progress=False)
    assert again.to_dict() == result.to_dict() and len(spotted_videos(out)) == 5

    table = with_onsets(smiles, tmp_path / "corrected.xlsx", 2)
    other = mer_zoo.evaluate_spotting("casme3", smiles, out, table=table, progress=False)
    assert len(spotted_videos(out)) == 5, "a corrected table is scored without spotting again"
    assert result.scores["micro"].recall == 1 and other.scores["micro"].recall == 0


def test_several_processes_find_the_same(smiles, tmp_path):
    alone, together = tmp_path / "1", tmp_path / "2"
    result = mer_zoo.evaluate_spotting("casme3", smiles, alone, progress=False)
    other = mer_zoo.evaluate_spotting("casme3", smiles, together, jobs=2, progress=False)
    assert other.to_dict() == result.to_dict()
    assert rows(alone) == rows(together)


def test_videos_that_cannot_be_read_count_as_missed(tmp_path):
    """The frames of a made-up release show no face."""
    root = fake_videos("casme3", tmp_path / "r", subjects=2, seconds=3, clean=True)
    result = mer_zoo.evaluate_spotting("casme3", root, tmp_path / "out", progress=False)
    assert result.scores["all"].false_negatives == 8 and result.scores["all"].f1 == 0
    assert len(result.about["failed"]) == 4 and "4 videos could not" in result.about["notes"][0]
    assert all(error.startswith("NoFaceError") for error in result.about["failed"].values())
    (color,) = (root / "part_A" / "spNO.1" / "a").iterdir()
    for number, frame in enumerate(smiling(None), 1):
        cv2.imwrite(str(color / f"{number}.jpg"), np.ascontiguousarray(frame[..., ::-1]))
    for number in range(46, 91):
        (color / f"{number}.jpg").unlink()
    changed = mer_zoo.evaluate_spotting("casme3", root, tmp_path / "out", progress=False)
    assert set(changed.about["failed"]) == {"spNO.1/b", "spNO.2/a", "spNO.2/b"}
    assert len(rows(tmp_path / "out")) == 1


def test_the_annotations_themselves_score_full_marks(tmp_path):
    root = fake_videos("samm_lv", tmp_path / "r", seconds=4, clean=True)
    table = tmp_path / "theirs.csv"
    lines = [
        f"{video.name},{interval.onset},{interval.offset}\n"
        for video in read_videos("samm_lv", root).videos
        for interval in video.intervals
    ]
    table.write_text("video,onset,offset\n" + "".join(lines))
    result = score_intervals(table, "samm_lv", root, out=tmp_path / "out")
    assert result.scores["micro"].f1 == result.scores["macro"].f1 == result.scores["all"].f1 == 1
    assert result.intervals["all"] == (1, 1) and result.chance["all"] < 0.7
    assert {row["matched"] for row in rows(tmp_path / "out")} == {"True"}
    with pytest.raises(OutputExistsError):
        score_intervals(table, "samm_lv", root, out=tmp_path / "out")
    table.write_text("video,onset,offset\n" + "".join(lines[:2]))
    some = score_intervals(table, "samm_lv", root)
    assert some.scores["all"].true_positives == 2 and some.scores["all"].false_negatives == 10
    assert "no interval in 5 of 6 videos" in some.about["notes"][0]


def test_frame_files_with_other_numbers_are_noticed(tmp_path):
    beyond = [("micro", 700, 720, 740)]
    root = fake_videos("samm_lv", tmp_path / "r", seconds=3, intervals=lambda _: beyond, clean=True)
    (tmp_path / "t.csv").write_text("video,onset,offset\n006_1,10,20\n")
    notes = score_intervals(tmp_path / "t.csv", "samm_lv", root).about["notes"]
    assert any(note.startswith("6 annotated expressions reach beyond") for note in notes)


def test_bad_arguments_are_named_before_anything_is_read(smiles, tmp_path):
    with pytest.raises(UnknownNameError, match="samm_lv"):
        mer_zoo.evaluate_spotting("samm", smiles, tmp_path / "o")
    with pytest.raises(BatchError, match="jobs=0"):
        mer_zoo.evaluate_spotting("casme3", smiles, tmp_path / "o", jobs=0)
    with pytest.raises(UnknownNameError, match="face engine"):
        mer_zoo.evaluate_spotting("casme3", smiles, tmp_path / "o", engine="onnx")
    with pytest.raises(ParameterError, match="min_score is nan"):
        mer_zoo.evaluate_spotting("casme3", smiles, tmp_path / "o", min_score=float("nan"))
    assert not (tmp_path / "o").exists()
