"""`mer-zoo spot`: table, CSV, labels, refusals."""

import csv

from mer_zoo.cli import demonstration


def test_spot_prints_writes_and_refuses_to_overwrite(run, tmp_path):
    table = tmp_path / "found.csv"
    code, printed, _ = run("spot", demonstration.smile(), "--stop", 45, "--csv", table)
    assert code == 0 and "score" in printed and "label" not in printed
    (row,) = csv.DictReader(table.open())
    assert abs(int(row["apex"]) - 24) <= 3 and row["label"] == "" and row["held"] == "True"
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
