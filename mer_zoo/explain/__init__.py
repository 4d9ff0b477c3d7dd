"""Why an answer: which places of the image a network's answer came from."""

from mer_zoo.explain.attention import attention_maps
from mer_zoo.explain.heat_map import METHODS, heat_map
from mer_zoo.explain.readings import explain_reading
from mer_zoo.explain.units import unit_heat_maps
from mer_zoo.readings.pictures import overlay

__all__ = ["METHODS", "attention_maps", "explain_reading", "heat_map", "overlay", "unit_heat_maps"]
