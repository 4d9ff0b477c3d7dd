"""From a stream of frames to its expressions: aligned clips with phases and motion."""

from mer_zoo.spotting.aligning import aligned_clip
from mer_zoo.spotting.expression import SpottedExpression, spot_aligned
from mer_zoo.spotting.following import FacePath, follow_face
from mer_zoo.spotting.intervals import Interval, spot, spot_expressions
from mer_zoo.spotting.motion import displacement_fields, magnitude
from mer_zoo.spotting.phases import find_phases
from mer_zoo.spotting.registered import spot_registered
from mer_zoo.spotting.strongest import find_expression
from mer_zoo.spotting.watching import LiveFrame, watch, watch_expressions

__all__ = [
    "FacePath",
    "Interval",
    "LiveFrame",
    "SpottedExpression",
    "aligned_clip",
    "displacement_fields",
    "find_expression",
    "find_phases",
    "follow_face",
    "magnitude",
    "spot",
    "spot_aligned",
    "spot_expressions",
    "spot_registered",
    "watch",
    "watch_expressions",
]
