"""The side of action units 10, 12 and 14: when is one named, and how often is it right?

    python benchmarks/unit_sides.py recipes/meganet_au.toml --photos DIR --ict RIG [--write]

Prints a Markdown table of two rules on the held-out identities: the most probable of left, right and
both, and a threshold on the leaning (`mer_zoo.action_units.leaning`), which is chosen on the validation
identities. The column of the validation identities is cross-validated over identities.

`--write` puts threshold and scores on the card of the packaged entry, as training does; the weights and
everything else on the card stay.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import mer_zoo
from mer_zoo.action_units import OUTPUTS, SIDED, UNITS, leaning, side_targets
from mer_zoo.evaluation import grouped_kfold
from mer_zoo.evaluation.unit_scores import score_units
from mer_zoo.recipes import Recipe
from mer_zoo.training.calibration import best_one_sided
from mer_zoo.training.corpora import Portraits, render_corpus
from mer_zoo.training.fit import predict
from mer_zoo.training.unit_card import unit_metrics
from mer_zoo.zoo import find
from mer_zoo.zoo.registry import CARD

FOLDS, REPEATS = 5, 20
DEPENDENT = {"side", "side_both", "side_mean"}
"""Metrics that depend on the threshold."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    recipe = Recipe.read(arguments.recipe)
    data, _ = recipe.synthetic()
    corpus = render_corpus(
        recipe, Portraits(arguments.photos, arguments.ict), progress=lambda _: None
    )
    model = mer_zoo.load(recipe.name)
    records = corpus.records[corpus.rows("validation")]
    usual = np.flatnonzero(records["clip"] < data.clips_per_identity)  # as in training
    validation, test = corpus.unit_examples("validation").part(usual), corpus.unit_examples("test")
    chosen, held_out = (
        predict(model, part.images, recipe.preprocessing.image_size) for part in (validation, test)
    )
    one_sided = round(best_one_sided(chosen, validation.unit_targets), 4)
    thresholds = [unit.threshold for unit in model.card.units]
    named = held_out[None, :, : len(UNITS)] >= thresholds
    scores = score_units(test.unit_targets, held_out[None], named, test.subjects, one_sided)
    print(f"{recipe.name}: {scores.one_sided} one-sided and {scores.two_sided} bilateral units")
    print("| rule | one-sided | bilateral | mean | left or right | mean, validation |")
    print("|---|---|---|---|---|---|")
    plain = shares(held_out, test.unit_targets, None)
    print(line("most probable", plain, shares(chosen, validation.unit_targets, None)))
    found = shares(held_out, test.unit_targets, one_sided)
    print(line(f"leaning from {one_sided}", found, cross_validated(chosen, validation)))
    if arguments.write:
        write(recipe.name, one_sided, unit_metrics(test, [(model.card.trained_on.seed, scores)]))


def shares(answers, targets, one_sided) -> tuple[float, float, float]:
    """Shares of one-sided and of bilateral units with the right side, and of left against right.

    `one_sided`: float or `(N,)`; None for the most probable of left, right and both.
    """
    hits, kept, told = [], [], []
    for number in SIDED:
        left, right, both = side_targets(number, targets)
        lean = leaning(number, answers)
        named = _more_probable(number, answers) if one_sided is None else np.abs(lean) >= one_sided
        correct = np.where(left, lean > 0, lean < 0)
        hits.append((named & correct)[left | right])
        told.append(correct[left | right])
        kept.append(~named[both])
    one, bilateral, sides = (float(np.concatenate(part).mean()) for part in (hits, kept, told))
    return one, bilateral, sides


def _more_probable(number, answers) -> np.ndarray:
    """Whether the left or the right alone is more probable than what the unit has beyond them."""
    moved, left, right = (
        answers[:, OUTPUTS.index(f"AU{number}{side}")] for side in ("", " left", " right")
    )
    return np.maximum(left, right) > moved - left - right


def cross_validated(answers, validation) -> tuple[float, float, float]:
    """`shares` on the validation identities, each with a threshold from the other identities."""
    made = []
    for seed in range(REPEATS):
        limits = np.zeros(len(validation))
        for fold in grouped_kfold(validation.subjects, validation.labels, FOLDS, seed):
            limits[fold.test] = best_one_sided(
                answers[fold.train], validation.unit_targets[fold.train]
            )
        made.append(shares(answers, validation.unit_targets, limits))
    return tuple(np.mean(made, axis=0))


def line(rule, held_out, validation) -> str:
    """A row of the table."""
    one, both, told = held_out
    return (
        f"| {rule} | {one:.3f} | {both:.3f} | {(one + both) / 2:.3f} | {told:.3f} | "
        f"{(validation[0] + validation[1]) / 2:.3f} |"
    )


def write(name, one_sided, measured) -> None:
    """Puts the threshold and the scores that depend on it on the card; other scores stay."""
    entry = find(name)
    new = [metric for metric in measured if metric.name in DEPENDENT]
    kept = [metric for metric in entry.card.metrics if metric.name not in DEPENDENT]
    replace(entry.card, one_sided=one_sided, metrics=kept + new).write(entry.folder / CARD)


if __name__ == "__main__":
    main()
