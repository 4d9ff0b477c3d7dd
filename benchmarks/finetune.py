"""Fine-tuning on a task no entry knows: one action unit against another, few people, few clips.

    python benchmarks/finetune.py --photos FOLDER [--units 4 12] [--identities 6] [--clips 10] [--seed 1]

Clips are rendered from photographs that the shipped weights never saw (the test split of the corpus). The
entry is fine-tuned with leave-one-subject-out, and beside it the same network is trained from fresh weights
with the same optimisation.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from mer_zoo import datasets, evaluation, synthesis
from mer_zoo.errors import MerZooError
from mer_zoo.training import RecipeLearner, finetune
from mer_zoo.training.finetuning import DEFAULT, finetuning_recipe
from mer_zoo.training.learner import REAL
from mer_zoo.zoo import find

LEAST_UF1, MOST_MINUTES = 0.90, 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--model", default="meganet_casme2")
    parser.add_argument("--units", nargs=2, default=["4", "12"], help="the two action units")
    parser.add_argument("--identities", type=int, default=6)
    parser.add_argument("--clips", type=int, default=10, help="of each identity, both classes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        table = _render(options, folder)
        started = time.perf_counter()
        model = finetune(options.model, table, folder / "tuned", jobs=options.jobs)
        minutes = (time.perf_counter() - started) / 60
        (uf1,) = [m for m in model.card.metrics if m.name == "uf1"]
        recipe = finetuning_recipe("", find(options.model).card, "scratch", DEFAULT)
        learner = RecipeLearner.of(recipe, REAL)
        scratch = evaluation.run(
            learner,
            learner.examples_of(datasets.load("custom", table)),
            folder=folder / "scratch",
            seeds=DEFAULT.seeds,
            jobs=options.jobs,
        )
    against = " against ".join(f"AU {unit}" for unit in options.units)
    print(
        f"{options.model}, {against}: {uf1.clips} clips of {uf1.identities} identities\n"
        f"fine-tuned: LOSO UF1 {uf1.value:.3f}, interval {uf1.interval}, {minutes:.1f} minutes with "
        f"images and score (bars {LEAST_UF1}, {MOST_MINUTES})\n"
        f"fresh weights, same optimisation: LOSO UF1 {scratch.uf1:.3f}, majority "
        f"{scratch.majority.uf1:.3f}\n{scratch.about['versions']}"
    )
    passed = uf1.value >= LEAST_UF1 and uf1.value > scratch.uf1 and minutes <= MOST_MINUTES
    return 0 if passed else 1


def _render(options, folder: Path) -> Path:
    """Videos of 30 frames a second, and the table of them."""
    corpus = synthesis.Corpus(options.photos, "casme2", seed=1)
    held_out = [identity for identity in corpus.identities if identity.split == "test"]
    rng = np.random.default_rng(options.seed)
    lines, people = ["path,label,subject"], 0
    for identity in held_out:
        if people == options.identities:
            break
        try:
            for i in range(options.clips):
                unit = options.units[i % 2]
                clip = synthesis.synthesise(
                    identity.path,
                    unit,
                    seed=int(rng.integers(1, 2**31)),
                    peak=float(np.clip(rng.lognormal(np.log(2.2), 0.45), 0.8, 5)),
                    fps=30,
                )
                name = f"{identity.name}_{i}.mp4"
                synthesis.write_video(clip, folder / name)
                lines.append(f"{name},AU{unit},{identity.name}")
        except MerZooError as error:  # a photograph without a usable face
            print(f"left out: {error}", file=sys.stderr)
            continue
        people += 1
    table = folder / "clips.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


if __name__ == "__main__":
    sys.exit(main())
