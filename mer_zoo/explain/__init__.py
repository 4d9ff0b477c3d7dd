"""Why an answer: which places of the image a network's answer came from."""

from mer_zoo.explain.heat_map import METHODS, heat_map
from mer_zoo.explain.overlay import overlay

__all__ = ["METHODS", "heat_map", "overlay"]
