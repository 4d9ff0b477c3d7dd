"""`mer-zoo predict --csv` that is killed leaves a table of what is done, and the same command resumes."""

import csv
import os
import shutil
import subprocess
import sys
import time

import pytest

from mer_zoo.cli import demonstration

VIDEOS = 5
MOST_SECONDS = 300


@pytest.fixture
def videos(tmp_path):
    """Five copies of a real video; only two seconds of them are read."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for i in range(VIDEOS):
        shutil.copy(demonstration.smile(), folder / f"{i}.mp4")
    return folder


def rows(table):
    """The rows of a CSV, which must be whole whenever it is read."""
    if not table.exists():
        return []
    text = table.read_text("utf-8")
    assert text.endswith("\n")
    found = list(csv.DictReader(text.splitlines()))
    assert all(None not in row.values() and None not in row for row in found)
    return found


def command(videos, table, *more):
    names = ("predict", videos, "--csv", table, "--model", "meganet_tiny", "--stop", 30, *more)
    return [sys.executable, "-m", "mer_zoo.cli", *map(str, names)]


def test_killed_in_the_middle_it_resumes(videos, tmp_path, run):
    table = tmp_path / "readings.csv"
    process = subprocess.Popen(
        command(videos, table), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    end = time.monotonic() + MOST_SECONDS
    while len(rows(table)) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    process.kill()
    printed, _ = process.communicate()
    before = rows(table)
    assert 2 <= len(before) < VIDEOS, printed
    assert [os.path.basename(row["source"]) for row in before[:2]] == ["0.mp4", "1.mp4"]

    changed = run("predict", videos, "--csv", table, "--model", "meganet_tiny", "--stop", 40)
    assert changed[0] == 2 and "stop: 30 -> 40" in changed[2], "rows of two settings never mix"
    assert rows(table) == before

    code, printed, complaint = run(*command(videos, table)[3:])
    assert code == 0, complaint
    read = int(complaint.split(f" of {VIDEOS} videos were read before")[0].split()[-1])
    assert read >= len(before)
    assert rows(table)[: len(before)] == before
    assert [os.path.basename(row["source"]) for row in rows(table)] == [
        f"{i}.mp4" for i in range(VIDEOS)
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"videos", "readings.csv"}
    assert all(f"{i}.mp4" in printed for i in range(VIDEOS)), "the screen shows all of them"
    again = run(*command(videos, table)[3:])
    assert again[0] == 2 and "exists already" in again[2], "a finished table is the user's"


def test_what_failed_is_read_again_and_the_rest_is_not(videos, tmp_path, run):
    for i in (2, 3, 4):
        (videos / f"{i}.mp4").unlink()
    whole = (videos / "1.mp4").read_bytes()
    (videos / "1.mp4").write_bytes(b"not a video")
    table = tmp_path / "readings.csv"
    code, _, complaint = run(*command(videos, table)[3:])
    assert code == 1 and "1.mp4" in complaint and len(rows(table)) == 1
    (videos / "1.mp4").write_bytes(whole)
    code, printed, complaint = run(*command(videos, table)[3:])
    assert code == 0 and "1 of 2 videos were read before" in complaint
    assert len(rows(table)) == 2 and "0.mp4" in printed and "1.mp4" in printed
    assert all(
        row["evidence"] == "face" and 0 <= float(row["talking"]) < 0.5 for row in rows(table)
    )


def test_a_table_that_the_user_changed_is_left_alone(videos, tmp_path, run):
    (videos / "1.mp4").write_bytes(b"not a video")
    table = tmp_path / "readings.csv"
    assert run(*command(videos, table)[3:])[0] == 1
    table.write_text(table.read_text() + "my remark\n")
    code, _, complaint = run(*command(videos, table)[3:])
    assert code == 2 and "exists already" in complaint
    assert table.read_text().endswith("my remark\n")
