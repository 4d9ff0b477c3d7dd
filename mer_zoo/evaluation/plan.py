"""The plan of an evaluation: everything its results depend on."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

SAME_SUBJECTS = "hyperparameters chosen on the same subjects"
"""The label of a score whose test subjects the hyperparameters were chosen on."""

NESTED = "hyperparameters chosen anew for each fold, without its test subjects (nested)"


@dataclass(frozen=True)
class EvaluationPlan:
    """What an evaluation does. Two evaluations with equal plans give the same result.

    Attributes:
        split: name of the split, see `mer_zoo.evaluation.make_folds`.
        folds: digest of the folds.
        protocol: the named set of clips.
        examples: digest of the table of clips.
        images: digest of the images themselves.
        learner: plain values that identify everything training depends on.
        seeds: of the runs.
        backend: Keras' backend.
        versions: of Python and of the packages that a score may depend on.
        oracle: whether the test-selected scores are computed as well.
        keep_weights: whether the weights of every fold are kept.
        label: what a reader must know before comparing the score; usually empty.
        facts: further plain values for the record.
    """

    split: str
    folds: str
    protocol: str
    examples: str
    images: str
    learner: Mapping[str, Any]
    seeds: tuple[int, ...]
    backend: str
    versions: Mapping[str, str]
    oracle: bool = False
    keep_weights: bool = False
    label: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON returns them; `facts` are at the top level."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        facts = values.pop("facts")
        if not self.label:
            del values["label"]
        return json.loads(json.dumps({**values, **facts}))

    @property
    def digest(self) -> str:
        """SHA-256 of all values."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def differences(found: Mapping, wanted: Mapping) -> list[str]:
    """The keys whose values differ, sorted; keys of nested tables are dotted.

    Example:
        >>> differences({"seeds": [1], "learner": {"epochs": 3}}, {"seeds": [1], "learner": {"epochs": 4}})
        ['learner.epochs']
    """
    return sorted(_differing(found, wanted))


def _differing(found: Mapping, wanted: Mapping, prefix: str = "") -> Iterator[str]:
    for key in {*found, *wanted}:
        old, new = found.get(key), wanted.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differing(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}"
