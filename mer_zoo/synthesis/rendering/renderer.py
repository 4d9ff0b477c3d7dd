"""The renderer: portrait + expression + disturbances -> clip with its truth.

Every frame is the photograph pulled back along the displacement of that moment, so texture is
never drawn, only moved; furrows and compressed skin change its brightness. Not modelled: what an
opening mouth or eye uncovers.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError
from mer_zoo.synthesis.camera.disturbances import Disturbances
from mer_zoo.synthesis.camera.photometry import Camera, light
from mer_zoo.synthesis.expressions.expression import Expression
from mer_zoo.synthesis.rendering.warping import Texture, invert, pixel_grid
from mer_zoo.synthesis.rigs.portrait import LEAST_PEAK, Portrait

# Lids of a full blink move this far (pixels of a 224-pixel crop).
BLINK_PEAK = 7.0
BLINK_UNITS = ("eyeBlinkLeft", "eyeBlinkRight")
# However much skin is compressed or stretched, its brightness changes by this share at most.
MOST_SHADING = 0.15
# The middle of the deepest furrow, as a share of brightness, and the peak of motion (pixels of the
# 224-pixel crop) at which it is that deep. Assumed.
MOST_FURROW, FURROW_PEAK = 0.12, 4.0
# On larger canvases displacement, which is smooth, is found on every second pixel: half of the time.
FINE_SIDE = 160


def render_clip(
    photo: np.ndarray,
    landmarks: np.ndarray,
    expression: Expression,
    disturbances: Disturbances | None = None,
    *,
    n_frames: int,
    fps: float,
    seed: int | np.random.SeedSequence | np.random.Generator = 0,
    crop: bool = True,
    subject: str | None = None,
) -> Clip:
    """Makes the face of a photograph show an expression.

    Args:
        photo: (H, W) grey or (H, W, 3) RGB uint8: a canonical face crop or a whole photograph.
        landmarks: (468, 3) FaceMesh landmarks in its pixels.
        expression: what the face does.
        disturbances: what else happens; None is a perfect recording of a still head.
        n_frames: length of the clip.
        fps: frames per second.
        seed: of the sensor's noise: an int, a `numpy.random.SeedSequence` or a `Generator`. The
            same seed gives the same bytes.
        crop: whether `photo` is a face crop; see `Portrait`.
        subject: name for the clip's subject.

    Returns:
        A clip of n_frames frames of the size of `photo`, uint8 RGB (a grey photograph gives three
        equal channels that share memory), with onset, apex, offset, label and action units as
        they are. A face that does not return has its offset at its apex. A clip without movements
        has no phases.

    Raises:
        ClipError: the expression's phases or the disturbances do not fit `n_frames`.
        UnknownNameError: an action unit is not known.
        NoFaceError: the landmarks lie outside the photograph.
    """
    portrait = Portrait.of(photo, landmarks, crop=crop)
    return render(
        portrait, expression, disturbances, n_frames=n_frames, fps=fps, seed=seed, subject=subject
    )


def render(
    portrait: Portrait,
    expression: Expression,
    disturbances: Disturbances | None = None,
    *,
    n_frames: int,
    fps: float,
    seed: int | np.random.SeedSequence | np.random.Generator = 0,
    subject: str | None = None,
) -> Clip:
    """As `render_clip`, for a portrait that is used again: its fields are made only once."""
    if disturbances is None:
        disturbances = Disturbances.none(n_frames)
    _check_length(expression, disturbances, n_frames)
    rng = np.random.default_rng(seed)
    fields, courses = displacement_parts(portrait, expression, n_frames)
    shading = _shading(portrait, expression, fields)
    shades = courses.mean(axis=1) if shading is not None else np.zeros(n_frames, np.float32)
    if disturbances.lids.any():
        moved_lids = (portrait.unit_moved(unit, BLINK_PEAK) for unit in BLINK_UNITS)
        lids = sum(moved_lids, np.zeros((*portrait.rig.shape, 2), np.float32))
        fields = np.concatenate([fields, lids[None]])
        courses = np.column_stack([courses, disturbances.lids])
    if disturbances.speech is not None:
        mouth = [portrait.unit_moved(unit, 1.0) for unit in disturbances.speech_units]
        fields = np.concatenate([fields, np.stack(mouth)])
        courses = np.column_stack([courses, disturbances.speech])
    lit = light(_base_face(portrait, disturbances.base), disturbances)
    camera = Camera(lit, disturbances, rng)
    frames = np.empty((n_frames, *lit.shape), np.uint8)
    moved = _move(lit[portrait.box], portrait, fields, courses, disturbances.head, shading, shades)
    for index, canvas in enumerate(moved):
        lit[portrait.box] = canvas
        frames[index] = camera.record(lit, index)
    if frames.ndim == 3:
        frames = np.broadcast_to(frames[..., None], (*frames.shape, 3))
    timing = expression.timing
    phases = {}
    if expression.movements:
        offset = timing.apex if timing.held else timing.offset
        phases = {"onset": timing.onset, "apex": timing.apex, "offset": offset}
    return Clip(
        frames=frames,
        times=np.arange(n_frames) / float(fps),
        subject=subject,
        label=expression.label,
        action_units=expression.action_units,
        source="synthetic",
        **phases,
    )


def displacement_parts(
    portrait: Portrait, expression: Expression, n_frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """The motion of an expression as fields and their courses.

    Returns:
        fields: (K, h, w, 2) float32, the forward displacement of each movement at the apex in
            canvas pixels, scaled so that their sum has the expression's peak.
        courses: (n_frames, K) float32, 0 to 1. The displacement at frame t is
            `(courses[t, :, None, None, None] * fields).sum(0)`.
    """
    movements = expression.movements
    if not movements:
        return np.zeros((0, *portrait.rig.shape, 2), np.float32), np.zeros((n_frames, 0), "f")
    fields = np.stack([portrait.action_unit(m.number, m.left, m.right) for m in movements])
    together = portrait.peak(fields.sum(0))
    fields *= expression.peak / max(together, LEAST_PEAK)
    courses = [expression.timing.course(n_frames, m.lag) for m in movements]
    return fields.astype(np.float32, copy=False), np.stack(courses, axis=1)


def _check_length(expression: Expression, disturbances: Disturbances, n_frames: int) -> None:
    timing = expression.timing
    last = timing.apex if timing.held else timing.offset
    if expression.movements and last >= n_frames:
        raise ClipError(
            f"The expression ends at frame {last}, but the clip has {n_frames} frames: "
            "make the clip longer or the expression shorter."
        )
    if len(disturbances.head) != n_frames:
        raise ClipError(
            f"The disturbances last {len(disturbances.head)} frames and the clip {n_frames}: "
            "draw them for the clip's length."
        )


def _shading(portrait: Portrait, expression: Expression, fields: np.ndarray) -> np.ndarray | None:
    """(h, w) float32: relative change of brightness at the apex.

    Compressed skin is darker, and skin folds. Furrows deepen with the movement.
    """
    if not len(fields) or not (expression.shading or expression.furrows):
        return None
    change = np.zeros(portrait.rig.shape, np.float32)
    if expression.shading:
        dx, dy = np.moveaxis(fields.sum(0), -1, 0)
        divergence = cv2.Sobel(dx, -1, 1, 0, scale=1 / 8) + cv2.Sobel(dy, -1, 0, 1, scale=1 / 8)
        smooth = cv2.GaussianBlur(divergence, (0, 0), 2 * portrait.pixel)
        change += MOST_SHADING * np.tanh(smooth * (expression.shading / MOST_SHADING))
    if expression.furrows:
        depth = expression.furrows * MOST_FURROW * min(1.0, expression.peak / FURROW_PEAK)
        strongest = max(max(m.left, m.right) for m in expression.movements)
        for movement in expression.movements:
            left, right = movement.left / strongest, movement.right / strongest
            change -= np.float32(depth) * portrait.furrows(movement.number, left, right)
    return change


def _base_face(portrait: Portrait, base) -> np.ndarray:
    """The photograph as float32, with the static units of `base` applied."""
    photo = portrait.photo.astype(np.float32)
    if base:
        moved = (portrait.unit_moved(unit, pixels) for unit, pixels in base.items())
        displacement = sum(moved, np.zeros((*portrait.rig.shape, 2), np.float32))
        grid = pixel_grid(portrait.rig.shape)
        back = invert(displacement, grid, peak=portrait.peak(displacement))
        photo[portrait.box] = Texture.of(photo[portrait.box]).at(grid - back)
    return photo


def _move(
    canvas: np.ndarray,
    portrait: Portrait,
    fields: np.ndarray,
    courses: np.ndarray,
    head: np.ndarray,
    shading: np.ndarray | None,
    shades: np.ndarray,
) -> Iterator[np.ndarray]:
    """Yields the canvas under the displacement of every frame, float32.

    `shading` is the change of brightness at the apex, `shades` (T,) the share of it in each frame.
    """
    texture, grid = Texture.of(canvas), pixel_grid(portrait.rig.shape)
    reach = portrait.peak(_mix(np.abs(courses).max(0), fields)) if len(fields) else 0.0
    step = 1 if max(grid.shape[:2]) <= FINE_SIDE else 2
    basis, fields = (
        _every(step, part) / np.float32(step) for part in (portrait.head_basis, fields)
    )
    coarse = pixel_grid(basis.shape[1:3])
    for course, pose, shade in zip(courses, head, shades, strict=True):
        # Where the head's motion has taken a pixel from; exact enough for a few pixels.
        at = coarse - _mix(pose, basis) if pose.any() else coarse
        if course.any():
            at = at - invert(_mix(course, fields), at, peak=reach)
        source = at if step == 1 else grid - _enlarged(coarse - at, step, grid)
        frame = texture.at(source)
        if shade:
            change = shade * cv2.remap(shading, source, None, cv2.INTER_LINEAR)
            frame *= 1 + (change if frame.ndim == 2 else change[..., None])
        yield frame


def _every(step: int, fields: np.ndarray) -> np.ndarray:
    """(K, h, w, 2) -> (K, h / step, w / step, 2), with a row and column to spare at the end."""
    spare = -fields.shape[1] % step + 1, -fields.shape[2] % step + 1
    if step == 1:
        return fields
    return np.pad(fields, ((0, 0), (0, spare[0]), (0, spare[1]), (0, 0)), "edge")[:, ::step, ::step]


def _enlarged(displacement: np.ndarray, step: int, grid: np.ndarray) -> np.ndarray:
    """A displacement on every `step`-th pixel, in its own pixels, over the grid of all."""
    return step * cv2.remap(displacement, grid / np.float32(step), None, cv2.INTER_LINEAR)


def _mix(shares: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """(K,) and (K, h, w, 2) -> (h, w, 2) float32. The product is too small for BLAS's threads."""
    return np.einsum("k,khwc->hwc", shares, fields, dtype=np.float32)
