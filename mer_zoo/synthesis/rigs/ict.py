"""A second rig, made from a file of the ICT-FaceKit face model that the user has.

The model is too large to be packaged. It is registered once onto the packaged rig's points, so that
both move the same faces; how they move them is independent. Two rigs allow what no number of
photographs does: to train on one and to score on the other.

Source: R. Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020;
ICT-FaceKit (MIT licence), whose light model the arrays are taken from.
"""

import functools
import hashlib
from pathlib import Path

import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.synthesis.rigs.rig import OUTER_EYE_CORNERS, FaceRig, turn_and_scale

# The 53 expression modes in the model's own order; Left and Right are the subject's.
_SIDED = ("Left", "Right")
_MODES = (
    *("browDown*", "browInnerUp*", "browOuterUp*", "cheekPuff*", "cheekSquint*", "eyeBlink*"),
    *("eyeLookDown*", "eyeLookIn*", "eyeLookOut*", "eyeLookUp*", "eyeSquint*", "eyeWide*"),
    *("jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimple*", "mouthFrown*"),
    *("mouthFunnel", "mouthLeft", "mouthLowerDown*", "mouthPress*", "mouthPucker", "mouthRight"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmile*"),
    *("mouthStretch*", "mouthUpperUp*", "noseSneer*"),
)
MODES = tuple(
    name.replace("*", side) for name in _MODES for side in (_SIDED if name.endswith("*") else ("",))
)

IDENTITY_MODES = 40  # of the model's 100; the later ones are smaller than the distance of vertices
ROUNDS = 20
KEPT = 0.9  # share of the landmarks that have a counterpart on the model; eyeballs and mouth do not
NEAREST = 4
# Units whose places on the two faces correspond; the others move too much of the face at once.
ANCHORS = ("browDown", "browOuterUp", "cheekSquint", "eyeBlink", "mouthSmile", "mouthDimple")


def ict_sha256(path: str | Path) -> str:
    """sha256 of the file, for the digest of a corpus.

    Raises:
        RecipeError: it cannot be read.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise RecipeError(_cannot(path, error.strerror)) from error


@functools.lru_cache(maxsize=2)
def ict_rig(path: str | Path) -> FaceRig:
    """Reads the model and lays it over the 468 landmarks. Read once per process and file.

    Args:
        path: an .npz with the face part of the light model, V vertices: `N` (V, 3) the mean face,
            `E` (53, V, 3) the expression modes and `I` (100, V, 3) the identity modes, each the
            difference from the mean; x towards the subject's left, y up, z to the viewer.

    Raises:
        RecipeError: the file is missing or holds something else.
    """
    mean, expressions, identities = _read(path)
    target = FaceRig.load()
    turn, shift, face = _register(mean, expressions, identities, target)
    vertices = face @ turn + shift
    rest = target.rest.astype(np.float64)
    nearest, weights = _neighbours(vertices, rest)
    moved = np.einsum("pk,upkd->upd", weights, (expressions @ turn)[:, nearest])
    units = dict(zip(MODES, moved.astype(np.float32), strict=True))
    units["browInnerUp"] = units["browInnerUpLeft"] + units["browInnerUpRight"]
    return FaceRig(target.rest, units)


def _read(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            mean, expressions, identities = (file[k].astype(np.float64) for k in "NEI")
    except (OSError, KeyError, ValueError) as error:
        raise RecipeError(_cannot(path, error)) from error
    vertices = len(mean)
    if expressions.shape != (len(MODES), vertices, 3) or identities.shape[1:] != (vertices, 3):
        raise RecipeError(
            _cannot(path, f"shapes {mean.shape}, {expressions.shape}, {identities.shape}")
        )
    return mean, expressions, identities


def _cannot(path, why) -> str:
    return (
        f"{path} is not the second face rig ({why}): expected an .npz with N (V, 3), E (53, V, 3) "
        "and I (100, V, 3) of the ICT-FaceKit light model; docs/corpus.md says how to make it. "
        'Without it, use rigs = ["makehuman"].'
    )


def _register(mean, expressions, identities, target: FaceRig):
    """Turn and shift onto the target's points, and the model's face of the most similar identity.

    Iterated closest points, begun from the places where units of the same name act.
    """
    from scipy.spatial import cKDTree

    points = target.rest.astype(np.float64)
    anchors = [f"{unit}{side}" for unit in ANCHORS for side in _SIDED]
    ours = np.array([_place(points, target.displacements[unit]) for unit in anchors])
    theirs = np.array([_place(mean, expressions[MODES.index(unit)]) for unit in anchors])
    turn = turn_and_scale(theirs, ours)
    shift = ours.mean(0) - theirs.mean(0) @ turn
    modes, face = identities[:IDENTITY_MODES], mean
    # The penalty keeps the coefficients, in standard deviations, from chasing single points.
    penalty = 0.002 * _outer_eyes(points) ** 2 * np.eye(len(modes))
    for _ in range(ROUNDS):
        distance, nearest = cKDTree(face @ turn + shift).query(points)
        kept = distance <= np.quantile(distance, KEPT)
        nearest, wanted = nearest[kept], points[kept]
        turn = turn_and_scale(face[nearest], wanted)
        shift = wanted.mean(0) - face[nearest].mean(0) @ turn
        basis = (modes[:, nearest] @ turn).reshape(len(modes), -1)
        left = (wanted - mean[nearest] @ turn - shift).ravel()
        coefficients = np.linalg.solve(basis @ basis.T + penalty, basis @ left)
        face = mean + np.tensordot(coefficients, modes, 1)
    return turn, shift, face


def _place(points: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The middle of what a unit moves."""
    weight = np.linalg.norm(moved, axis=1) ** 3
    return (weight[:, None] * points).sum(0) / weight.sum()


def _outer_eyes(points: np.ndarray) -> float:
    first, second = points[list(OUTER_EYE_CORNERS)]
    return float(np.linalg.norm(first - second))


def _neighbours(vertices: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P, 4) vertices nearest to each point and their weights, which add to one."""
    from scipy.spatial import cKDTree

    distance, nearest = cKDTree(vertices).query(points, k=NEAREST)
    weights = 1 / (distance + 0.006 * _outer_eyes(points))
    return nearest, weights / weights.sum(axis=1, keepdims=True)
