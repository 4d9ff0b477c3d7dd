"""How the face moves inside an aligned clip: displacement fields without head motion."""

from collections.abc import Iterator

import cv2
import numpy as np

from mer_zoo.modalities.displacement import DisplacementSolver

GRID = 28
"""Displacements are averaged over GRID x GRID cells of the face."""

MOTION_SIZE = 224
"""Motion is given in pixels of a face crop of this side, whatever the crop's own side is."""

WAY_BACK = -0.5
"""`likeness` of two movements below which the second leads back from the first."""

PERCENTILE = 98  # a robust maximum: the strongest 2% of the cells, about 8 of them


def displacement_fields(grey: np.ndarray, *, turning: bool = False) -> np.ndarray:
    """Displacement of each frame relative to the mean frame, head motion removed.

    One closed-form solution per frame (`DisplacementSolver`), averaged over cells, minus
    the similarity transform (shift, rotation, scale) that fits most of the face.

    Args:
        grey: uint8 `(T, S, S)`, canonical face crops.
        turning: also remove the effects of a head that turns, nods or comes nearer: stretching, shear,
            and parallax by the depth of an average face.

    Returns:
        float32 `(T, cells, 2)`, in pixels of the 224 px crop, for the cells of the face except the
        eye openings. To first order, the difference of two rows is the displacement between two frames.
    """
    frames = grey.astype(np.float32)
    mean = frames.mean(axis=0)
    fields = np.empty((len(grey), GRID, GRID, 2), np.float32)
    solver = DisplacementSolver(mean)
    for field, frame in zip(fields, frames, strict=True):
        # A shift of the whole face is removed below, with the rest of the head's motion.
        moved = cv2.merge(solver.solve(frame - mean, remove_median=False))
        cv2.resize(moved, (GRID, GRID), dst=field, interpolation=cv2.INTER_AREA)
    inside = face_cells()
    fields = fields[:, inside] * (MOTION_SIZE / grey.shape[2])
    # A blink must not look like a nod: where lids move, nothing is said about a turning head.
    trusted = ~eye_cells() if turning else np.ones(fields.shape[1], bool)
    return _without_head(fields, _head_basis(inside, turning), trusted.astype(np.float32))


def bridged(fields: np.ndarray, frames: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Replaces some cells by linear interpolation in time over each run of the chosen frames.

    The movement of these cells during the run is lost. Their change from before to after the run
    stays, and so do the other cells.

    Args:
        fields: float32 `(T, cells, 2)`.
        frames: bool `(T,)`.
        cells: bool `(cells,)`.
    """
    smooth = fields.copy()
    for first, last in runs(frames):
        before, after = max(first - 1, 0), min(last + 1, len(fields) - 1)
        before = after if frames[before] else before  # at the ends only one side is known
        after = before if frames[after] else after
        share = (np.arange(first, last + 1) - before) / max(after - before, 1)
        ends = fields[before, cells], fields[after, cells]
        smooth[first : last + 1, cells] = ends[0] + share[:, None, None].astype(np.float32) * (
            ends[1] - ends[0]
        )
    return smooth


def runs(chosen: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last place of each run of True in bool `(T,)`."""
    edges = np.diff(np.concatenate([[0], chosen.astype(int), [0]]))
    return zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)


def magnitude(fields: np.ndarray) -> np.ndarray:
    """Robust maximum of displacement fields `(..., cells, 2)`: the 98th percentile of their length."""
    squares = _squares(fields)
    last = squares.shape[-1] - 1
    place = PERCENTILE / 100 * last
    below, above = int(place), min(int(place) + 1, last)
    # As `np.percentile`, which takes seven times as long for a single field.
    squares = np.partition(squares, (below, above), axis=-1)
    low, high = np.sqrt(squares[..., below]), np.sqrt(squares[..., above])
    return low + (high - low) * (place - below)


def likeness(one: np.ndarray, two: np.ndarray) -> float:
    """Cosine between two fields `(cells, 2)`: 1 the same movement, -1 the way back."""
    one, two = one.ravel(), two.ravel()
    return float(one @ two / max(np.sqrt((one @ one) * (two @ two)), 1e-12))


def face_cells() -> np.ndarray:
    """Which cells of the canonical crop count, bool `(GRID, GRID)`.

    The face, without the hair and background around it, and without the eye openings, since gaze and
    blinks are no expression. Brows and lids are kept.
    """
    y, x = (np.mgrid[:GRID, :GRID] + 0.5) / GRID

    def ellipse(cx, cy, rx, ry):
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1

    eyes = ellipse(0.34, 0.36, 0.09, 0.045) | ellipse(0.66, 0.36, 0.09, 0.045)
    return ellipse(0.5, 0.54, 0.36, 0.44) & ~eyes


def cell_places() -> np.ndarray:
    """Centres of the cells of `face_cells`, float64 `(cells, 2)`: x and y in sides of the crop."""
    return (np.argwhere(face_cells())[:, ::-1] + 0.5) / GRID


def eye_cells() -> np.ndarray:
    """Which of the face's cells lids move, bool `(cells,)`: about the eyes, below the brows."""
    x, y = cell_places().T
    nearest = np.minimum(np.abs(x - 0.34), np.abs(x - 0.66))
    return (nearest / 0.15) ** 2 + ((y - 0.37) / 0.1) ** 2 <= 1


def _head_basis(inside, turning):
    """How a rigid head can move the cells, float32 `(cells, 2, movements)`."""
    y, x = (np.argwhere(inside).T + 0.5) / GRID - 0.5
    one, zero = np.ones_like(x), np.zeros_like(x)
    movements = [(one, zero), (zero, one), (x, y), (-y, x)]
    if turning:
        # An ellipsoid with a nose: near enough, since what is left of a turned head is small.
        depth = -4 * x**2 - 3 * (y - 0.05) ** 2
        depth += 0.4 * np.exp(-((x / 0.07) ** 2) - ((y - 0.08) / 0.1) ** 2)
        movements += [(x, -y), (y, x), (depth, zero), (zero, depth)]
    return np.moveaxis(np.array(movements, np.float32), 0, -1).swapaxes(0, 1)


def _without_head(fields, basis, trusted, iterations=4, tolerance=0.5):
    """Subtracts from each field the movement of `basis` most trusted cells agree on (Cauchy weights)."""
    movements = basis.shape[-1]
    columns = np.ascontiguousarray(basis.reshape(-1, movements).T)
    products = np.einsum("cdi,cdj->ijc", basis, basis)
    weights = np.broadcast_to(trusted, fields.shape[:2])
    for _ in range(iterations):
        # Not by BLAS: its threads spin for a while afterwards, on the cores that the networks need.
        normal = np.einsum("tc,ijc->tij", weights, products)
        weighted = (weights[..., None] * fields).reshape(len(fields), -1)
        right = np.einsum("tk,mk->tm", weighted, columns)
        rigid = np.linalg.solve(normal, right[..., None])[..., 0]
        rest = fields - np.einsum("tm,mk->tk", rigid, columns).reshape(fields.shape)
        weights = trusted / (1 + _squares(rest) / np.float32(tolerance**2))
    return rest


def _squares(fields: np.ndarray) -> np.ndarray:
    """Squared lengths of the displacements, `(..., cells)`."""
    return fields[..., 0] ** 2 + fields[..., 1] ** 2
