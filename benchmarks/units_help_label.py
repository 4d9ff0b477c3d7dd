"""Do action units help to find the label? Units-then-label against the label alone.

    python benchmarks/units_help_label.py recipes/meganet_casme2.toml --photos DIR --ict RIG --work DIR

Two pairs of networks, each a network of labels and one of action units, both trained on the training
identities of a recipe: the packaged entry of the recipe with its companion, and, for three seeds, two
equal small networks on images of 28 px, trained here on the same clips. A logistic regression on the
outputs of both finds the label. It is fitted on the validation identities, which neither network was
trained on; its strength of regularization is chosen by folds of these identities. "Refitted" is such a
regression on the outputs of the label network alone, so that the difference is the units' own.

Macro F1 is of the clips with an expression of the held-out identities, mean over the seeds. p is
paired by identity. Prints a Markdown table. Training state stays in the work folder; run again to resume.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mer_zoo
from mer_zoo.evaluation.metrics import Scores, confusion_matrix
from mer_zoo.evaluation.statistics import compare_paired, subject_confusions
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.recipe import Augmentation, NetworkChoice, Training
from mer_zoo.training.corpora import Portraits, render_corpus
from mer_zoo.training.fit import predict
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.zoo import weights

SIZE, SHIFT, EPOCHS = 28, 1, 8
LAYOUT = {"stages": [[16], [24], [32]], "stem_strides": 1, "attention_stages": [2, 3]}
STRENGTHS = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
SYSTEMS = ("label", "label, refitted", "units", "units and label")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    recipe = Recipe.read(arguments.recipe)
    corpus = render_corpus(
        recipe, Portraits(arguments.photos, arguments.ict), progress=lambda _: None
    )
    print(
        "| networks | label from | macro F1 | seeds | against the label | p | against refitted | p |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    pairs = [packaged(recipe, corpus)]
    report(f"`{recipe.name}`, `{recipe.card.companion}`", pairs, corpus)
    pairs = [small(recipe, corpus, seed, arguments.work) for seed in arguments.seeds]
    report(f"small, {SIZE} px", pairs, corpus)


def packaged(recipe, corpus) -> dict:
    """Outputs of the recipe's entry and its companion: split -> (labels, units)."""
    size = recipe.preprocessing.image_size
    models = [mer_zoo.load(name) for name in (recipe.name, recipe.card.companion)]
    return {
        split: tuple(predict(model, corpus.examples(split).images, size) for model in models)
        for split in ("validation", "test")
    }


def small(recipe, corpus, seed, work) -> dict:
    """As `packaged`, of small networks that are trained here."""
    outputs = []
    for kind in ("examples", "unit_examples"):
        parts = {s: getattr(corpus, kind)(s) for s in ("train", "validation", "test")}
        parts = {s: replace(part, images=smaller(part.images)) for s, part in parts.items()}
        sigmoid = {"activation": "sigmoid"} if kind == "unit_examples" else {}
        learner = RecipeLearner(
            NetworkChoice("MEGANet", {**LAYOUT, **sigmoid}),
            replace(recipe.preprocessing, image_size=SIZE),
            Augmentation(shift=SHIFT, flip=True),
            Training(
                EPOCHS, [seed], 64, 2e-3, weight_decay=1e-3, label_smoothing=0.0 if sigmoid else 0.1
            ),
        )
        state = work / f"{kind}{seed}"
        finished = state.with_suffix(".safetensors")
        if finished.exists():
            network = learner.build(parts["train"])
            weights.load(network, finished)
        else:
            fitted = learner.fit_from_any_start(parts["train"], seed, checkpoint=state)
            fitted.save(finished)
            network = fitted.network
        outputs.append({s: predict(network, parts[s].images, SIZE) for s in ("validation", "test")})
    return {s: (outputs[0][s], outputs[1][s]) for s in ("validation", "test")}


def smaller(images: np.ndarray) -> np.ndarray:
    """Images with `SHIFT` px more on each side than the network sees."""
    side = SIZE + 2 * SHIFT
    return np.stack(
        [
            cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
            for image in images
        ]
    ).astype(np.float16)


def report(networks, pairs, corpus) -> None:
    """Prints the rows of these networks; `pairs` has one for each seed."""
    validation, test = corpus.examples("validation"), corpus.examples("test")
    classes, shown = len(test.class_names), np.flatnonzero(test.is_expression)
    truth, subjects = test.labels[shown], test.subjects[shown]
    answers = {name: [] for name in SYSTEMS}
    for pair in pairs:
        for name in SYSTEMS:
            answers[name].append(named(name, pair, validation)[shown])
    counts = {
        name: np.stack([subject_confusions(truth, row, subjects, classes) for row in rows])
        for name, rows in answers.items()
    }
    for name in SYSTEMS:
        of_seeds = [Scores(confusion_matrix(truth, row, classes)).uf1 for row in answers[name]]
        row = [networks, name, f"{np.mean(of_seeds):.3f}", " ".join(f"{v:.3f}" for v in of_seeds)]
        for other in SYSTEMS[:2]:
            if SYSTEMS.index(name) <= SYSTEMS.index(other):
                row += ["", ""]
                continue
            found = compare_paired(counts[name], counts[other])
            low, high = found.interval
            row += [f"{found.difference:+.3f} ({low:+.3f} to {high:+.3f})", f"{found.p_value:.4f}"]
        print(f"| {' | '.join(row)} |", flush=True)


def named(system, pair, validation) -> np.ndarray:
    """int `(N,)`: the class that a system names for every held-out clip."""
    if system == "label":
        return pair["test"][0].argmax(axis=1)
    chosen = {"label, refitted": (0,), "units": (1,), "units and label": (0, 1)}[system]

    def features(split):
        values = np.concatenate([pair[split][k] for k in chosen], axis=1).astype(np.float64)
        values = np.clip(values, 1e-6, 1 - 1e-6)
        return np.log(values / (1 - values))

    shown = np.flatnonzero(validation.is_expression)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
        {"logisticregression__C": STRENGTHS},
        scoring="neg_log_loss",
        cv=GroupKFold(5),
    )
    search.fit(
        features("validation")[shown],
        validation.labels[shown],
        groups=validation.subjects[shown],
    )
    return search.predict(features("test"))


if __name__ == "__main__":
    main()
