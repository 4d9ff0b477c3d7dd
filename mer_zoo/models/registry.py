"""The networks that recipes and cards can name."""

import inspect
from typing import TypeVar

import keras

from mer_zoo.errors import UnknownNameError
from mer_zoo.models._network import Network

NETWORKS: dict[str, type[Network]] = {}
"""Name of a class -> the class."""

AnyNetwork = TypeVar("AnyNetwork", bound=type[Network])


def register(network: AnyNetwork) -> AnyNetwork:
    """Decorator that registers a network, so that recipes and cards can name its class.

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
    ours = network.__module__.startswith("mer_zoo.")
    package = "mer_zoo" if ours else "mer_zoo_own"
    NETWORKS[name] = keras.saving.register_keras_serializable(package=package)(network)
    return network


def build(network: str, **arguments) -> Network:
    """Builds a network with fresh weights by the name a card or recipe uses.

    Args:
        network: a key of `NETWORKS`.
        arguments: arguments of its constructor.

    Raises:
        UnknownNameError: there is no such network, or it has no such argument.
    """
    if network not in NETWORKS:
        unknown = UnknownNameError.among("network", network, NETWORKS)
        raise UnknownNameError(f"{unknown} A network of your own must be imported first.")
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
