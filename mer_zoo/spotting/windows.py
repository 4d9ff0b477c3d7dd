"""Which parts of a long recording deserve a close look: chosen from landmarks alone, frames unread."""

from collections.abc import Sequence

import numpy as np

from mer_zoo import faces
from mer_zoo.errors import ClipError, NoFaceError
from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import MOTION_SIZE

WHOLE_SECONDS = 8.0
"""Seconds: recordings, and shots of longer ones, are looked at whole up to this length."""

MARGIN_SECONDS = 2.0
"""Seconds looked at before and after the middle of a change."""

CHANGE = 0.4
"""Seconds between the two moments whose landmarks are compared."""

CANDIDATES = 3
PART = 1000  # frames

_LIDS = {160, 159, 158, 144, 145, 153, 387, 386, 385, 373, 374, 380}
_EXPRESSIVE = [
    i for i, index in enumerate(faces.TRACKED) if index not in {*faces.RIGID, *_LIDS}
]  # places in TRACKED: brows, mouth, nose, cheeks; without lids, since blinks are no expression


def candidate_windows(path: FacePath, given: Sequence[int], name: str) -> list[FacePath]:
    """Parts of a path, each with a face in every frame, in which the strongest expression may be.

    Each lies in one shot: what changes at a camera cut is the picture, not the face.

    Args:
        path: where the face was.
        given: known phases (frame indices of the source), which the window must hold.
        name: the source, for messages.

    Raises:
        ClipError: the camera cuts between the phases given.
        NoFaceError: there is no face at the phases given, or never in two frames in a row of one
            shot.
    """
    if given:
        return [_around_given(path, given, name)]
    run = path.longest_present()
    if len(run.times) < 2:
        raise NoFaceError(
            f"{name} shows a face in single frames only, never in two in a row without a camera cut "
            "between them. Check that the face is visible throughout the clip."
        )
    shots = path.shots()
    if path.times[-1] - path.times[0] <= WHOLE_SECONDS and path.present.all():
        return [shot for shot in shots if len(shot.times) >= 2]
    changes = [_landmark_change(shot) for shot in shots]
    windows = []
    for _ in range(CANDIDATES):
        number = int(np.argmax([change.max() for change in changes]))
        shot, change = shots[number], changes[number]
        centre = int(np.argmax(change))
        if change[centre] <= 0:
            break
        low, high = _reach(shot, centre)
        window = shot.slice(low, high).longest_present()
        if len(window.times) >= 2:
            windows.append(window)
        change[low:high] = 0
    return windows or [_first_seconds(run)]


def _reach(shot, centre):
    """Which frames of a shot are looked at for a change at the frame `centre`."""
    if shot.times[-1] - shot.times[0] <= WHOLE_SECONDS and shot.present.all():
        return 0, len(shot.times)
    low, high = np.searchsorted(shot.times, shot.times[centre] + [-MARGIN_SECONDS, MARGIN_SECONDS])
    return int(low), int(high)


def _landmark_change(path):
    """How far the expressive landmarks move within CHANGE seconds around each frame, crop pixels."""
    change = np.zeros(len(path.times))
    present = np.flatnonzero(path.present)
    # Part by part, each with what it needs of its neighbours, so that memory stays small.
    for start in range(0, len(present), PART):
        stop = min(start + PART, len(present))
        reach = path.times[present[[start, stop - 1]]] + [-CHANGE, CHANGE]
        low, high = np.searchsorted(path.times[present], reach)
        part = present[low:high]
        found = _change(path.times[part], _aligned_expressive(path, part))
        change[present[start:stop]] = found[start - low : stop - low]
    return change


def _aligned_expressive(path, chosen):
    points, times = path.points[chosen], path.times[chosen]
    matrices = faces.stabilise(points, times, size=MOTION_SIZE, smoothing=0, indices=faces.TRACKED)
    aligned = np.einsum("tij,tkj->tki", matrices[:, :, :2], points[:, _EXPRESSIVE])
    return aligned + matrices[:, None, :, 2]


def _change(times, positions):
    """Mean position just after each frame against that just before, 90th percentile of the points."""
    here = np.arange(len(times))
    later = np.searchsorted(times, times + CHANGE / 2).clip(max=len(times) - 1)
    earlier = np.searchsorted(times, times - CHANGE / 2)
    totals = np.concatenate([np.zeros_like(positions[:1]), np.cumsum(positions, 0)])
    after = (totals[later + 1] - totals[here]) / (later + 1 - here)[:, None, None]
    before = (totals[here + 1] - totals[earlier]) / (here + 1 - earlier)[:, None, None]
    return np.percentile(np.linalg.norm(after - before, axis=-1), 90, axis=1)


def cut_between_phases(name: str, first: int, last: int, cut: int) -> ClipError:
    """The error for phases from frame `first` to `last` if frame `cut` begins another shot."""
    return ClipError(
        f"The camera cuts to another picture between the phases given for {name} ({first} to {last}): "
        f"frame {cut} is the first after the cut. Motion cannot be measured across a cut. Give phases "
        "on one side of it."
    )


def _around_given(path, given, name):
    first, last = min(given) - path.start, max(given) - path.start
    cuts = np.flatnonzero(path.cuts[first + 1 : last + 1])
    if len(cuts):
        raise cut_between_phases(name, min(given), max(given), min(given) + 1 + cuts[0])
    if not path.present[first : last + 1].all():
        raise NoFaceError(
            f"{name} shows no face in some frames between the phases given ({min(given)} to "
            f"{max(given)}). Choose a part of the video where the face is visible."
        )
    joined = path.present & ~path.cuts  # to the frame before, which may have no face itself
    low = first
    times = path.times
    while (
        low > 0
        and joined[low]
        and path.present[low - 1]
        and times[first] - times[low - 1] <= MARGIN_SECONDS
    ):
        low -= 1
    high = last
    while (
        high + 1 < len(times)
        and joined[high + 1]
        and times[high + 1] - times[last] <= MARGIN_SECONDS
    ):
        high += 1
    return path.slice(low, high + 1)


def _first_seconds(run):
    end = run.times[0] + 2 * MARGIN_SECONDS
    return run.slice(0, int(np.searchsorted(run.times, end, side="right")))
