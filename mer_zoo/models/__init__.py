"""Network architectures, one family a file. Each takes any modality of fitting shape."""

import inspect

import keras

from mer_zoo.errors import UnknownNameError
from mer_zoo.models._network import Network, head
from mer_zoo.models.backbones import VGG19, EfficientNetB0, ResNet50
from mer_zoo.models.learnet import LEARNet
from mer_zoo.models.meganet import MEGANet
from mer_zoo.models.off_apexnet import OFFApexNet
from mer_zoo.models.ststnet import STSTNet

NETWORKS = {
    network.__name__: network
    for network in (MEGANet, STSTNet, OFFApexNet, LEARNet, VGG19, ResNet50, EfficientNetB0)
}


def register(network: type[Network]) -> type[Network]:
    """Decorator that registers a custom network, so that recipes and cards can name its class.

    The network is registered with Keras as well, so saved models can be loaded. Its module must be
    imported wherever the network is built or loaded.

    Raises:
        ValueError: another network has this name.
    """
    name = network.__name__
    known = NETWORKS.get(name)
    # The same class again: its file was read a second time, as notebooks do.
    if known is not None and (known.__module__, known.__qualname__) != (
        network.__module__,
        network.__qualname__,
    ):
        raise ValueError(f"There is a network {name} already, in {known.__module__}. Rename yours.")
    NETWORKS[name] = keras.saving.register_keras_serializable(package="mer_zoo_own")(network)
    return network


def build(network: str, **arguments):
    """Builds a network with fresh weights by the name a card or recipe uses.

    Args:
        network: a key of `NETWORKS`.
        arguments: arguments of its constructor.

    Raises:
        UnknownNameError: there is no such network, or it has no such argument.
    """
    if network not in NETWORKS:
        unknown = UnknownNameError.among("network", network, NETWORKS)
        raise UnknownNameError(f"{unknown} One of your own must be imported first.")
    # Keras drops keyword arguments that it does not know without a word. The signature of the class
    # itself would be that of Keras' __new__ in early releases of Python 3.11.
    known = [
        parameter.name
        for parameter in inspect.signature(NETWORKS[network].__init__).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and parameter.name != "self"
    ]
    for name in arguments:
        if name not in known:
            raise UnknownNameError.among(f"{network} argument", name, known)
    return NETWORKS[network](**arguments)


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
