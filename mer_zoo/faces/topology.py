"""Names for the indices of the 468 FaceMesh landmarks that this package uses.

"Left" and "right" are those of an image that is not mirrored: left is the subject's right side.
"""

LANDMARK_COUNT = 468

OUTER_EYES = (33, 263)  # outer corners of the left and the right eye

# Where skin moves least with the expression and FaceMesh places points best, by the residual
# after the best similarity over real clips: eye corners, nose bridge, temples beside the eyes,
# hair line. The face's outline is left out: FaceMesh lets it slide when the head turns.
RIGID = (
    *(33, 133, 362, 263, 130, 359, 243, 463, 112, 341),  # eye corners
    *(168, 6, 197, 195, 122, 351, 193, 417, 245, 465, 188, 412, 196, 419, 174, 399),  # nose bridge
    *(143, 372, 34, 264, 139, 368),  # temples
    *(10, 109, 338),  # hair line
)

# What a consumer of long videos keeps of each frame: the rigid landmarks, and brows, lids, mouth,
# nose wings, cheeks and chin, whose movement is the expression.
_EXPRESSIVE = (
    *(70, 63, 105, 66, 107, 46, 53, 52, 65, 55),  # left brow
    *(300, 293, 334, 296, 336, 276, 283, 282, 295, 285),  # right brow
    *(160, 159, 158, 144, 145, 153, 387, 386, 385, 373, 374, 380),  # lids
    *(61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 39, 269, 91, 321, 78, 308),  # lips
    *(48, 278, 64, 294, 98, 327, 1, 4, 2),  # nose wings and tip
    *(50, 280, 117, 346, 205, 425, 187, 411),  # cheeks
    *(8, 9, 151, 152, 199, 172, 397),  # between the brows, forehead, chin, jaw
)
TRACKED = tuple(sorted({*RIGID, *OUTER_EYES, *_EXPRESSIVE}))
