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
from mer_zoo.modalities.upper_face import reads_upper_face, upper_face

__all__ = [
    "MODALITIES",
    "MestiAccumulator",
    "Modality",
    "central",
    "channel_names",
    "compute",
    "flip",
    "reads_upper_face",
    "rescale_flow",
    "upper_face",
    "with_defaults",
]
