"""The input of an evaluation: images, labels and subjects, row by row."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from mer_zoo.errors import EvaluationError

NEUTRAL = -1
"""The label of a clip without an expression. Such clips are trained on and never scored."""

Predict = Callable[[np.ndarray], np.ndarray]
"""Images `(N, H, W, C)` -> probabilities float `(N, classes)`."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Labelled images of subjects.

    Attributes:
        images: `(N, H, W, C)`, one image per clip; or `(N, V, H, W, C)`, the image of the unchanged
            clip and those of its V - 1 variants, which are used only for training.
        labels: int `(N,)`, indices into `class_names`; `NEUTRAL` (-1) for a clip that shows
            no expression.
        subjects: str `(N,)`, as `dataset/id`.
        clips: str `(N,)`, unique names.
        class_names: the classes, in the order of the outputs.
        protocol: the named set of clips, or "custom".
        digest: of the table of clips that the examples were made from; by default of clips,
            subjects and labels. Two evaluations can be compared only if their digests are equal.
        about: further facts for the record, such as the version of the annotation table.
        targets: float32 `(N, K)` of 0 and 1 where the outputs are not exclusive, such as action units;
            `labels` are then 0, or `NEUTRAL` for a clip in which nothing moves. None for classes.

    Raises:
        EvaluationError: lengths differ, a clip appears twice, or a label is not a class.
    """

    images: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray
    clips: np.ndarray
    class_names: tuple[str, ...]
    protocol: str = "custom"
    digest: str = ""
    about: tuple[tuple[str, str], ...] = ()
    targets: np.ndarray | None = None

    def __post_init__(self):
        labels = np.asarray(self.labels, dtype=np.int64)
        subjects, clips = (np.asarray(v, dtype=np.str_) for v in (self.subjects, self.clips))
        count = len(self.images)
        if not count or not len(labels) == len(subjects) == len(clips) == count:
            raise EvaluationError(
                f"{count} images, {len(labels)} labels, {len(subjects)} subjects and {len(clips)} "
                "clips were given; expected as many of each, at least one."
            )
        if len(set(clips)) != count:
            names, times = np.unique(clips, return_counts=True)
            raise EvaluationError(
                f"The clip {names[times.argmax()]} appears {times.max()} times; every clip may be "
                "there once, or it would be trained and tested on."
            )
        if labels.min() < NEUTRAL or labels.max() >= len(self.class_names):
            raise EvaluationError(
                f"Labels run from {labels.min()} to {labels.max()}, but there are "
                f"{len(self.class_names)} classes: {', '.join(self.class_names)}. Expected their "
                f"indices from 0, or {NEUTRAL} for a clip without an expression."
            )
        if self.targets is not None and self.targets.shape != (count, len(self.class_names)):
            raise EvaluationError(
                f"targets have shape {self.targets.shape}; expected one row a clip and one column for "
                f"each of the {len(self.class_names)} outputs, ({count}, {len(self.class_names)})."
            )
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "subjects", subjects)
        object.__setattr__(self, "clips", clips)
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "digest", self.digest or self._digest())

    def __len__(self) -> int:
        return len(self.images)

    @property
    def variants(self) -> int:
        """Images of each clip, V."""
        return self.images.shape[1] if self.images.ndim == 5 else 1

    @property
    def originals(self) -> np.ndarray:
        """`(N, H, W, C)`: the image of each unchanged clip. Predictions use only these."""
        return self.images[:, 0] if self.images.ndim == 5 else self.images

    @property
    def is_expression(self) -> np.ndarray:
        """bool `(N,)`: whether the clip shows an expression, so that its class can be scored."""
        return self.labels != NEUTRAL

    @property
    def datasets(self) -> np.ndarray:
        """str `(N,)`: the part of each subject before the slash."""
        return np.array([subject.split("/")[0] for subject in self.subjects], dtype=np.str_)

    @property
    def unit_targets(self) -> np.ndarray:
        """`targets` of examples of action units.

        Raises:
            EvaluationError: the examples are of classes.
        """
        if self.targets is None:
            raise EvaluationError(
                f"The examples of {self.protocol} are of classes ({', '.join(self.class_names)}), and "
                "targets of action units were asked for. Give examples of a recipe of action units."
            )
        return self.targets

    def part(self, rows: np.ndarray) -> "Examples":
        """The examples of these rows."""
        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            subjects=self.subjects[rows],
            clips=self.clips[rows],
            targets=None if self.targets is None else self.targets[rows],
            digest="",
        )

    def images_digest(self) -> str:
        """SHA-256 of the images, their shape and their dtype, in the order of the clips' names.

        Other images of the same clips (another modality, another face engine, frames that were
        changed) have another digest; the order of the rows makes no difference.
        """
        digest = hashlib.sha256(f"{self.images.shape} {self.images.dtype}".encode())
        for row in np.argsort(self.clips, kind="stable"):
            digest.update(np.ascontiguousarray(self.images[row]).data)
        return digest.hexdigest()

    def _digest(self):
        labels = self.labels.astype(str)
        if self.targets is not None:
            labels = np.array(["".join(row) for row in self.targets.astype(int).astype(str)])
        rows = sorted(zip(self.clips, self.subjects, labels, strict=True))
        text = "\n".join("\t".join(row) for row in [self.class_names, *rows])
        return hashlib.sha256(text.encode()).hexdigest()


class Fitted(Protocol):
    """A trained network, as returned by a learner."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, float `(N, classes)`."""

    def save(self, path: Path) -> None:
        """Writes the weights as safetensors."""


class Learner(Protocol):
    """Anything that can be trained on examples. It never sees the examples it is scored on.

    A learner must be picklable, because it is sent to other processes.

    A learner whose hyperparameters were chosen on scores of clips may have an attribute
    `selected_on`, the subjects of those clips. A score on any of them is labelled.
    """

    def describe(self) -> dict:
        """Plain values that identify everything training depends on, for the record."""

    def fit(
        self, examples: Examples, seed: int, watch: Callable[[Predict], None] | None = None
    ) -> Fitted:
        """Trains from scratch.

        Args:
            examples: only the training examples.
            seed: of everything random.
            watch: called after each epoch, for the record only; it must not influence training.
        """
