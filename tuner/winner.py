"""What becomes of the winner: a recipe, and a score that says how its values were chosen."""

import dataclasses
from pathlib import Path

import numpy as np

from mer_zoo.evaluation import Result, run
from mer_zoo.files import refuse_overwrite, write_atomically
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.learner import RecipeLearner
from tuner.outcome import Outcome
from tuner.project import Project
from tuner.sources import Source

SCORES = ("uf1", "uar", "accuracy")


def write(outcome: Outcome, path: str | Path) -> Recipe:
    """Writes the winner as a recipe that `mer-zoo train` runs unchanged.

    Args:
        outcome: of a search.
        path: the `.toml` file. The recipe is named after it, as recipes are.

    Returns:
        The recipe written. A file that holds exactly it already is left alone.

    Raises:
        OutputExistsError: the file exists and holds something else.
    """
    path = Path(path)
    recipe = dataclasses.replace(outcome.recipe, name=path.stem)
    text = _heading(outcome) + recipe.to_toml()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        refuse_overwrite(path)
        write_atomically(path, text.encode())
    return recipe


def refuse_other_file(path: Path | None, project: Path) -> None:
    """Says before a search that its recipe could not be written, not after it.

    Where a search was begun, the file may be what it wrote before.

    Raises:
        OutputExistsError: the file exists and no search was begun in `project`.
    """
    if path is not None and not Project(project).begun:
        refuse_overwrite(path)


def _heading(outcome):
    clips = sum(len(fold.clips) for fold in outcome.predictions)
    lines = [
        f"Chosen by the search {outcome.record.name}: trial {outcome.best.number} of "
        f"{len(outcome.trials)}, seed {outcome.seed}.",
        f"Pooled UF1 {outcome.best.uf1:.4f} over {len(outcome.predictions)} inner folds of "
        f"{clips} clips in all: what the choice was made by, no score.",
    ]
    return "".join(f"# {line}\n" for line in lines)


def score(
    outcome: Outcome, source: Source, *, folder: str | Path, jobs: int = 1, progress: bool = True
) -> Result:
    """Scores the winner by leaving one subject out, and logs the score under its label.

    The search has seen every subject, so the label says "hyperparameters chosen on the same
    subjects"; on how the values do with new people the score is too kind.

    Args:
        outcome: of a search on real clips.
        source: the search's.
        folder: for the finished folds, from which an interrupted call resumes, and the result.
        jobs: processes.
        progress: show a bar.

    Returns:
        The result; its `about["label"]` is the label.
    """
    recipe = outcome.recipe
    learner = RecipeLearner.of(recipe, outcome.section)
    result = run(
        learner,
        source.examples(recipe),
        folder=Path(folder) / "folds",
        seeds=learner.training.seeds,
        jobs=jobs,
        progress=progress,
    )
    keep_score(result, outcome, folder, "loso")
    return result


def keep_score(result: Result, outcome: Outcome, folder: str | Path, kind: str) -> None:
    """Keeps a score in a folder and, under its label, in the run of the search.

    Args:
        result: with its label in `about["label"]`.
        outcome: of the search.
        folder: for the result.
        kind: "loso" or "nested", the beginning of the names in the tracking store.
    """
    result.save(folder, force=True)
    subjects = len(np.unique(result.subjects))
    for name in ("result.json", "confusion.svg"):
        text = (Path(folder) / name).read_text(encoding="utf-8")
        outcome.record.run.write(text, f"{kind}/{name}")
    label = f"{result.about['label']}; {subjects} subjects, {len(result.clips)} clips"
    outcome.record.run.log(
        metrics={f"{kind}_{name}": result.mean(name) for name in SCORES},
        tags={f"mer_zoo.{kind}_label": label},
    )
