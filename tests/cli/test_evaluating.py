"""evaluate, compare, datasets check, cache and train --root, on a made-up release."""

import csv
import json
import re
import shutil

import numpy as np
import pytest

from mer_zoo.datasets.fake import fake_release
from mer_zoo.evaluation import Result
from tests.toy_recipes import FLOW


@pytest.fixture()
def toy(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    (tmp_path / "toy.toml").write_text(FLOW.replace("epochs = 2", "epochs = 1"))
    options = {"clean": True, "version": "309", "subjects": 1, "clips_per_subject": 4}
    fake_release("flow", tmp_path / "flow", **options)
    return tmp_path


def test_two_evaluations_are_compared(toy, run):
    for split in ("loso", "lodo"):
        code, shown, _ = run(
            "evaluate", toy / "toy.toml", "--root", toy / "flow", "--split", split,
            "--out", toy / split, "--oracle",
        )  # fmt: skip
        assert code == 0
        for word in ("uf1", "majority", "chance", "95% interval", "test-selected", split):
            assert word in shown
    again = run("evaluate", toy / "toy.toml", "--root", toy / "flow", "--out", toy / "loso")
    assert again[0] == 2
    assert "exists already" in again[2]
    code, shown, _ = run("compare", toy / "loso", toy / "lodo", "--out", toy / "all.csv")
    assert code == 0
    rows = list(csv.DictReader((toy / "all.csv").open()))
    assert [row["name"] for row in rows] == ["loso", "lodo"]
    shutil.copytree(toy / "lodo", toy / "again" / "loso")
    code, shown, _ = run("compare", toy / "loso", toy / "again" / "loso", "--out", toy / "two.csv")
    assert code == 0 and len((toy / "two.csv").read_text().splitlines()) == 3, "two of one name"
    stored = json.loads((toy / "loso" / "result.json").read_text())
    assert float(rows[0]["uf1"]) == pytest.approx(stored["scores"]["uf1"]["mean"], abs=1e-4)
    assert (toy / "all.svg").exists()
    code, _, problem = run("combine", toy / "loso", toy / "lodo", "--out", toy / "both")
    assert code == 2 and "folds, split differ" in problem
    code, _, problem = run("combine", toy / "loso", toy / "loso", "--out", toy / "both")
    assert code == 2 and "hold the same predictions" in problem
    other = Result.read(toy / "loso")
    other.probabilities[:] = np.roll(other.probabilities, 1, axis=2)
    other.save(toy / "other")
    code, shown, _ = run("combine", toy / "loso", toy / "other", "--out", toy / "both")
    assert code == 0 and "uf1" in shown and (toy / "both" / "confusion.svg").exists()


def test_results_and_cards_tell_of_mixed_precision(toy, run):
    common = (toy / "toy.toml", "--root", toy / "flow", "--mixed-precision")
    assert run("evaluate", *common, "--split", "kfold-2", "--out", toy / "scored")[0] == 0
    stored = json.loads((toy / "scored" / "result.json").read_text())
    assert stored["about"]["learner"]["precision"] == "mixed_bfloat16"
    assert run("train", *common, "--jobs", 1, "--out", toy / "entry")[0] == 0
    assert 'precision = "mixed_bfloat16"' in (toy / "entry" / "card.toml").read_text()


def test_a_release_is_checked(toy, run):
    fake_release("casme2", toy / "full", full=True, with_frames=False)
    code, shown, _ = run("datasets", "check", "casme2", toy / "full")
    assert code == 1  # no frames: no protocol is reached
    assert re.search(r"casme2-5class-246.*not reached", shown)
    code, shown, _ = run("datasets", "check", "flow", toy / "flow", "--report", toy / "repairs.csv")
    assert "309" in shown
    assert (toy / "repairs.csv").exists()


def test_a_made_up_release_can_be_read(toy, run):
    assert run("datasets", "fake", "samm", toy / "samm")[0] == 0
    code, shown, _ = run("datasets", "check", "samm", toy / "samm")
    assert code == 1  # far fewer clips than any protocol counts
    assert "samm-5class-136" in shown
    assert run("datasets", "fake", "samm", toy / "samm")[0] == 2  # nothing is overwritten


def test_a_full_made_up_release_reaches_its_protocol(toy, run):
    assert run("datasets", "fake", "smic", toy / "smic", "--full")[0] == 0
    code, shown, _ = run("datasets", "check", "smic", toy / "smic")
    assert code == 0
    assert re.search(r"smic-3class-164 \(164 clips\): reached", shown)


def test_leave_one_dataset_out_over_casme2_samm_and_smic(toy, run):
    roots = fake_release("megc2019", toy / "three", full=True, clip_length=(3, 4))
    (toy / "pooled.toml").write_text(
        FLOW.replace('modality = "flow"', 'modality = "mesti_rank"')
        .replace("{ size = 32, per_channel = true }", "{}")
        .replace("face_size = 112", 'face_size = 40\nalignment = "frame"')
        .replace(
            'dataset = "flow"\nprotocol = ""', 'dataset = "megc2019"\nprotocol = "megc2019-442"'
        )
        .replace("epochs = 2", "epochs = 1")
    )
    options = [f"--root={name}={path}" for name, path in roots.items()]
    code, shown, _ = run(
        "evaluate", toy / "pooled.toml", *options, "--split", "lodo", "--out", toy / "lodo"
    )
    assert code == 0
    assert "megc2019-442, lodo: 442 clips, 68 subjects" in shown
    rows = list(csv.DictReader((toy / "lodo" / "predictions.csv").open()))
    assert len(rows) == 442
    assert all(row["subject"].split("/")[0] == row["fold"] for row in rows)
    counts = {name: sum(row["fold"] == name for row in rows) for name in roots}
    assert counts == {"casme2": 145, "samm": 133, "smic": 164}
    stored = json.loads((toy / "lodo" / "result.json").read_text())
    assert {name: part["clips"] for name, part in stored["by_dataset"].items()} == counts
    assert stored["majority"]["clips"] == 442
    # One release missing is said before anything is prepared.
    code, _, errors = run(
        "evaluate", toy / "pooled.toml", *options[:2], "--split", "lodo", "--out", toy / "two"
    )
    assert code == 2 and "has no smic" in errors


def test_leave_one_dataset_out_over_another_pool(toy, run):
    name = "casme2+casme3+samm"
    roots = fake_release(name, toy / "pool", full=True, clip_length=(3, 4))
    (toy / "pool.toml").write_text(
        FLOW.replace('modality = "flow"', 'modality = "mesti_rank"')
        .replace("{ size = 32, per_channel = true }", "{}")
        .replace("face_size = 112", 'face_size = 40\nalignment = "frame"')
        .replace("epochs = 2", "epochs = 1")
    )
    options = [f"--root={part}={path}" for part, path in roots.items()]
    code, shown, _ = run(
        *("evaluate", toy / "pool.toml", *options, "--dataset", name, "--split", "lodo"),
        *("--out", toy / "lodo"),
    )
    assert code == 0
    assert f"{name}-3class-977, lodo: 977 clips" in shown
    stored = json.loads((toy / "lodo" / "result.json").read_text())
    counts = {part: of_part["clips"] for part, of_part in stored["by_dataset"].items()}
    assert counts == {"casme2": 145, "casme3": 699, "samm": 133}


def test_the_pooled_dataset_is_written_and_checked_part_by_part(toy, run):
    code, shown, _ = run("datasets", "fake", "megc2019", toy / "three")
    assert code == 0
    shown = "".join(shown.split())
    assert all(
        f"--root{part}={toy / 'three' / part}" in shown for part in ("casme2", "samm", "smic")
    )
    code, _, errors = run("datasets", "check", "megc2019", toy / "three")
    assert code == 2
    assert "casme2, samm, smic" in errors and "Did you mean" not in errors


def test_the_cache_is_shown_and_cleared(toy, run):
    fake_release("smic", toy / "smic", clean=True, subjects=2, clips_per_subject=2)
    recipe = (toy / "toy.toml").read_text().replace('"flow"', '"mesti"', 1)
    recipe = recipe.replace("{ size = 32, per_channel = true }", "{}").replace(
        'dataset = "flow"', 'dataset = "smic"'
    )
    recipe = recipe.replace("face_size = 112", 'face_size = 40\nalignment = "frame"')
    (toy / "smic.toml").write_text(recipe)
    code, shown, _ = run("train", toy / "smic.toml", "--root", toy / "smic", "--out", toy / "mine")
    assert code == 0
    assert "No score was measured" in shown
    _, shown, _ = run("cache", "show")
    count = int(re.search(r"(\d+) images", shown)[1])
    assert count >= 4
    assert f"{count} images removed" in run("cache", "clear")[1]
    assert ": 0 images" in run("cache", "show")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "meganet_casme9", "--root", "x", "--out", "y"), "meganet_casme2"),
        (("evaluate", "meganet_flow309", "--root", "nowhere", "--out", "y"), "nowhere"),
        (("evaluate", "meganet_tiny", "--root", "x", "--out", "y"), "[real]"),
        (("compare", "nowhere"), "holds no result"),
        (("train", "recipes/meganet_tiny.toml"), "--photos"),
        (("datasets", "check", "casme9", "x"), "casme2"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(arguments, said, run):
    code, _, errors = run(*arguments)
    assert code == 2
    assert said in errors
    assert "Traceback" not in errors
