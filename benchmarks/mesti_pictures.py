"""Pictures of what MESTI shows, made from a public-domain photograph.

    python benchmarks/mesti_pictures.py --out docs/pictures/mesti.jpg

Each row is a clip of one expression that moves the face by 2.5 pixels of the 224-pixel crop; onset
and apex look alike to the eye, and the images made of the clip do not.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from mer_zoo import modalities
from mer_zoo.synthesis import (
    Disturbances,
    Expression,
    Movement,
    Timing,
    canonical_portrait,
    render,
)

ROWS = {
    "lip corners (12)": (Movement(12),),
    "brows up (1+2)": (Movement(1), Movement(2)),
    "brows down (4)": (Movement(4),),
    "one corner (R14)": (Movement(14, left=0.0),),
    "nothing but noise": (),
}
COLUMNS = ("onset", "apex", "apex - onset", "dynamic image", "MESTI: u and v", "MESTI: E")
SIDE, HEAD, LABEL = 150, 22, 130


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/mesti.jpg"))
    out = parser.parse_args().out
    from skimage import data

    portrait = canonical_portrait(data.astronaut()[:256, 96:352], size=224)
    rows = [_row(portrait, name, movements) for name, movements in ROWS.items()]
    sheet = np.vstack([_header(), *rows])
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    print(f"wrote {out}, {out.stat().st_size / 1000:.0f} kB")


def _row(portrait, name: str, movements) -> np.ndarray:
    timing = Timing(onset=3, apex=15, offset=33, plateau=3)
    expression = Expression(movements, timing, peak=2.5, furrows=0.4)
    disturbances = Disturbances.none(36).but(noise=1.5, shot=0.5)
    clip = render(portrait, expression, disturbances, n_frames=36, fps=100, seed=1)
    clip = clip.with_phases(timing.onset, timing.apex, timing.offset)
    grey = clip.frames[..., 0]
    difference = 3.0 * (grey[timing.apex].astype(float) - grey[timing.onset]) + 127
    mesti = modalities.compute("mesti", clip, channels="motion")
    dynamic = modalities.compute("dynamic_image", clip)[..., 0]
    dynamic = 127 + 127 * (dynamic - np.median(dynamic)) / (np.abs(dynamic).max() + 1e-6)
    pictures = [
        grey[timing.onset],
        grey[timing.apex],
        difference,
        dynamic,
        _directions(mesti[..., :2]),
        127 + 60 * mesti[..., 2],
    ]
    label = np.full((SIDE, LABEL, 3), 255, np.uint8)
    _write(label, name, (4, SIDE // 2))
    return np.hstack([label, *(_tile(p) for p in pictures)])


def _directions(uv: np.ndarray) -> np.ndarray:
    """Direction as hue, length as brightness."""
    length, angle = np.hypot(*np.moveaxis(uv, -1, 0)), np.arctan2(uv[..., 1], uv[..., 0])
    hue = ((angle / np.pi + 1) * 90).astype(np.uint8)
    value = np.clip(length * 130, 0, 255).astype(np.uint8)
    return cv2.cvtColor(np.dstack([hue, np.full_like(hue, 220), value]), cv2.COLOR_HSV2RGB)


def _tile(picture: np.ndarray) -> np.ndarray:
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    picture = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)


def _header() -> np.ndarray:
    header = np.full((HEAD, LABEL + SIDE * len(COLUMNS), 3), 255, np.uint8)
    for i, name in enumerate(COLUMNS):
        _write(header, name, (LABEL + i * SIDE + 6, 15))
    return header


def _write(image: np.ndarray, text: str, at: tuple[int, int]) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (20, 20, 20), 1, cv2.LINE_AA)


if __name__ == "__main__":
    main()
