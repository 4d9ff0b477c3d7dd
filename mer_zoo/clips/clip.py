"""The clip: frames, their times, and where the expression begins, peaks and ends."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.clips.folder import FolderStream
from mer_zoo.clips.pixels import rgb_frames
from mer_zoo.clips.validation import (
    PHASES,
    check_frames,
    checked_fps,
    clean_phases,
    clean_times,
    whole_number,
)
from mer_zoo.clips.video import VideoStream
from mer_zoo.errors import ClipError


@dataclass(frozen=True, eq=False, repr=False)
class Clip:
    """A short sequence of frames with the phases of one expression.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB, T >= 1. Held as given, never copied: a
            read-only view will do.
        times: (T,) float64, seconds, strictly increasing.
        onset: index of the frame where the expression begins, 0-based, or None when not known.
        apex: index of the frame where it is strongest, or None.
        offset: index of the frame where it has ended, or None. onset <= apex <= offset.
        subject: whose face it is, as `dataset/id`, so that mixed datasets never collide.
        label: the class name, or None.
        action_units: the facial action units that the annotator coded.
        source: where the frames came from, for messages and reports. A part of a
            recording names its frames ("s.mp4, frame 10 to frame 59"), since indices count from
            its own beginning.

    Raises:
        ClipError: if the frames, times or phases are not as above.
    """

    frames: np.ndarray
    times: np.ndarray
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    subject: str | None = None
    label: str | None = None
    action_units: tuple = ()
    source: str | None = None

    def __post_init__(self):
        check_frames(self.frames)
        n_frames = len(self.frames)
        clean: dict[str, Any] = {"times": clean_times(self.times, n_frames)}
        clean |= clean_phases({name: getattr(self, name) for name in PHASES}, n_frames)
        if isinstance(self.action_units, str):
            raise ClipError(
                f"action_units is the text {self.action_units!r}; expected a sequence of units, "
                f"for instance ({self.action_units!r},)."
            )
        clean["action_units"] = tuple(self.action_units)
        clean["source"] = None if self.source is None else str(self.source)
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_video(
        cls,
        path: str | Path,
        *,
        fps: float | None = None,
        start: int = 0,
        stop: int | None = None,
        onset: int | None = None,
        apex: int | None = None,
        offset: int | None = None,
        subject: str | None = None,
        label: str | None = None,
        action_units: tuple = (),
        allow_truncated: bool = False,
    ) -> "Clip":
        """Reads a video file, or the part `start` to `stop` of it, into memory.

        Args:
            path: the file.
            fps: the camera's frame rate, for a high-speed recording that was stored to play
                slowly. None uses the times that are stored in the file.
            start: first frame to read, 0-based.
            stop: the frame after the last to read; None reads to the end.
            onset, apex, offset: 0-based frame numbers of the whole file, whatever `start` is.
            subject, label, action_units: see `Clip`.
            allow_truncated: take what can be read of a file that ends early.

        Returns:
            The clip; its times are seconds since the beginning of the file.

        Raises:
            VideoError: if the file is missing, is not a video, or ends early.
            ClipError: if a phase lies outside the part read, or the part is too large for memory
                (see `mer_zoo.clips.MAX_CLIP_BYTES`; `open_frames` reads a file of any length).
        """
        stream = VideoStream(path, fps=fps, allow_truncated=allow_truncated)
        about = {"subject": subject, "label": label, "action_units": action_units}
        return cls._read(stream, start, stop, (onset, apex, offset), about)

    @classmethod
    def from_frames(
        cls,
        folder: str | Path,
        *,
        fps: float | None = None,
        numbering: str = "file",
        start: int | None = None,
        stop: int | None = None,
        onset: int | None = None,
        apex: int | None = None,
        offset: int | None = None,
        subject: str | None = None,
        label: str | None = None,
        action_units: tuple = (),
        bit_depth: int | None = None,
    ) -> "Clip":
        """Reads a folder of images, sorted by the number in their names, into memory.

        Images called `onset`, `apex` and `offset` come in this order; other names without numbers are
        sorted, with a warning.

        Args:
            folder: holds the images (jpg, jpeg, png, bmp, tif, tiff); other files are ignored.
            fps: frames per second; required, since images carry none.
            numbering: what `start`, `stop` and the phases count. "file": the numbers in the file
                names, as the datasets' tables do (CASME II: onset=46 is img46.jpg). "index":
                positions in the sorted folder, 0-based.
            start: first frame to read; None is the first there is.
            stop: the frame after the last to read; None reads to the end.
            onset, apex, offset: frames in the given numbering.
            subject, label, action_units: see `Clip`.
            bit_depth: for images of 16 bits, how many the camera used; see `from_array`.

        Returns:
            The clip; its times follow the file numbers, so a missing file leaves a gap in time.

        Raises:
            VideoError: if the folder or an image cannot be read, or sizes or numbers do not agree.
            ClipError: if fps is missing, or the file of a phase is absent (the nearest is named).
        """
        stream = FolderStream(folder, fps=fps, bit_depth=bit_depth)
        if numbering not in ("file", "index"):
            raise ClipError(f"numbering is {numbering!r}; expected 'file' or 'index'.")
        phases: tuple[int | None, ...] = (onset, apex, offset)
        if numbering == "file":
            named = zip(PHASES, phases, strict=True)
            phases = tuple(stream.position(value, name) for name, value in named)
            start, stop = stream.part(start, stop)
        about = {"subject": subject, "label": label, "action_units": action_units}
        return cls._read(stream, start, stop, phases, about)

    @classmethod
    def _read(cls, stream, start, stop, phases: tuple, about: dict) -> "Clip":
        frames, times = stream.read(start, stop)
        start = start or 0
        shifted: dict[str, Any] = {}
        for name, value in zip(PHASES, phases, strict=True):
            value = whole_number(name, value)
            if value is not None and not start <= value < start + len(frames):
                first, last = map(stream.describe, (start, start + len(frames) - 1))
                raise ClipError(
                    f"{name} is {stream.describe(value)} of {stream.name}, outside the part that "
                    f"was read, {first} to {last}. Correct it, or widen start and stop."
                )
            shifted[name] = None if value is None else value - start
        source = stream.name
        if start:
            first, last = map(stream.describe, (start, start + len(frames) - 1))
            source = f"{source}, {first} to {last}"
        return cls(frames, times, **shifted, **about, source=source)

    @classmethod
    def from_array(
        cls,
        array: ArrayLike,
        *,
        fps: float | None = None,
        times: ArrayLike | None = None,
        bit_depth: int | None = None,
        **about,
    ) -> "Clip":
        """Makes frames that are already in memory into a clip.

        Args:
            array: (T, H, W) or (T, H, W, 1) grey, (T, H, W, 3) RGB or (T, H, W, 4) RGBA, alpha
                dropped. OpenCV's BGR must be turned round first: array[..., ::-1]. uint8; uint16;
                floating point with values 0..255; other integers with values 0..255.
            fps: frames per second. When neither it nor `times` is given, time is counted in frames
                (0, 1, 2, ...), which is enough for modalities, not for spotting, which warns.
            times: (T,) seconds of each frame, instead of `fps`.
            bit_depth: for integers wider than 8 bits, how many the camera used (8, 10, 12, 14,
                16). None takes uint16 for full range.
            **about: onset, apex, offset (0-based indices), subject, label, action_units, source.

        Returns:
            The clip. 8-bit RGB is not copied.

        Raises:
            ClipError: for another shape or kind, values that are not finite or out of range, or a
                scale that would have to be guessed.

        Example:
            >>> import numpy as np
            >>> from mer_zoo import Clip
            >>> Clip.from_array(np.zeros((9, 64, 64), "uint8"), fps=200, onset=0, apex=4, offset=8).phases
            (0, 4, 8)
        """
        frames = rgb_frames(array, bit_depth=bit_depth)
        if times is not None:
            if fps is not None:
                raise ClipError("fps and times were both given; expected one of them.")
            return cls(frames, clean_times(times, len(frames)), **about)
        return cls(
            frames, np.arange(len(frames)) / (1.0 if fps is None else checked_fps(fps)), **about
        )

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return len(self.frames)

    @property
    def fps(self) -> float | None:
        """Frames a second, from the median step in time; None for a clip of one frame."""
        return None if self.n_frames < 2 else float(1 / np.median(np.diff(self.times)))

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    @property
    def phases(self) -> tuple[int | None, int | None, int | None]:
        """(onset, apex, offset)."""
        return self.onset, self.apex, self.offset

    @cached_property
    def grey(self) -> np.ndarray:
        """(T, H, W) uint8, read-only: luma by ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B."""
        if self.frames.strides[-1] == 0:  # one channel shown thrice: the luma is that channel
            grey = self.frames[..., 0]
        else:
            grey = np.empty(self.frames.shape[:3], np.uint8)
            for target, frame in zip(grey, self.frames, strict=True):
                cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY, dst=target)
        grey = grey.view()
        grey.flags.writeable = False
        return grey

    def require_motion(self) -> None:
        """Raises ClipError unless there are at least two frames to see motion between."""
        if self.n_frames < 2:
            raise ClipError(f"{self!r} has one frame; motion needs at least two.")

    def require_phases(self, *names: str) -> tuple[int, ...]:
        """Gives the phases asked for (all three by default), for work that cannot do without.

        Raises:
            ClipError: if one is not known, or the clip has one frame only.
        """
        self.require_motion()
        missing = [name for name in names or PHASES if getattr(self, name) is None]
        if missing:
            raise ClipError(
                f"{self!r} has no {' and no '.join(missing)}. Give the frame indices with "
                "clip.with_phases(onset, apex, offset), or find them by spotting."
            )
        return tuple(getattr(self, name) for name in names or PHASES)

    def with_phases(
        self, onset: int | None = None, apex: int | None = None, offset: int | None = None
    ) -> "Clip":
        """The same frames with these phases (0-based indices) in place of the old ones."""
        return replace(self, onset=onset, apex=apex, offset=offset)

    def slice(self, start: int, stop: int | None = None) -> "Clip":
        """The frames `start` to `stop` (not included), as a view, at their own times.

        The phases are shifted with the frames; one whose frame is left out becomes None.

        Raises:
            ClipError: unless 0 <= start < stop <= n_frames.
        """
        stop = self.n_frames if stop is None else stop
        if not 0 <= start < stop <= self.n_frames:
            raise ClipError(
                f"slice({start}, {stop}) of {self!r}: expected 0 <= start < stop <= "
                f"{self.n_frames}."
            )
        phases: dict[str, Any] = {
            name: value - start if value is not None and start <= value < stop else None
            for name, value in zip(PHASES, self.phases, strict=True)
        }
        source = self.source
        if source is not None and start:
            source = f"{source}, frame {start} to frame {stop - 1}"
        frames, times = self.frames[start:stop], self.times[start:stop]
        return replace(self, frames=frames, times=times, source=source, **phases)

    def mirrored(self) -> "Clip":
        """The same clip with every frame flipped left to right."""
        return replace(self, frames=np.ascontiguousarray(self.frames[:, :, ::-1]))

    def __repr__(self) -> str:
        _, height, width, _ = self.frames.shape
        parts = [f"{self.n_frames} frame{'s' * (self.n_frames > 1)} of {width}x{height}"]
        if self.fps is not None:
            parts.append(f"{self.fps:.4g} fps")
        for name in PHASES:
            if getattr(self, name) is not None:
                parts.append(f"{name} {getattr(self, name)}")
        parts += [repr(text) for text in (self.subject, self.label) if text is not None]
        return f"Clip({', '.join(parts)})"
