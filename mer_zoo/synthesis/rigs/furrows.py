"""Furrows: the thin dark lines that skin folds into when a face moves.

A warped photograph moves the texture a face has and makes none. Real expressions also fold the skin:
vertical lines between lowered brows, the line from the wing of the nose to the corner of the mouth
in a smile, darker lid and lip lines. Here every action unit has its lines on the landmarks, drawn as
a dark middle between brighter shoulders, so that a furrow adds no brightness on the whole.
"""

import cv2
import numpy as np

# Width of a furrow: sigma of its dark middle and of its shoulders, pixels of the 224-pixel crop.
MIDDLE, SHOULDERS = 1.3, 3.5

# Each line is a chain of places; a place is a landmark, or the middle of two. These are the lines of
# the subject's right half and of the mid-line; `_MIRROR` names the left counterparts.
_RIGHT: dict[int, tuple[tuple, ...]] = {
    1: ((108, 151),),
    2: ((104, 69, 108),),
    4: (((107, 9), (55, 8)), (107, (55, 193))),
    6: ((130, 226, 35), (226, 31, 228, 229)),
    7: ((33, 25, 110, 24, 23), (33, 246, 161, 160, 159)),
    9: ((193, 168), (122, 6), (129, 203)),
    10: ((129, 203, 206),),
    12: ((129, 203, 206, 216), (226, 31, 228)),
    14: (((186, 92), 57),),
    15: ((57, 43, 106),),
    17: ((83, 18),),
    20: ((206, 216, 57),),
    23: ((78, 81, 13), (91, 84, 17)),
    24: ((78, 81, 13), (40, 37, 0), (91, 84, 17)),
    25: ((78, 82, 13),),
    26: ((78, 82, 13),),
}
_MIRROR = {
    **{108: 337, 9: 9, 151: 151, 104: 333, 69: 299, 107: 336, 55: 285, 8: 8, 193: 417, 130: 359},
    **{226: 446, 35: 265, 31: 261, 228: 448, 229: 449, 33: 263, 25: 255, 110: 339, 24: 254},
    **{23: 253, 246: 466, 161: 388, 160: 387, 159: 386, 168: 168, 122: 351, 6: 6, 129: 358},
    **{203: 423, 206: 426, 216: 436, 186: 410, 92: 322, 57: 287, 43: 273, 106: 335, 83: 313},
    **{18: 18, 78: 308, 81: 311, 13: 13, 82: 312, 91: 321, 84: 314, 17: 17, 40: 270, 37: 267, 0: 0},
}
FURROWED = tuple(_RIGHT)


def furrow_map(
    number: int, left: bool, landmarks: np.ndarray, shape: tuple[int, int], pixel: float
) -> np.ndarray:
    """The furrows of one action unit on one half of the face.

    Args:
        number: the action unit; one without lines gives zeros.
        left: the subject's left half, or the right one.
        landmarks: (468, 2 or 3) in pixels of the canvas.
        shape: height and width of the canvas.
        pixel: canvas pixels per pixel of the 224-pixel crop.

    Returns:
        (H, W) float32: 1 in the middle of a furrow, negative on its shoulders, 0 away from it, with
        a sum of about 0.
    """
    drawn = np.zeros(shape, np.uint8)
    for chain in _RIGHT.get(number, ()):
        points = np.stack([_place(place, landmarks, left) for place in chain])
        sixteenths = np.rint(points * 16).astype(np.int32)
        cv2.polylines(drawn, [sixteenths], False, 255, 1, cv2.LINE_AA, shift=4)
    if not drawn.any():
        return np.zeros(shape, np.float32)
    lines = drawn.astype(np.float32)
    middle = cv2.GaussianBlur(lines, (0, 0), max(MIDDLE * pixel, 0.5))
    profile = middle - cv2.GaussianBlur(lines, (0, 0), SHOULDERS * pixel)
    return profile / profile.max()


def _place(place, landmarks: np.ndarray, mirrored: bool) -> np.ndarray:
    given = place if isinstance(place, tuple) else (place,)
    numbers = [_MIRROR[n] for n in given] if mirrored else list(given)
    return np.asarray(landmarks, np.float64)[numbers, :2].mean(axis=0)
