"""The material of `mer-zoo demo`: one real video and one synthetic clip with known ground truth."""

from importlib import resources
from pathlib import Path

from mer_zoo.clips import Clip

SEED = 7


def smile() -> Path:
    """A real, posed smile: 72 frames of 640x360 at 30 per second; not a micro-expression."""
    return Path(str(resources.files("mer_zoo") / "assets" / "smile.mp4"))


def synthetic_clip() -> Clip:
    """A raised brow (action units 1 and 2) on a public-domain portrait, with its ground-truth phases."""
    from skimage import data

    from mer_zoo import synthesis

    return synthesis.synthesise(data.astronaut()[:256, 96:352], "1+2", seed=SEED, peak=3.0)
