"""The command line: what a user types, what is printed, which exit code comes back."""

import csv
import json
import shutil

import cv2
import numpy as np
import pytest

from mer_zoo.cli import demonstration


@pytest.fixture(scope="module")
def smile(tmp_path_factory):
    """The first second of the real smile, small and quick."""
    capture = cv2.VideoCapture(str(demonstration.smile()))
    path = tmp_path_factory.mktemp("videos") / "smile.mp4"
    writer = None
    for _ in range(30):
        ok, frame = capture.read()
        assert ok
        frame = cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA)
        if writer is None:
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30, (320, 180))
        writer.write(frame)
    writer.release()
    return path


def test_list_and_card_say_synthetic(run):
    code, printed, _ = run("list")
    assert code == 0 and "meganet_casme2" in printed and "synthetic" in printed
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80, "nothing is cut off"
    code, printed, _ = run("card", "meganet_casme2")
    assert code == 0
    for word in ("macro_f1", "majority", "synthetic", "sha256", "Not for decisions"):
        assert word in printed
    code, printed, _ = run("card", "meganet_casme2", "--toml")
    assert code == 0 and "real_clips = 0" in printed


def test_predict_prints_writes_and_refuses_to_overwrite(run, smile, tmp_path):
    table, page = tmp_path / "a.csv", tmp_path / "a.html"
    arguments = ("predict", smile, "--model", "meganet_tiny", "--csv", table, "--report", page)
    code, printed, _ = run(*arguments)
    assert code == 0 and "smile.mp4" in printed
    (row,) = csv.DictReader(table.open())
    assert int(row["onset"]) <= int(row["apex"]) <= int(row["offset"]) < 30
    assert list(row)[-4:] == ["onset_seconds", "apex_seconds", "offset_seconds", "numbering"]
    assert float(row["apex_seconds"]) == pytest.approx(int(row["apex"]) / 30, abs=1e-4)
    assert sum(float(v) for k, v in row.items() if k.startswith("p_")) == pytest.approx(1, abs=1e-4)
    html = page.read_text()
    pictures = 6 if row["expression"] == "True" else 5  # only an expression has a heat map
    assert html.count("<img") == pictures and "http" not in html.replace("http-equiv", "")
    before = table.read_text()
    code, _, complaint = run(*arguments)
    assert code == 2 and "exists already" in complaint and "--force" in complaint
    assert table.read_text() == before
    assert run(*arguments, "--force")[0] == 0
    clips = tmp_path / "clips.csv"
    clips.write_text(f"path,onset\n{smile},3\n")
    code, _, complaint = run("predict", clips, "--csv", clips, "--force", "--model", "meganet_tiny")
    assert code == 2 and "is read, so" in complaint and clips.read_text().startswith("path,onset")


def test_json_is_one_object_a_line(run, smile):
    code, printed, _ = run("predict", smile, "--model", "meganet_tiny", "--json")
    (line,) = printed.splitlines()
    reading = json.loads(line)
    assert code == 0 and reading["source"] == str(smile) and len(reading["curve"]) == 30


def test_one_bad_video_does_not_stop_the_others(run, smile, tmp_path):
    shutil.copy(smile, tmp_path / "good.mp4")
    (tmp_path / "bad.mp4").write_bytes(b"not a video")
    code, printed, complaint = run(
        "predict", tmp_path, "--model", "meganet_tiny", "--csv", tmp_path / "o.csv"
    )
    assert code == 1 and "good.mp4" in printed and "bad.mp4" in complaint
    assert len((tmp_path / "o.csv").read_text().splitlines()) == 2


def test_a_table_of_clips_is_read_row_by_row(run, smile, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    capture = cv2.VideoCapture(str(smile))
    for number in range(8, 28):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        cv2.imwrite(str(folder / f"img{number}.png"), capture.read()[1])
    table = tmp_path / "clips.csv"
    table.write_text(f"path,onset,apex,offset,fps\n{smile},12,17,17,\nframes,12,17,17,30\n")
    code, printed, _ = run("predict", table, "--model", "meganet_tiny", "--json")
    video, frames = (json.loads(line) for line in printed.splitlines())
    assert code == 0 and (video["onset"], video["apex"]) == (12, 17)
    assert (frames["onset"], frames["apex"]) == (4, 9), "indices in the folder"
    table.write_text(f"path,onset,apex\n{smile},12,7\nnothing.mp4,1,2\n")
    code, _, complaint = run("predict", table, "--model", "meganet_tiny")
    assert code == 2 and "line 2" in complaint and "line 3" in complaint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("card", "meganet_casme"), "Did you mean 'meganet_casme2'"),
        (("predict", "nothing.mp4", "--model", "meganet_tiny"), "nothing.mp4"),
        (("predict", "a.mp4", "b.mp4", "--onset", "3"), "belong to one video"),
        (("train", "nothing.toml", "--photos", "."), "does not exist"),
        (("synth", "--photo", "nothing.jpg", "--au", "12", "--out", "o.mp4"), "nothing.jpg"),
        (("verify", "meganot"), "no zoo entry"),
    ],
)
def test_user_errors_are_one_message_without_traceback(run, arguments, message):
    code, _, complaint = run(*arguments)
    assert code == 2 and message in complaint and "Traceback" not in complaint


def test_impossible_phases_are_named(run, smile):
    code, _, complaint = run(
        "predict", smile, "--model", "meganet_tiny", "--onset", 20, "--apex", 10
    )
    assert code == 2 and "onset <= apex <= offset" in complaint
    code, _, complaint = run("predict", smile, "--model", "meganet_tiny", "--offset", 400)
    assert code == 2 and "400" in complaint


def test_a_video_without_a_face_is_named(run, tmp_path):
    path = tmp_path / "wall.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30, (160, 120))
    noise = np.random.default_rng(0)
    for _ in range(8):
        writer.write(noise.integers(90, 110, (120, 160, 3), dtype=np.uint8))
    writer.release()
    code, _, complaint = run("predict", path, "--model", "meganet_tiny")
    assert code == 2 and "NoFaceError" in complaint and "wall.mp4" in complaint


def test_synth_writes_a_clip_and_its_truth(run, tmp_path):
    from skimage import data

    photo = tmp_path / "me.png"
    cv2.imwrite(str(photo), data.astronaut()[:256, 96:352, ::-1])
    clip = tmp_path / "clip.mp4"
    code, printed, _ = run("synth", "--photo", photo, "--au", "12", "--out", clip)
    assert code == 0 and clip.stat().st_size > 1000 and "clip.json" in printed
    truth = json.loads((tmp_path / "clip.json").read_text())
    assert truth["onset"] < truth["apex"] <= truth["offset"]
    code, _, complaint = run("synth", "--photo", photo, "--au", "12", "--out", clip)
    assert code == 2 and "exists already" in complaint
    code, _, complaint = run("synth", "--photo", photo, "--au", "99", "--out", tmp_path / "x.mp4")
    assert code == 2 and "99" in complaint


def test_verify_passes(run):
    code, printed, _ = run("verify")
    assert code == 0 and "meganet_casme2" in printed


def test_explain_draws_the_face_and_the_map(run, smile, tmp_path):
    picture = tmp_path / "why.png"
    code, printed, _ = run("explain", smile, "--out", picture, "--label", "happiness")
    assert code == 0 and "happiness" in printed
    drawn = cv2.imread(str(picture))
    assert drawn.shape == (448, 896, 3)
    assert np.abs(drawn[:, :448].astype(int) - drawn[:, 448:]).max() > 40
    code, _, complaint = run("explain", smile, "--out", tmp_path / "no.png", "--label", "joy")
    assert code == 2 and "happiness" in complaint
    assert not (tmp_path / "no.png").exists()
