"""Running folds: nobody is shown whom they are scored on, kills lose nothing, results say it all."""

import dataclasses
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from rich.console import Console

from mer_zoo.cli import tables
from mer_zoo.errors import EvaluationError, OutputExistsError
from mer_zoo.evaluation import Examples, Result, make_folds, run
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.evaluation.table import results_markdown, results_svg, results_table
from tests.evaluation.learners import NearestMean


@pytest.fixture()
def result(examples, learner, tmp_path):
    return run(learner, examples, folder=tmp_path / "journal", seeds=(1, 2), progress=False)


def test_a_learner_never_sees_the_subject_it_is_scored_on(examples, tmp_path):
    folds = make_folds("loso", examples.subjects, examples.labels)
    run(
        NearestMean(str(tmp_path)),
        examples,
        folder=tmp_path / "j",
        seeds=(1,),
        oracle=True,
        progress=False,
    )
    shown = [set(f.read_text().split()) for f in sorted(tmp_path.glob("*.txt"))]
    everyone = set(examples.subjects)
    assert shown == [everyone - {fold.name} for fold in folds]


def test_results_do_not_depend_on_the_order_of_rows(examples, learner, result, tmp_path):
    order = np.random.default_rng(1).permutation(len(examples))
    other = run(learner, examples.part(order), folder=tmp_path / "o", seeds=(1, 2), progress=False)
    assert other.about["folds"] == result.about["folds"]
    assert other.about["examples"] == result.about["examples"]
    back = {clip: row for clip, row in zip(other.clips, other.probabilities[0], strict=True)}
    np.testing.assert_allclose(
        np.stack([back[clip] for clip in result.clips]), result.probabilities[0], atol=1e-5
    )


def test_processes_change_nothing(examples, learner, result, tmp_path):
    two = run(learner, examples, folder=tmp_path / "two", seeds=(1, 2), jobs=2, progress=False)
    np.testing.assert_array_equal(two.probabilities, result.probabilities)


def test_a_killed_run_goes_on_with_the_same_result(examples, result, tmp_path):
    """A child process is killed (SIGKILL) in its eighth fold; the parent finishes."""
    diary, journal = tmp_path / "diary", tmp_path / "killed"
    diary.mkdir()
    np.savez(
        tmp_path / "examples.npz",
        images=examples.images,
        labels=examples.labels,
        subjects=examples.subjects,
        clips=examples.clips,
    )
    code = (
        "import numpy as np, sys\n"
        "from pathlib import Path\n"
        "from mer_zoo.evaluation import Examples, run\n"
        "from tests.evaluation.learners import NearestMean\n"
        f"e = np.load({str(tmp_path / 'examples.npz')!r})\n"
        "e = Examples(e['images'], e['labels'], e['subjects'], e['clips'], ('x','y','z'), 'toy-90')\n"
        f"run(NearestMean({str(diary)!r}, 7), e, folder=Path({str(journal)!r}), seeds=(1, 2),"
        " progress=False)\n"
    )
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert died.returncode == -9, died.stderr.decode()
    assert len(list(journal.glob("seed*/fold*.json"))) == 7
    resumed = run(NearestMean(str(diary)), examples, folder=journal, seeds=(1, 2), progress=False)
    assert len(list(diary.glob("*.txt"))) == 18  # nothing was trained twice
    np.testing.assert_array_equal(resumed.probabilities, result.probabilities)


def test_a_journal_serves_its_own_evaluation_only(examples, learner, result, tmp_path):
    with pytest.raises(EvaluationError, match=r"begun differently \(split|folds, split"):
        run(
            learner,
            examples,
            folder=tmp_path / "journal",
            split="kfold-3",
            seeds=(1, 2),
            progress=False,
        )


def test_weights_of_every_fold_are_kept_when_asked_for(examples, learner, tmp_path):
    run(learner, examples, folder=tmp_path, seeds=(1,), keep_weights=True, progress=False)
    assert len(list(tmp_path.glob("seed1/*.safetensors"))) == 9


def test_the_oracle_stands_beside_and_changes_nothing(examples, learner, result, tmp_path):
    shown = run(learner, examples, folder=tmp_path / "o", seeds=(1, 2), oracle=True, progress=False)
    np.testing.assert_array_equal(shown.probabilities, result.probabilities)
    selected = shown.about["test_selected"]
    assert "not a score" in selected["label"]
    assert selected["best_epoch_per_fold"]["accuracy"] >= shown.accuracy
    assert selected["best_epoch_for_all"]["uf1"] >= shown.uf1
    assert "test_selected" not in result.about


def test_scores_are_pooled_and_averaged_over_seeds(result):
    each = [s.uf1 for s in result.scores]
    assert result.uf1 == pytest.approx(np.mean(each))
    assert result.spread("uf1") == pytest.approx(np.std(each, ddof=1))
    assert result.confusion.sum() == 2 * 90
    low, high = result.intervals["uf1"]
    assert low < result.uf1 < high
    assert set(result.by_dataset()) == {"a", "b"}
    assert sum(d["clips"] for d in result.by_dataset().values()) == 90
    assert result.majority.uf1 < result.uf1  # the toy can be learnt


def test_a_saved_result_is_read_again(result, tmp_path):
    folder = result.save(tmp_path / "saved")
    again = Result.read(folder)
    assert again.to_dict() == json.loads((folder / "result.json").read_text())
    np.testing.assert_allclose(again.probabilities, result.probabilities, atol=1e-6)
    about = again.about
    for key in (
        "protocol",
        "split",
        "folds",
        "examples",
        "learner",
        "seeds",
        "backend",
        "versions",
    ):
        assert about[key], key
    with pytest.raises(OutputExistsError):
        result.save(folder)
    picture = ElementTree.parse(folder / "confusion.svg").getroot()
    texts = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"x", "y", "z", str(result.confusion[0, 0])} <= set(texts)


def test_results_are_compared_on_the_same_clips_only(examples, learner, result, tmp_path):
    same = result.compare(result)
    assert same.difference == 0
    fewer = run(
        learner, examples.part(np.arange(80)), folder=tmp_path / "f", seeds=(1,), progress=False
    )
    with pytest.raises(EvaluationError, match="examples differ"):
        result.compare(fewer)


def test_the_split_of_the_paper_is_labelled(examples, learner, tmp_path):
    tenth = run(learner, examples, folder=tmp_path, split="paper-10%", seeds=(1,), progress=False)
    assert len(tenth.clips) < 12
    assert not tenth.is_subject_independent
    assert "SUBJECTS SHARED" in tenth.title


def test_what_cannot_be_evaluated_is_refused(examples, learner, tmp_path):
    with pytest.raises(EvaluationError, match="seeds"):
        run(learner, examples, folder=tmp_path, seeds=(1, 1), progress=False)
    with pytest.raises(EvaluationError, match="appears 2 times"):
        Examples(np.zeros((2, 4, 4, 1)), [0, 1], ["d/a", "d/b"], ["c", "c"], ("x", "y"))
    with pytest.raises(EvaluationError, match="Labels run from"):
        Examples(np.zeros((2, 4, 4, 1)), [0, 2], ["d/a", "d/b"], ["c", "e"], ("x", "y"))
    with pytest.raises(EvaluationError, match="2 images, 1 labels"):
        Examples(np.zeros((2, 4, 4, 1)), [0], ["d/a", "d/b"], ["c", "e"], ("x", "y"))
    with pytest.raises(EvaluationError, match="holds no result"):
        Result.read(tmp_path)


def test_results_stand_side_by_side(examples, learner, result, tmp_path):
    groups = run(learner, examples, folder=tmp_path, split="kfold-3", seeds=(1,), progress=False)
    table = results_table({"loso": result, "groups": groups})
    assert table["name"].tolist() == ["loso", "groups"]
    assert np.isnan(table["p_against_first"][0])
    assert table["uf1_against_first"][1] == pytest.approx(groups.uf1 - result.uf1)
    assert 0 < table["p_against_first"][1] <= 1
    text = results_markdown(table)
    fewer = run(
        learner,
        examples.part(np.arange(12)),
        folder=tmp_path / "f",
        split="kfold-2",
        seeds=(1,),
        progress=False,
    )
    elsewhere = dataclasses.replace(result, about={**result.about, "corpus": "another"})
    named = {"loso": result, "fewer": fewer, "groups": groups, "elsewhere": elsewhere}
    assert "not_compared" not in table, "nothing to explain"
    reasons = results_table(named).set_index("name")["not_compared"]
    assert "not those of loso (12 and " in reasons["fewer"] and reasons["loso"] == ""
    assert "not labelled alike" in reasons["elsewhere"] and reasons["groups"] == ""
    console = Console(width=80, file=io.StringIO())
    console.print(tables.results(results_table(named)))
    shown = " ".join(console.file.getvalue().split())
    assert "fewer: no p, since its clips are not those of loso" in shown
    compared = results_table(named).set_index("name")["uf1_against_first"]
    assert list(compared.index[compared.isna()]) == ["loso", "fewer", "elsewhere"]
    assert f"{result.uf1:.3f}" in text
    assert "nan" not in text
    picture = results_svg({"loso": result, "groups": groups}, "a & b")
    assert ElementTree.fromstring(picture) is not None


def test_a_label_is_told_wherever_results_are_compared(result):
    labelled = dataclasses.replace(result, about={**result.about, "label": SAME_SUBJECTS})
    plain, told = ({"first": result, "second": r} for r in (result, labelled))
    assert "label" not in results_table(plain)
    table = results_table(told)
    assert table["label"].tolist() == ["", SAME_SUBJECTS]
    assert SAME_SUBJECTS in results_markdown(table)
    assert SAME_SUBJECTS in results_svg(told, "title")
    console = Console(width=80, file=io.StringIO())
    console.print(tables.results(table))
    shown = console.file.getvalue()
    assert "* second" in shown and SAME_SUBJECTS in shown and "* first" not in shown
