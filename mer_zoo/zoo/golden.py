"""Golden outputs: the outputs that every entry must give for the clips shipped with the package."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import cv2
import keras
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import CardError, MerZooError, WeightsError
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.loading import load
from mer_zoo.zoo.registry import find, list_models

TOLERANCE = 1e-4  # across backends; within one backend the tests ask for 1e-5


@dataclass(frozen=True)
class Check:
    """The verification of one entry. None means passed; a text describes the problem."""

    name: str
    backend: str
    weights: str | None
    card: str | None
    golden: str | None
    difference: float

    @property
    def passed(self) -> bool:
        return self.weights is None and self.card is None and self.golden is None


@cache
def golden_clips() -> dict[str, Clip]:
    """The golden clips by name: aligned synthetic faces with phases."""
    with resources.files("mer_zoo.zoo").joinpath("golden.npz").open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        arrays = {name: stored[name] for name in stored.files}
    return {
        name: _clip(name, arrays[name], arrays[f"{name}.phases"])
        for name in arrays
        if not name.endswith(".phases")
    }


def golden_probabilities(model: MicroExpressionClassifier, names: Sequence[str]) -> np.ndarray:
    """The model's probabilities for golden clips, float32 `(len(names), classes)`."""
    clips, size = golden_clips(), model.card.preprocessing.face_size
    images = np.stack([model.preprocess(resized(clips[name], size)) for name in names])
    return model.predict_on_batch(images)


def resized(clip: Clip, size: int) -> Clip:
    """The clip resized to the face size of a card."""
    if clip.frames.shape[1] == size:
        return clip
    frames = [cv2.resize(f, (size, size), interpolation=cv2.INTER_AREA) for f in clip.frames]
    return dataclasses.replace(clip, frames=np.stack(frames))


def verify(name: str | Path) -> Check:
    """Checks digest, card and golden outputs of one entry on the running backend.

    Raises:
        UnknownNameError: the entry does not exist.
        CardError: its card cannot be read.
    """
    entry = find(name)
    found = {"name": entry.card.name, "backend": keras.backend.backend()}
    try:
        model = load(name)
        problem = card_problem(entry.card, model)
    except WeightsError as error:
        return Check(**found, weights=str(error), card=None, golden="not run", difference=np.nan)
    except MerZooError as error:
        return Check(**found, weights=None, card=str(error), golden="not run", difference=np.nan)
    expected = np.asarray(entry.card.golden.probabilities)
    answers = golden_probabilities(model, entry.card.golden.clips)
    difference = float(np.abs(answers - expected).max())
    golden = None if difference <= TOLERANCE else f"differ by {difference:.1e}"
    return Check(**found, weights=None, card=problem, golden=golden, difference=difference)


def card_problem(card: Card, model: MicroExpressionClassifier) -> str | None:
    """The statement of the card that does not hold for the built model, or None.

    Raises:
        CardError: the golden clips differ from the package's, or the modality cannot be computed.
    """
    if unknown := [name for name in card.golden.clips if name not in golden_clips()]:
        raise CardError(
            f"{card.name}: there is no golden clip {unknown[0]!r}. Known: {', '.join(golden_clips())}."
        )
    channels = model.network.input_shape[-1]
    image = _golden_image(card, model)
    names = _packaged_order(card)
    claims = [
        (
            image.shape[-1] == channels,
            f"the modality gives {image.shape[-1]} channels, not {channels}",
        ),
        (
            model.network.input_shape[1:3] == (card.preprocessing.image_size,) * 2,
            f"the network's input is {model.network.input_shape[1:3]}",
        ),
        (
            type(model.network).__name__ == card.network.name,
            f"the network is a {type(model.network).__name__}",
        ),
        (
            all(len(m.values) == len(m.seeds) for m in card.metrics),
            "a metric lacks a seed",
        ),
        (bool(card.limits), "no limits are named"),
        (
            card.class_names == names,
            "class_names are those of the packaged entry with the same weights in another order; there it "
            f"is {', '.join(names)}",
        ),
    ]
    return next((what for holds, what in claims if not holds), None)


def _packaged_order(card: Card) -> list[str]:
    """The card's class names, in the order of the packaged entry that has the same weights, if one has.

    Names that were changed on purpose, such as translated ones, are left as they are.
    """
    for name in list_models():
        packaged = find(name).card
        if packaged.weights.sha256 == card.weights.sha256 and (
            sorted(packaged.class_names) == sorted(card.class_names)
        ):
            return packaged.class_names
    return card.class_names


def _golden_image(card: Card, model: MicroExpressionClassifier) -> np.ndarray:
    clip = resized(golden_clips()[card.golden.clips[0]], card.preprocessing.face_size)
    try:
        return model.preprocess(clip)
    except MerZooError:
        raise
    except (TypeError, ValueError, cv2.error) as error:
        raise CardError(
            f"{card.name}: its modality {card.preprocessing.modality!r} cannot be computed with "
            f"{card.preprocessing.settings} ({error}). Correct the card's preprocessing."
        ) from error


def _clip(name, frames, phases):
    """Grey frames `(T, S, S)` shown as RGB without copying."""
    rgb = np.broadcast_to(frames[..., None], (*frames.shape, 3))
    onset, apex, offset = (int(p) for p in phases)
    times = np.arange(len(frames)) / 100.0
    return Clip(rgb, times, onset=onset, apex=apex, offset=offset, source=name)
