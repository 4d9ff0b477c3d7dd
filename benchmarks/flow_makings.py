"""Does a flow entry depend on how the flow image was made? One score for each making of the same clips.

    python benchmarks/flow_makings.py meganet_flow_megc2019 ststnet_megc2019 --photos DIR --ict RIG

Clips are those of the held-out identities of the first entry's corpus that show an expression. Methods of
flow and what is subtracted from it are drawn anew; other laboratories' images are imitated from DIS with the
median subtracted: stored as 8-bit channels each stretched on its own; smoothed; of flatter or narrower faces.
Prints a Markdown table of macro F1, and its spread over the makings.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

import mer_zoo
from mer_zoo.evaluation.metrics import Scores, confusion_matrix
from mer_zoo.modalities.flow import rescale_flow
from mer_zoo.recipes import Recipe, find_recipe
from mer_zoo.training.batches import scaled
from mer_zoo.training.corpora import Portraits, corpus_of
from mer_zoo.training.fit import predict

DRAWN: dict[str, dict] = {
    "DIS, head": {},
    "DIS, median": {"remove_rigid": "median"},
    "DIS, nothing removed": {"remove_rigid": "none"},
    "Farneback, median": {"method": "farneback", "remove_rigid": "median"},
    "Farneback, nothing removed": {"method": "farneback", "remove_rigid": "none"},
    "TV-L1, median": {"method": "tvl1", "remove_rigid": "median"},
}
RAW = {"remove_rigid": "median", "normalize": False, "standardize": False}


def smoothed(image: np.ndarray) -> np.ndarray:
    """As flow with a larger window, or images that were reduced from smoothed ones."""
    return cv2.GaussianBlur(image, (0, 0), 1.0)


def stretched(image: np.ndarray) -> np.ndarray:
    """Each channel stretched to 0..255, 8 bits, as images are published."""
    low, high = image.min(axis=(0, 1)), image.max(axis=(0, 1))
    return np.rint(255 * (image - low) / np.maximum(high - low, 1e-6)).astype(np.uint8)


IMITATED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "stored in 8 bits": lambda image: image,
    "smoothed, 8 bits": smoothed,
    "face 20% flatter, 8 bits": partial(scaled, height=0.8, width=1.0),
    "face 20% narrower, 8 bits": partial(scaled, height=1.0, width=0.8),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    recipe = Recipe.read(find_recipe(arguments.entries[0]))
    source = Portraits(arguments.photos, arguments.ict, arguments.jobs)
    identities = corpus_of(recipe, source).identities
    corpus = corpus_of(recipe, source, [i.path for i in identities if i.split == "test"])
    own = recipe.preprocessing.parameters
    kinds = [*DRAWN.values(), RAW]
    drawn, records = corpus.image_sets(
        [("flow", {**own, **kind}) for kind in kinds], n_jobs=arguments.jobs
    )
    makings = dict(zip(DRAWN, drawn, strict=False))
    makings |= {
        words: np.stack(
            [rescale_flow(stretched(change(i)), True) for i in drawn[-1].astype(np.float32)]
        )
        for words, change in IMITATED.items()
    }
    models = [mer_zoo.load(name) for name in arguments.entries]
    names = list(models[0].class_names)
    shown = np.flatnonzero(np.isin(records["label"], names))
    truth = np.array([names.index(label) for label in records["label"][shown]])
    people = len(np.unique(records["identity"][shown]))
    print(f"{len(shown)} clips of {people} identities")
    print(f"| making | {' | '.join(arguments.entries)} |\n|---{'|---' * len(models)}|")
    table = np.array(
        [[macro_f1(model, images[shown], truth) for model in models] for images in makings.values()]
    )
    for words, row in zip(makings, table, strict=True):
        print(f"| {words} | {' | '.join(f'{value:.3f}' for value in row)} |")
    spread = [
        f"{low:.3f} to {high:.3f}" for low, high in zip(table.min(0), table.max(0), strict=True)
    ]
    print(f"| spread | {' | '.join(spread)} |")
    majority = Scores(
        confusion_matrix(truth, np.full_like(truth, np.bincount(truth).argmax()), len(names))
    )
    print(f"majority {majority.uf1:.3f}, chance {1 / len(names):.3f}")


def macro_f1(model, images: np.ndarray, truth: np.ndarray) -> float:
    """Of the most probable classes."""
    size = model.card.preprocessing.image_size
    answers = predict(model, images, size).argmax(axis=1)
    return float(Scores(confusion_matrix(truth, answers, len(model.class_names))).uf1)


if __name__ == "__main__":
    main()
