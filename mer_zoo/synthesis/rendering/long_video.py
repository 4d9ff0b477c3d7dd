"""Long videos of one face whose every expression, blink and movement of the head is known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mer_zoo.errors import ClipError
from mer_zoo.synthesis.camera.disturbances import Disturbances, blink_at, swaying_head
from mer_zoo.synthesis.expressions.expression import Expression, Timing, draw_expression
from mer_zoo.synthesis.expressions.schemas import SCHEMAS, of_upper_face
from mer_zoo.synthesis.expressions.talking import CLEAR, TALKING_UNITS, draw_talk
from mer_zoo.synthesis.rendering.renderer import render
from mer_zoo.synthesis.rendering.video import write_frames
from mer_zoo.synthesis.rigs.portrait import Portrait

PART = 60  # frames rendered together
APART = 1.5  # least time between the ends of two expressions, in seconds
DURATION = (0.23, 0.5)
"""Seconds from onset to offset of a micro-expression."""
PEAK = (2.0, 4.5)
"""Peak motion in pixels of the 224-pixel crop."""
LEAST_BLINK = 0.6  # how far the eyes close


@dataclass(frozen=True)
class LongVideo:
    """A long video, rendered when its frames are asked for.

    Attributes:
        portrait: the face and the photograph it is on.
        expressions: with timings in frames of the video, in order, never two at once.
        blinks: the frames where the eyes are closed most.
        disturbances: of all frames.
        fps: frames per second.
        seed: of the sensor's noise.
        utterances: first and last frame of each stretch of speech; empty where nobody talks.
    """

    portrait: Portrait
    expressions: tuple[Expression, ...]
    blinks: tuple[int, ...]
    disturbances: Disturbances
    fps: float
    seed: int
    utterances: tuple[tuple[int, int], ...] = ()

    @property
    def n_frames(self) -> int:
        return len(self.disturbances.head)

    @property
    def intervals(self) -> list[tuple[int, int, int]]:
        """Onset, apex and offset of each expression, 0-based frames."""
        return [(e.timing.onset, e.timing.apex, e.timing.offset) for e in self.expressions]

    def frames(self) -> Iterator[np.ndarray]:
        """Renders the video, a few seconds at a time: (H, W, 3) uint8 RGB, the same each time."""
        rng = np.random.default_rng(self.seed)
        start = 0
        for expression in (*self.expressions, None):
            stop = self.n_frames if expression is None else expression.timing.onset
            for part in range(start, stop, PART):
                yield from self._part(part, min(part + PART, stop), None, rng)
            if expression is not None:
                start = expression.timing.offset + 1
                yield from self._part(stop, start, expression, rng)

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Writes the video and, as JSON of the same name, fps, n_frames, intervals, labels, blinks
        and utterances.

        Raises:
            OutputExistsError, VideoError: see `mer_zoo.synthesis.write_video`.
        """
        truth = {
            "source": "synthetic",
            "fps": self.fps,
            "n_frames": self.n_frames,
            "intervals": self.intervals,
            "labels": [e.label for e in self.expressions],
            "blinks": self.blinks,
            "utterances": self.utterances,
        }
        return write_frames(self.frames(), self.fps, truth, path, force=force)

    def _part(self, start, stop, expression, rng):
        if expression is None:
            expression = Expression((), Timing(0, 1, 2))
        else:
            timing = expression.timing
            moved = {n: getattr(timing, n) - start for n in ("onset", "apex", "offset")}
            expression = replace(expression, timing=replace(timing, **moved))
        yield from render(
            self.portrait,
            expression,
            self.disturbances.part(start, stop),
            n_frames=stop - start,
            fps=self.fps,
            seed=rng,
        ).frames


def draw_long_video(
    portrait: Portrait,
    *,
    seconds: float,
    seed: int,
    fps: float = 30,
    expressions_a_minute: float = 6,
    blinks_a_minute: float = 15,
    head_motion: float = 1.0,
    schema: str = "casme2",
    peak: tuple[float, float] = PEAK,
    noise: float = 1.5,
    talking: bool = False,
) -> LongVideo:
    """Draws a video in which micro-expressions and blinks come at random moments.

    Expressions last 0.23 to 0.5 s (`DURATION`) and keep 1.5 s apart; blinks come where they like,
    during expressions too.

    Args:
        portrait: the face, on a whole photograph (`Portrait.of(..., crop=False)`) or a crop.
        seconds: length.
        seed: of everything drawn.
        fps: frames per second, 20 or more.
        expressions_a_minute, blinks_a_minute: how many; expressions that would lie too close to
            others are left out.
        head_motion: 0 for a still head, 1 for one that sways a few pixels within seconds.
        schema: name of the label schema whose expressions are drawn.
        peak: range of the peak motion, pixels of the 224-pixel crop.
        noise: standard deviation of the sensor's noise in grey levels.
        talking: the person talks, with pauses (`mer_zoo.synthesis.expressions.talking`). Expressions
            that touch an utterance are then of the upper face: what the mouth adds nobody could
            tell from speech.

    Raises:
        ClipError: the video would be too short for an expression, or fps is below 20.
    """
    rng = np.random.default_rng(seed)
    n_frames = round(seconds * fps)
    if fps < 20 or seconds < 2 * APART + DURATION[1]:
        raise ClipError(
            f"seconds={seconds:g}, fps={fps:g}: expected at least {2 * APART + DURATION[1]:g} "
            "seconds at 20 frames per second or more, so that an expression has 5 frames."
        )
    talk = None
    if talking:
        talk = draw_talk(n_frames, fps, np.random.default_rng([seed, 1]), loudness=CLEAR)
    expressions = []
    for timing in _timings(n_frames, fps, round(expressions_a_minute * seconds / 60), rng):
        classes = SCHEMAS[schema]
        if talk is not None and talk.talking[timing.onset : timing.offset + 1].any():
            classes = of_upper_face(classes)
        label = str(rng.choice(classes.class_names))
        expressions.append(draw_expression(classes, label, timing, rng.uniform(*peak), rng))
    blinks = sorted(rng.integers(0, n_frames, round(blinks_a_minute * seconds / 60)).tolist())
    lids = [blink_at(moment, n_frames, fps, rng, least=LEAST_BLINK) for moment in blinks]
    disturbances = Disturbances.none(n_frames).but(
        head=swaying_head(n_frames, fps, rng, head_motion),
        lids=np.max([np.zeros(n_frames, np.float32), *lids], axis=0),
        noise=float(noise),
        shot=0.5,
    )
    if talk is not None:
        disturbances = disturbances.but(speech=talk.course, speech_units=TALKING_UNITS)
    utterances = () if talk is None else talk.utterances
    return LongVideo(
        portrait, tuple(expressions), tuple(blinks), disturbances, float(fps), seed, utterances
    )


def _timings(n_frames, fps, count, rng):
    """Micro-expressions at random moments, `APART` from each other and from both ends."""
    found: list[Timing] = []
    apart = round(APART * fps)
    for _ in range(count):
        length = max(5, round(rng.uniform(*DURATION) * fps))
        apex = max(2, round(rng.uniform(0.35, 0.6) * length))
        onset = int(rng.integers(apart, n_frames - apart - length + 1))
        if all(onset - apart > t.offset or onset + length + apart < t.onset for t in found):
            found.append(Timing(onset, onset + apex, onset + length))
    return sorted(found, key=lambda timing: timing.onset)
