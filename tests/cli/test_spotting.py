"""`mer-zoo spot` and `evaluate-spotting`: tables, files, labels, refusals."""

import csv
import json

import pytest

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.datasets.fake import fake_videos
from mer_zoo.readings import FACE, NO_EXPRESSION


def test_spot_prints_writes_and_refuses_to_overwrite(run, tmp_path):
    table = tmp_path / "found.csv"
    code, printed, _ = run("spot", demonstration.smile(), "--stop", 45, "--csv", table)
    assert code == 0 and "score" in printed and "label" not in printed
    (row,) = csv.DictReader(table.open())
    assert abs(int(row["apex"]) - 24) <= 3 and row["label"] == "" and row["held"] == "True"
    assert "evidence" not in row, "no entry read it"
    assert float(row["apex_seconds"]) == round(int(row["apex"]) / 30, 4)
    code, _, complaint = run("spot", demonstration.smile(), "--csv", table)
    assert code == 2 and "--force" in complaint


def test_spot_names_what_an_entry_sees(run):
    arguments = ("spot", demonstration.smile(), "--stop", 45, "--entry", "meganet_tiny")
    code, printed, _ = run(*arguments)
    assert code == 0 and "label" in printed
    code, printed, _ = run(*arguments, "--min-motion", 50)
    assert code == 0 and "24" not in printed
    code, _, complaint = run("spot", "nowhere.mp4")
    assert code == 2 and "nowhere.mp4" in complaint


def test_spot_writes_what_an_entry_saw(run, tmp_path):
    table = tmp_path / "t.csv"
    video = demonstration.smile()
    code, _, _ = run("spot", video, "--entry", "meganet_tiny", "--csv", table)
    rows = list(csv.DictReader(table.open()))
    names = mer_zoo.card("meganet_tiny").class_names
    assert code == 0 and rows
    for row in rows:
        assert row["evidence"] == FACE
        probabilities = {name: float(row[f"p_{name}"]) for name in names}
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-6)
        most = max(probabilities, key=lambda name: probabilities[name])
        assert row["label"] in (most, NO_EXPRESSION)
    columns = ["evidence", *(f"p_{name}" for name in names), "numbering"]
    assert list(rows[0])[-len(columns) :] == columns and rows[0]["numbering"] == "index"


def test_evaluate_spotting_prints_saves_and_scores_intervals_of_others(run, tmp_path):
    annotated = [("micro", 100, 140, 180)]
    root = fake_videos("samm_lv", tmp_path / "r", intervals=lambda _: annotated, seconds=3)
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("video,onset,offset\n006_1,105,180\n007_1,300,310\n")
    arguments = ("evaluate-spotting", "samm_lv", root, "--intervals", theirs)
    code, printed, _ = run(*arguments, "--out", tmp_path / "out")
    assert code == 0 and "6 long videos of 3 subjects" in printed and "chance" in printed
    micro = next(line.split() for line in printed.splitlines() if line.startswith("micro"))
    assert micro[1:7] == ["6", "2", "1", "0.500", "0.167", "0.250"]
    assert "note: frames without a row" in printed
    assert json.loads((tmp_path / "out" / "score.json").read_text())["subjects"] == 3
    code, _, complaint = run(*arguments, "--min-motion", 1)
    assert code == 2 and "--intervals spots nothing" in complaint
    code, _, complaint = run("evaluate-spotting", "samm_lv", root)
    assert code == 2 and "--out" in complaint
    code, _, complaint = run("evaluate-spotting", "casme2", root, "--out", tmp_path / "o")
    assert code == 2 and "samm_lv" in complaint


def test_evaluate_spotting_names_videos_that_cannot_be_read(run, tmp_path):
    root = fake_videos("casme3", tmp_path / "r", subjects=1, seconds=3)
    code, printed, complaint = run("evaluate-spotting", "casme3", root, "--out", tmp_path / "out")
    assert code == 1 and "spNO.1/a: NoFaceError" in complaint and "wrote" in printed
