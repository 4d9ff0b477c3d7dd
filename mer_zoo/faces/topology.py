"""Names for the indices of the 468 FaceMesh landmarks that this package uses.

"Left" and "right" are those of an image that is not mirrored: left is the subject's right side.
"""

LANDMARK_COUNT = 468

OUTER_EYES = (33, 263)  # outer corners of the left and the right eye
