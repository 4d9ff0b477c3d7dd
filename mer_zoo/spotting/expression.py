"""The expression of one aligned clip."""

from dataclasses import dataclass

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.clips.rates import counts_frames, warn_without_rate
from mer_zoo.errors import ClipError
from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import WAY_BACK, displacement_fields, likeness, magnitude
from mer_zoo.spotting.phases import find_phases, means_around, motion_curve, peak_motion
from mer_zoo.spotting.speech import without_speech
from mer_zoo.spotting.talking import TALKING, mouth_courses, talking_confidence

REACH = 4.0
"""Motion, in pixels of the 224 px crop, up to which one closed-form step sees a displacement well."""

LARGE = 8.0
"""The same for phases that someone marked: a micro-expression does not move farther."""

STEPS = 2
"""Steps in which a large expression is read, so about as far as a micro-expression moves."""

SLOW = 1.5
"""Seconds before its quick part in which an expression may have begun slowly."""


@dataclass(frozen=True)
class SpottedExpression:
    """An expression in an aligned clip.

    Attributes:
        clip: canonical face crops with onset, apex and offset.
        start: index in the source of the clip's first frame.
        held: the face had not returned soon after the apex; the offset is then the apex.
        motion: peak motion, pixels of the 224 px crop (outer eye corners 109 px apart).
        curve: motion of each frame of the clip relative to the onset, float32 `(T,)`, same unit.
        talking: how sure it is that the person talked between onset and apex, 0..1; 0 where frames
            were given in which no landmarks were sought. From `TALKING` on, motion and curve are
            those of the upper face.
        slow_step: two frames of the clip before the onset, between which the face had already moved
            about `REACH`, slowly; None where it had not. See `slow_step`.
    """

    clip: Clip
    start: int
    held: bool
    motion: float
    curve: np.ndarray
    talking: float = 0.0
    slow_step: tuple[int, int] | None = None

    @property
    def talks(self) -> bool:
        """Whether what lips and jaw did is taken for speech: `talking` reaches `TALKING`."""
        return self.talking >= TALKING

    def within_reach(self, *, marked: bool = False) -> Clip:
        """The clip with the phases of its first step, see `steps`: what networks are trained on."""
        return self.steps(marked=marked)[0]

    def steps(self, *, marked: bool = False) -> list[Clip]:
        """The clip with the phases its images are made of, once or several times.

        Once with those of the expression, unless it moves more than `REACH`, or `LARGE` where someone
        marked the phases. Then the rise begins with up to `STEPS` steps of about `REACH`: movements of a
        few pixels, which is what MESTI and the networks are made for. The last step may be half as
        large. The `slow_step` comes last.

        Args:
            marked: the apex was given, not spotted.
        """
        onset, apex = self.clip.require_phases("onset", "apex")
        if self.motion <= (LARGE if marked else REACH) or apex - onset < 2:
            return [self.clip]
        steps, begin, moved = [], onset, 0.0
        while begin < apex and len(steps) < STEPS:
            rise = self.curve[begin + 1 : apex + 1] - moved
            if steps and rise.max() < REACH / 2:
                break
            end = begin + 1 + int(np.argmin(np.abs(np.log(np.maximum(rise, 1e-3) / REACH))))
            steps.append(self.clip.with_phases(begin, end, end))
            begin, moved = end, float(self.curve[end])
        if self.slow_step is not None:
            begin, end = self.slow_step
            steps.append(self.clip.with_phases(begin, end, end))
        return steps


def slow_step(
    fields: np.ndarray, times: np.ndarray, talked: np.ndarray, onset: int, field: np.ndarray
) -> tuple[int, int] | None:
    """How an expression began, if it grew slowly before its quick part, as a smile does whose lips part last.

    The quick part alone, which spotting finds, then shows less of the expression than its beginning.

    Args:
        fields: float32 `(T, cells, 2)` of `displacement_fields`.
        times: `(T,)` seconds.
        talked: bool, whether the person talked in each frame up to the apex.
        onset: first frame of the quick part.
        field: `(cells, 2)`, displacement of the quick part.

    Returns:
        Two frames between which the face moved about `REACH` pixels; None if it moved less within `SLOW`
        seconds before the onset without a word, or if the quick part leads back from there.
    """
    means = means_around(fields[: onset + 1])
    silent = int(np.flatnonzero(talked)[-1]) + 1 if talked.any() else 0
    first = max(int(np.searchsorted(times, times[onset] - SLOW)), silent)
    away = magnitude(means[onset] - means[first:onset])
    if not len(away) or away.max() < REACH:
        return None
    begin = first + int(np.argmax(away))
    if likeness(means[onset] - means[begin], field) < WAY_BACK:
        return None
    grown = magnitude(means[begin + 1 :] - means[begin])
    return begin, begin + 1 + int(np.argmin(np.abs(np.log(np.maximum(grown, 1e-3) / REACH))))


def spot_aligned(clip: Clip, start: int = 0, path: FacePath | None = None) -> SpottedExpression:
    """Finds the strongest expression of an aligned clip; phases the clip already has are kept.

    Args:
        clip: canonical face crops, at least two.
        start: index in the source of its first frame.
        path: where the face was in these frames, if it was followed. A mouth that closes is then not
            taken for the rise of an expression and, unless phases are given, what a person's speaking
            moves is left out.

    Raises:
        ClipError: the clip has fewer than two frames, or its frames are not square.

    Warns:
        FrameRateWarning: a phase is to be found in a clip that has no frame rate.
    """
    clip.require_motion()
    if clip.frames.shape[1] != clip.frames.shape[2]:
        raise ClipError(
            f"{clip!r} is not a clip of aligned faces, which are square. Use find_expression or "
            "predict_clip, which find and align the face."
        )
    # Where the face was followed, the whole stream was looked at before.
    if path is None and None in clip.phases and counts_frames(clip.times):
        warn_without_rate(clip.source or "The clip")
    fields = displacement_fields(clip.grey)
    lips = None if path is None else mouth_courses(path)["lips"]
    talk = np.zeros(len(fields)) if path is None else talking_confidence(path)
    if path is not None and clip.phases == (None, None, None):
        fields = without_speech(fields, path, talk)
    phases = find_phases(fields, clip.times, clip.phases, lips=lips)
    return SpottedExpression(
        clip=clip.with_phases(phases.onset, phases.apex, phases.offset),
        start=start,
        held=phases.held,
        motion=peak_motion(fields, phases.onset, phases.apex),
        curve=motion_curve(fields, phases.onset, phases.apex),
        talking=float(talk[phases.onset : phases.apex + 1].max()),
    )
