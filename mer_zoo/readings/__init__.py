"""What a classifier says about a clip, and the page that shows it."""

from mer_zoo.readings.reading import NO_EXPRESSION, Reading
from mer_zoo.readings.report import save_report

__all__ = ["NO_EXPRESSION", "Reading", "save_report"]
