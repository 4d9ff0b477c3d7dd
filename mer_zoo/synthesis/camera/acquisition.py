"""Acquisition presets: what the cameras of the datasets, and everyday ones, do to a clip.

Frame rates and file formats are those the datasets publish. Noise, blur and compression steps are
assumptions about such cameras.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mer_zoo.errors import UnknownNameError


@dataclass(frozen=True)
class Acquisition:
    """A kind of camera and file.

    Attributes:
        name: of the preset.
        rates: frame rates in frames per second; one is drawn.
        noise: range of the sensor's noise, standard deviation in grey levels.
        blur: range of the lens blur, sigma in pixels of a 112-pixel crop; half of the clips have it.
        jpeg: range of the quality of frames stored one by one, or None.
        codec: range of the step of a video codec (`InterFrameCodec`), or None.
        colour: whether clips rendered in colour keep it.
    """

    name: str
    rates: tuple[float, ...]
    noise: tuple[float, float]
    blur: tuple[float, float]
    jpeg: tuple[int, int] | None = None
    codec: tuple[float, float] | None = None
    colour: bool = True


ACQUISITIONS: dict[str, Acquisition] = {
    preset.name: preset
    for preset in (
        # Yan et al., PLoS ONE 9(1), 2014: 200 fps, faces of about 280 x 340 px, MJPEG and JPEG.
        Acquisition("casme2", (200.0,), (0.5, 2.0), (0.3, 0.6), jpeg=(80, 99)),
        # Davison et al., IEEE TAC 9(1), 2018: 200 fps, grey, faces of about 400 px, JPEG.
        Acquisition("samm", (200.0,), (0.5, 2.0), (0.3, 0.5), jpeg=(80, 99), colour=False),
        # Li et al., FG 2013: SMIC-HS, 100 fps, faces of about 190 x 230 px, bitmaps.
        Acquisition("smic", (100.0,), (1.0, 3.0), (0.3, 0.9)),
        Acquisition("webcam", (30.0, 25.0, 60.0), (0.8, 3.0), (0.3, 0.9), codec=(4.0, 20.0)),
    )
}

# A corpus shows its own dataset's camera in half of the clips, and the others in equal shares, for
# its networks will be used on other videos too. Everyday cameras have a quarter.
OWN_SHARE, WEBCAM_SHARE = 0.5, 0.25
# The labels of MEGC 2019 stand for three datasets at once.
OWN = {"megc2019": ("casme2", "samm", "smic")}


def find_acquisition(name: str) -> Acquisition:
    """The preset of this name; `UnknownNameError` lists the ones there are."""
    if name not in ACQUISITIONS:
        raise UnknownNameError.among("acquisition preset", name, ACQUISITIONS)
    return ACQUISITIONS[name]


def acquisition_shares(schema: str) -> Mapping[str, float]:
    """Share of each preset in the clips of a label schema; they add to one."""
    own = [name for name in OWN.get(schema, (schema,)) if name in ACQUISITIONS]
    own = own or [name for name in ACQUISITIONS if name != "webcam"]
    others = [name for name in ACQUISITIONS if name not in (*own, "webcam")]
    left = 1 - WEBCAM_SHARE - (OWN_SHARE if others else 0)
    shares = {name: (OWN_SHARE if others else left) / len(own) for name in own}
    return shares | {name: left / len(others) for name in others} | {"webcam": WEBCAM_SHARE}


def draw_acquisition(schema: str, rng: np.random.Generator) -> Acquisition:
    """One preset, by the shares of the schema."""
    shares = acquisition_shares(schema)
    return ACQUISITIONS[str(rng.choice(list(shares), p=list(shares.values())))]


def draw_camera(acquisition: Acquisition, rng: np.random.Generator) -> dict:
    """Exposure, lens, sensor and file, constant over a clip, as fields of `Disturbances`."""
    shaded, blurred = rng.random(2) < 0.5
    jpeg, codec = acquisition.jpeg, acquisition.codec
    return {
        "exposure": float(rng.uniform(0.75, 1.15)),
        "gamma": float(rng.uniform(0.75, 1.3)),
        "shadow": (float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.2, 0.2)))
        if shaded
        else (0.0, 0.0),
        "noise": float(rng.uniform(*acquisition.noise)),
        "shot": float(rng.uniform(0, 1)),
        "blur": float(rng.uniform(*acquisition.blur)) if blurred else 0.0,
        "jpeg": int(rng.integers(*jpeg)) if jpeg else None,
        "codec": float(np.exp(rng.uniform(*np.log(codec)))) if codec else None,
    }
