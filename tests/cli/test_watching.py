"""`mer-zoo watch`: a film in real time, Ctrl-C, the CSV that grows."""

import csv
import signal
import subprocess
import sys
import time

from mer_zoo.cli import demonstration
from mer_zoo.cli.live_display import COLUMNS, sparkline

MOST_SECONDS = 300


def rows(table):
    return list(csv.DictReader(table.open())) if table.exists() else []


def test_readings_are_appended_and_no_other_file_is_touched(run, tmp_path):
    table = tmp_path / "readings.csv"
    watch = ("watch", demonstration.smile(), "--model", "meganet_tiny", "--seconds", 2)
    code, printed, complaint = run(*watch, "--every-frame", "--csv", table)
    assert code == 0, complaint
    assert "apex" in printed and "1 reading in" in complaint and "0 dropped" in complaint
    (row,) = rows(table)
    assert abs(int(row["apex"]) - 24) <= 3 and row["model"] == "meganet_tiny"
    chances = [float(value) for name, value in row.items() if name.startswith("p_")]
    assert abs(sum(chances) - 1) < 1e-4 and row["label"]

    table.write_bytes(table.read_bytes()[:-7])  # as a kill in the middle of a row leaves it
    code, _, _ = run(*watch, "--every-frame", "--csv", table)
    assert code == 0 and len(rows(table)) == 2
    assert rows(table)[-1] == row | {"begun": rows(table)[-1]["begun"]}

    table.write_text("my own notes\n")
    code, _, complaint = run(*watch, "--csv", table)
    assert code == 2 and "exists" in complaint and table.read_text() == "my own notes\n"


def test_ctrl_c_keeps_what_was_read(tmp_path):
    table = tmp_path / "readings.csv"
    arguments = ("watch", demonstration.smile(), "--model", "meganet_tiny", "--csv", table)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "mer_zoo.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + MOST_SECONDS
    while not table.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(2.5)  # of the film, which has 3.6 seconds
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, complaint
    assert "Traceback" not in complaint and "dropped" in complaint


def test_sources_that_cannot_be_read_are_named(run, monkeypatch):
    code, _, complaint = run("watch", "97", "--model", "meganet_tiny")
    assert code == 2 and "Camera 97" in complaint
    code, _, complaint = run("watch", "nowhere.mp4", "--model", "meganet_tiny")
    assert code == 2 and "nowhere.mp4" in complaint
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    code, _, complaint = run("watch", demonstration.smile(), "--window")
    assert code == 2 and "needs a display" in complaint


def test_the_curve_shows_the_newest_motion_at_the_right():
    drawn = sparkline([(1.0, 8.0), (19.9, 4.0), (20.0, 0.0)], now=20.0)
    assert len(drawn) == COLUMNS and drawn[-1] == "▄" and drawn[1] == "█"
    assert set(drawn) == {" ", "▄", "█"}
