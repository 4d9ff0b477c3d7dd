"""Zoo entries on the held-out identities of a recipe's corpus, part by part.

    python benchmarks/held_out.py recipes/meganet_casme2.toml meganet_casme2 --photos FOLDER --ict ICT_RIG

Macro F1 of the classes over all held-out clips, by face rig and by camera; the AUC of "is there an
expression" with and without the clips of speech; and how often each is named, by the entry's threshold.
Several entries (names or folders with the same classes and images) are scored on the same clips. The
clips are rendered once and kept in the cache, as `mer-zoo train` does.
"""

import argparse
from pathlib import Path

import numpy as np

import mer_zoo
from mer_zoo.evaluation.metrics import Scores, auc, confusion_matrix
from mer_zoo.recipes import Recipe
from mer_zoo.training.corpora import Portraits, render_corpus
from mer_zoo.training.fit import predict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ict", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    recipe = Recipe.read(arguments.recipe)
    portraits = Portraits(arguments.photos, arguments.ict, arguments.jobs)
    corpus = render_corpus(recipe, portraits)
    for name in arguments.entries:
        print(f"\n{name}: {corpus.description}")
        report(mer_zoo.load(name), corpus, recipe.preprocessing.image_size)


def report(model, corpus, size: int) -> None:
    test, table = corpus.examples("test"), corpus.records[corpus.rows("test")]
    names, truth, shown = list(model.class_names), test.labels, test.is_expression
    probabilities = predict(model, test.images, size)

    def macro_f1(part) -> str:
        rows = np.flatnonzero(shown & part)
        answers = probabilities[rows].argmax(axis=1)
        scores = Scores(confusion_matrix(truth[rows], answers, len(names)))
        return f"macro F1 {scores.uf1:.3f} of {len(rows)} clips"

    print(f"  all: {macro_f1(shown)}, {len(np.unique(test.subjects))} identities")
    for column in ("rig", "acquisition"):
        for value in np.unique(table[column]):
            print(f"  {column} {value}: {macro_f1(table[column] == value)}")
    highest, speech = probabilities.max(axis=1), table["speech"]
    for words, others in (("", ~shown), (", without speech", ~shown & ~speech)):
        area = auc(highest[shown], highest[others])
        print(f"  AUC of 'is there an expression'{words}: {area:.3f}, {others.sum()} clips without")
    named = highest >= model.rejection.threshold
    print(f"  named, with at least {model.rejection.threshold:.2f}:", end=" ")
    parts = {"expressions": shown, "speech": speech, "other clips without": ~shown & ~speech}
    print(", ".join(f"{named[p].mean():.2f} of {p.sum()} {words}" for words, p in parts.items()))


if __name__ == "__main__":
    main()
