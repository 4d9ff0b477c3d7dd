"""Dynamic images: a clip summed with weights that grow in time."""

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.phases import offset_of, onset_of, phases_of
from mer_zoo.modalities.scaling import scale_to_bytes


def rank_pooling_weights(count: int, variant: str = "bilen") -> np.ndarray:
    """Returns the weights of approximate rank pooling.

    `alpha_i = 2 (N - i + 1) - (N + 1) (H_N - H_{i-1})`, i from 1 and `H_k` the harmonic numbers
    (Bilen et al., "Dynamic image networks for action recognition", CVPR 2016); they sum to 0.
    `variant="learnet"` has N in place of N + 1, as the published code of LEARNet (Verma et al., 2019)
    does; they sum to N.

    Args:
        count: number of frames N, at least 1.
        variant: "bilen" or "learnet".

    Returns:
        float64 `(N,)`.

    Raises:
        UnknownNameError: no such `variant`.
    """
    check_parameters(variant=variant)
    place = np.arange(1, count + 1)
    remaining = np.cumsum(1.0 / place[::-1])[::-1]  # H_N - H_{i-1}
    factor = count + 1 if variant == "bilen" else count
    return 2.0 * (count - place + 1) - factor * remaining


def dynamic_image(clip: Clip, variant: str = "bilen", normalize: bool = True) -> np.ndarray:
    """Returns the dynamic image of the frames onset..offset.

    Args:
        clip: a `mer_zoo.clips.Clip` with an onset and an offset; the apex is not used.
        variant: see `rank_pooling_weights`.
        normalize: stretch all channels together from their minimum and maximum to 0..255; an image
            without contrast becomes 0.

    Returns:
        float32 `(H, W, 3)`, RGB.

    Raises:
        ClipError: onset or offset is missing, or they are the same frame.
        UnknownNameError: no such `variant`.
        ParameterError: `normalize` is not True or False.
    """
    onset, offset = onset_of(clip), offset_of(clip)
    if onset == offset:
        raise ClipError(
            f"A dynamic image needs an offset after the onset, but both are frame {onset}. "
            "Set them with clip.with_phases(onset, apex, offset)."
        )
    return _pooled(clip.frames[onset : offset + 1], variant, normalize)


def dual_phase(clip: Clip, variant: str = "bilen", normalize: bool = True) -> np.ndarray:
    """Returns two dynamic images, one of the rise and one of the fall of the expression.

    The rise is onset..apex. The fall is apex..offset read backwards, so that the expression grows in
    both; the apex is in both. A phase of a single frame gives 0.

    Args:
        clip: a `mer_zoo.clips.Clip`; a missing apex is the frame midway between onset and offset.
        variant: see `rank_pooling_weights`.
        normalize: stretch each phase on its own, as in `dynamic_image`.

    Returns:
        float32 `(H, W, 6)`: RGB of the rise, RGB of the fall.

    Raises:
        ClipError: onset or offset is missing, or they are the same frame.
        UnknownNameError: no such `variant`.
        ParameterError: `normalize` is not True or False.
    """
    onset, apex, offset = phases_of(clip)
    if onset == offset:
        raise ClipError(
            f"Onset, apex and offset are all frame {onset}, so that there is no phase to pool. "
            "Set them with clip.with_phases(onset, apex, offset)."
        )
    rise, fall = clip.frames[onset : apex + 1], clip.frames[apex : offset + 1][::-1]
    phases = [
        _pooled(phase, variant, normalize)
        if len(phase) > 1
        else np.zeros(phase.shape[1:], np.float32)
        for phase in (rise, fall)
    ]
    return np.concatenate(phases, axis=-1)


def weighted_changes(frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the weighted sum of what frames `(N, H, W, C)` differ from the first, float32 `(H, W, C)`.

    With weights `(N,)` that sum to 0 it is that of the frames themselves, but exactly 0 where nothing
    changes.
    """
    start = frames[0].astype(np.float32)
    return np.tensordot(weights.astype(np.float32), frames - start, axes=1)


def _pooled(frames: np.ndarray, variant: str, normalize: bool) -> np.ndarray:
    check_parameters(normalize=normalize)
    weights = rank_pooling_weights(len(frames), variant)
    image = weighted_changes(frames, weights)
    if variant == "learnet":
        image += np.float32(len(frames)) * frames[0].astype(np.float32)
    return scale_to_bytes(image) if normalize else image
