"""Repairs onset, apex and offset by documented rules.

In this order:

1. Files renumbered from 0 or 1 (a third-party crop) with one file for each frame onset..offset: the
   phases are shifted to the files' numbers.
2. An offset before the onset counts as unknown.
3. Onset or offset not known, in a release whose folders hold onset..offset only: the first or last
   file.
4. An onset, apex or offset without a file: the nearest existing file.
5. An apex that is missing or lies outside onset..offset: by the `missing_apex` policy.

Each change is a remark "repaired". An apex on the onset or offset, and an expression of more than
two seconds, are remarks "note".
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mer_zoo.clips.validation import PHASES
from mer_zoo.datasets.annotation import Annotation
from mer_zoo.datasets.report import Remark

MISSING_APEX = ("middle", "drop", "spot")
LONGEST_SECONDS = 2.0


def settle_phases(
    annotation: Annotation,
    numbers: Sequence[int] | None,
    *,
    missing_apex: str,
    trimmed: bool,
) -> tuple[Annotation | None, list[Remark]]:
    """Applies the rules to one clip.

    Args:
        annotation: as read.
        numbers: the numbers of its frame files in increasing order; None when not looked at.
        missing_apex: "middle" (halfway between onset and offset, rounded down), "drop" (the clip
            is left out) or "spot" (the apex stays unknown, to be found by spotting).
        trimmed: whether the folder holds the frames onset..offset only.

    Returns:
        The annotation, None when it is dropped, and the remarks.
    """
    log: list[Remark] = []
    clip = annotation

    def change(why: str, **phases: Any) -> Annotation:
        for name, value in phases.items():
            before, after = ("not known" if v is None else v for v in (getattr(clip, name), value))
            log.append(Remark("repaired", clip.id, f"{name} {before} -> {after}", why))
        return replace(clip, **phases)

    if numbers and (shift := _renumbered_by(clip, numbers)):
        moved = {p: getattr(clip, p) for p in PHASES}
        moved = {p: n + shift for p, n in moved.items() if n is not None}
        clip = change("the frame files are renumbered; the phases are shifted alike", **moved)
    if clip.onset is not None and clip.offset is not None and clip.offset < clip.onset:
        clip = change("an offset before the onset is not known", offset=None)
    if trimmed and numbers:
        for name, number in (("onset", numbers[0]), ("offset", numbers[-1])):
            if getattr(clip, name) is None:
                why = f"{name} not known: the {'first' if name == 'onset' else 'last'} frame file"
                clip = change(why, **{name: number})
    for name in PHASES:
        if not numbers:
            break
        number = getattr(clip, name)
        outside = name == "apex" and _apex_fault(clip) is not None
        if number is not None and not outside and nearest(numbers, number) != number:
            why = "no frame file has this number; the nearest there is"
            clip = change(why, **{name: nearest(numbers, number)})
    if fault := _apex_fault(clip):
        settled, remarks = _settle_apex(clip, fault, missing_apex, numbers, change)
        log += remarks
        if settled is None:
            return None, log
        clip = settled
    return clip, log + _oddities(clip)


def nearest(numbers: Sequence[int], number: int) -> int:
    """The number of a sorted sequence nearest to `number`; the smaller one on a tie."""
    place = bisect_left(numbers, number)
    return min(numbers[max(place - 1, 0) : place + 1], key=lambda n: (abs(n - number), n))


def overlaps(annotation: Annotation, numbers: Sequence[int]) -> bool:
    """Whether any frame file lies within onset..offset, or can be made to by rule 1."""
    onset, offset = annotation.onset, annotation.offset
    if onset is None or offset is None or offset < onset:
        return True
    inside = bisect_left(numbers, offset + 1) > bisect_left(numbers, onset)
    return inside or bool(_renumbered_by(annotation, numbers))


def _renumbered_by(clip: Annotation, numbers: Sequence[int]) -> int:
    """By how much phases must move to meet files that are numbered from 0 or 1; 0 for not at all."""
    onset, offset = clip.onset, clip.offset
    if onset is None or offset is None or numbers[0] not in (0, 1) or numbers[0] == onset:
        return 0
    gapless = numbers[-1] - numbers[0] + 1 == len(numbers)
    whole = gapless and len(numbers) == offset - onset + 1
    return numbers[0] - onset if whole else 0


def _apex_fault(clip: Annotation) -> str | None:
    if clip.apex is None:
        return "apex not known"
    if clip.onset is not None and clip.apex < clip.onset:
        return "apex before the onset"
    if clip.offset is not None and clip.apex > clip.offset:
        return "apex after the offset"
    return None


def _settle_apex(clip, fault, policy, numbers, change) -> tuple[Annotation | None, list[Remark]]:
    phases = f"onset {clip.onset}, apex {clip.apex}, offset {clip.offset}"
    if policy == "drop":
        return None, [Remark("dropped", clip.id, phases, f'{fault} (missing_apex="drop")')]
    if policy == "spot":
        remark = Remark("note", clip.id, phases, f'{fault}: left to spotting (missing_apex="spot")')
        return replace(clip, apex=None), [remark]
    if None in (clip.onset, clip.offset):
        why = f"{fault}, and no middle without both onset and offset: left unknown"
        return replace(clip, apex=None), [Remark("note", clip.id, phases, why)]
    middle = (clip.onset + clip.offset) // 2
    middle = nearest(numbers, middle) if numbers else middle
    return change(
        f'{fault}: the middle of onset and offset (missing_apex="middle")', apex=middle
    ), []


def _oddities(clip: Annotation) -> list[Remark]:
    notes = []
    phases = f"onset {clip.onset}, apex {clip.apex}, offset {clip.offset}"
    if clip.apex is not None and clip.apex == clip.onset:
        notes.append(Remark("note", clip.id, phases, "the apex is the onset: nothing moves before"))
    if clip.apex is not None and clip.apex == clip.offset:
        notes.append(Remark("note", clip.id, phases, "the apex is the offset"))
    if clip.fps and clip.onset is not None and clip.offset is not None:
        seconds = (clip.offset - clip.onset) / clip.fps
        if seconds > LONGEST_SECONDS:
            why = f"longer than {LONGEST_SECONDS:g} s, long for a micro-expression"
            notes.append(Remark("note", clip.id, f"{seconds:.2f} s", why))
    return notes
