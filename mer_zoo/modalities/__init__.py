"""From clip to image: `compute("mesti", clip)` and its siblings, in NumPy and OpenCV."""

from mer_zoo.modalities.flow import rescale_flow
from mer_zoo.modalities.mesti import MestiAccumulator
from mer_zoo.modalities.registry import (
    MODALITIES,
    Modality,
    central,
    channel_names,
    compute,
    flip,
    with_defaults,
)

__all__ = [
    "MODALITIES",
    "MestiAccumulator",
    "Modality",
    "central",
    "channel_names",
    "compute",
    "flip",
    "rescale_flow",
    "with_defaults",
]
