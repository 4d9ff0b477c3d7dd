"""How often each action unit is shown, against the published annotations."""

from dataclasses import dataclass

from mer_zoo.synthesis.expressions.schema import Schema


@dataclass(frozen=True)
class Published:
    """What the annotations of a dataset count.

    Attributes:
        clips: annotated clips, of all classes.
        action_units: action unit -> clips that show it.
        classes: class of the schema -> clips.
    """

    clips: int
    action_units: dict[int, int]
    classes: dict[str, int]


# Counts of the annotation tables: CASME II (Yan et al., PLoS ONE 9(1), 2014; 256 rows), SAMM (Davison
# et al., IEEE TAC 9(1), 2018; 159 rows). Classes are those with enough clips to be scored.
PUBLISHED: dict[str, Published] = {
    "casme2": Published(
        256,
        {1: 26, 2: 22, 4: 130, 5: 2, 6: 13, 7: 39, 9: 13, 10: 16, 12: 34, 14: 27, 15: 16, 17: 25},
        {"happiness": 32, "disgust": 63, "surprise": 25, "repression": 27, "others": 99},
    ),
    "samm": Published(
        159,
        {1: 6, 2: 18, 4: 23, 5: 10, 6: 3, 7: 46, 9: 5, 10: 6, 12: 28, 14: 13, 15: 4, 17: 6},
        {"anger": 57, "contempt": 12, "happiness": 26, "surprise": 15, "other": 26},
    ),
}


def action_unit_shares(schema: Schema, classes: dict[str, int] | None = None) -> dict[int, float]:
    """Share of the clips that show each action unit.

    Args:
        schema: the tables.
        classes: clips of each class; equally many by default, as a corpus has them.

    Returns:
        Action unit -> share, 0 to 1, of the units the tables know, by number.
    """
    classes = classes or dict.fromkeys(schema.class_names, 1)
    shares: dict[int, float] = {}
    for name, combinations in schema.combinations.items():
        weight = classes[name] / sum(classes.values()) / sum(c.weight for c in combinations)
        for combination in combinations:
            for number in combination.strengths:
                shares[number] = shares.get(number, 0.0) + weight * combination.weight
    return dict(sorted(shares.items()))
