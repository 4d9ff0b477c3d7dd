"""What a video codec does to small movements.

Codecs of the H.26x family store a frame as its difference from the frame before, block by block, and
leave out what is too small. A movement of a pixel then arrives late, in steps, or not at all.
"""

import functools

import numpy as np

BLOCK = 8


class InterFrameCodec:
    """Codes each plane of a frame as the quantised difference from the frame decoded before.

    Blocks of 8 x 8, the DCT, a dead zone, and a step that grows with frequency: the parts of an
    H.264 encoder that act on a face held nearly still. Prediction by motion is left out, as the
    movements are below the size at which it pays.

    Args:
        step: quantisation step at the lowest frequency, of coefficients of the orthonormal DCT.
            H.264 at QP 20, 26 and 32 uses 6.5, 13 and 26.
    """

    def __init__(self, step: float):
        self._steps = np.float32(step) * _frequency_weight()
        self._decoded: np.ndarray | None = None

    def record(self, frame: np.ndarray) -> np.ndarray:
        """The frame as a player would show it.

        Args:
            frame: (H, W) or (H, W, 3) uint8, of one size in all calls.

        Returns:
            uint8 of the same shape.
        """
        if self._decoded is None:
            # The first frame is stored for itself; its quality hardly matters to movement.
            self._decoded = frame.astype(np.float32)
            return frame
        difference = frame - self._decoded
        planes = [difference] if frame.ndim == 2 else np.moveaxis(difference, -1, 0)
        kept = [_quantise(plane, self._steps) for plane in planes]
        self._decoded = self._decoded + (kept[0] if frame.ndim == 2 else np.stack(kept, -1))
        np.clip(self._decoded, 0, 255, out=self._decoded)
        return (self._decoded + 0.5).astype(np.uint8)


def _quantise(plane: np.ndarray, steps: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % BLOCK), (0, -width % BLOCK)))
    rows, columns = padded.shape[0] // BLOCK, padded.shape[1] // BLOCK
    blocks = padded.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3)
    basis = _dct()
    coefficients = basis @ blocks @ basis.T
    # A dead zone of two thirds of a step: encoders round the differences of frames towards zero.
    whole = np.trunc(coefficients / steps + np.copysign(np.float32(1 / 3), coefficients))
    decoded = basis.T @ (whole * steps) @ basis
    return decoded.transpose(0, 2, 1, 3).reshape(padded.shape)[:height, :width]


@functools.cache
def _dct() -> np.ndarray:
    """(8, 8) float32, the orthonormal DCT-II."""
    k, n = np.mgrid[:BLOCK, :BLOCK]
    basis = np.cos(np.pi * (2 * n + 1) * k / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    basis[0] /= np.sqrt(2)
    return basis.astype(np.float32)


def _frequency_weight() -> np.ndarray:
    """(8, 8) float32: 1 at the lowest frequency, 3 at the highest."""
    k = np.arange(BLOCK)
    return (1 + 2 * (k[:, None] + k) / (2 * (BLOCK - 1))).astype(np.float32)
