"""What training and test clips look like: the numbers every corpus is drawn from.

Timing follows the published statistics of CASME II (onset to offset 36-100 frames at 200 fps,
median 330 ms). Amplitudes are an assumption: no table of displacements in pixels was found.
"""

from dataclasses import dataclass, replace

import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.synthesis.camera.acquisition import Acquisition, draw_acquisition, draw_camera
from mer_zoo.synthesis.camera.disturbances import (
    Disturbances,
    blink,
    draw_base,
    draw_light,
    residual_head,
    speech,
)
from mer_zoo.synthesis.expressions.expression import (
    SHARPNESS,
    Expression,
    Timing,
    draw_expression,
)
from mer_zoo.synthesis.expressions.schema import Schema
from mer_zoo.synthesis.expressions.schemas import NONE
from mer_zoo.synthesis.expressions.talking import TALKING_UNITS, draw_talk

# Peak motion of a micro-expression, pixels of the 224-pixel crop: log-normal, clipped. Assumed.
PEAK_MEDIAN, PEAK_SIGMA, PEAK_RANGE = 2.2, 0.45, (0.8, 5.0)
# A quarter of the training clips move more, so that posed and ordinary expressions are read too:
# the smile of the demo moves about 12 pixels.
LARGE_SHARE, LARGE_PEAK = 0.25, (4.0, 16.0)

# Seconds from onset to offset. Large expressions are slower.
MICRO_SECONDS, LARGE_SECONDS = (0.18, 0.5), (0.3, 1.0)
RISE_SHARE = (0.3, 0.6)  # of the time from onset to offset
PLATEAU_SHARE = (0.0, 0.3)  # of the time from apex to offset
# Clips cut before the face returns, and smiles that stay: the window is then onset to apex alone.
HELD_SHARE, HELD_SECONDS = 0.25, (0.1, 1.0)
# Faces that return part of the way.
PARTIAL_SHARE, PARTIAL_REST = 0.15, (0.3, 0.7)

# Frames from onset to offset. Beyond 60 the image hardly gains and rendering takes longer, so a
# longer expression is seen at a lower frame rate.
LEAST_FRAMES, MOST_FRAMES = 6, 60

# Annotators disagree: standard deviation of onset, apex and offset as a share of the expression.
ERRORS = (0.03, 0.05, 0.05)
LARGEST_ERROR = 0.3  # that `Conditions.phases` may ask for
# The apex of a held expression is marked anywhere from its beginning to this share later.
HELD_DELAY = 0.3

# Some training clips keep strong head motion after alignment; of those without an expression more,
# for a turning head must not be taken for one.
STRONG_HEAD_SHARE, STRONG_HEAD_SHARE_NONE = 0.3, 0.4
STRONG_HEAD = (0.3, 1.0)  # of STRONG_DRIFT
BLINK_SHARE, BLINK_SHARE_NONE = 0.25, 0.5
# Clips without an expression in which nothing moves at all (a frozen frame and the sensor's noise),
# and in which the person speaks. They are held out, too.
FROZEN_SHARE, SPEECH_SHARE = 0.12, 0.35

# Every sixth clip of an identity shows no expression.
NONE_EVERY = 6

# Clips of people who talk, in turn: speech without an expression, an expression of the rest of the
# face beneath speech, and one large expression, such as people who talk to each other show.
TALKING_KINDS = ("speech", "spoken", "speech", "large", "speech", "spoken")
CONVERSATION_PEAK, CONVERSATION_SECONDS = (6.0, 20.0), (0.4, 1.6)


@dataclass(frozen=True)
class Conditions:
    """What a corpus fixes instead of drawing it, to see what a score depends on.

    Attributes:
        peak: largest displacement of every expression, in pixels of the 224-pixel crop, at least
            0.1; None draws it.
        head: head motion that alignment leaves in every clip, as a share of `STRONG_DRIFT`; None
            draws it.
        phases: standard deviation of the errors with which onset, apex and offset are marked, as a
            share of the time from onset to offset, 0 to 0.3; None is that of annotators, 0.03 and
            0.05. The clips of two corpora that differ in this number alone are the same, and so is
            the direction of each error.

    Raises:
        RecipeError: a value is impossible.
    """

    peak: float | None = None
    head: float | None = None
    phases: float | None = None

    def __post_init__(self):
        if self.peak is not None and not 0.1 <= self.peak <= 20:
            raise RecipeError(f"peak is {self.peak!r}: expected 0.1 to 20 pixels, or leave it out.")
        if self.head is not None and not 0 <= self.head <= 3:
            raise RecipeError(f"head is {self.head!r}: expected 0 to 3, or leave it out.")
        if self.phases is not None and not 0 <= self.phases <= LARGEST_ERROR:
            raise RecipeError(
                f"phases is {self.phases!r}: expected 0 to {LARGEST_ERROR}, or leave it out."
            )


DRAWN = Conditions()


@dataclass(frozen=True)
class Plan:
    """Everything about one clip but the face.

    Attributes:
        expression: what the face does; without movements when the label is "none".
        disturbances: what else happens.
        n_frames: length of the clip: the expression and the few frames around it that noisy
            annotation may reach.
        fps: frames per second.
        annotated: onset, apex and offset as an annotator would have marked them.
        amplitude: "study" (micro-expressions), "large" or "none".
        head: "residual", "strong" or "frozen".
        has_blink: whether the lids move.
        speaks: whether the mouth moves in speech.
        acquisition: name of the camera's preset.
    """

    expression: Expression
    disturbances: Disturbances
    n_frames: int
    fps: float
    annotated: tuple[int, int, int]
    amplitude: str
    head: str
    has_blink: bool
    speaks: bool
    acquisition: str


def draw_plan(
    schema: Schema,
    label: str,
    split: str,
    rng: np.random.Generator,
    conditions: Conditions = DRAWN,
) -> Plan:
    """Draws a clip.

    Args:
        schema: the label schema.
        label: one of its classes, or "none" for a clip without an expression.
        split: "train", "validation" or "test". Clips that are held out are micro-expressions with
            residual head motion only, unless conditions say otherwise.
        rng: source of chance.
        conditions: what is fixed.
    """
    training, none = split == "train", label == NONE
    large = training and rng.random() < LARGE_SHARE
    acquisition = draw_acquisition(schema.name, rng)
    timing, fps, tail = _draw_timing(large, acquisition, rng)
    # Room before the onset for an annotator who marks it early.
    lead = int(rng.integers(2, 5))
    if conditions.phases is not None:
        # As much for every number asked for, so that the clips stay the same.
        room = int(np.ceil(2 * LARGEST_ERROR * (timing.offset - timing.onset)))
        lead, tail = lead + room, tail + room
    timing = _later(timing, lead)
    # Nothing reads the frames after the offset, so they end with the later of the true one and
    # the annotated one.
    errors = ERRORS if conditions.phases is None else (conditions.phases,) * 3
    annotated = annotate(timing, timing.offset + tail + 1, rng, errors)
    n_frames = max(timing.offset, annotated[2]) + 1
    if conditions.phases is not None:
        n_frames = timing.offset + tail + 1
    if none:
        expression, amplitude = Expression((), timing, peak=0.0, label=NONE), "none"
    else:
        amplitude = "large" if large else "study"
        peak = _draw_peak(large, rng) if conditions.peak is None else conditions.peak
        expression = draw_expression(schema, label, timing, peak, rng)
    head, strength = _draw_head(training, none, conditions, rng)
    speaks = none and head != "frozen" and rng.random() < SPEECH_SHARE
    blinks = head != "frozen" and rng.random() < (BLINK_SHARE_NONE if none else BLINK_SHARE)
    disturbances = _draw_disturbances(
        n_frames, fps, acquisition, head, strength, blinks, speaks, rng
    )
    return Plan(
        expression,
        disturbances,
        n_frames,
        fps,
        annotated,
        amplitude,
        head,
        blinks,
        speaks,
        acquisition.name,
    )


def draw_talking_plan(schema: Schema, label: str, kind: str, rng: np.random.Generator) -> Plan:
    """Draws a clip of a person in conversation.

    Args:
        schema: the label schema.
        label: one of its classes; of no importance where nothing but speech is shown.
        kind: one of `TALKING_KINDS`.
        rng: source of chance.
    """
    label = NONE if kind == "speech" else label
    acquisition = draw_acquisition(schema.name, rng)
    large = kind == "large"
    timing, fps, tail = _draw_timing(
        large, acquisition, rng, CONVERSATION_SECONDS if large else None
    )
    timing = _later(timing, int(rng.integers(2, 5)))
    annotated = annotate(timing, timing.offset + tail + 1, rng)
    n_frames = max(timing.offset, annotated[2]) + 1
    if label == NONE:
        expression, amplitude = Expression((), timing, peak=0.0, label=NONE), "none"
    else:
        peak = float(rng.uniform(*CONVERSATION_PEAK)) if large else _draw_peak(False, rng)
        expression = draw_expression(schema, label, timing, peak, rng)
        amplitude = "large" if large else "study"
    head, strength = _draw_head(True, label == NONE, DRAWN, rng, frozen=False)
    blinks = rng.random() < BLINK_SHARE_NONE
    drawn = _draw_disturbances(n_frames, fps, acquisition, head, strength, blinks, False, rng)
    if not large:
        talk = draw_talk(n_frames, fps, rng, pauses=False)
        drawn = drawn.but(speech=talk.course, speech_units=TALKING_UNITS)
    return Plan(
        expression,
        drawn,
        n_frames,
        fps,
        annotated,
        amplitude,
        head,
        blinks,
        not large,
        acquisition.name,
    )


def _draw_disturbances(
    n_frames: int,
    fps: float,
    acquisition,
    head: str,
    strength: float | None,
    blinks: bool,
    speaks: bool,
    rng: np.random.Generator,
) -> Disturbances:
    """What moves and changes besides the expression, drawn in an order that clips depend on."""
    drawn = Disturbances.none(n_frames).but(base=draw_base(rng), **draw_camera(acquisition, rng))
    if head != "frozen":
        drawn = drawn.but(
            head=residual_head(n_frames, rng, strong=strength), **draw_light(n_frames, fps, rng)
        )
    if blinks:
        drawn = drawn.but(lids=blink(n_frames, fps, rng))
    if speaks:
        drawn = drawn.but(speech=speech(n_frames, fps, rng))
    return drawn


def _draw_head(
    training: bool,
    none: bool,
    conditions: Conditions,
    rng: np.random.Generator,
    *,
    frozen: bool = True,
) -> tuple[str, float | None]:
    """The kind of head motion, and its strength where it is strong; `frozen`: it may be none."""
    if none and frozen and rng.random() < FROZEN_SHARE:
        return "frozen", None
    if conditions.head is not None:
        return "strong", conditions.head
    if training and rng.random() < (STRONG_HEAD_SHARE_NONE if none else STRONG_HEAD_SHARE):
        return "strong", float(rng.uniform(*STRONG_HEAD))
    return "residual", None


def _later(timing: Timing, frames: int) -> Timing:
    moved = {name: getattr(timing, name) + frames for name in ("onset", "apex", "offset")}
    return replace(timing, **moved)


def annotate(
    timing: Timing,
    n_frames: int,
    rng: np.random.Generator,
    errors: tuple[float, float, float] = ERRORS,
) -> tuple[int, int, int]:
    """Onset, apex and offset as an annotator would mark them in a clip of `n_frames`.

    They are at least two frames apart; of a held expression, apex and offset are one. `errors` are
    the standard deviations of the three, as shares of the time from onset to offset.
    """
    length = timing.offset - timing.onset
    moved = rng.standard_normal(3) * errors * length
    onset, apex, offset = np.rint(np.add([timing.onset, timing.apex, timing.offset], moved)).astype(
        int
    )
    if timing.held:
        apex += round(rng.uniform(0, HELD_DELAY) * length)
        onset = int(np.clip(onset, 0, timing.apex - 2))
        apex = int(np.clip(apex, onset + 2, n_frames - 1))
        return onset, apex, apex
    onset = int(np.clip(onset, 0, n_frames - 5))
    apex = int(np.clip(apex, onset + 2, n_frames - 3))
    return onset, apex, int(np.clip(offset, apex + 2, n_frames - 1))


def _draw_peak(large: bool, rng: np.random.Generator) -> float:
    if large:
        return float(rng.uniform(*LARGE_PEAK))
    return float(np.clip(rng.lognormal(np.log(PEAK_MEDIAN), PEAK_SIGMA), *PEAK_RANGE))


def _draw_timing(
    large: bool,
    acquisition: Acquisition,
    rng: np.random.Generator,
    lasting: tuple[float, float] | None = None,
) -> tuple[Timing, float, int]:
    """Timing from onset 0, the frame rate, and how many frames follow the offset.

    `lasting`: seconds of an expression that returns, where they are not the usual ones.
    """
    fps = float(rng.choice(acquisition.rates))
    sharpness = float(rng.uniform(*SHARPNESS))
    held = rng.random() < HELD_SHARE
    if held:
        low, high = np.log(HELD_SECONDS)
        seconds = float(np.exp(rng.uniform(low, high)))
    else:
        seconds = float(rng.uniform(*(lasting or (LARGE_SECONDS if large else MICRO_SECONDS))))
    length = int(np.clip(round(seconds * fps), LEAST_FRAMES, MOST_FRAMES))
    fps = min(fps, length / seconds) if length == MOST_FRAMES else fps
    if held:
        tail = int(np.ceil(HELD_DELAY * length)) + 1
        return Timing(0, length, length, rest=1.0, sharpness=sharpness), fps, tail
    apex = int(np.clip(round(rng.uniform(*RISE_SHARE) * length), 2, length - 3))
    plateau = int(rng.uniform(*PLATEAU_SHARE) * (length - apex))
    rest = float(rng.uniform(*PARTIAL_REST)) if rng.random() < PARTIAL_SHARE else 0.0
    tail = int(np.ceil(2 * ERRORS[2] * length))
    return Timing(0, apex, length, plateau, rest, sharpness), fps, tail
