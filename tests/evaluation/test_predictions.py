"""Tables of predictions that were made elsewhere: what they score, and which are refused."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mer_zoo
from mer_zoo.errors import EvaluationError, OutputExistsError
from mer_zoo.evaluation import Result, run
from mer_zoo.evaluation.table import results_table

HEADER = ["clip", "subject", "truth", "answer"]
ROWS = [
    ["c1", "ann", "joy", "joy"],
    ["c2", "ann", "fear", "joy"],
    ["c1", "bob", "fear", "fear"],
    ["c2", "bob", "joy", "joy"],
    ["c3", "bob", "fear", "fear"],
]
P_HEADER = ["clip", "subject", "truth", "p_joy", "p_fear"]
P_ROWS = [
    ["c1", "ann", "joy", "0.9", "0.1"],
    ["c2", "ann", "fear", "0.6", "0.4"],
    ["c1", "bob", "fear", ".25", ".75"],
    ["c2", "bob", "joy", "1", "0"],
    ["c3", "bob", "fear", "1e-3", "0.999"],
]


@pytest.fixture
def write(tmp_path):
    def write(header, rows, mark=",", encoding="utf-8", name="theirs.csv"):
        path = tmp_path / name
        with path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file, delimiter=mark).writerows([header, *rows])
        return path

    return write


def changed(rows, line, column, value):
    """The rows with another cell; the first row is line 2."""
    rows = [list(row) for row in rows]
    rows[line - 2][column] = value
    return rows


def with_epochs(rows, epochs):
    return [[*row, epoch] for epoch in epochs for row in rows]


def test_a_score_by_hand(write):
    result = mer_zoo.score(write(HEADER, ROWS))
    assert result.class_names == ("fear", "joy")
    assert result.confusion.tolist() == [[2, 1], [0, 2]]
    assert result.accuracy == pytest.approx(4 / 5)
    assert result.uf1 == pytest.approx((4 / 5 + 4 / 5) / 2)
    assert result.uar == pytest.approx((2 / 3 + 1) / 2)
    assert result.by_class()["joy"] == pytest.approx(
        {"clips": 2, "precision": 2 / 3, "recall": 1, "f1": 4 / 5}
    )
    assert result.majority.accuracy == pytest.approx(3 / 5)
    assert result.chance.accuracy == pytest.approx(1 / 2)
    assert sorted(set(result.subjects)) == ["custom/ann", "custom/bob"]
    low, high = result.intervals["accuracy"]
    assert low == pytest.approx(1 / 2) and high == pytest.approx(1)  # ann alone, bob alone


@pytest.mark.parametrize("header", [P_HEADER, ["clip", "subject", "truth", "joy", "fear"]])
def test_probabilities_score_as_their_largest(write, header):
    result = mer_zoo.score(write(header, P_ROWS))
    assert result.class_names == ("joy", "fear")
    assert result.confusion.tolist() == [[2, 0], [1, 2]]
    assert result.probabilities[0, 2].tolist() == [0.25, 0.75]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separators_and_byte_order_marks(write, mark, encoding):
    header = [" Clip", "SUBJECT", "Truth ", "answer", "comment"]
    rows = [[*row, "any, thing; here"] for row in ROWS]
    assert mer_zoo.score(write(header, rows, mark, encoding)).accuracy == pytest.approx(4 / 5)


UNSUMMED = r"line 4: the probabilities sum to 1\.25, expected 1"


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (HEADER[1:], [row[1:] for row in ROWS], "has no column 'clip'"),
        (["clip", "truth", "answer"], [["a", "b", "c"]], "has no column 'subject'"),
        (["clip", "subject", "answer"], [["a", "b", "c"]], "has no column 'truth'"),
        (HEADER[:3], [row[:3] for row in ROWS], "has no predictions.*'answer'.*p_<class>"),
        ([*HEADER, "answer"], [[*row, "joy"] for row in ROWS], "two columns 'answer'"),
        ([*HEADER, "label"], [[*row, "joy"] for row in ROWS], "same meaning, 'truth' and 'label'"),
        ([*P_HEADER, "p_joy"], [[*r, "0"] for r in P_ROWS], "two columns of probabilities of 'joy'"),
        (P_HEADER[:4], [row[:4] for row in P_ROWS], "no probabilities of 'fear'"),
        (HEADER, [], "has a header but no rows"),
        (HEADER, changed(ROWS, 3, 3, ""), "line 3: answer is empty"),
        (HEADER, changed(ROWS, 3, 3, "nan"), "line 3: answer is 'nan'"),
        (HEADER, changed(ROWS, 4, 1, " "), "line 4: subject is empty"),
        (HEADER, changed(ROWS, 4, 0, "a\0b"), "line 4: clip is .*printable"),
        (HEADER, changed(ROWS, 4, 2, "x" * 500), "line 4: truth has 500 characters"),
        (HEADER, [*ROWS, ["c4", "bob", "joy"]], "line 7: answer is empty"),
        (HEADER, [*ROWS, ["c4", "bob", "joy", "joy", "x"]], "line 7: has 5 cells, the header 4"),
        (HEADER, [*ROWS, ROWS[1]], "line 7: clip 'c2' of subject 'custom/ann' is in line 3 already"),
        (HEADER, changed(ROWS, 3, 2, "Joy"), "names a class 'Joy' and 'joy'"),
        (HEADER, changed(ROWS, 3, 1, "Ann"), "names a subject 'Ann' and 'ann'"),
        (HEADER, [[c, s, "1", "1.0"] for c, s, *_ in ROWS[:4]] + [["c9", "ann", "2", "2"]], "'1.0'"),
        (HEADER, [[*row[:2], "joy", "joy"] for row in ROWS], "one true class only"),
        (HEADER, [[f"c{i}", "ann", *row[2:]] for i, row in enumerate(ROWS)], "one subject only"),
        (P_HEADER, changed(P_ROWS, 4, 3, "nan"), "line 4: the probability of 'joy' is 'nan'"),
        (P_HEADER, changed(P_ROWS, 4, 3, ""), "line 4: the probability of 'joy' is ''"),
        (P_HEADER, changed(P_ROWS, 4, 3, "0,25"), "is '0,25', expected a number from 0 to 1"),
        (P_HEADER, changed(P_ROWS, 4, 3, "-0.1"), "line 4: the probability of 'joy' is '-0.1'"),
        (P_HEADER, changed(P_ROWS, 4, 3, "0.5"), UNSUMMED),
        ([*P_HEADER, "answer"], [[*row, "joy"] for row in P_ROWS], "line 4: the answer is 'joy', but"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused_by_name_and_line(write, header, rows, message):
    with pytest.raises(EvaluationError, match=rf"(?s)theirs\.csv.*{message}"):
        mer_zoo.score(write(header, rows))


def test_other_files_are_named(write, tmp_path):
    for text, message in ((b"", "is empty"), (b"\xff\xfe\0", "not UTF-8")):
        (tmp_path / "odd.csv").write_bytes(text)
        with pytest.raises(EvaluationError, match=rf"odd\.csv.*{message}"):
            mer_zoo.score(tmp_path / "odd.csv")
    with pytest.raises(EvaluationError, match="There is no table of predictions"):
        mer_zoo.score(tmp_path)


def test_ten_faults_are_told_at_once(write):
    with pytest.raises(EvaluationError, match="14 of 14 rows") as error:
        mer_zoo.score(write(HEADER, [[f"c{i}", "ann", "joy", ""] for i in range(14)]))
    assert "line 11" in str(error.value) and "line 12" not in str(error.value)
    assert "and 4 more" in str(error.value)


def test_a_class_that_is_never_the_truth_is_an_error_and_is_told(write):
    result = mer_zoo.score(write(HEADER, changed(ROWS, 3, 3, "anger")))
    assert result.accuracy == pytest.approx(4 / 5)
    assert result.uf1 == pytest.approx((1 + 4 / 5 + 0) / 3)  # joy, fear, anger
    assert any("'anger' is answered in 1 rows and is never" in n for n in result.about["notes"])


def test_a_probability_that_only_rounding_moves_is_accepted_and_ties_are_told(write):
    rows = changed(changed(P_ROWS, 2, 3, "0.5"), 2, 4, "0.5")
    rows = changed(rows, 4, 4, "0.74")
    result = mer_zoo.score(write(P_HEADER, rows))
    assert any("In 1 predictions two classes are equally" in n for n in result.about["notes"])


def test_a_tie_is_broken_by_the_answer_and_float32_does_not_make_one(write, tmp_path):
    rows = changed(changed(P_ROWS, 2, 3, "0.5"), 2, 4, "0.5")
    rows = changed(changed(rows, 3, 3, "0.49999999999"), 3, 4, "0.50000000001")
    answers = ["fear", "fear", "fear", "joy", "fear"]
    rows = [[*row, answer] for row, answer in zip(rows, answers, strict=True)]
    path = write([*P_HEADER, "answer"], rows)
    result = mer_zoo.score(path, out=tmp_path / "out")
    assert [result.class_names[i] for i in result.predicted[0]] == answers
    assert Result.read(tmp_path / "out").accuracy == result.accuracy == pytest.approx(4 / 5)


def test_a_subject_in_two_datasets_is_two_people(write):
    rows = [[*row, dataset] for dataset in ("a", "b") for row in ROWS]
    result = mer_zoo.score(write([*HEADER, "dataset"], rows))
    assert sorted(set(result.subjects)) == ["a/ann", "a/bob", "b/ann", "b/bob"]
    assert list(result.by_dataset()) == ["a", "b"]
    assert any("2 names of subjects are in several datasets" in n for n in result.about["notes"])
    with pytest.warns(UserWarning, match=r"'datasets' is not used. Did you mean 'dataset'\?"):
        rows = [[f"{row[-1]}{row[0]}", *row[1:]] for row in rows]
        merged = mer_zoo.score(write([*HEADER, "datasets"], rows))
    assert sorted(set(merged.subjects)) == ["custom/ann", "custom/bob"]


def test_the_last_epoch_is_scored_and_selection_is_labelled(write):
    wrong = [[*row[:3], {"joy": "fear", "fear": "joy"}[row[2]]] for row in ROWS]
    right = [[*row[:3], row[2]] for row in ROWS]
    ann_only = [row if row[1] == "ann" else other for row, other in zip(right, wrong, strict=True)]
    bob_only = [row if row[1] == "bob" else other for row, other in zip(right, wrong, strict=True)]
    rows = [[*row, e] for e, part in ((10, ROWS), (1, ann_only), (2, bob_only)) for row in part]
    result = mer_zoo.score(write([*HEADER, "epoch"], rows))
    assert result.uf1 == pytest.approx(4 / 5) and result.about["epoch"] == 10
    selected = result.about["test_selected"]
    assert selected["label"].startswith("test-selected: not a score")
    assert selected["best_epoch_per_fold"]["uf1"] == pytest.approx(1)
    assert selected["gain"]["uf1"] == pytest.approx(1 / 5)
    assert selected["best_epoch_for_all"]["uf1"] == pytest.approx(4 / 5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            with_epochs(ROWS, (1, 2))[:-2],
            "2 of 5 clips are missing in epoch 2: clip 'c2' of subject",
        ),
        (
            [*with_epochs(ROWS, (1, 2)), [*ROWS[0], 2]],
            "line 12: .* is in line 7 already in epoch 2",
        ),
        (with_epochs(ROWS, (1, "last")), "line 7: epoch is 'last', expected a whole number"),
        (with_epochs(ROWS, (1, "nan")), "line 7: epoch is 'nan'"),
        (
            [*with_epochs(ROWS, (1,)), *with_epochs(changed(ROWS, 2, 2, "fear"), (2,))],
            "line 7: the truth of clip 'c1' of subject 'custom/ann' is 'fear', but 'joy' in line 2",
        ),
    ],
)
def test_epochs_that_do_not_hold_every_clip_once_are_refused(write, rows, message):
    with pytest.raises(EvaluationError, match=rf"(?s)theirs\.csv.*{message}"):
        mer_zoo.score(write([*HEADER, "epoch"], rows))


def test_what_is_saved_is_read_again_and_compared(write, tmp_path):
    theirs = mer_zoo.score(write(HEADER, ROWS), out=tmp_path / "theirs")
    better = [[*row[:3], row[2]] for row in ROWS]
    ours = mer_zoo.score(write(HEADER, better, name="ours.csv"), out=tmp_path / "ours")
    read = {name: Result.read(tmp_path / name) for name in ("ours", "theirs")}
    assert read["theirs"].to_dict() == theirs.to_dict()
    assert (tmp_path / "ours" / "confusion.svg").read_text().startswith("<svg")
    table = results_table(read)
    assert table["uf1_against_first"][1] == pytest.approx(theirs.uf1 - ours.uf1)
    again = mer_zoo.score(tmp_path / "theirs" / "predictions.csv")
    assert np.array_equal(again.confusion, theirs.confusion)
    with pytest.raises(OutputExistsError):
        mer_zoo.score(tmp_path / "theirs.csv", out=tmp_path / "theirs")
    with pytest.raises(EvaluationError, match="would overwrite"):
        path = tmp_path / "theirs" / "predictions.csv"
        mer_zoo.score(path, out=tmp_path / "theirs", force=True)


@pytest.mark.parametrize("split", ["loso", "paper-10%"])
def test_the_predictions_of_an_evaluation_score_the_same(examples, learner, tmp_path, split):
    ours = run(learner, examples, split=split, seeds=(1, 2))
    folder = ours.save(tmp_path / "result")
    scored = mer_zoo.score(folder / "predictions.csv")
    assert scored.to_dict()["scores"] == ours.to_dict()["scores"]
    assert np.array_equal(scored.probabilities, ours.probabilities)
    assert scored.title == ours.title  # with the warning that subjects are shared
    (tmp_path / "alone.csv").write_bytes((folder / "predictions.csv").read_bytes())
    alone = mer_zoo.score(tmp_path / "alone.csv")
    assert alone.to_dict()["scores"] == ours.to_dict()["scores"]
    assert not alone.is_subject_independent  # the table cannot show it
    stored = json.loads((folder / "result.json").read_text())
    stored["confusion"][0][0] += 1
    (folder / "result.json").write_text(json.dumps(stored))
    notes = mer_zoo.score(folder / "predictions.csv").about["notes"]
    assert any("result.json beside the table was not used" in note for note in notes)


logs = st.lists(  # (subject, truth, the answers of three epochs)
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.tuples(*[st.integers(0, 2)] * 3)),
    min_size=2,
    max_size=25,
).filter(lambda rows: len({r[0] for r in rows}) > 1 and len({r[1] for r in rows}) > 1)


@settings(deadline=None, max_examples=60)
@given(logs)
def test_scores_follow_the_formulas_and_selection_never_lowers_accuracy(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("log") / "log.csv"
    lines = [
        [f"c{i}", f"s{subject}", f"class{truth}", f"class{answers[epoch]}", epoch]
        for epoch in range(3)
        for i, (subject, truth, answers) in enumerate(rows)
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[*HEADER, "epoch"], *lines])
    result = mer_zoo.score(path)
    pairs = [(truth, answers[2]) for _, truth, answers in rows]
    named = sorted({c for _, truth, answers in rows for c in (truth, *answers)})
    f1, recall = [], []
    for c in named:
        hits = sum(t == a == c for t, a in pairs)
        true, answered = sum(t == c for t, _ in pairs), sum(a == c for _, a in pairs)
        f1 += [2 * hits / (true + answered)] if true + answered else []
        recall += [hits / true] if true else []
    assert result.uf1 == pytest.approx(sum(f1) / len(f1))
    assert result.uar == pytest.approx(sum(recall) / len(recall))
    best = 0
    for subject in {row[0] for row in rows}:
        own = [(truth, answers) for s, truth, answers in rows if s == subject]
        best += max(sum(t == a[e] for t, a in own) for e in range(3))
    selected = result.about["test_selected"]["best_epoch_per_fold"]
    assert selected["accuracy"] == pytest.approx(best / len(rows))
    for epoch in range(3):
        hits = sum(truth == answers[epoch] for _, truth, answers in rows)
        assert selected["accuracy"] >= hits / len(rows) - 1e-12


def test_unicode_forms_of_a_name_are_one_person_and_one_class(write):
    rows = [[clip, name.replace("ann", "Jos\u00e9"), *rest] for clip, name, *rest in ROWS]
    rows[0][1] = "Jose\u0301"
    expected = mer_zoo.score(
        write(HEADER, [[c, s.replace("e\u0301", "\u00e9"), *r] for c, s, *r in rows])
    )
    result = mer_zoo.score(write(HEADER, rows))
    assert set(result.subjects) == set(expected.subjects) == {"custom/Jos\u00e9", "custom/bob"}
