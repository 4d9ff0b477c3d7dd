"""Label schemas: which action units show each class, and how often.

The tables follow the joint counts of action units and emotions in the published annotations of the
datasets they are named after. Emotion is ambiguous given action units: a brow lowerer is coded as
disgust in some clips and as others in more. The tables keep that ambiguity, for without it a
synthetic task would be far easier than the real one; `bayes_ceiling` says how well a perfect
reader of action units could do.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mer_zoo.errors import UnknownNameError

NONE = "none"  # the label of a clip without an expression; never a class of a schema


@dataclass(frozen=True)
class Combination:
    """Action units that appear together.

    Attributes:
        weight: how often, relative to the other combinations of the class.
        strengths: action unit -> strength relative to the strongest of the combination.
        one_sided: always on one side only (contempt), instead of mostly on both.
    """

    weight: float
    strengths: dict[int, float]
    one_sided: bool = False

    @property
    def key(self) -> tuple:
        """What a perfect reader of action units could tell apart."""
        return (*sorted(self.strengths), self.one_sided)


@dataclass(frozen=True)
class Schema:
    """A label schema.

    Attributes:
        name: as in the names of zoo entries.
        combinations: class -> its combinations; the order of the classes is the order of labels.
    """

    name: str
    combinations: dict[str, tuple[Combination, ...]]

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.combinations)

    def draw(self, label: str, rng: np.random.Generator) -> Combination:
        """One combination of the class, by weight."""
        if label not in self.combinations:
            raise UnknownNameError.among(f"class of {self.name}", label, self.combinations)
        choices = self.combinations[label]
        weights = np.array([c.weight for c in choices])
        return choices[rng.choice(len(choices), p=weights / weights.sum())]


@dataclass(frozen=True)
class BayesCeiling:
    """Best possible scores with balanced classes, given the exact action units of each clip."""

    accuracy: float
    macro_f1: float


def bayes_ceiling(schema: Schema) -> BayesCeiling:
    """How well the classes of a schema can be told from the set of action units alone.

    Classes are equally frequent; the reader knows the tables and names the likeliest class.
    Strengths are not used: they are redrawn for every clip.
    """
    names = schema.class_names
    joint: dict[tuple, np.ndarray] = defaultdict(lambda: np.zeros(len(names)))
    for row, choices in enumerate(schema.combinations.values()):
        total = sum(c.weight for c in choices)
        for combination in choices:
            joint[combination.key][row] += combination.weight / total / len(names)
    confusion = np.zeros((len(names), len(names)))  # rows: true class, columns: named class
    for shares in joint.values():
        confusion[:, shares.argmax()] += shares
    hits = confusion.diagonal()
    f1 = 2 * hits / (confusion.sum(0) + confusion.sum(1))
    return BayesCeiling(accuracy=float(hits.sum()), macro_f1=float(f1.mean()))


def _combinations(*rows: tuple[float, dict[int, float]]) -> tuple[Combination, ...]:
    return tuple(Combination(weight, strengths) for weight, strengths in rows)


# CASME II, five classes. Clashes kept from its annotations: 4 and 4+7 (disgust, others),
# 12 (happiness, others, repression), 14 (others, happiness), 17 (repression, others). Some smiles
# part the lips (25), as posed smiles do.
CASME2 = Schema(
    "casme2",
    {
        "happiness": _combinations(
            (5, {12: 1}),
            (4, {6: 0.8, 12: 1}),
            (1, {7: 0.6, 12: 1}),
            (1, {12: 1, 25: 0.5}),
            (1, {6: 0.8, 12: 1, 25: 0.6}),
            (1, {6: 1}),
            (0.7, {14: 1}),
        ),
        "disgust": _combinations(
            (4, {4: 1, 7: 0.8}),
            (2, {4: 0.8, 9: 1}),
            (2, {10: 1}),
            (2, {9: 1}),
            (2, {4: 1}),
            (1, {4: 0.8, 7: 0.6, 10: 0.8}),
            (1, {4: 0.7, 7: 0.7, 9: 0.8}),
        ),
        "surprise": _combinations(
            (6, {1: 1, 2: 1}),
            (2, {1: 1, 2: 1, 5: 0.7}),
            (1, {2: 1}),
            (1, {5: 1}),
            (1, {1: 0.8, 2: 0.8, 25: 1}),
            (1, {25: 1, 26: 0.4}),
        ),
        "repression": _combinations(
            (4, {17: 1}),
            (3, {15: 1}),
            (2, {15: 0.8, 17: 0.8}),
            (1, {14: 0.8, 17: 0.8}),
            (0.7, {12: 1}),
        ),
        "others": _combinations(
            (5, {4: 1}),
            (3, {14: 1}),
            (1, {1: 1}),
            (1, {1: 0.8, 4: 0.8}),
            (1, {23: 1}),
            (1, {24: 0.7}),
            (1, {4: 0.8, 14: 0.6}),
            (0.8, {17: 1}),
            (0.8, {12: 1}),
            (1, {4: 1, 7: 0.8}),
        ),
    },
)

SCHEMAS: dict[str, Schema] = {schema.name: schema for schema in (CASME2,)}


def find_schema(name: str | Schema) -> Schema:
    """The schema of this name; a `Schema` is handed back as it is."""
    if isinstance(name, Schema):
        return name
    if name not in SCHEMAS:
        raise UnknownNameError.among("label schema", name, SCHEMAS)
    return SCHEMAS[name]
