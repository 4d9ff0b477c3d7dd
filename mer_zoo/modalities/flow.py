"""Optical flow from onset to apex, and the strain it puts on the skin."""

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, ParameterError, UnknownNameError
from mer_zoo.layers.constants import DISPLACEMENT_FLOOR, STRAIN_FLOOR, window_stride
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.phases import apex_of, onset_of
from mer_zoo.modalities.rigid import flow_without_head
from mer_zoo.modalities.scaling import clip_scaled, median, scale_signed

_SMALLEST = 32  # px; the pyramids of the methods need as much
STORED_FLOOR = 1.0  # of 255 levels: an image without contrast stays without
STANDARD_RMS = 0.35  # of a standardised plane: about that of the planes `normalize` makes


def flow(
    clip: Clip,
    method: str = "dis",
    normalize: bool = True,
    remove_rigid: str = "median",
    size: int | None = None,
    per_channel: bool = False,
    standardize: bool = False,
) -> np.ndarray:
    """Returns the optical flow from the onset frame to the apex frame, and its optical strain.

    Args:
        clip: a `mer_zoo.clips.Clip`; a missing apex is the frame midway between onset and offset.
        method: "dis" (Kroeger et al., ECCV 2016; OpenCV's medium preset), "farneback" (Farneback,
            SCIA 2003) or "tvl1" (Zach et al., DAGM 2007; scikit-image, slow).
        normalize: divide `(u, v)` jointly, and the strain, by the 99th percentile of their absolute
            values, and clip to -2..2. Otherwise px, and px of displacement per px.
        remove_rigid: motion of the head to subtract: "median", the median flow; "head", the
            motion of a head most of the face agrees on, which scores higher on our clips where no
            published flow has to be matched (docs/results); or "none".
        size: side in px that the finished planes are reduced to before they are scaled; None keeps
            the size of the frames. The flow images of MEGC 2019 have 28.
        per_channel: normalise u and v each on its own, as `rescale_flow` must do with flow images
            whose common scale is lost.
        standardize: scale u and v each to a root mean square of 0.35 instead, and compute the strain
            from the two and scale it alike. Such images agree with images of other makers, whatever
            scale, stretch and formula of strain these used.

    Returns:
        float32 `(H, W, 3)`: u (positive to the right), v (positive down) and the strain.

    Raises:
        ClipError: the onset is missing, or the apex and the offset, or the frames are under 32 px.
        UnknownNameError: no such `method` or `remove_rigid`.
        ParameterError: `size` is not an integer of at least 1, or a flag is not True or False.
    """
    if method not in FLOW_METHODS:
        raise UnknownNameError.among("flow method", method, FLOW_METHODS)
    check_parameters(
        normalize=normalize,
        remove_rigid=remove_rigid,
        size=size,
        per_channel=per_channel,
        standardize=standardize,
    )
    if standardize and not normalize:
        raise ParameterError("standardize=True is a way to normalize: set normalize=True.")
    height, width = clip.frames.shape[1:3]
    if min(height, width) < _SMALLEST:
        raise ClipError(
            f"Optical flow needs frames of at least {_SMALLEST} px, got {width}x{height}. "
            "Enlarge the clip."
        )
    onset, apex = (
        cv2.cvtColor(np.ascontiguousarray(clip.frames[index]), cv2.COLOR_RGB2GRAY)
        for index in (onset_of(clip), apex_of(clip))
    )
    u, v = FLOW_METHODS[method](onset, apex)
    if remove_rigid == "median":
        u, v = (plane - np.float32(median(plane)) for plane in (u, v))
    elif remove_rigid == "head":
        u, v = flow_without_head(u, v)
    strain = optical_strain(u, v)
    if size is not None:
        u, v, strain = (
            cv2.resize(plane, (size, size), interpolation=cv2.INTER_AREA)
            for plane in (u, v, strain)
        )
    if not normalize:
        return np.dstack([u, v, strain])
    floor = DISPLACEMENT_FLOOR * window_stride(height, width)
    if standardize:
        return np.dstack(_standardized(u, v, floor))
    return np.dstack(_scaled(u, v, strain, floor, STRAIN_FLOOR, per_channel))


def rescale_flow(image: np.ndarray, standardize: bool = False) -> np.ndarray:
    """Returns a stored flow image on the scale of `flow(..., per_channel=True)`.

    Flow images are published stretched channel by channel to 0..255. What stood for "no motion" is
    lost with that; the median of the image is taken for it, as `flow` does with the rigid motion.

    Args:
        image: `(H, W, 3)` u, v and strain, or `(H, W, 6)` two such triples; any linear scale.
        standardize: on the scale of `flow(..., standardize=True)`, with the strain of the stored u
            and v instead of the stored strain.

    Returns:
        float32, the same shape, -2..2.

    Raises:
        ValueError: the number of channels is not a multiple of 3.
    """
    if image.ndim != 3 or image.shape[-1] % 3:
        raise ValueError(
            f"A flow image is (height, width, 3) or (height, width, 6): u, v and strain. Got shape "
            f"{image.shape}."
        )
    planes = []
    for first in range(0, image.shape[-1], 3):
        u, v, strain = np.moveaxis(image[..., first : first + 3].astype(np.float32), -1, 0)
        u, v = (np.ascontiguousarray(plane - median(plane)) for plane in (u, v))
        if standardize:
            planes += _standardized(u, v, STORED_FLOOR)
            continue
        strain = np.ascontiguousarray(strain - strain.min())
        planes += _scaled(u, v, strain, STORED_FLOOR, STORED_FLOOR, True)
    return np.dstack(planes)


def _scaled(u, v, strain, floor: float, strain_floor: float, per_channel: bool) -> list:
    if per_channel:
        motion = [scale_signed(plane, floor=floor)[0] for plane in (u, v)]
    else:
        motion = scale_signed(u, v, floor=floor)
    return [*motion, *scale_signed(strain, floor=strain_floor)]


def _standardized(u, v, floor: float) -> list:
    u, v = (_to_rms(plane, floor) for plane in (u, v))
    return [u, v, _to_rms(optical_strain(u, v), STRAIN_FLOOR)]


def _to_rms(plane: np.ndarray, floor: float) -> np.ndarray:
    """The plane with a root mean square of `STANDARD_RMS`, or less if it was below `floor`."""
    rms = max(float(np.sqrt(np.mean(np.square(plane)))), floor)
    return clip_scaled(plane, rms / STANDARD_RMS)


def optical_strain(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Returns the magnitude of the strain tensor of a displacement field.

    `sqrt(u_x^2 + v_y^2 + (u_y + v_x)^2 / 2)`, by central differences (Shreve et al., 2011).

    Args:
        u, v: float32 `(H, W)`, displacement in px.

    Returns:
        float32 `(H, W)`, 0 or more.
    """
    u_y, u_x = np.gradient(u)
    v_y, v_x = np.gradient(v)
    return np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2)


def _dis(onset, apex):
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return cv2.split(method.calc(onset, apex, None))


def _farneback(onset, apex):
    field = cv2.calcOpticalFlowFarneback(
        onset,
        apex,
        None,
        pyr_scale=0.5,
        levels=3,
        winsize=15,
        iterations=3,
        poly_n=5,
        poly_sigma=1.2,
        flags=0,
    )
    return cv2.split(field)


def _tvl1(onset, apex):
    from skimage.registration import optical_flow_tvl1  # slow to import

    onset, apex = (frame.astype(np.float32) / np.float32(255) for frame in (onset, apex))
    v, u = optical_flow_tvl1(onset, apex, dtype=np.float32)
    return u, v


FLOW_METHODS = {"dis": _dis, "farneback": _farneback, "tvl1": _tvl1}
