"""Keras layers: clip to image, and attention.

Names are imported when first used. The NumPy twins of the layers share constants with them and must not
import Keras: a process imports them before it chooses a backend.
"""

from typing import TYPE_CHECKING

from mer_zoo.lazy import lazy_names

if TYPE_CHECKING:
    from mer_zoo.layers.apex_rank_pooling import ApexRankPooling  # noqa: F401
    from mer_zoo.layers.cbam import CBAM  # noqa: F401
    from mer_zoo.layers.dynamic_image import DynamicImage  # noqa: F401
    from mer_zoo.layers.frame_difference import FrameDifference  # noqa: F401
    from mer_zoo.layers.gradient_attention import GradientAttention  # noqa: F401
    from mer_zoo.layers.mesti import MESTI  # noqa: F401
    from mer_zoo.layers.motion_attention import MotionAttention  # noqa: F401
    from mer_zoo.layers.squeeze_excitation import SqueezeExcitation  # noqa: F401

_HOMES = {
    "CBAM": "cbam",
    "MESTI": "mesti",
    "ApexRankPooling": "apex_rank_pooling",
    "DynamicImage": "dynamic_image",
    "FrameDifference": "frame_difference",
    "GradientAttention": "gradient_attention",
    "MotionAttention": "motion_attention",
    "SqueezeExcitation": "squeeze_excitation",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
