"""What a label schema is: classes, the combinations of action units that show them, their ceiling."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mer_zoo.errors import UnknownNameError


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

    Classes are equally frequent; the reader knows the tables and names the most probable class.
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
