"""The files of a saved result, and reading them without trusting them."""

import json
from pathlib import Path

import numpy as np

from mer_zoo.errors import EvaluationError, shown
from mer_zoo.evaluation.metrics import confusion_matrix
from mer_zoo.files import read_at_most

FORMAT = 1
FILES = ("result.json", "predictions.csv", "confusion.svg")
MOST_BYTES = 32_000_000
"""Largest file of a result; 100,000 predictions have 10 MB."""
NAME_CHARACTERS = 1000
MOST_CHARACTERS = 100_000_000  # of all names in a column, each as long as the longest
CLIP_COLUMNS = ("clip", "subject", "label", "fold")


def read_fields(folder: Path) -> dict:
    """The fields of the `Result` that was saved in a folder.

    Raises:
        EvaluationError: the folder holds no result, or a damaged one, or one of another format.
    """
    stored, table = _read(folder)
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        found = stored.get("format") if isinstance(stored, dict) else stored
        raise EvaluationError(
            f"{folder} holds a result of format {shown(found)}; this mer_zoo reads "
            f"format {FORMAT}. Run the evaluation again."
        )
    try:
        return _fields(stored, table)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise EvaluationError(
            f"{folder / FILES[1]} does not fit {FILES[0]} beside it ({str(error)[:500]}). One of them "
            "was changed: run the evaluation again."
        ) from error


def _read(folder: Path):
    """The content of both files: plain values, and a table of texts."""
    try:
        stored = json.loads(_text(folder / FILES[0]))
        return stored, _read_predictions(_text(folder / FILES[1]))
    except (OSError, ValueError, RecursionError) as error:
        raise EvaluationError(
            f"{folder} holds no result ({str(error)[:500]}). `mer-zoo evaluate ... --out FOLDER` "
            "writes one."
        ) from error


def _text(path: Path) -> str:
    content = read_at_most(path, MOST_BYTES)
    if content is None:
        raise ValueError(f"{path.name} has more than {MOST_BYTES // 10**6} MB")
    return content.decode("utf-8")


def _read_predictions(text: str):
    """A table of predictions as texts: a class may be called "0", "1", "None" or "NA"."""
    import io

    import pandas as pd

    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def _fields(stored: dict, table) -> dict:
    names, seeds, about = _checked(stored)
    runs = {key: part for key, part in table.groupby("seed", sort=False)}
    if list(runs) != [str(seed) for seed in seeds]:
        raise ValueError(f"predictions of {len(runs)} seeds, expected those of the seeds {seeds}")
    first = next(iter(runs.values()))
    clips = {column: _names(first[column]) for column in CLIP_COLUMNS}
    for key, run in runs.items():
        if any(list(run[column]) != list(first[column]) for column in CLIP_COLUMNS):
            raise ValueError(f"seed {key} is of other clips than the first seed")
    columns = [f"p_{name}" for name in names]
    probabilities = np.stack([run[columns].to_numpy(np.float32) for run in runs.values()])
    if not np.isfinite(probabilities).all():
        raise ValueError("a probability is not a finite number")
    labels = np.array([names.index(label) for label in first["label"]])
    _check_confusion(stored["confusion"], labels, probabilities)
    return {
        "clips": clips["clip"],
        "subjects": clips["subject"],
        "labels": labels,
        "folds": clips["fold"],
        "probabilities": probabilities,
        "class_names": names,
        "seeds": seeds,
        "about": about,
    }


def _checked(stored: dict) -> tuple[tuple[str, ...], tuple[int, ...], dict]:
    """Class names, seeds and facts of the kinds that every result has."""
    names, seeds, about = stored["class_names"], stored["seeds"], stored["about"]
    for what, values, kind in (("class_names", names, str), ("seeds", seeds, int)):
        if (
            not isinstance(values, list)
            or not values
            or any(type(value) is not kind for value in values)
            or len(set(values)) < len(values)
        ):
            raise ValueError(f"{what} is {shown(values)}")
    for key in ("protocol", "split"):
        if not isinstance(about, dict) or not isinstance(about.get(key), str):
            raise ValueError(f"about.{key} is no text")
    return tuple(names), tuple(seeds), about


def _names(column) -> np.ndarray:
    # An array of texts has room for the longest in every row.
    longest = column.str.len().max()
    if longest > NAME_CHARACTERS or longest * len(column) > MOST_CHARACTERS:
        raise ValueError(f"a {column.name} has {longest} characters")
    return column.to_numpy(np.str_)


def _check_confusion(stored, labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Refuses predictions that are not those whose confusion matrix was saved with them."""
    classes = probabilities.shape[2]
    found = [confusion_matrix(labels, p.argmax(1), classes) for p in probabilities]
    if np.sum(found, axis=0).tolist() != stored:
        raise ValueError("the confusion matrix of the predictions is another")
