"""The cells of a clip table: text made into frame numbers, rates and names."""

from mer_zoo.clips.validation import checked_fps
from mer_zoo.csv_table import BY_FILE, BY_POSITION
from mer_zoo.errors import ClipError

NOT_KNOWN = ("", "/", "-", "nan", "none", "n/a", "na", "<na>", "null")
"""Cells without a value, in lower case, as people, pandas and R write them."""


def read_name(cell: str) -> str | None:
    """The text without spaces round it, None when not known."""
    text = cell.strip()
    return None if text.lower() in NOT_KNOWN else text


def read_frame_number(cell: str) -> int | None:
    """A frame number: `46`, also `46.0` as spreadsheets write it; None when not known.

    Raises:
        ValueError: for anything else; says what was expected.
    """
    text = cell.strip().lower()
    if text in NOT_KNOWN:
        return None
    try:
        number = float(text)
        if number < 0 or number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError("a whole number >= 0, or nothing when not known") from None
    return int(number)


def read_fps(cell: str) -> float | None:
    """Frames a second, None when not given.

    Raises:
        ValueError: unless it is a positive number; says what was expected.
    """
    text = cell.strip().lower()
    if text in NOT_KNOWN:
        return None
    try:
        return checked_fps(text)
    except ClipError:
        raise ValueError("a positive number of frames per second") from None


def read_numbering(cell: str) -> str | None:
    """What frame numbers count: "file" or "index"; None when not given.

    Raises:
        ValueError: for anything else; says what was expected.
    """
    text = cell.strip().lower()
    if text in NOT_KNOWN:
        return None
    if text not in (BY_FILE, BY_POSITION):
        raise ValueError(f"{BY_FILE!r} (numbers in the file names) or {BY_POSITION!r} (from 0)")
    return text
