"""Keras layers: clip to image, and attention."""

from mer_zoo.layers.apex_rank_pooling import ApexRankPooling
from mer_zoo.layers.cbam import CBAM
from mer_zoo.layers.dynamic_image import DynamicImage
from mer_zoo.layers.frame_difference import FrameDifference
from mer_zoo.layers.gradient_attention import GradientAttention
from mer_zoo.layers.mesti import MESTI
from mer_zoo.layers.motion_attention import MotionAttention
from mer_zoo.layers.squeeze_excitation import SqueezeExcitation

__all__ = [
    "CBAM",
    "MESTI",
    "ApexRankPooling",
    "DynamicImage",
    "FrameDifference",
    "GradientAttention",
    "MotionAttention",
    "SqueezeExcitation",
]
