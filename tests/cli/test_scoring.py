"""`mer-zoo score`: what it prints, what it writes and what it refuses."""

import json

import pytest

TABLE = """clip;subject;truth;answer;epoch
a;ann;[joy];[joy];1
b;bob;fear;fear;1
c;bob;[joy];[joy];1
a;ann;[joy];fear;2
b;bob;fear;fear;2
c;bob;[joy];[joy];2
"""


def test_a_table_is_scored(tmp_path, run):
    (tmp_path / "theirs.csv").write_text(TABLE)
    code, shown, _ = run("score", tmp_path / "theirs.csv", "--out", tmp_path / "out")
    assert code == 0
    for text in (
        *("theirs.csv, split not stated: 3 clips, 2 subjects", "95% interval", "majority"),
        *("chance", "recall", "precision", "[joy]", "epoch 2, the last of 2 epochs"),
        "test-selected: not a score, the epoch was chosen on the test subjects: UF1 1.000 instead of",
        "A table does not show what a system was trained on.",
    ):
        assert text in shown
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    assert stored["scores"]["uf1"]["mean"] == pytest.approx(2 / 3)
    assert stored["about"]["test_selected"]["gain"]["uf1"] == pytest.approx(1 / 3)
    assert "[joy]" in (tmp_path / "out" / "confusion.svg").read_text()
    code, _, said = run("score", tmp_path / "theirs.csv", "--out", tmp_path / "out")
    assert code == 2 and "exists already" in said
    assert run("score", tmp_path / "theirs.csv", "--out", tmp_path / "out", "--force")[0] == 0
    code, shown, _ = run("compare", tmp_path / "out")
    assert code == 0 and ".667" in shown


def test_a_table_at_fault_is_named(tmp_path, run):
    (tmp_path / "theirs.csv").write_text(TABLE.replace("b;bob;fear;fear;2", "b;bob;fear;;2"))
    code, shown, said = run("score", tmp_path / "theirs.csv")
    assert code == 2 and shown == ""
    assert "theirs.csv: 1 of 6 rows cannot be used" in said and "line 6: answer is empty" in said
