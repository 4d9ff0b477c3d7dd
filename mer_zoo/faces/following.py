"""Follows a head from frame to frame by the movement of its texture."""

from dataclasses import replace

import cv2
import numpy as np

from mer_zoo.faces.regions import FaceRegion
from mer_zoo.faces.similarity import fit_similarity, invert, transform_points
from mer_zoo.faces.topology import RIGID

CROP_SIZE = 192
WINDOW = 21  # pixels of the crop around a point that must match
LEVELS = 2  # halvings of the crop: the head may move by about 20 pixels of it a frame
TIGHT = 2.5  # points farther off than this times the median are left out of the fit
LOOSE = 1.5  # median error in crop pixels above which the head counts as lost
STALE = 0.5  # median error in crop pixels above which the template is taken anew
MOST_SHIFT = 0.2  # largest believable movement in one frame, in region sides
MOST_GROWTH = 0.2  # the same for the logarithm of the size


class HeadFollower:
    """Keeps a region on a head, so that the head stands still within the region.

    FaceMesh does not move its landmarks exactly as the face moves within its region: the
    difference reaches a pixel and more. With the region held on the head by optical flow
    (Lucas-Kanade at the landmarks that expressions move least), that difference stays constant.

    Attributes:
        region: Where the head was in the last frame that could be followed.
    """

    def __init__(self, image: np.ndarray, points: np.ndarray, region: FaceRegion):
        """Starts on one frame.

        Args:
            image: uint8 RGB (height, width, 3).
            points: (468, 2 or more) landmarks in image pixels.
            region: The region around them.
        """
        self.region = region
        to_crop = invert(region.to_image(CROP_SIZE))
        local = transform_points(to_crop, points[list(RIGID), :2].astype(np.float64))
        self._points = (local - 0.5).astype(np.float32)  # borders -> pixel centres
        self._template = _grey_crop(image, region)

    def follow(self, image: np.ndarray) -> FaceRegion | None:
        """Moves the region on to the next frame.

        Args:
            image: uint8 RGB (height, width, 3).

        Returns:
            The region in this frame, or None if the head cannot be followed into it.
        """
        crop = _grey_crop(image, self.region)
        found, status, _ = cv2.calcOpticalFlowPyrLK(
            self._template, crop, self._points, None, winSize=(WINDOW, WINDOW), maxLevel=LEVELS
        )
        seen = status[:, 0] > 0
        if seen.sum() < len(RIGID) / 2:
            return None
        before, after = self._points[seen] + 0.5, found[seen] + 0.5
        errors = _errors(fit_similarity(before, after), before, after)
        close = errors <= TIGHT * max(np.median(errors), 0.1)
        motion = fit_similarity(before[close], after[close])
        error = np.median(_errors(motion, before, after))
        region = _moved(self.region, motion)
        shift = np.hypot(*(region.centre - self.region.centre)) / self.region.side
        growth = abs(np.log(region.side / self.region.side))
        if not (error < LOOSE and shift < MOST_SHIFT and growth < MOST_GROWTH):
            return None
        self.region = region
        if error > STALE:
            # A turned head shows another face. The points stay where they are in the region, so
            # nothing jumps.
            self._template = _grey_crop(image, region)
        return region


def _grey_crop(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    return cv2.cvtColor(region.crop(image, CROP_SIZE), cv2.COLOR_RGB2GRAY)


def _errors(matrix: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.hypot(*(transform_points(matrix, before) - after).T)


def _moved(region: FaceRegion, motion: np.ndarray) -> FaceRegion:
    """The region after a movement given in its own crop's coordinates."""
    centre = motion[:, :2] @ np.full(2, CROP_SIZE / 2) + motion[:, 2]
    to_image = region.to_image(CROP_SIZE)
    return replace(
        region,
        centre=to_image[:, :2] @ centre + to_image[:, 2],
        side=region.side * float(np.hypot(motion[0, 0], motion[1, 0])),
        angle=region.angle + float(np.arctan2(motion[1, 0], motion[0, 0])),
    )
