"""What a classifier says about a clip, and the page that shows it."""

from mer_zoo.readings.card_summary import CardSummary
from mer_zoo.readings.legend import LEGENDS
from mer_zoo.readings.pictures import overlay, picture
from mer_zoo.readings.reading import FACE, NO_EXPRESSION, SECONDS, UPPER_FACE, Reading
from mer_zoo.readings.report import (
    render_brief,
    render_reading,
    render_report,
    save_report,
    stylesheet,
)
from mer_zoo.readings.unit_reading import UnitReading

__all__ = [
    "FACE",
    "LEGENDS",
    "NO_EXPRESSION",
    "SECONDS",
    "UPPER_FACE",
    "CardSummary",
    "Reading",
    "UnitReading",
    "overlay",
    "picture",
    "render_brief",
    "render_reading",
    "render_report",
    "save_report",
    "stylesheet",
]
