"""Do networks of action units overfit to the face rig? Trains on one rig, scores on the other.

    python benchmarks/units_across_rigs.py recipes/meganet_flow_au.toml --photos DIR --ict RIG --work DIR

Prints a Markdown table. Training state stays in the work folder; run again to resume.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.evaluation.unit_scores import score_units
from mer_zoo.recipes import Recipe
from mer_zoo.training.corpora import Portraits, render_corpus
from mer_zoo.training.seeds import fit_seeds
from mer_zoo.training.units import score_seed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    recipe = Recipe.read(arguments.recipe)
    data, training = recipe.synthetic()
    corpus = render_corpus(
        recipe, Portraits(arguments.photos, arguments.ict), progress=lambda _: None
    )
    print("| trained on | scored on | clips | identities | mean AUC | macro F1 |")
    print("|---|---|---|---|---|---|")
    for rig in data.rigs:
        one = replace(
            recipe,
            data=replace(data, train_rig=rig),
            training=replace(training, seeds=[arguments.seed]),
        )
        state = arguments.work / f"{recipe.name}_{rig}"
        ((seed, fitted),) = fit_seeds(one, corpus, state, progress=lambda _: None)
        result = score_seed(one, corpus, seed, fitted, state, progress=lambda _: None)
        every = corpus.unit_examples("test")
        for scored in data.rigs:
            test = corpus.unit_examples("test", scored)
            rows = np.flatnonzero(np.isin(every.clips, test.clips))
            answers = result.probabilities[rows][None]
            named = answers[..., : len(UNITS)] >= result.thresholds
            found = score_units(test.unit_targets, answers, named, test.subjects, result.one_sided)
            print(
                f"| {rig} | {scored} | {found.clips} | {found.subjects} | {found.mean_auc[0]:.3f} | "
                f"{found.macro_f1[0]:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
