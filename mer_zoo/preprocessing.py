"""How a clip becomes a network's input. Cards and recipes carry it, the preparation follows it."""

from dataclasses import dataclass, field
from typing import Annotated

from mer_zoo.bounds import SIDE, Arguments, Name, OneOf, Within


@dataclass(frozen=True)
class Preprocessing:
    """How a clip becomes the network's input.

    The face is aligned to a square crop of `face_size` px, with the outer eye corners 0.4875 of its
    side apart. With `alignment = "frame"` no face is detected; whole frames, such as the registered
    crops of a dataset, are resized to that square instead. The modality turns the clip into one image
    (the size of the crop, or its parameter `size`). The network sees the central `image_size` px.
    """

    modality: Name
    face_size: Annotated[int, Within(16, SIDE)]
    image_size: Annotated[int, Within(1, SIDE)]
    parameters: Annotated[dict, Arguments()] = field(default_factory=dict)
    alignment: Annotated[str, OneOf(("face", "frame"))] = "face"

    @property
    def side(self) -> int:
        """Side in px of the whole image the modality makes."""
        return self.parameters.get("size", self.face_size)

    @property
    def settings(self) -> str:
        """The parameters of the modality in words: "channels motion, detrend False"."""
        return ", ".join(f"{name} {value}" for name, value in self.parameters.items())
