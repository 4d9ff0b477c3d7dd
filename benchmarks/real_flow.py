"""What of the synthetic corpus and of its images decides how well real flow images are read?

    python benchmarks/real_flow.py recipes/ststnet_megc2019.toml --photos DIR --ict RIG --root FLOW --work DIR

Trains the recipe with one ingredient changed at a time, 3 seeds each, and scores every network on the real
flow images without training on them (zero-shot): UF1 with its 95% interval by subject, each database on
its own. SMIC decides, CASME II confirms. Prints a Markdown table at the end. Finished networks stay in the
work folder; run again to resume.

The expectations, written down before the first row was made:
1. images scaled by their 99th percentile, and strain as its maker computed it, read worse;
2. so do square faces, for laboratories crop faces taller than wide and store a square;
3. images of one making read slightly worse;
4. the second rig, the video codec, strong head motion and large expressions make no measurable difference.
"""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mer_zoo import datasets
from mer_zoo.evaluation import Examples
from mer_zoo.recipes import Recipe
from mer_zoo.tracking import tracked
from mer_zoo.training.corpora import Portraits, RenderedCorpus, render_corpus
from mer_zoo.training.learner import REAL, SYNTHETIC, RecipeLearner
from mer_zoo.training.resume import depends_on, origin, refuse_other_work
from mer_zoo.training.scoring import score_trained
from mer_zoo.training.seeds import fit_or_resume
from mer_zoo.training.zero_shot import ZERO_SHOT

SQUARE = {"heights": [1.0, 1.0], "widths": [1.0, 1.0]}
PERCENTILE = {"standardize": False, "per_channel": True}


@dataclass(frozen=True)
class Change:
    """One ingredient: other augmentation or parameters of the image, or training clips left out."""

    augmentation: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)
    without: tuple[str, str] | None = None
    rig: str = ""

    def recipe(self, recipe: Recipe) -> Recipe:
        """The recipe with the change."""
        made = recipe.preprocessing
        return replace(
            recipe,
            preprocessing=replace(made, parameters={**made.parameters, **self.parameters}),
            augmentation=replace(recipe.augmentation, **self.augmentation),
        )

    def examples(self, corpus: RenderedCorpus) -> Examples:
        """The training clips that are left."""
        if self.without is not None:
            column, value = self.without
            kept = np.flatnonzero(corpus.records[column] != value)
            corpus = replace(
                corpus,
                images=corpus.images[kept],
                records=corpus.records[kept],
                makings=tuple(images[kept] for images in corpus.makings),
            )
        return corpus.examples("train", self.rig)


CHANGES = {
    "as in the recipe": Change(),
    "scaled by the 99th percentile, strain as stored": Change(parameters=PERCENTILE),
    "square faces": Change(augmentation=SQUARE),
    "both: square faces, 99th percentile": Change(augmentation=SQUARE, parameters=PERCENTILE),
    "one making (DIS, without the head)": Change(augmentation={"makings": []}),
    "packaged rig alone": Change(rig="makehuman"),
    "no video codec": Change(without=("acquisition", "webcam")),
    "no strong head motion": Change(without=("head", "strong")),
    "no large expressions": Change(without=("amplitude", "large")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path, required=True)
    parser.add_argument("--root", required=True, help="folder of the real flow images")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    recipe = Recipe.read(arguments.recipe)
    portraits = Portraits(arguments.photos, arguments.ict, arguments.jobs)
    real = recipe.real_section()
    dataset = datasets.load(real.dataset, arguments.root, protocol=real.protocol or None)
    rows = []
    for number, (words, change) in enumerate(CHANGES.items()):
        row = score(change, recipe, portraits, dataset, arguments.work / f"change{number}")
        rows.append(f"| {words} | {row} |")
        print(rows[-1], flush=True)
    print("| changed | training clips | SMIC-HS | CASME II | both, seed by seed |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


def score(change: Change, recipe: Recipe, portraits: Portraits, dataset, work: Path) -> str:
    """The row of one change."""
    changed = change.recipe(recipe)
    corpus = render_corpus(changed, portraits)
    train = change.examples(corpus)
    wanted = depends_on(changed.to_dict(), **origin(corpus.digest, train.images_digest()))
    refuse_other_work(work, wanted)
    learner = RecipeLearner.of(changed, SYNTHETIC)
    with tracked(False, "train") as tracker:
        networks = {
            seed: fit_or_resume(learner, train, seed, work, tracker, print)
            for seed in changed.synthetic()[1].seeds
        }
    real = RecipeLearner.of(changed, REAL).examples_of(dataset, progress=False)
    results = []
    for name in ("smic", "casme2", ""):
        rows = np.flatnonzero(real.datasets == name) if name else np.arange(len(real))
        results.append(
            score_trained(networks, real.part(rows), split=ZERO_SHOT, fold="all", learner={})
        )
    smic, casme2, both = results
    each = [f"{scores.uf1:.3f}" for scores in both.scores]
    cells = [
        f"{found.uf1:.3f} ({found.intervals['uf1'][0]:.3f} to {found.intervals['uf1'][1]:.3f})"
        for found in (smic, casme2)
    ]
    return " | ".join([str(len(train)), *cells, f"{both.uf1:.3f}: {', '.join(each)}"])


if __name__ == "__main__":
    main()
