"""MESTI in NumPy and OpenCV: one image for a whole clip, read frame by frame.

The Keras layer `mer_zoo.layers.MESTI` computes the same image from a batch of clips. It is this
project's least-squares image, chosen by measurement: see `docs/specification.md`. The formulas of the
paper (MESTI-MEGANet, arXiv 2509.00056) are not available to us. The image that the abstract of its third
version describes is `mesti_rank`, in `mer_zoo.modalities.apex_rank_pooling`.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.layers.constants import DISPLACEMENT_FLOOR, RESPONSE_FLOOR, window_stride
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.displacement import DisplacementSolver, Slopes, upsample
from mer_zoo.modalities.phases import check_finite, check_phases, phases_of
from mer_zoo.modalities.profile import response_weights
from mer_zoo.modalities.rigid import response_without_head
from mer_zoo.modalities.scaling import block_mean, clip_scaled, robust_maximum, to_grey

MESTI_CHANNELS = {
    "motion": ("u", "v", "response"),
    "response": ("response",),
    "reference": ("response", "reference"),
}


def mesti(
    clip: Clip,
    channels: str = "motion",
    detrend: bool = False,
    normalize: bool = True,
    remove_rigid: str = "head",
    reference_sigma: float = 0.8,
    window_sigma: float = 2.0,
    regularization: float = 3.0,
) -> np.ndarray:
    """Returns the MESTI image of a clip: how the face moved, at the strength of its apex.

    This is this project's least-squares image. The image that the paper's abstract describes is
    `mesti_rank`.

    Reads the frames onset..offset; a missing apex is the frame midway between them. Frame times may
    be uneven.

    Args:
        clip: a `mer_zoo.clips.Clip`.
        channels: "motion" for `(u, v, E)`, "response" for `E`, "reference" for `E` and the reference frame.
        detrend: also remove what changes linearly in time, such as a slow drift of the light.
        normalize, remove_rigid, reference_sigma, window_sigma, regularization: see
            `MestiAccumulator.image`.

    Returns:
        float32 `(H, W, 3)`, `(H, W, 1)` or `(H, W, 2)`, see `MestiAccumulator.image`.

    Raises:
        ClipError: onset or offset is missing, or the expression has too few frames.
        UnknownNameError: no such `channels` or `remove_rigid`.
        ParameterError: another parameter is out of its range.
    """
    accumulator = MestiAccumulator(clip.times, *phases_of(clip), detrend=detrend)
    accumulator.add_frames(clip.frames)
    return accumulator.image(
        channels, normalize, remove_rigid, reference_sigma, window_sigma, regularization
    )


class MestiAccumulator:
    """Computes MESTI from frames that come one by one, holding two averages and no frame.

    Example::

        accumulator = MestiAccumulator(times, onset=3, apex=17, offset=30)
        for frame in frames:
            accumulator.add(frame)
        image = accumulator.image()

    Args:
        positions: `(T,)` times of all frames in any unit, strictly increasing; `range(T)` for an
            even frame rate.
        onset: index of the frame where the expression begins.
        apex: index of the frame where it is strongest.
        offset: index of the frame where it has gone; the last frame if the face has not returned.
        detrend: also remove what changes linearly in time.

    Raises:
        ClipError: the times do not increase or are not finite, the marks are out of order, or the
            expression has too few frames.
        ParameterError: `detrend` is not True or False.
    """

    def __init__(
        self, positions: ArrayLike, onset: int, apex: int, offset: int, detrend: bool = False
    ):
        check_parameters(detrend=detrend)
        positions = np.asarray(positions, dtype=np.float64)
        increasing = positions.ndim == 1 and (positions[1:] > positions[:-1]).all()
        if not (increasing and np.isfinite(positions).all()):
            raise ClipError(
                "The frame times must be one strictly increasing row of finite numbers."
            )
        check_phases(len(positions), onset, apex, offset)
        weights = response_weights(positions, onset, apex, offset, detrend)[onset : offset + 1]

        # E = sum w I is the difference of two averages: of the frames near the apex, which have
        # positive weights, and of those near rest, which have negative ones. OpenCV takes running
        # averages of 8-bit frames as they are; a share is what a new frame contributes to its own.
        self._near_apex = (weights > 0).tolist()
        self._strength = weights[weights > 0].sum()
        amounts = np.stack([np.maximum(-weights, 0), np.maximum(weights, 0)])
        sums = np.maximum(np.cumsum(amounts, axis=1), np.finfo(float).tiny)
        self._shares = (amounts / sums).max(axis=0).tolist()
        self._averages: np.ndarray | None = None
        self._window = range(onset, offset + 1)
        self._count = len(positions)
        self._added = 0

    def add(self, frame: np.ndarray) -> None:
        """Reads the next frame; those outside onset..offset are counted and otherwise ignored.

        Args:
            frame: uint8 or float (0..255), `(H, W)`, `(H, W, 1)` or `(H, W, 3)` RGB, all frames alike.

        Raises:
            ClipError: there are more frames than times, the shape differs from the frames before,
                or a float frame holds NaN or infinity.
        """
        self.add_frames(np.asarray(frame)[None])

    def add_frames(self, frames: np.ndarray) -> None:
        """Reads the next few frames, or the whole clip, at once: quicker than one by one.

        Args:
            frames: frames as `add` takes them, stacked: `(n, H, W)`, `(n, H, W, 1)`, `(n, H, W, 3)`.

        Raises:
            ClipError: as for `add`.
        """
        first, last = self._added, self._added + len(frames)
        if last > self._count:
            raise ClipError(
                f"{last} frames were added, but only {self._count} frame times were given. "
                "Give one time for each frame."
            )
        self._added = last
        indices = range(max(first, self._window.start), min(last, self._window.stop))
        if not indices:
            return
        frames = _readable(
            np.asarray(frames)[indices.start - first : indices.stop - first], indices
        )
        shape = frames.shape[1:]
        if self._averages is None:
            self._averages = np.zeros((2, *shape), np.float32)
        elif self._averages.shape[1:] != shape:
            raise ClipError(
                f"Frame {indices.start} has the shape {shape}, the frames before "
                f"{self._averages.shape[1:]}. All frames of a clip must have one size."
            )
        at_rest, at_apex = self._averages
        for index, frame in zip(indices, frames, strict=True):
            place = index - self._window.start
            average = at_apex if self._near_apex[place] else at_rest
            cv2.accumulateWeighted(frame, average, self._shares[place])

    def response(self) -> np.ndarray:
        """Returns E, float32 `(H, W)`: the grey levels that the expression adds at its apex.

        Raises:
            ClipError: frames up to the offset have not all been added.
        """
        return self._response_and_reference()[0]

    def reference(self) -> np.ndarray:
        """Returns the frame midway between rest and apex, float32 `(H, W)`, 0..255.

        Raises:
            ClipError: frames up to the offset have not all been added.
        """
        return self._response_and_reference()[1]

    def image(
        self,
        channels: str = "motion",
        normalize: bool = True,
        remove_rigid: str = "head",
        reference_sigma: float = 0.8,
        window_sigma: float = 2.0,
        regularization: float = 3.0,
    ) -> np.ndarray:
        """Returns the MESTI image of the frames added.

        Args:
            channels: "motion" for `(u, v, E)`, "response" for `E`, "reference" for `E` and the
                reference frame.
            normalize: divide `(u, v)` jointly, and `E`, by their 99th percentile and clip to -2..2;
                give the reference mean 0 and standard deviation 1. Otherwise px and grey levels.
            remove_rigid: motion of the head to remove: "head" takes what a head that shifts, comes
                nearer, tilts and turns explains off E, and so off the displacement too (see
                `mer_zoo.modalities.rigid.response_without_head`); "median" takes the median off the
                displacement alone; "none" keeps it.
            reference_sigma: Gaussian that smooths reference and E before the displacement is
                solved, in px of the grid on which it is, 0 to 112; 0 smooths nothing.
            window_sigma: Gaussian window of the displacement, in px at a width of 112, 0 to 112.
            regularization: pulls the displacement to 0 where the face has no gradient, 0.01 to 1e6.

        Returns:
            float32 `(H, W, 3)`, `(H, W, 1)` or `(H, W, 2)`.

        Raises:
            ClipError: frames up to the offset have not all been added.
            UnknownNameError: no such `channels` or `remove_rigid`.
            ParameterError: another parameter is out of its range.
        """
        if not isinstance(channels, str) or channels not in MESTI_CHANNELS:
            raise UnknownNameError.among("MESTI channel set", channels, MESTI_CHANNELS)
        check_parameters(
            normalize=normalize,
            remove_rigid=remove_rigid,
            reference_sigma=reference_sigma,
            window_sigma=window_sigma,
            regularization=regularization,
        )
        response, reference = self._response_and_reference()
        slopes = None
        if remove_rigid == "head":
            slopes = Slopes.of(reference, reference_sigma)
            response = response_without_head(
                response, reference, reference_sigma, regularization, slopes
            )
        coarse = block_mean(response, window_stride(*response.shape))
        planes = [response]
        if normalize:
            planes = [clip_scaled(response, max(robust_maximum(coarse), RESPONSE_FLOOR))]
        if channels == "reference":
            planes.append(_standardised(reference) if normalize else reference)
        elif channels == "motion":
            solver = DisplacementSolver(
                reference, reference_sigma, window_sigma, regularization, slopes
            )
            u, v = solver.solve_coarse(coarse, remove_median=remove_rigid == "median")
            if normalize:
                floor = DISPLACEMENT_FLOOR * window_stride(*response.shape)
                scale = max(robust_maximum(u, v), floor)
                u, v = (clip_scaled(plane, scale) for plane in (u, v))
            planes = [*(upsample(plane, *response.shape) for plane in (u, v)), *planes]
        return cv2.merge(planes).reshape(*response.shape, len(planes))

    def _response_and_reference(self) -> tuple[np.ndarray, np.ndarray]:
        if self._averages is None or self._added < self._window.stop:
            raise ClipError(
                f"The expression ends at frame {self._window.stop - 1}, but only {self._added} frames "
                "were added. Add the frames up to the offset first."
            )
        at_rest, at_apex = (to_grey(average) for average in self._averages)
        response, reference = at_apex - at_rest, at_apex + at_rest
        response *= np.float32(self._strength)
        reference *= np.float32(0.5)
        return response, reference


def _readable(frames: np.ndarray, indices: range) -> np.ndarray:
    if frames.ndim not in (3, 4) or (frames.ndim == 4 and frames.shape[3] not in (1, 3)):
        raise ClipError(
            f"Frame {indices.start} has the shape {frames.shape[1:]}; expected (H, W), (H, W, 1) or "
            "(H, W, 3)."
        )
    # Grey frames may come as three equal channels that share their memory.
    if frames.ndim == 4 and (frames.shape[3] == 1 or frames.strides[3] == 0):
        frames = frames[..., 0]
    frames = np.ascontiguousarray(frames)  # OpenCV refuses mirrored views
    if frames.dtype == np.uint8:
        return frames
    for index, frame in zip(indices, frames, strict=True):
        check_finite(frame, index)
    return frames.astype(np.float32, copy=False)


def _standardised(image: np.ndarray) -> np.ndarray:
    deviation = max(float(image.std()), RESPONSE_FLOOR)
    return (image - image.mean()) / np.float32(deviation)
