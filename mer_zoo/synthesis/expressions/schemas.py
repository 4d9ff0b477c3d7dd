"""Label schemas: which action units show each class, and how often.

The tables follow the joint counts of action units and emotions in the published annotations of the
datasets they are named after. Emotion is ambiguous given action units: a brow lowerer is coded as
disgust in some clips and as others in more. The tables keep that ambiguity, for without it a
synthetic task would be far easier than the real one; `bayes_ceiling` says how well a perfect
reader of action units could do.
"""

from dataclasses import replace

from mer_zoo.action_units import UPPER_FACE
from mer_zoo.errors import UnknownNameError
from mer_zoo.synthesis.expressions.schema import Combination, Schema

NONE = "none"  # the label of a clip without an expression; never a class of a schema


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
            (5, {4: 1, 7: 0.8}),
            (1.2, {4: 0.8, 9: 1}),
            (2, {10: 1}),
            (1, {9: 1}),
            (2.2, {4: 1}),
            (1, {4: 0.8, 7: 0.6, 10: 0.8}),
            (0.8, {4: 0.7, 7: 0.7, 9: 0.8}),
        ),
        "surprise": _combinations(
            (7, {1: 1, 2: 1}),
            (1, {1: 1, 2: 1, 5: 0.7}),
            (1.5, {2: 1}),
            (0.4, {5: 1}),
            (0.7, {1: 0.8, 2: 0.8, 25: 1}),
            (0.7, {25: 1, 26: 0.4}),
        ),
        "repression": _combinations(
            (4, {17: 1}),
            (3, {15: 1}),
            (2, {15: 0.8, 17: 0.8}),
            (1, {14: 0.8, 17: 0.8}),
            (0.7, {12: 1}),
        ),
        "others": _combinations(
            (8, {4: 1}),
            (2.6, {14: 1}),
            (0.4, {1: 1}),
            (0.8, {1: 0.8, 4: 0.8}),
            (0.5, {23: 1}),
            (0.5, {24: 0.7}),
            (0.8, {4: 0.8, 14: 0.6}),
            (0.8, {17: 1}),
            (0.8, {12: 1}),
            (1, {4: 1, 7: 0.8}),
        ),
    },
)

# SAMM, five classes. Anger is shown by the lids as often as by the brows; contempt by one corner of
# the mouth alone. Clashes kept: 7 and 4 (anger, other), 12 and 14 (other; contempt on one side).
SAMM = Schema(
    "samm",
    {
        "anger": _combinations(
            (5, {7: 1}),
            (2, {4: 0.9, 7: 1}),
            (1, {4: 1}),
            (0.5, {4: 1, 5: 0.7, 7: 0.7}),
            (0.5, {9: 1}),
            (0.8, {17: 1, 24: 0.7}),
            (0.6, {23: 1}),
            (0.6, {10: 1}),
        ),
        "contempt": tuple(
            replace(combination, one_sided=True)
            for combination in _combinations((4, {14: 1}), (1, {10: 1}), (1, {12: 1}))
        ),
        "happiness": _combinations((5, {12: 1}), (1, {6: 0.8, 12: 1}), (1, {7: 0.6, 12: 1})),
        "surprise": _combinations(
            (2.5, {1: 1, 2: 1}),
            (1.5, {5: 1}),
            (0.5, {1: 1, 2: 1, 5: 0.7}),
            (3, {2: 1}),
            (0.7, {25: 1, 26: 0.4}),
        ),
        "other": _combinations(
            (1, {7: 1}),
            (1, {14: 1}),
            (1, {20: 1}),
            (0.6, {23: 1}),
            (0.6, {24: 0.7}),
            (0.8, {15: 1}),
            (0.5, {2: 1}),
            (0.3, {4: 1}),
            (0.3, {9: 1}),
            (0.3, {12: 1}),
        ),
    },
)

_FEAR = _combinations((1, {1: 0.8, 2: 0.8, 4: 0.8}), (1, {20: 1}))
_SADNESS = _combinations((1, {1: 0.8, 4: 0.8}), (1, {15: 1}))


def _mixture(*parts: tuple[float, tuple[Combination, ...]]) -> tuple[Combination, ...]:
    """Combinations of several classes as one class, each class with its share of the clips."""
    return tuple(
        replace(combination, weight=share * combination.weight / sum(c.weight for c in part))
        for share, part in parts
        for combination in part
    )


# MEGC 2019's three classes over CASME II, SAMM and SMIC-HS; the shares are the clips of CASME II and
# SAMM. SMIC has no action units in its tables: its classes are taken to be made alike.
_THREE_CLASSES = {
    "negative": _mixture(
        (61 + 9, CASME2.combinations["disgust"]),
        (27, CASME2.combinations["repression"]),
        (57, SAMM.combinations["anger"]),
        (12, SAMM.combinations["contempt"]),
        (8, _FEAR),
        (6, _SADNESS),
    ),
    "positive": _mixture(
        (32, CASME2.combinations["happiness"]), (26, SAMM.combinations["happiness"])
    ),
    "surprise": _mixture(
        (25, CASME2.combinations["surprise"]), (15, SAMM.combinations["surprise"])
    ),
}
MEGC2019 = Schema("megc2019", _THREE_CLASSES)
SMIC = Schema("smic", _THREE_CLASSES)


def _one_sided(*rows: tuple[float, dict[int, float]]) -> tuple[Combination, ...]:
    return tuple(replace(combination, one_sided=True) for combination in _combinations(*rows))


# Action units themselves. The "classes" are regions of the face, so that rare units (5, 9, 20, 23, 24)
# are as frequent as common ones; single units and the combinations in which people show them. The
# weights are a choice for training, not the frequencies of a dataset. Jaw drops (26) part the lips of
# the rigs, so 25 is always there with them, as a coder would write.
FACS = Schema(
    "facs",
    {
        "brows": _combinations(
            (3, {1: 1, 2: 1}),
            (1.5, {1: 1}),
            (1.5, {2: 1}),
            (1.5, {1: 1, 2: 1, 5: 0.8}),
            (1, {1: 0.8, 4: 0.8}),
            (0.8, {1: 0.8, 2: 0.8, 4: 0.8}),
        ),
        "frown": _combinations(
            (3, {4: 1}),
            (2.5, {4: 1, 7: 0.8}),
            (0.8, {4: 0.8, 9: 1}),
            (0.6, {4: 0.8, 5: 0.8}),
            (0.6, {4: 0.8, 14: 0.8}),
            (0.6, {4: 0.8, 17: 0.8}),
            (0.6, {4: 0.8, 7: 0.7, 10: 0.8}),
        ),
        "lids": _combinations(
            (3, {5: 1}),
            (3, {7: 1}),
            (1.5, {6: 1}),
            (1, {6: 0.9, 7: 0.9}),
            (0.8, {1: 0.8, 2: 0.8, 5: 1}),
        ),
        "nose": (
            *_combinations(
                (3, {9: 1}),
                (2, {10: 1}),
                (0.8, {9: 1, 10: 0.8}),
                (0.8, {4: 0.7, 7: 0.7, 9: 0.8}),
                (0.6, {9: 0.9, 17: 0.8}),
                (0.6, {10: 0.9, 25: 0.7}),
            ),
            *_one_sided((2, {10: 1})),
        ),
        "smile": (
            *_combinations(
                (2, {12: 1}),
                (2.2, {6: 0.8, 12: 1}),
                (0.8, {7: 0.7, 12: 1}),
                (1.2, {12: 1, 25: 0.7}),
                (1.2, {6: 0.8, 12: 1, 25: 0.7}),
                (0.6, {12: 1, 25: 0.7, 26: 0.7}),
                (0.5, {1: 0.7, 2: 0.7, 12: 0.9}),
                (0.5, {12: 0.9, 17: 0.8}),
                (0.4, {12: 0.9, 24: 0.7}),
            ),
            *_one_sided((1.5, {12: 1})),
        ),
        "dimple": (
            *_combinations(
                (3, {14: 1}),
                (0.8, {14: 0.9, 17: 0.8}),
                (0.5, {14: 0.9, 24: 0.7}),
                (0.5, {7: 0.8, 14: 0.9}),
            ),
            *_one_sided((2.5, {14: 1})),
        ),
        "corners": _combinations(
            (3, {15: 1}),
            (2.5, {15: 0.9, 17: 0.9}),
            (2.5, {17: 1}),
            (0.8, {1: 0.8, 4: 0.8, 15: 0.9}),
        ),
        "stretch": _combinations(
            (4, {20: 1}),
            (1.2, {20: 1, 25: 0.7}),
            (0.8, {1: 0.7, 2: 0.7, 4: 0.7, 20: 0.9}),
            (0.8, {5: 0.8, 20: 0.9}),
        ),
        "lips": _combinations(
            (3, {23: 1}),
            (3, {24: 1}),
            (0.8, {17: 0.8, 24: 0.9}),
            (0.8, {17: 0.8, 23: 0.9}),
            (0.7, {4: 0.8, 23: 0.9}),
            (0.7, {4: 0.7, 7: 0.7, 24: 0.9}),
        ),
        "jaw": _combinations(
            (2.5, {25: 1}),
            (3, {25: 0.7, 26: 1}),
            (0.8, {1: 0.8, 2: 0.8, 25: 0.7, 26: 0.8}),
            (0.6, {1: 0.8, 2: 0.8, 5: 0.8, 25: 0.7, 26: 0.8}),
            (0.6, {5: 0.8, 25: 0.8}),
        ),
    },
)

SCHEMAS: dict[str, Schema] = {
    schema.name: schema for schema in (CASME2, SAMM, SMIC, MEGC2019, FACS)
}


def of_upper_face(schema: Schema) -> Schema:
    """The schema with only those classes and combinations that the upper face shows."""
    kept = {
        label: tuple(c for c in combinations if UPPER_FACE.issuperset(c.strengths))
        for label, combinations in schema.combinations.items()
    }
    return Schema(schema.name, {label: rows for label, rows in kept.items() if rows})


def find_schema(name: str | Schema) -> Schema:
    """The schema of this name; a `Schema` is handed back as it is."""
    if isinstance(name, Schema):
        return name
    if name not in SCHEMAS:
        raise UnknownNameError.among("label schema", name, SCHEMAS)
    return SCHEMAS[name]
