"""The HTML page of one or many readings: self-contained, no script, nothing fetched."""

import base64
from importlib import resources
from pathlib import Path

import cv2
import jinja2
import numpy as np

from mer_zoo import __version__
from mer_zoo.errors import ClipError
from mer_zoo.files import refuse_overwrite, write_atomically

PICTURE_SIZE = 224
CHART = {"left": 40, "right": 630, "top": 30, "bottom": 120}
PLAIN = (
    *("source", "label", "expression", "onset", "apex", "offset", "held", "fps", "motion"),
    "model",
)  # what the page shows as it is
LABEL_ROWS = (134, 147)  # two rows, so that phases a few frames apart stay readable


def save_report(readings, path: str | Path, force: bool = False) -> Path:
    """Writes the page of some readings.

    Args:
        readings: `Reading`s, in the order to show.
        path: the `.html` file.
        force: replace an existing file.

    Returns:
        The path.

    Raises:
        OutputExistsError: the file exists and `force` is false.
        ClipError: there is nothing to show.
    """
    path = refuse_overwrite(path, force)
    readings = list(readings)
    if not readings:
        raise ClipError("A report needs at least one reading.")
    source = resources.files("mer_zoo.readings").joinpath("report.html.j2").read_text("utf-8")
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    html = page.render(
        readings=[_view(r) for r in readings],
        notes=list(dict.fromkeys(r.provenance for r in readings)),
        version=__version__,
    )
    write_atomically(path, html.encode("utf-8"))
    return path


def picture(image: np.ndarray) -> np.ndarray:
    """A modality image as uint8 RGB `(H, W, 3)`: 0 becomes mid grey, -2 black, 2 white.

    Args:
        image: float32 `(H, W, C)` with 1 to 3 channels in about -2..2.
    """
    channels = [image[..., min(c, image.shape[-1] - 1)] for c in range(3)]
    if image.shape[-1] == 2:
        channels[2] = np.zeros_like(channels[0])
    scaled = 127.5 + np.stack(channels, -1) * (127.5 / 2)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def overlay(face: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """The attention map (float 0..1, covering the face's centre) over a face, uint8 RGB `(S, S, 3)`."""
    size, inner = face.shape[0], attention.shape[0]
    border = (size - inner) // 2
    heat = np.zeros((size, size), np.float32)
    heat[border : border + inner, border : border + inner] = attention
    colour = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    grey = cv2.cvtColor(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(grey, 0.55, np.ascontiguousarray(colour), 0.45, 0)


def _view(reading):
    pictures = [
        (f"{name} {index}", reading.frames[i])
        for i, (name, index) in enumerate(
            [("onset", reading.onset), ("apex", reading.apex), ("offset", reading.offset)]
        )
    ]
    first, _, last = reading.image_span
    pictures.append((f"what the network saw, {first} to {last}", picture(reading.image)))
    if reading.attention is not None:
        pictures.append(("where it looked", overlay(reading.frames[1], reading.attention)))
    plain = {name: getattr(reading, name) for name in PLAIN}
    return {
        **plain,
        "source": Path(reading.source).name,
        "probabilities": sorted(reading.probabilities.items(), key=lambda item: -item[1]),
        "pictures": [(caption, _png(image)) for caption, image in pictures],
        "chart": _chart(reading),
    }


def _chart(reading):
    curve = np.asarray(reading.curve, dtype=float)
    top = max(float(curve.max(initial=0.0)), 0.5)
    last = max(len(curve) - 1, 1)

    def x(i):
        return round(CHART["left"] + (CHART["right"] - CHART["left"]) * i / last, 1)

    def y(v):
        return round(CHART["bottom"] - (CHART["bottom"] - CHART["top"]) * v / top, 1)

    phases = {"onset": reading.onset, "apex": reading.apex, "offset": reading.offset}
    return {
        "top": top,
        "points": " ".join(f"{x(i)},{y(v)}" for i, v in enumerate(curve)),
        "phases": [
            {
                "name": name,
                "frame": frame,
                "x": min(max(x(frame - reading.curve_start), 60), 600),
                "y": LABEL_ROWS[name == "apex"],
            }
            for name, frame in phases.items()
            if not (name == "offset" and reading.held)
        ],
    }


def _png(image):
    larger = cv2.resize(image, (PICTURE_SIZE, PICTURE_SIZE), interpolation=cv2.INTER_CUBIC)
    ok, data = cv2.imencode(".png", np.ascontiguousarray(larger[..., ::-1]))
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture")
    return base64.b64encode(data.tobytes()).decode("ascii")
