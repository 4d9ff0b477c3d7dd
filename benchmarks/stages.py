"""Where the time of reading a video goes: processor time of the threads, by stage.

Processor time, unlike wall time, hardly depends on what else the machine does.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

STAGES = {
    "decode": ("mer_zoo.clips.video.VideoStream._frames",),
    "cuts": ("mer_zoo.faces.shots.ShotCounter.shot_of",),
    "detect": ("mer_zoo.faces.tracking.detect_faces",),
    "follow the head": ("mer_zoo.faces.following.HeadFollower.follow",),
    "mesh": (
        "mer_zoo.faces.tracking.read_landmarks",
        "mer_zoo.faces.landmark_reader.read_landmarks",
        "mer_zoo.faces.landmarks.read_landmarks",
    ),
    "align": (
        "mer_zoo.faces.stabilise",
        "mer_zoo.faces.warp",
        "mer_zoo.spotting.views.View.around",
        "mer_zoo.spotting.aligning.all_hold",
    ),
    "motion": (
        "mer_zoo.spotting.expression.displacement_fields",
        "mer_zoo.spotting.intervals.displacement_fields",
    ),
    "onset, apex, offset": (
        "mer_zoo.spotting.expression.find_phases",
        "mer_zoo.spotting.intervals.find_changes",
        "mer_zoo.spotting.expression.talking_confidence",
        "mer_zoo.spotting.intervals.talking_confidence",
        "mer_zoo.spotting.expression.without_speech",
        "mer_zoo.spotting.intervals.without_speech",
    ),
    "image (MESTI)": ("mer_zoo.modalities.compute",),
    "network": ("mer_zoo.zoo.classifier.MicroExpressionClassifier.predict_on_batch",),
}


OTHERS = "everything else"
"""What FFmpeg's and OpenCV's own threads do is counted here."""


class Stages:
    """Processor seconds of each stage, of all threads together; a stage within another counts once."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = threading.local()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Within the block, this thread works on a stage."""
        inner = getattr(self._inside, "seconds", 0.0)
        self._inside.seconds = 0.0
        begun = time.thread_time()
        try:
            yield
        finally:
            spent = time.thread_time() - begun
            self.seconds[name] += spent - self._inside.seconds
            self._inside.seconds = inner + spent

    def wrapped(self, name: str, function):
        """The function, counted as a stage; of a generator, each step."""

        def call(*arguments, **options):
            with self.stage(name):
                given = function(*arguments, **options)
            return self._steps(name, given) if isinstance(given, Iterator) else given

        return call

    def _steps(self, name, steps):
        try:
            while True:
                with self.stage(name):
                    try:
                        step = next(steps)
                    except StopIteration:
                        return
                yield step
        finally:
            steps.close()


@contextmanager
def measured() -> Iterator[Stages]:
    """Within the block, the stages are measured."""
    stages = Stages()
    with ExitStack() as stack:
        for name, places in STAGES.items():
            for place in places:
                owner, attribute = place.rsplit(".", 1)
                original = getattr(_resolved(owner), attribute)
                stack.enter_context(mock.patch(place, _method(stages.wrapped(name, original))))
        yield stages


def _method(function):
    """A plain function, which binds `self` where it is an attribute of a class."""
    return lambda *arguments, **options: function(*arguments, **options)


def _resolved(name: str):
    import pkgutil

    return pkgutil.resolve_name(name)


def table(stages: Stages, total: float, frames: int) -> str:
    """The stages as lines: milliseconds a frame, and the share of the whole.

    Args:
        stages: what was measured.
        total: processor seconds of the whole.
        frames: of the video.
    """
    rows = [(name, stages.seconds[name]) for name in STAGES]
    rows.append((OTHERS, total - sum(stages.seconds.values())))
    lines = [
        f"  {name:<20} {1000 * spent / frames:6.2f} ms a frame  {spent / total:6.1%}"
        for name, spent in rows
    ]
    return "\n".join([*lines, f"  {'together':<20} {1000 * total / frames:6.2f} ms a frame"])
