"""Weights are found by the path of a variable, whatever the order of the layers."""

import keras
import numpy as np
import pytest

from mer_zoo.errors import WeightsError
from mer_zoo.zoo import weights


def two_branches(swapped=False, width=4, name="net"):
    image = keras.Input((6, 6, 3))
    a = keras.layers.Conv2D(width, 3, name="branch_a")
    b = keras.layers.Conv2D(width, 3, name="branch_b")
    outputs = [b(image), a(image)] if swapped else [a(image), b(image)]
    return keras.Model(image, keras.layers.Concatenate(name="join")(outputs), name=name)


def test_layers_in_another_order_get_their_own_weights(tmp_path):
    first = two_branches()
    weights.save(first, tmp_path / "w.safetensors", "float32")
    second = two_branches(swapped=True, name="other")
    weights.load(second, tmp_path / "w.safetensors", weights.digest(tmp_path / "w.safetensors"))
    for name in ("branch_a", "branch_b"):
        for mine, theirs in zip(
            second.get_layer(name).get_weights(), first.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)


def test_float16_is_half_the_size_and_close(tmp_path):
    network = two_branches(width=64)
    before = network.get_layer("branch_a").get_weights()[0]
    weights.save(network, tmp_path / "half.safetensors", "float16")
    weights.save(network, tmp_path / "full.safetensors", "float32")
    sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "full")]
    assert sizes[0] < 0.6 * sizes[1]
    weights.load(network, tmp_path / "half.safetensors")
    after = network.get_layer("branch_a").get_weights()[0]
    np.testing.assert_allclose(after, before, atol=1e-3)
    assert after.dtype == np.float32


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: two_branches(width=5), "has shape"),
        (
            lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")]),
            "no tensor",
        ),
    ],
)
def test_another_network_is_refused_and_left_alone(tmp_path, other, message):
    weights.save(two_branches(), tmp_path / "w.safetensors")
    network = other()
    before = network.get_weights()
    with pytest.raises(WeightsError, match=message):
        weights.load(network, tmp_path / "w.safetensors")
    for mine, theirs in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_cannot_be_stored_is_refused(tmp_path):
    network = two_branches()
    kernel, bias = network.get_layer("branch_a").get_weights()
    network.get_layer("branch_a").set_weights([kernel * np.inf, bias])
    with pytest.raises(WeightsError, match="diverged"):
        weights.save(network, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="float8"):
        weights.save(network, tmp_path / "w.safetensors", "float8")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_safetensors_is_named(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"hello")
    with pytest.raises(WeightsError, match="not a safetensors file"):
        weights.read(tmp_path / "w.safetensors")


def test_two_variables_of_one_path_are_refused(tmp_path):
    class Twins(keras.Model):
        def __init__(self):
            super().__init__(name="twins")
            self.first = keras.layers.Dense(2, name="dense")
            self.second = keras.layers.Dense(2, name="dense")

        def call(self, x):
            return self.second(self.first(x))

    twins = Twins()
    twins(np.zeros((1, 2), np.float32))
    with pytest.raises(WeightsError, match="share a path"):
        weights.save(twins, tmp_path / "twins.safetensors")
