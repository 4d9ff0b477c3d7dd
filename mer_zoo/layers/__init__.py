"""Keras layers: clip to image, and attention to gradients."""

from mer_zoo.layers.dynamic_image import DynamicImage
from mer_zoo.layers.frame_difference import FrameDifference
from mer_zoo.layers.gradient_attention import GradientAttention
from mer_zoo.layers.mesti import MESTI

__all__ = ["MESTI", "DynamicImage", "FrameDifference", "GradientAttention"]
