"""What to say of a path that is not there."""

import difflib
import os
from pathlib import Path

from mer_zoo.errors import VideoError


def missing_path(path: Path, kind: str) -> VideoError:
    """The error for a path that does not exist; names close ones in the same folder, if any.

    Args:
        path: what was asked for.
        kind: what it should have been: "video file", "folder of images".
    """
    if not os.path.isdir(path.parent):
        return VideoError(f"There is no {kind} {path}: its folder does not exist. Check the path.")
    names = sorted(entry.name for entry in path.parent.iterdir())
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(close)}?" if close else "Check the path."
    return VideoError(f"There is no {kind} {path}. {hint}")
