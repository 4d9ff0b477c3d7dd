"""Matching clips with their folders of frames."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mer_zoo.clips.folder import list_images
from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.phases import overlaps
from mer_zoo.datasets.report import Remark

NO_FRAMES = "no usable frames"
NO_ROW = "frames without a row in the table: not used"


def match_frames(
    release: Release, annotations: Sequence[Annotation], *, look: bool
) -> tuple[list[tuple[Annotation, list[int] | None]], list[Remark]]:
    """Finds each clip's frames.

    Args:
        release: with the folders found in its tree.
        annotations: the clips wanted.
        look: whether a clip must have frames; otherwise folders are noted but not opened.

    Returns:
        Each usable clip with the numbers of its frame files (None when there are none to look at),
        and a remark "dropped" for each clip without usable frames.

    Raises:
        VideoError: the names of a folder's images give no order.
    """
    matched, missing = [], []
    for clip in annotations:
        folder = (release.folders or {}).get(clip.folder)
        clip = replace(clip, path=str(folder)) if folder is not None else clip
        numbers, fault = _look(clip) if look and release.folders is not None else (None, None)
        if fault:
            missing.append(Remark("dropped", clip.id, f"{clip.where}: {fault}", NO_FRAMES))
        else:
            matched.append((clip, numbers))
    return matched, missing


def folders_without_rows(release: Release, used: Sequence[Annotation]) -> list[Remark]:
    """A note for each folder of frames that matches neither a row of the table nor a used clip."""
    keys = {annotation.folder for annotation in (*release.annotations, *used)}
    return [
        Remark("note", "", str(path), NO_ROW)
        for key, path in (release.folders or {}).items()
        if key not in keys
    ]


def _look(clip: Annotation) -> tuple[list[int] | None, str | None]:
    """The numbers of a clip's frame files, and what makes them useless."""
    if not clip.path:
        return None, "there is no folder or image for it"
    if not Path(clip.path).is_dir():
        return None, None
    if not any(Path(clip.path).iterdir()):
        return None, f"{clip.path} is empty"
    numbers, _ = list_images(Path(clip.path))
    if not overlaps(clip, numbers):
        return None, (
            f"{clip.path} holds the frames {numbers[0]} to {numbers[-1]}, none of them within onset "
            f"{clip.onset} to offset {clip.offset}"
        )
    return numbers, None
