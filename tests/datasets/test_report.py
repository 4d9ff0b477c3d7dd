import csv

import pytest

from mer_zoo.datasets import load
from mer_zoo.errors import DatasetError, OutputExistsError


def test_the_text_groups_remarks_by_rule(releases):
    report = load("smic", releases("smic")).report
    lines = report.to_text().splitlines()
    assert lines[0].endswith("9 rows read, 9 clips kept")
    assert lines[1].startswith("repaired (9): apex not known")
    assert lines[-1].strip() == "and 4 more"
    assert len(lines) == 8


def test_saving(releases, tmp_path):
    report = load("casme2", releases("casme2")).report
    path = report.save(tmp_path / "report.csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert len(rows) == len(report.remarks)
    assert {row["kind"] for row in rows} == {"repaired", "note"}
    assert rows[0]["clip"] == report.remarks[0].clip
    text = report.save(tmp_path / "report.txt").read_text(encoding="utf-8")
    assert text == report.to_text() + "\n"
    with pytest.raises(OutputExistsError, match=r"report\.csv exists"):
        report.save(path)
    report.save(path, force=True)
    with pytest.raises(DatasetError, match=r"name it \*\.csv or \*\.txt"):
        report.save(tmp_path / "report.xlsx")
