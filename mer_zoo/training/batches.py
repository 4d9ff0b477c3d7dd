"""Augmented batches. Draws depend only on (seed, epoch, batch), so training can resume."""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import keras
import numpy as np

from mer_zoo import modalities
from mer_zoo.action_units import lower_outputs, mirrored_order
from mer_zoo.evaluation.examples import NEUTRAL, Examples
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.recipe import Augmentation


class Batches(keras.utils.PyDataset):
    """Shuffled, shifted and mirrored images with soft targets.

    Args:
        images: float `(N, S, S, C)` modality images of the whole aligned face, or
            `(N, V, S, S, C)`: V variants of each; every batch draws one of them.
        targets: float32 `(N, classes)` target probabilities.
        preprocessing: how the images were made, so that they are mirrored correctly (mirroring changes
            the sign of horizontal motion), and the side of the crop the network sees. Where shifted
            crops would not fit, the images get a border.
        augmentation: what is changed at random. Factors of `heights` and `widths` are drawn uniformly
            on a logarithmic scale; displacements keep their values.
        batch_size: images per batch; the last, incomplete batch of an epoch is dropped.
        seed: seed of all random draws.
        units: the targets are those of action units (`mer_zoo.action_units.OUTPUTS`): mirroring an image
            swaps left and right, and an image of the upper face shows no unit of the lower one.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        preprocessing: Preprocessing,
        augmentation: Augmentation,
        *,
        batch_size: int,
        seed: int,
        units: bool = False,
    ):
        super().__init__(workers=1)
        self.images = with_border(images, preprocessing.image_size, augmentation.shift)
        self.targets, self.units = targets, units
        self.preprocessing, self.augmentation = preprocessing, augmentation
        self.logarithms = np.log([augmentation.heights, augmentation.widths])
        self.batch_size, self.seed = min(batch_size, len(images)), seed
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draws the order of an epoch, counted from 0."""
        self.epoch = epoch
        self._order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))

    def __len__(self):
        return len(self.images) // self.batch_size

    def __getitem__(self, batch):
        rng = np.random.default_rng([self.seed, self.epoch, batch + 1])
        chosen = np.sort(self._order[batch * self.batch_size : (batch + 1) * self.batch_size])
        drawn: tuple[np.ndarray, ...] = (chosen,)
        if self.images.ndim == 5:
            drawn = (chosen, rng.integers(self.images.shape[1], size=len(chosen)))
        images = np.asarray(self.images[drawn], dtype=np.float32)
        made, changes = self.preprocessing, self.augmentation
        side, shift = made.image_size, changes.shift
        centre = (images.shape[1] - side) // 2
        corners = centre + rng.integers(-shift, shift + 1, size=(len(chosen), 2))
        mirrored = changes.flip & (rng.random(len(chosen)) < 0.5)
        reduced = np.zeros(len(chosen), bool)
        if changes.upper_face:
            reduced = rng.random(len(chosen)) < changes.upper_face
            for i in np.flatnonzero(reduced):
                images[i] = modalities.upper_face(images[i])
        if self.logarithms.any():
            low, high = self.logarithms.T[..., None]
            factors = np.exp(rng.uniform(low, high, size=(2, len(chosen))))
            images = np.stack([scaled(i, *pair) for i, pair in zip(images, factors.T, strict=True)])
        places = zip(images, corners, strict=True)
        crops = np.stack([image[y : y + side, x : x + side] for image, (y, x) in places])
        if mirrored.any():
            crops[mirrored] = modalities.flip(made.modality, crops[mirrored], **made.parameters)
        return crops, self._targets(chosen, mirrored, reduced)

    def _targets(self, chosen, mirrored, reduced) -> np.ndarray:
        """The targets of images of which some were mirrored, or reduced to the upper face."""
        targets = self.targets[chosen]
        if self.units:
            targets[mirrored] = targets[mirrored][:, mirrored_order()]
            targets[np.ix_(reduced, lower_outputs())] = 0
        return targets


def scaled(image: np.ndarray, height: float, width: float) -> np.ndarray:
    """An image scaled about its centre within its own size; what comes into sight repeats the edge.

    Args:
        image: float32 `(S, S, C)`. Displacements keep their values.
        height, width: factors; a face becomes flatter or narrower with one below 1.
    """
    side = image.shape[0]
    middle = (side - 1) / 2
    matrix = np.array([[width, 0, (1 - width) * middle], [0, height, (1 - height) * middle]])
    scaled = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return scaled.reshape(image.shape)  # OpenCV drops a single channel's axis


class EpochStarter(keras.callbacks.Callback):
    """Tells the batches which epoch begins, also when training resumes."""

    def __init__(self, batches: Batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None):
        self.batches.start_epoch(epoch)


def soft_targets(labels: np.ndarray, classes: int, smoothing: float) -> np.ndarray:
    """Target probabilities: smoothed one-hot rows, uniform for clips without an expression.

    Args:
        labels: int `(N,)`, indices of the classes, or `NEUTRAL`.
        classes: number of classes.
        smoothing: share of the probability that is spread over all classes.

    Returns:
        float32 `(N, classes)`, rows summing to 1.

    Example:

    >>> soft_targets(np.array([1, -1]), 2, 0.2).tolist()
    [[0.10000000149011612, 0.8999999761581421], [0.5, 0.5]]
    """
    rows = np.full((len(labels), classes), smoothing / classes, np.float32)
    shown = np.flatnonzero(labels != NEUTRAL)
    rows[shown, labels[shown]] += 1 - smoothing
    rows[labels == NEUTRAL] = 1 / classes
    return rows


def with_border(images: np.ndarray, image_size: int, shift: int) -> np.ndarray:
    """Images `(..., S, S, C)` with a border for shifts of the crop, padded with their edge."""
    lacking = image_size + 2 * shift - images.shape[-2]
    if lacking <= 0:
        return images
    before = lacking // 2
    width = (before, lacking - before)
    others = [(0, 0)] * (images.ndim - 3)
    return np.pad(images, (*others, width, width, (0, 0)), mode="edge")


def balanced(examples: Examples, seed: int) -> Examples:
    """All examples, and some of the rarer classes again, until classes are equally frequent.

    Clips without an expression are not repeated.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(examples.labels[examples.labels != NEUTRAL])
    parts = [np.arange(len(examples))]
    for label in np.flatnonzero(counts):
        of_class = np.flatnonzero(examples.labels == label)
        parts.append(rng.choice(of_class, counts.max() - counts[label]))
    rows = np.concatenate(parts)
    clips = [f"{clip}#{i}" for i, clip in enumerate(examples.clips[rows])]
    return replace(
        examples,
        images=examples.images[rows],
        labels=examples.labels[rows],
        subjects=examples.subjects[rows],
        clips=np.array(clips),
    )
