"""Network architectures, one family a file. Each takes any modality of fitting shape."""

from mer_zoo.errors import UnknownNameError
from mer_zoo.models.meganet import MEGANet

NETWORKS = {"MEGANet": MEGANet}


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


__all__ = ["NETWORKS", "MEGANet", "build"]
