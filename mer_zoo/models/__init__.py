"""Network architectures, one family a file. Each takes any modality of fitting shape."""

from mer_zoo.models._network import Network, head
from mer_zoo.models.backbones import VGG19, EfficientNetB0, ResNet50
from mer_zoo.models.learnet import LEARNet
from mer_zoo.models.meganet import MEGANet
from mer_zoo.models.off_apexnet import OFFApexNet
from mer_zoo.models.registry import NETWORKS, build, register
from mer_zoo.models.ststnet import STSTNet

__all__ = [
    "NETWORKS",
    "VGG19",
    "EfficientNetB0",
    "LEARNet",
    "MEGANet",
    "Network",
    "OFFApexNet",
    "ResNet50",
    "STSTNet",
    "build",
    "head",
    "register",
]
