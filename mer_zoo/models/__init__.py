"""Network architectures, one family a file. Each takes any modality of fitting shape."""

from mer_zoo.errors import UnknownNameError
from mer_zoo.models.backbones import VGG19, EfficientNetB0, ResNet50
from mer_zoo.models.learnet import LEARNet
from mer_zoo.models.meganet import MEGANet
from mer_zoo.models.off_apexnet import OFFApexNet
from mer_zoo.models.ststnet import STSTNet

NETWORKS = {
    network.__name__: network
    for network in (MEGANet, STSTNet, OFFApexNet, LEARNet, VGG19, ResNet50, EfficientNetB0)
}


def build(network: str, **arguments):
    """Builds a network with fresh weights by the name a card or recipe uses.

    Args:
        network: a key of `NETWORKS`.
        arguments: arguments of its constructor.

    Raises:
        UnknownNameError: there is no such network.
    """
    if network not in NETWORKS:
        raise UnknownNameError.among("network", network, NETWORKS)
    return NETWORKS[network](**arguments)


__all__ = [
    "NETWORKS",
    "VGG19",
    "EfficientNetB0",
    "LEARNet",
    "MEGANet",
    "OFFApexNet",
    "ResNet50",
    "STSTNet",
    "build",
]
