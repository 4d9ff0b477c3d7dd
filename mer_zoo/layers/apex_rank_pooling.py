"""Apex-centred rank pooling as a Keras layer: inferred from an abstract, not the authors' code."""

import keras

from mer_zoo.layers._data_layer import ClipBatch, ClipLayer
from mer_zoo.layers._frame_sums import changes, frame_at, stretched, weighted_sum


@keras.saving.register_keras_serializable(package="mer_zoo")
class ApexRankPooling(ClipLayer):
    """Apex-centred rank pooling of a clip, inferred from an abstract and not the authors' code.

    Version 3 of arXiv 2509.00056 calls its image "apex-centered spatio-temporal rank pooling". Its
    abstract describes one image that emphasises onset, apex and offset. Its formulas are not available
    to us. Bilen's rank pooling (`DynamicImage`) ranks frames by time; this layer ranks them by how
    near they are to the apex: `D = sum_t w_t I_t` over the frames onset..offset, with one of two
    readings of the weights. `alpha^N_1..N` are Bilen's weights for N frames.

    * "mirrored": the frames onset..apex have `alpha`, the frames apex..offset have `alpha` in reverse
      order. Each half is divided by the sum of its positive weights, times its share (`balance`). The
      apex belongs to both halves and has the sum of its two weights.
    * "closeness": all N frames are sorted by `s_t`, which rises linearly from 0 at the onset to 1 at
      the apex and falls linearly to 0 at the offset. The frame of rank r has `alpha^N_r`; frames with
      the same `s_t` have the mean of the weights of their ranks. The weights are divided by the sum
      of the positive ones.

    The weights sum to 0, so a still clip gives 0. The positive ones of "closeness" sum to 1, and so do
    those of the two halves of "mirrored". If the apex is the offset, the image is a positive multiple
    of `DynamicImage`; if the apex is the onset, it is that of the frames in reverse order. A clip
    played backwards, with its marks reversed, gives the same image.

    Input: one clip or a batch, with or without onset, apex and offset: see `call`.
    Output: float32 `(B, H, W, C)`, or `(H, W, C)` for one clip, under any dtype policy. A window of
    one frame gives 0.

    Args:
        reading: "mirrored" or "closeness".
        balance: the shares of the two halves of "mirrored": "equal", or "length" for shares
            proportional to the number of steps from frame to frame. A half without a step has no
            share. "closeness" ignores it.
        normalize: stretch all channels together from their minimum and maximum to 0..255; an image
            without contrast becomes 0. Otherwise grey levels.

    Raises:
        UnknownNameError: no such `reading` or `balance`.
        ParameterError: `normalize` is not True or False. `ParameterError` is a `ValueError`.
        ClipError: see `call`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import ApexRankPooling
        >>> frames = np.zeros((2, 8, 64, 64, 1), "float32")
        >>> marks = {"onset": [0, 1], "apex": [3, 4], "offset": [7, 6]}
        >>> images = ApexRankPooling()({"frames": frames, **marks})
        >>> tuple(images.shape)
        (2, 64, 64, 1)
    """

    def __init__(
        self,
        reading: str = "mirrored",
        balance: str = "equal",
        normalize: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep(reading=reading, balance=balance, normalize=normalize)

    def channel_count(self, channels: int) -> int:
        return channels

    def image(self, clip: ClipBatch):
        start = frame_at(self.backend, clip, clip.onset)
        weights = self._mirrored(clip) if self.reading == "mirrored" else self._by_closeness(clip)
        image = weighted_sum(self.backend, weights, changes(self.backend, clip, start))
        return stretched(self.backend, image) if self.normalize else image

    def _mirrored(self, clip: ClipBatch):
        """Returns the weights `(B, T)` of the two halves together."""
        numpy = self.backend.numpy
        onset, apex, offset = (mark[:, None] for mark in (clip.onset, clip.apex, clip.offset))
        rise, fall = apex - onset, offset - apex  # steps, one less than frames
        rising = numpy.logical_and(clip.inside, clip.positions <= apex)
        falling = numpy.logical_and(clip.inside, clip.positions >= apex)
        halves = (
            (rising, clip.positions - onset + 1.0, rise),
            (falling, offset - clip.positions + 1.0, fall),
        )
        shares = [s if self.balance == "length" else numpy.minimum(s, 1.0) for s in (rise, fall)]
        whole = numpy.maximum(shares[0] + shares[1], 1.0)
        return sum(
            self._unit(numpy.where(members, self._alpha(clip, rank, steps + 1.0), 0.0))
            * (share / whole)
            for (members, rank, steps), share in zip(halves, shares, strict=True)
        )

    def _by_closeness(self, clip: ClipBatch):
        """Returns the weights `(B, T)` of the frames ranked by their closeness to the apex."""
        numpy = self.backend.numpy
        onset, apex, offset = (mark[:, None] for mark in (clip.onset, clip.apex, clip.offset))
        # s_t times (apex - onset) (offset - apex): whole numbers, which tell ties exactly.
        rise = (clip.positions - onset) * numpy.maximum(offset - apex, 1.0)
        fall = (offset - clip.positions) * numpy.maximum(apex - onset, 1.0)
        on_rise = numpy.logical_and(clip.positions <= apex, apex > onset)
        closeness = numpy.where(on_rise, rise, fall)

        def count(is_counted):
            is_counted = numpy.logical_and(is_counted, clip.inside[:, None, :])
            return numpy.sum(self.backend.cast(is_counted, closeness.dtype), axis=2)

        mine, others = closeness[:, :, None], closeness[:, None, :]
        lower, tied = count(others < mine), count(others == mine)
        frames = offset - onset + 1.0
        # At most two frames tie, one of each half, so the first and the last rank are all of them.
        first, last = (self._alpha(clip, rank, frames) for rank in (lower + 1.0, lower + tied))
        return self._unit(numpy.where(clip.inside, (first + last) / 2.0, 0.0))

    def _alpha(self, clip: ClipBatch, rank, count):
        """Returns Bilen's weights `(B, T)` of the frames with these ranks among `count` `(B, 1)`."""
        numpy = self.backend.numpy
        ranks = (clip.positions + 1.0)[:, None, :]
        from_mine = numpy.logical_and(ranks >= rank[:, :, None], ranks <= count[:, :, None])
        remaining = numpy.sum(numpy.where(from_mine, 1.0 / ranks, 0.0), axis=2)  # H_N - H_{r-1}
        return 2.0 * (count - rank + 1.0) - (count + 1.0) * remaining

    def _unit(self, weights):
        """Returns weights whose positive ones sum to 1; all 0 where there are none."""
        numpy = self.backend.numpy
        positive = numpy.sum(numpy.maximum(weights, 0.0), axis=1, keepdims=True)
        # Two frames have 1/2 and any more have more. What is below this is rounding of 0.
        return numpy.where(positive < 0.25, 0.0, weights / numpy.maximum(positive, 0.25))
