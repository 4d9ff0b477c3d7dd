"""What speaking moves, taken out of the displacements of a face.

Lips and jaw are not alone in it: cheeks, nose and lids move along with the mouth, syllable by syllable.
So while a person talks, the movement of the lower face is left out, and of the rest what its changes have
in common with those of the mouth: a linear regression, as head motion is removed from functional MRI.
A movement with a course of its own, such as raised brows, stays.
"""

import numpy as np

from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import bridged
from mer_zoo.spotting.talking import TALKING, lower_cells, mouth_courses

LAG = 0.15
"""Seconds over which changes are compared: about a syllable's rise. Slower ones may be of another cause."""

JITTER = 0.3
"""Pixels of the 224 px crop by which the mouth's measures jitter; it damps the regression, so that a mouth
that hardly moves explains nothing."""


def without_speech(fields: np.ndarray, path: FacePath, talk: np.ndarray) -> np.ndarray:
    """Displacement fields in which the mouth does not speak.

    Args:
        fields: float32 `(T, cells, 2)` of `mer_zoo.spotting.motion.displacement_fields`.
        path: where the face was in these frames; every frame must have a face.
        talk: `(T,)` how sure it is that the person talks in each frame, 0..1, see
            `mer_zoo.spotting.talking.talking_confidence`.

    Returns:
        float32 of the same shape; `fields` as they are where nobody talks.
    """
    talking = talk >= TALKING
    if not talking.any():
        return fields
    lower = lower_cells()
    quiet = bridged(fields, talking, lower)
    upper = quiet[:, ~lower].reshape(len(quiet), -1)
    mouth = _brief(np.stack(list(mouth_courses(path).values()), axis=1), talking)
    quiet[:, ~lower] -= _explained(upper, mouth, _frames(path)).reshape(len(quiet), -1, 2)
    return quiet


def _brief(courses: np.ndarray, talking: np.ndarray) -> np.ndarray:
    """What the courses `(T, n)` do while the person talks, against before and after; elsewhere 0."""
    every = np.ones(courses.shape[1], bool)
    return courses - bridged(courses[:, :, None], talking, every)[:, :, 0]


def _explained(cells: np.ndarray, mouth: np.ndarray, lag: int) -> np.ndarray:
    """The part of the cells' courses `(T, m)` that goes with the mouth's `(T, n)`, float32."""
    moves, changes = mouth[lag:] - mouth[:-lag], cells[lag:] - cells[:-lag]
    damping = 2 * JITTER**2 * len(moves) * np.eye(mouth.shape[1])
    together = np.einsum("ti,tj->ij", moves, moves) + damping  # why not BLAS: see `spotting.motion`
    shares = np.linalg.solve(together, np.einsum("ti,tk->ik", moves, changes))
    return np.einsum("ti,ik->tk", mouth, shares).astype(np.float32)


def _frames(path: FacePath) -> int:
    """`LAG` in frames."""
    return max(1, round(LAG / float(np.median(np.diff(path.times)))))
