"""The images a clip can be turned into, by name."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import UnknownNameError
from mer_zoo.layers.parameters import CHECKED, check_parameters
from mer_zoo.modalities.apex_rank_pooling import mesti_rank
from mer_zoo.modalities.dynamic_image import dual_phase, dynamic_image
from mer_zoo.modalities.flow import flow
from mer_zoo.modalities.frames import apex, difference
from mer_zoo.modalities.mesti import MESTI_CHANNELS, mesti
from mer_zoo.preprocessing import Preprocessing

_RGB = ("red", "green", "blue")


@dataclass(frozen=True)
class Modality:
    """One way to turn a clip into an image.

    Attributes:
        name: the name that cards and recipes use.
        function: takes a `Clip` and parameters by name, returns a float32 image `(H, W, C)`.
        channels: the names of the image's channels: for each value of the parameter `channels` where
            the function has one, otherwise under the key None. A channel "u" is a displacement to
            the right, negated when the image is mirrored.
    """

    name: str
    function: Callable[..., np.ndarray]
    channels: Mapping[Any, tuple[str, ...]]

    @property
    def parameters(self) -> dict:
        """The names of the parameters with their default values."""
        signature = inspect.signature(self.function)
        return {name: p.default for name, p in list(signature.parameters.items())[1:]}

    def channel_names(self, **parameters) -> tuple[str, ...]:
        """Returns the names of the channels of the image made with these parameters.

        Example:
            >>> from mer_zoo import modalities
            >>> modalities.channel_names("flow")
            ('u', 'v', 'strain')
        """
        self.check(parameters)
        chosen = {**self.parameters, **parameters}.get("channels")
        if not isinstance(chosen, str | None) or chosen not in self.channels:
            known = [name for name in self.channels if name is not None]
            raise UnknownNameError.among(f"{self.name} channel set", chosen, known)
        return self.channels[chosen]

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Checks parameters for this modality.

        Raises:
            UnknownNameError: a parameter is not one of this modality.
            ParameterError: a parameter has a value it cannot have.
        """
        for name in parameters:
            if name not in self.parameters:
                raise UnknownNameError.among(f"{self.name} parameter", name, self.parameters)
        check_parameters(**{name: parameters[name] for name in parameters if name in CHECKED})


MODALITIES: dict[str, Modality] = {
    modality.name: modality
    for modality in (
        Modality("apex", apex, {None: _RGB}),
        Modality("difference", difference, {None: ("difference",)}),
        Modality("flow", flow, {None: ("u", "v", "strain")}),
        Modality("dynamic_image", dynamic_image, {None: _RGB}),
        Modality(
            "dual_phase",
            dual_phase,
            {None: tuple(f"{phase}_{colour}" for phase in ("rise", "fall") for colour in _RGB)},
        ),
        Modality("mesti", mesti, MESTI_CHANNELS),
        Modality("mesti_rank", mesti_rank, {None: _RGB}),
    )
}


def compute(name: str, clip: Clip, **parameters) -> np.ndarray:
    """Returns the image of a clip.

    Args:
        name: a key of `MODALITIES`.
        clip: a `mer_zoo.clips.Clip`.
        parameters: those of the modality's function.

    Returns:
        float32 `(H, W, C)`; `channel_names` says what the channels are.

    Raises:
        UnknownNameError: there is no such modality or parameter.
        ParameterError: a parameter has a value it cannot have.
        ClipError: the clip lacks what the image needs, such as an onset.

    Example:
        >>> import numpy as np
        >>> from mer_zoo import Clip, modalities
        >>> frames = np.random.default_rng(0).integers(0, 256, (9, 64, 64), dtype="uint8")
        >>> clip = Clip.from_array(frames, fps=200, onset=0, apex=4, offset=8)
        >>> modalities.compute("mesti", clip).shape
        (64, 64, 3)
    """
    modality = _find(name)
    modality.check(parameters)
    return np.ascontiguousarray(modality.function(clip, **parameters), dtype=np.float32)


def channel_names(name: str, **parameters) -> tuple[str, ...]:
    """Returns what the channels of an image of `compute(name, clip, **parameters)` are.

    Raises:
        UnknownNameError: there is no such modality or parameter.
    """
    return _find(name).channel_names(**parameters)


def with_defaults(preprocessing: Preprocessing) -> Preprocessing:
    """Returns the same preprocessing, with defaults for the parameters that it does not give.

    Images and cards are stored with these values, so a later change of a default does not affect them.

    Raises:
        UnknownNameError: there is no such modality or parameter.
        ParameterError: a parameter has a value it cannot have.
    """
    modality = _find(preprocessing.modality)
    modality.check(preprocessing.parameters)
    return replace(preprocessing, parameters=modality.parameters | preprocessing.parameters)


def flip(name: str, image: np.ndarray, **parameters) -> np.ndarray:
    """Mirrors an image left to right, as if the clip had been mirrored.

    Args:
        name: the modality the image was made by.
        image: `(..., H, W, C)`: one image or a batch.
        parameters: those the image was made with.

    Returns:
        An array like `image`; a displacement to the right has changed its sign.

    Raises:
        UnknownNameError: there is no such modality or parameter.
        ValueError: the image has another number of channels than the modality gives.
    """
    names = channel_names(name, **parameters)
    if image.shape[-1] != len(names):
        raise ValueError(
            f"An image of {name!r} with {parameters or 'its defaults'} has {len(names)} channels "
            f"({', '.join(names)}); got {image.shape[-1]}. Name the parameters it was made with."
        )
    signs = np.array([-1 if channel == "u" else 1 for channel in names], dtype=image.dtype)
    return image[..., ::-1, :] * signs


def central(image: np.ndarray, size: int) -> np.ndarray:
    """Returns the central `size` x `size` px of an image or a batch `(..., H, W, C)`.

    Raises:
        ValueError: the image is smaller.
    """
    height, width = image.shape[-3:-1]
    if size > min(height, width):
        raise ValueError(f"Cannot take the central {size} px of an image of {width}x{height} px.")
    top, left = (height - size) // 2, (width - size) // 2
    return image[..., top : top + size, left : left + size, :]


def _find(name: str) -> Modality:
    if name not in MODALITIES:
        raise UnknownNameError.among("modality", name, MODALITIES)
    return MODALITIES[name]
