"""The cells of an annotation table: frame numbers, names and texts."""

import math
import re
import unicodedata
from typing import Any

from mer_zoo.clips.cells import NOT_KNOWN, read_frame_number

LARGEST_FRAME = 999_999_999  # SMIC's frame numbers have eight digits


def cell_text(cell: Any) -> str:
    """A cell as text without spaces round it; "" for an empty one, "12" for 12.0."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def cell_name(cell: Any) -> str:
    """A name: like `cell_text`, with full-width letters and digits made ordinary.

    Raises:
        ValueError: the cell is empty; says what was expected.
    """
    name = unicodedata.normalize("NFKC", cell_text(cell))
    if not name or name.lower() in NOT_KNOWN:
        raise ValueError("a name")
    return name


def cell_frame(cell: Any) -> int | None:
    """A frame number as the releases write them.

    Args:
        cell: a whole number as integer, float or text (also full-width digits, thousands set off
            by commas, a stray comma after the number); empty, "/", "-", "nan" or NaN for not known.

    Returns:
        The number, or None when not known.

    Raises:
        ValueError: for anything else; says what was expected.
    """
    if isinstance(cell, bool):
        raise ValueError("a whole number >= 0, or nothing when not known")
    text = unicodedata.normalize("NFKC", cell_text(cell)).strip()
    if text.startswith("="):
        raise ValueError(
            "a number, not a formula without a stored value (open the table in a spreadsheet "
            "program and save it)"
        )
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    number = read_frame_number(re.sub(r"(?<=\d),$", "", text))
    if number is not None and number > LARGEST_FRAME:
        raise ValueError(f"a frame number up to {LARGEST_FRAME}")
    return number


def cell_number(cell: Any) -> int:
    """A required number, such as a subject's.

    Raises:
        ValueError: the cell holds none; says what was expected.
    """
    number = cell_frame(cell)
    if number is None:
        raise ValueError("a number")
    return number
