"""Action units of real clips: what is scored, and on which thresholds."""

import csv
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import mer_zoo
from mer_zoo import datasets
from mer_zoo.action_units import OUTPUTS, UNITS, target_row
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import EvaluationError, RecipeError
from mer_zoo.evaluation.unit_scores import score_units
from mer_zoo.recipes import Recipe
from mer_zoo.tracking import Store
from mer_zoo.training import RecipeLearner, train_on_real
from mer_zoo.training.learner import REAL
from mer_zoo.training.unit_evaluation import coded_examples
from tests.toy_recipes import FLOW

CODED = {"0": "4+L10", "1": "12", "2": "1+2+12"}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    text = FLOW.replace('name = "toy"', 'name = "toy"\ntask = "action units"', 1)
    file = tmp_path_factory.mktemp("recipe") / "toy.toml"
    file.write_text(
        text.replace("attention_stages = [2] }", 'attention_stages = [2], activation = "sigmoid" }')
    )
    return Recipe.read(file)


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    """Flow images whose table has units, but for one clip."""
    root = tmp_path_factory.mktemp("flow") / "release"
    fake_release("flow", root, clean=True)
    rows = list(csv.DictReader((root / "labels.csv").open()))
    for number, row in enumerate(rows):
        row["Action Units"] = CODED[row["label"]] if number else "?"
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return root


def test_units_are_scored_by_subject(recipe, flow, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "confusion.svg").touch()  # not written for units, so not refused
    result = mer_zoo.evaluate(recipe, "flow", flow, out=tmp_path / "out", progress=False)
    data = datasets.load("flow", flow)
    assert len(result.clips) == len(data) - 1 and result.about["uncoded_clips_left_out"] == 1
    coded = dict(zip(data.table["clip"], data.table["aus"], strict=True))
    for clip, truth in zip(result.clips, result.truth, strict=True):
        np.testing.assert_array_equal(truth, target_row(coded[clip].split("+")))
    assert result.scores.units[UNITS.index(4)].positives == sum(
        text == "4+L10" for text in coded.values()
    )
    stored = json.loads((tmp_path / "out" / "result.json").read_text())
    assert stored["scores"]["clips"] == len(result.clips)
    table = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert len(table) == len(result.clips) and f"p_{OUTPUTS[-1]}" in table


def test_no_threshold_is_chosen_on_the_subject_it_is_applied_to(recipe, flow):
    data, learner = datasets.load("flow", flow), RecipeLearner.of(recipe, REAL)

    def named(changed):
        """The named units of one subject, whose own units are changed afterwards."""
        examples = coded_examples(data, learner, progress=False)
        truth = examples.targets.copy()
        own = examples.subjects == subject
        truth[own] = truth[own] if not changed else 1 - truth[own]
        rng = np.random.default_rng(0)
        answers = rng.random((1, len(examples), len(OUTPUTS)))
        result = dataclasses.replace(
            made, clips=examples.clips, subjects=examples.subjects, probabilities=answers
        )
        named, one_sided = _named(result, truth)
        return np.concatenate([named[:, own], one_sided[:, own, None]], axis=2)

    from mer_zoo.training.unit_evaluation import _named

    made = mer_zoo.evaluate(recipe, data, seeds=[1], progress=False)
    subject = made.subjects[0]
    np.testing.assert_array_equal(named(False), named(True))


@pytest.fixture(scope="module")
def trained(recipe, flow, tmp_path_factory):
    """An entry trained on coded clips, and the store that its run is in."""
    folder = tmp_path_factory.mktemp("trained")
    store = f"sqlite:///{folder / 'runs.db'}"
    train_on_real(recipe, flow, folder / "mine", loso=True, track=store, progress=str)
    return folder / "mine", store


def test_an_entry_is_trained_on_coded_clips(trained, flow):
    folder, _ = trained
    card, data = mer_zoo.card(folder), datasets.load("flow", flow)
    assert tuple(card.class_names) == OUTPUTS and mer_zoo.zoo.golden.verify(folder).passed
    assert card.trained_on.real_clips == len(data) - 1 and 0 < card.one_sided <= 1
    positives = {unit.number: unit.positives for unit in card.units}
    coded = [set(text.replace("L", "").split("+")) for text in data.table["aus"] if text != "?"]
    assert all(positives[n] == sum(str(n) in units for units in coded) for n in UNITS)
    assert {unit.threshold for unit in card.units if not unit.positives} == {1.0}
    assert {metric.split for metric in card.metrics} == {"loso"}
    assert {metric.clips for metric in card.metrics if metric.name == "macro_f1"} == {len(coded)}
    assert sum(part.answers for part in card.reliability) == len(coded) * len(UNITS)
    assert any("not calibrated" in limit for limit in card.limits)


def test_the_score_on_the_card_is_that_of_the_same_evaluation(trained, recipe, flow):
    folder, _ = trained
    result = mer_zoo.evaluate(recipe, "flow", flow, progress=False)
    stored = json.loads((folder / "loso" / "result.json").read_text())
    assert stored["scores"]["macro_f1"] == pytest.approx(list(result.scores.macro_f1))
    (metric,) = [m for m in mer_zoo.card(folder).metrics if m.name == "mean_auc"]
    assert metric.values == pytest.approx([round(v, 4) for v in result.scores.mean_auc])
    kept = json.loads((folder / "loso" / "folds.json").read_text())
    assert sorted(kept.values()) == sorted(set(result.subjects.tolist()))
    assert all((folder / "loso" / file).exists() for file in kept)


def test_the_run_of_units_has_their_scores_and_no_uf1(trained, recipe, flow, tmp_path):
    _, store = trained
    mer_zoo.evaluate(recipe, "flow", flow, track=store, out=tmp_path / "out", progress=False)
    client = Store.at(store).client()
    experiments = [e.experiment_id for e in client.search_experiments()]
    runs = {run.data.tags["mer_zoo.kind"]: run for run in client.search_runs(experiments)}
    stored = json.loads((tmp_path / "out" / "result.json").read_text())["scores"]
    for kind, prefix in (("train", "loso_"), ("evaluate", "")):
        run = runs[kind]
        assert run.info.status == "FINISHED"
        logged = run.data.metrics
        assert logged[f"{prefix}macro_f1"] == pytest.approx(np.mean(stored["macro_f1"]))
        assert logged[f"{prefix}mean_auc/seed1"] == pytest.approx(stored["mean_auc"][0])
        assert logged[f"{prefix}prevalence"] == pytest.approx(stored["prevalence"])
        assert f"{prefix}AU12_f1" in logged and f"{prefix}AU26_auc" not in logged
        history = client.get_metric_history(run.info.run_id, f"{prefix}fold_log_loss/seed1")
        assert len(history) == stored["subjects"]
        assert not [name for name in logged if "uf1" in name]
    files = {file.path for file in client.list_artifacts(runs["evaluate"].info.run_id)}
    assert {"folds.json", "folds.svg", "result.json", "predictions.csv"} <= files


def test_thresholds_need_subjects_that_were_left_out(recipe, flow, tmp_path):
    with pytest.raises(RecipeError, match="--loso"):
        train_on_real(recipe, flow, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    training = dataclasses.replace(recipe.real.training, inner_folds=2)
    real = dataclasses.replace(recipe.real, training=training)
    with pytest.raises(RecipeError, match="inner_folds"):
        dataclasses.replace(recipe, real=real).check("here")


def test_a_table_without_units_is_refused(recipe, tmp_path):
    fake_release("flow", tmp_path / "plain", clean=True)
    with pytest.raises(EvaluationError, match="No clip of flow"):
        mer_zoo.evaluate(recipe, "flow", tmp_path / "plain", progress=False)


def test_the_own_weights_of_an_entry_are_scored_on_the_thresholds_of_its_card(flow):
    name = "meganet_flow_au"
    result = mer_zoo.evaluate(name, "flow", flow, split="zero-shot", progress=False)
    thresholds = [unit.threshold for unit in mer_zoo.card(name).units]
    assert name in result.thresholds and result.about["uncoded_clips_left_out"] == 1
    np.testing.assert_array_equal(
        result.named, result.probabilities[..., : len(UNITS)] >= np.array(thresholds)
    )


def test_units_have_no_test_selected_score(recipe, flow):
    with pytest.raises(EvaluationError, match="leave out oracle"):
        mer_zoo.evaluate(recipe, "flow", flow, oracle=True, progress=False)


def test_scores_worked_by_hand():
    truth = np.zeros((40, len(OUTPUTS)), np.float32)
    truth[:10, UNITS.index(12)] = 1
    truth[:4, OUTPUTS.index("AU12 left")] = 1
    truth[:3, UNITS.index(4)] = 1  # too few to count
    answers = np.zeros((1, 40, len(OUTPUTS)))
    answers[0, :8, UNITS.index(12)] = 0.9
    answers[0, 20:22, UNITS.index(12)] = 0.9
    answers[0, :3, OUTPUTS.index("AU12 left")] = 0.8
    answers[0, 3, OUTPUTS.index("AU12 left")] = 0.2
    found = score_units(truth, answers, answers[..., : len(UNITS)] > 0.5, np.arange(40) % 10)
    assert found.counted == (12,)
    assert found.macro_f1 == pytest.approx((0.8,))
    hits, ties = 8 * 28 + 2 * 28 / 2, 8 * 2 / 2
    assert found.mean_auc == pytest.approx(((hits + ties) / 300,))
    assert found.one_sided == 4 and found.side == (0.75,) and found.left_right == (1.0,)
    assert found.two_sided == 6 and found.side_both == (1.0,) and found.side_mean == (0.875,)
    wide = score_units(truth, answers, answers[..., : len(UNITS)] > 0.5, np.arange(40) % 10, 0.2)
    assert wide.side == (1.0,) and wide.left_right == (1.0,)
    limits = np.full((1, 40), 0.2)
    limits[0, 3] = 0.5  # each clip has its own
    own = score_units(truth, answers, answers[..., : len(UNITS)] > 0.5, np.arange(40) % 10, limits)
    assert own.side == (0.75,)
    assert found.majority == 0 and found.prevalence == 0.25
    low, high = found.macro_f1_interval
    assert low < 0.8 < high
