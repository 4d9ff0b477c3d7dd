"""A batch by a zoo entry on real video: the command, two processes, and what is refused."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.clips import read_clip_table
from mer_zoo.errors import BatchError, UnknownNameError

pytestmark = pytest.mark.backend_free  # with one backend: the processes start theirs anew

ENTRY = "meganet_tiny"


@pytest.fixture(scope="module")
def smiles(tmp_path_factory):
    """Three videos of the first second of the real smile, each begun one frame later, and no video."""
    folder = tmp_path_factory.mktemp("smiles")
    capture = cv2.VideoCapture(str(demonstration.smile()))
    frames = [cv2.resize(capture.read()[1], (320, 180)) for _ in range(30)]
    for begin in range(3):
        name = str(folder / f"{begin}.mp4")
        writer = cv2.VideoWriter(name, cv2.VideoWriter_fourcc(*"mp4v"), 30, (320, 180))
        for frame in frames[begin:]:
            writer.write(frame)
        writer.release()
    (folder / "no.mp4").write_bytes(b"not a video")
    return folder


def test_two_processes_say_what_one_says(smiles, tmp_path):
    two = mer_zoo.predict_many(smiles, ENTRY, tmp_path / "two.csv", jobs=2, progress=False)
    one = mer_zoo.predict_many(smiles, ENTRY, tmp_path / "one.csv", progress=False)
    for name in ("path", "label", "status", "error", "onset", "apex", "offset", "entry"):
        assert two[name].equals(one[name]), name
    classes = [name for name in one if name.startswith("p_")]
    np.testing.assert_allclose(two[classes], one[classes], atol=1e-4)
    model = mer_zoo.load(ENTRY)
    reading = model.predict_video(smiles / "1.mp4")
    row = one.iloc[1]
    assert row["label"] == reading.label and row["apex"] == reading.apex
    assert [row[f"p_{c}"] for c in model.class_names] == pytest.approx(
        list(reading.probabilities.values())
    )
    with pytest.raises(BatchError, match="face: largest -> 0"):
        mer_zoo.predict_many(smiles, ENTRY, tmp_path / "one.csv", face=0, progress=False)


def test_the_command_writes_table_and_page_and_goes_on(smiles, tmp_path):
    from typer.testing import CliRunner

    from mer_zoo.cli import app

    table, page = tmp_path / "r.parquet", tmp_path / "r.html"
    arguments = [
        "predict",
        str(smiles),
        "--model",
        ENTRY,
        "--out",
        str(table),
        "--report",
        str(page),
    ]
    for _ in range(2):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 1, "one video could not be read"
        assert "failed" in done.output and len(pd.read_parquet(table)) == 4
    text = page.read_text()
    assert text.count("<img") == 3 and text.count("Colours of a MESTI image") == 1
    for wrong in (["--json"], ["--onset", "3"], ["--csv", "a.csv"]):
        done = CliRunner().invoke(app, [*arguments, *wrong])
        assert done.exit_code == 2 and "--out cannot be combined with" in " ".join(
            done.output.split()
        )
    done = CliRunner().invoke(app, ["predict", str(smiles), "--jobs", "2"])
    assert done.exit_code == 2 and "need --out" in " ".join(done.output.split())


@pytest.fixture(scope="module")
def mixed(smiles, tmp_path_factory):
    """A table of a video and of the same frames as a folder, whose numbers begin with 101."""
    home = tmp_path_factory.mktemp("mixed")
    capture = cv2.VideoCapture(str(smiles / "0.mp4"))
    (home / "frames").mkdir()
    for number in range(101, 131):
        cv2.imwrite(str(home / "frames" / f"img{number}.png"), capture.read()[1])
    (home / "clips.csv").write_text(f"path,onset\n{smiles / '0.mp4'},12\nframes,113\n")
    return home


def test_start_and_stop_count_the_frames_of_a_row_whatever_it_is(mixed, tmp_path):
    options = {"start": 10, "stop": 26, "fps": 30, "progress": False}
    part = mer_zoo.predict_many(mixed / "clips.csv", ENTRY, tmp_path / "part.csv", **options)
    assert part["status"].eq("ok").all() and part["onset"].eq(12).all()
    assert part["offset"].between(13, 25).all()
    none = mer_zoo.predict_many(
        mixed / "clips.csv", ENTRY, tmp_path / "none.csv", **(options | {"start": 20})
    )
    assert none["error"].str.contains("onset|phase").all(), list(none["error"])


def test_a_table_of_answers_is_read_back_as_a_table_of_clips(mixed, tmp_path):
    """Answers count the frames of a folder from 0, other tables by the numbers in the file names."""
    options = {"fps": 30, "progress": False}
    given = [mixed / "clips.csv", mixed / "frames"]
    first = mer_zoo.predict_many(given, ENTRY, tmp_path / "answers.csv", **options)
    assert first["status"].eq("ok").all() and first["numbering"].eq("index").all()
    rows = read_clip_table(tmp_path / "answers.csv")
    assert [r.onset for r in rows] == [12, 113, 101 + first["onset"][2]]
    again = mer_zoo.predict_many(tmp_path / "answers.csv", ENTRY, tmp_path / "again.csv", **options)
    for name in ("path", "onset", "apex", "offset"):
        assert again[name].equals(first[name]), name


def test_fps_for_all_leaves_the_times_of_videos(smiles, mixed, tmp_path):
    """One video alone takes it on the command line, as `predict_video` does."""
    from typer.testing import CliRunner

    from mer_zoo.cli import app

    video = str(smiles / "0.mp4")
    given = [video, mixed / "frames", mixed / "clips.csv"]
    table = mer_zoo.predict_many(given, ENTRY, tmp_path / "r.csv", fps=60, progress=False)
    assert list(table["fps"]) == pytest.approx([30, 60, 30, 60])
    with pytest.warns(UserWarning, match="fps=60 is not used"):
        table = mer_zoo.predict_many(video, ENTRY, tmp_path / "v.csv", fps=60, progress=False)
    assert list(table["fps"]) == pytest.approx([30])
    command = ["predict", video, "--model", ENTRY, "--fps", "60", "--json"]
    alone = CliRunner().invoke(app, command)
    assert json.loads(alone.stdout.splitlines()[-1])["fps"] == pytest.approx(60), alone.output


def test_the_command_has_a_limit_for_each_video(smiles, tmp_path):
    """No video is read within a millisecond; with a larger limit the same command reads it."""
    from typer.testing import CliRunner

    from mer_zoo.cli import app

    table = str(tmp_path / "r.csv")
    command = ["predict", str(smiles / "0.mp4"), "--model", ENTRY, "--out", table]
    for limit, code in (("0.001", 1), ("500", 0)):
        done = CliRunner().invoke(app, [*command, "--retry-failed", "--timeout", limit])
        assert done.exit_code == code, done.output
        assert ("VideoTimeout" in done.output) == bool(code)
        assert list(pd.read_csv(table)["status"]) == ["failed" if code else "ok"]
    done = CliRunner().invoke(app, ["predict", str(smiles), "--timeout", "5"])
    assert done.exit_code == 2 and "need --out" in " ".join(done.output.split())


def test_impossible_readers_are_named(smiles, tmp_path):
    for options, kind in (({"face": "left"}, BatchError), ({"engine": "gpu"}, UnknownNameError)):
        with pytest.raises(kind):
            mer_zoo.predict_many(smiles, ENTRY, tmp_path / "r.csv", **options)
    with pytest.raises(UnknownNameError, match="Did you mean"):
        mer_zoo.predict_many(smiles, "meganet_tin", tmp_path / "r.csv")
    assert not list(tmp_path.iterdir())
