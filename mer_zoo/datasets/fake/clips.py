"""Made-up clips: who shows what, when, and in which frame files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mer_zoo.errors import DatasetError


@dataclass(frozen=True)
class FakeClip:
    """One made-up clip.

    Attributes:
        dataset: the dataset that it imitates.
        subject: as the release writes it: "sub01", "006", "s1".
        name: the clip's name in the release: "EP02_01f".
        emotion: as the table writes it.
        action_units: as the table writes them.
        onset, apex, offset: the true phases, as numbers of frame files.
        numbers: the numbers of the frame files.
        fps: frames per second.
        seed: for drawing this clip; the same for the same release.
        written: what the table says where it differs from the truth: {"apex": "/"}.
        in_table: whether the table has a row for it.
    """

    dataset: str
    subject: str
    name: str
    emotion: str
    action_units: str
    onset: int
    apex: int
    offset: int
    numbers: tuple[int, ...]
    fps: float
    seed: int
    written: Mapping[str, object] = field(default_factory=dict)
    in_table: bool = True

    def cell(self, name: str):
        """What the table says: `cell("apex")`."""
        return self.written.get(name, getattr(self, name, None))

    @property
    def strengths(self) -> np.ndarray:
        """(frames,) float64, 0..1: how strong the expression is in each frame, 1 at the apex."""
        points = (self.onset, self.apex, self.offset)
        return np.interp(self.numbers, points, (0.0, 1.0, 0.0))


@dataclass(frozen=True)
class FakeOptions:
    """How a fake release is made up; see `fake_release`.

    Raises:
        DatasetError: a count or a length is too small.
    """

    seed: int = 0
    subjects: int = 3
    clips_per_subject: int = 3
    clip_length: tuple[int, int] = (12, 24)
    frames: Callable[[FakeClip], Iterable[np.ndarray]] | None = None
    clean: bool = False
    full: bool = False
    with_frames: bool = True
    layout: str | None = None
    version: str | None = None

    def __post_init__(self):
        shortest, longest = self.clip_length
        if self.subjects < 1 or self.clips_per_subject < 1 or not 3 <= shortest <= longest:
            raise DatasetError(
                f"subjects {self.subjects}, clips_per_subject {self.clips_per_subject}, clip_length "
                f"{self.clip_length}: expected at least 1, 1, and 3 <= shortest <= longest."
            )

    def choose(self, option: str, allowed: Sequence[str]) -> str:
        """The layout or version asked for, the first one by default.

        Raises:
            DatasetError: it is not among `allowed`.
        """
        wanted = getattr(self, option) or allowed[0]
        if wanted not in allowed:
            raise DatasetError(f"{option} is {wanted!r}; expected {', '.join(allowed)}.")
        return wanted


class Inventor:
    """Makes up the numbers of clips of one dataset, the same ones for the same seed.

    Args:
        dataset: the dataset imitated.
        options: lengths and seed.
        fps: frames per second.
        action_units: emotion (lower case) -> the action units that its clips show in turn.
        first_frame: the range of the onsets.
        around: frame files before the onset and after the offset.
    """

    def __init__(
        self,
        dataset: str,
        options: FakeOptions,
        *,
        fps: float,
        action_units: Mapping[str, Sequence[str]],
        first_frame: tuple[int, int] = (5, 150),
        around: int = 0,
    ):
        self.dataset, self.options, self.fps = dataset, options, fps
        self.action_units, self.first_frame, self.around = action_units, first_frame, around
        self.random = np.random.default_rng([options.seed, len(dataset), ord(dataset[0])])
        self.made = 0

    def clip(self, subject: str, name: str, emotion: str, **known) -> FakeClip:
        """One clip; `known` fixes onset, apex, offset, numbers, action_units, written, in_table."""
        shortest, longest = self.options.clip_length
        length = int(self.random.integers(shortest, longest + 1))
        onset = known.pop("onset", int(self.random.integers(*self.first_frame)))
        offset = known.pop("offset", onset + length - 1)
        apex = known.pop("apex", onset + max(1, round(0.45 * (offset - onset))))
        numbers = range(max(onset - self.around, 0), offset + self.around + 1)
        units = self.action_units.get(emotion.lower(), ("",))
        self.made += 1
        about: dict[str, Any] = {
            "action_units": units[self.made % len(units)],
            "numbers": tuple(numbers),
            "seed": self.options.seed * 100_003 + self.made,
        }
        return FakeClip(
            self.dataset,
            subject,
            name,
            emotion,
            onset=onset,
            apex=apex,
            offset=offset,
            fps=self.fps,
            **(about | known),
        )


def spread(
    counts: Mapping[str, int],
    subjects: Sequence[str],
    allowed: Callable[[str, str], bool] = lambda subject, emotion: True,
) -> Iterator[tuple[str, str]]:
    """Deals clips of each emotion out to subjects in turn.

    Args:
        counts: emotion -> clips.
        subjects: the subjects.
        allowed: (subject, emotion) -> whether this subject may show it.

    Yields:
        (subject, emotion), sorted by subject.
    """
    turn, dealt = 0, []
    for emotion, count in counts.items():
        able = [subject for subject in subjects if allowed(subject, emotion)]
        dealt += [(able[(turn + i) % len(able)], emotion) for i in range(count)]
        turn += count
    yield from sorted(dealt)


def take_turns(
    subjects: Sequence[str], clips_per_subject: int, emotions: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """A few clips for each subject, the emotions taking turns over all of them."""
    for i, subject in enumerate(subjects):
        for k in range(clips_per_subject):
            yield subject, emotions[(i * clips_per_subject + k) % len(emotions)]
