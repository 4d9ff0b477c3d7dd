"""Photographs: reading them, finding the face, and making it show action units."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.clips.folder import read_image
from mer_zoo.clips.validation import whole_number
from mer_zoo.errors import ClipError
from mer_zoo.synthesis.camera.disturbances import Disturbances, free_head
from mer_zoo.synthesis.expressions.action_units import parse_action_units
from mer_zoo.synthesis.expressions.expression import Expression, Movement, Timing
from mer_zoo.synthesis.rendering.renderer import render
from mer_zoo.synthesis.rigs.portrait import Portrait
from mer_zoo.synthesis.rigs.rig import FaceRig

LONG_SIDE = 640


def read_photograph(path: str | Path) -> np.ndarray:
    """Reads an image file.

    Returns:
        (H, W, 3) uint8 RGB, shrunk to at most 640 pixels on the long side.

    Raises:
        VideoError: the file is missing, cut short or no image.
        ClipError: its pixel values need a scale that would have to be guessed.
    """
    return shrink(read_image(Path(path)))


def shrink(image: np.ndarray, long_side: int = LONG_SIDE) -> np.ndarray:
    """The image, at most `long_side` pixels high and wide, in the same proportions."""
    height, width = image.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def canonical_portrait(
    photo: np.ndarray, *, size: int = 112, grey: bool = True, rig: FaceRig | None = None
) -> Portrait:
    """The canonical face crop of a photograph, ready to be moved.

    Args:
        photo: (H, W, 3) uint8 RGB.
        size: side of the crop in pixels.
        grey: whether to render in grey: a third of the work.
        rig: how faces move; None is the packaged rig.

    Raises:
        NoFaceError: there is no face.
    """
    from mer_zoo.faces import canonical_transform, find_landmarks, warp

    points = find_landmarks(photo).points.astype(np.float64)
    matrix = canonical_transform(points, size)
    scale = np.hypot(*matrix[0, :2])
    landmarks = np.column_stack(
        [points[:, :2] @ matrix[:, :2].T + matrix[:, 2], points[:, 2] * scale]
    )
    if grey:
        photo = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    return Portrait.of(warp(photo, matrix, size), landmarks, rig=rig)


def synthesise(
    photo: str | Path | np.ndarray,
    action_units: str | int | Iterable[str | int],
    *,
    seed: int = 0,
    peak: float = 2.5,
    fps: float = 100.0,
    expression_seconds: float = 0.5,
    seconds: float = 1.2,
    head_motion: float = 0.3,
    noise: float = 1.0,
    held: bool = False,
) -> Clip:
    """Makes the face of any photograph show action units, in the middle of a short clip.

    Args:
        photo: an image file, or an (H, W, 3) uint8 RGB image.
        action_units: for example `"12"`, `"1+2"` or `"L4"`; see `parse_action_units`.
        seed: of head motion and noise; the same seed gives the same bytes.
        peak: how far the face moves at most, in pixels of the 224-pixel canonical crop; a
            micro-expression has about 1 to 5.
        fps: frames per second.
        expression_seconds: time from onset to offset.
        seconds: length of the clip.
        head_motion: 0 for a still head, 1 for one that is not held still.
        noise: standard deviation of the sensor's noise in grey levels.
        held: whether the face stays in the expression instead of returning.

    Returns:
        A clip of the whole photograph, at most 640 pixels on the long side, with true onset, apex
        and offset.

    Raises:
        VideoError: the file cannot be read.
        NoFaceError: there is no face in it.
        UnknownNameError: an action unit is not known.
        ClipError: peak, fps, the seed or the times are impossible.
    """
    from mer_zoo.faces import find_landmarks

    units = parse_action_units(action_units)
    n_frames, timing = _timing(fps, expression_seconds, seconds, held)
    number = whole_number("seed", seed)
    if number is None or number < 0:
        raise ClipError(f"seed is {seed!r}; expected a whole number from 0 up.")
    for name, value in (("peak", peak), ("head_motion", head_motion), ("noise", noise)):
        if not (np.isfinite(value) and value >= 0):
            raise ClipError(f"{name} is {value!r}; expected a number from 0 up.")
    image = shrink(photo) if isinstance(photo, np.ndarray) else read_photograph(photo)
    portrait = Portrait.of(image, find_landmarks(image).points, crop=False)
    movements = tuple(
        Movement(number, left=float(side != "right"), right=float(side != "left"))
        for number, side in units
    )
    rng = np.random.default_rng(seed)
    disturbances = Disturbances.none(n_frames).but(
        head=free_head(n_frames, fps, rng, head_motion), noise=float(noise), shot=0.5
    )
    expression = Expression(movements, timing, peak=float(peak), shading=0.3, furrows=0.5)
    return render(portrait, expression, disturbances, n_frames=n_frames, fps=fps, seed=rng)


def _timing(
    fps: float, expression_seconds: float, seconds: float, held: bool
) -> tuple[int, Timing]:
    """Number of frames, and an expression in the middle of them whose apex comes at 40%."""
    numbers = (fps, expression_seconds, seconds)
    if not (all(np.isfinite(numbers)) and min(numbers) > 0 and seconds >= expression_seconds):
        raise ClipError(
            f"fps={fps:g}, expression_seconds={expression_seconds:g}, seconds={seconds:g}: expected "
            "positive numbers and an expression no longer than the clip."
        )
    n_frames, length = round(seconds * fps), round(expression_seconds * fps)
    if length < 5:
        raise ClipError(
            f"An expression of {expression_seconds:g} s has {length} frames at {fps:g} fps; "
            "expected at least 5. Raise fps or expression_seconds."
        )
    n_frames = max(n_frames, length + 1)
    onset = (n_frames - 1 - length) // 2
    apex = onset + max(2, round(0.4 * length))
    if held:
        return n_frames, Timing(onset, apex, apex, rest=1.0)
    return n_frames, Timing(onset, apex, onset + length, plateau=round(0.1 * length))
