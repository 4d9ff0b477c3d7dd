"""The rotated square of an image that FaceMesh looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mer_zoo.faces.resampling import resample

MARGIN = 1.5  # side of the region over side of the face's box


@dataclass(frozen=True)
class FaceRegion:
    """A rotated square.

    Attributes:
        centre: (2,) float64, x and y in image pixels.
        side: Side length in image pixels.
        angle: Angle of the face's left-to-right axis in radians, clockwise as seen.
    """

    centre: np.ndarray
    side: float
    angle: float

    @classmethod
    def around(
        cls, box: Sequence[float] | np.ndarray, axis: np.ndarray, margin: float = MARGIN
    ) -> "FaceRegion":
        """The square of `margin` times the box's longer side, turned along `axis`.

        Args:
            box: x0, y0, x1, y1 in image pixels.
            axis: (2,) vector from the eye on the image's left to the one on its right.
            margin: See above.
        """
        x0, y0, x1, y1 = (float(value) for value in box)
        return cls(
            centre=np.array([(x0 + x1) / 2, (y0 + y1) / 2]),
            side=margin * max(x1 - x0, y1 - y0),
            angle=float(np.arctan2(axis[1], axis[0])),
        )

    def to_image(self, size: int) -> np.ndarray:
        """(2, 3) float64 matrix from a crop's coordinates to image pixels.

        The crop's coordinates run from 0 to `size` between its outer borders, as FaceMesh gives
        its landmarks; image pixels have their centres at integers.
        """
        scale = self.side / size
        turn = scale * np.array(
            [
                [np.cos(self.angle), -np.sin(self.angle)],
                [np.sin(self.angle), np.cos(self.angle)],
            ]
        )
        shift = self.centre - turn @ np.full(2, size / 2)
        return np.column_stack([turn, shift])

    def crop(self, image: np.ndarray, size: int) -> np.ndarray:
        """(size, size, 3) uint8: the region's pixels, black where it leaves the image."""
        matrix = self.to_image(size)
        matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5]  # borders -> centres of the crop's pixels
        return resample(image, matrix, size, from_result=True)
