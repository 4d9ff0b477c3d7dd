"""What every registered network stands, whatever its layers. A new network is tested by a line here."""

import inspect

import keras
import numpy as np
import pytest

from mer_zoo import models

from .network_contract import (
    answer,
    assert_learns,
    assert_paths_are_stable,
    assert_runs_in_half_precision,
    assert_survives_saving,
)

BACKBONE = {"input_shape": (32, 32, 3), "num_classes": 3, "dropout": 0.0}
SMALL = {
    "MEGANet": {
        "input_shape": (20, 28, 3),
        "num_classes": 3,
        "stages": ((6,), (8,)),
        "neck": 4,
        "attention_stages": (2,),
        "dropout": 0.0,
    },
    # Without dropout, so that no unit stays as it was by chance.
    "STSTNet": {"input_shape": (14, 14, 3), "dropout": 0.0},
    "OFFApexNet": {"input_shape": (9, 12, 2), "dense_units": 16, "dropout": 0.0},
    "LEARNet": {"input_shape": (32, 32, 3), "num_classes": 2, "dropout": 0.0},
    "VGG19": BACKBONE,
    "ResNet50": BACKBONE,
    "EfficientNetB0": BACKBONE,
}
"""Arguments of a small network of each kind."""

ANSWERS = {
    "MEGANet": [0.3018601, 0.3712979, 0.3268421],
    "STSTNet": [0.6655528, 0.1885331, 0.1459141],
    "OFFApexNet": [0.3441878, 0.3312014, 0.3246109],
    "LEARNet": [0.5125005, 0.4874995],
}
"""What each answers to drawn weights and a drawn image (`network_contract.answer`), found with PyTorch."""

# Whole trunks have hundreds of layers, which TensorFlow and JAX compile for minutes; the backends
# answer alike for every entry (tests/zoo), which these are among.
whole = keras.backend.backend() == "torch"
NAMES = [
    name
    for name, network in models.NETWORKS.items()
    if network.__module__.startswith("mer_zoo") and (whole or SMALL.get(name) is not BACKBONE)
]


@pytest.fixture(scope="module", params=NAMES)
def network(request):
    keras.utils.set_random_seed(0)
    return models.build(request.param, **SMALL[request.param])


def test_it_survives_saving(network, tmp_path):
    assert_survives_saving(network, tmp_path)


def test_its_variables_have_stable_paths(network):
    assert_paths_are_stable(network)


def test_its_arguments_are_attributes(network):
    config = network.get_config()
    # Of the class, Python 3.11.2 gives the arguments of Keras' `__new__`.
    assert set(inspect.signature(type(network).__init__).parameters) - {"self", "kwargs"} <= set(
        config
    )
    for name, value in SMALL[type(network).__name__].items():
        if name != "input_shape":
            assert getattr(network, name) == value == config[name]


def test_it_computes_in_half_precision(network):
    arguments = SMALL[type(network).__name__]
    assert_runs_in_half_precision(lambda: type(network)(**arguments))


@pytest.mark.parametrize("name", ANSWERS)
def test_every_backend_gives_the_same_answer(name):
    found = answer(models.build(name, **SMALL[name]))
    np.testing.assert_allclose(found, ANSWERS[name], atol=1e-5)


def test_it_learns(network):
    """The last, since it changes the weights."""
    assert_learns(network)
