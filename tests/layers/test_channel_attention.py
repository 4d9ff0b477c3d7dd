"""Squeeze-and-excitation and CBAM: the formulas, sizes, training, saving, errors."""

import keras
import numpy as np
import pytest

from mer_zoo.layers import CBAM, SqueezeExcitation


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(2, 7, 9, 16)).astype("float32")


def weights_of(layer):
    """The weights by path, after each was given values of its own."""
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return {w.path.split("/", 1)[1]: keras.ops.convert_to_numpy(w) for w in layer.weights}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dense_twice(weights, summary):
    hidden = np.maximum(summary @ weights["reduce/kernel"] + weights["reduce/bias"], 0)
    return hidden @ weights["expand/kernel"] + weights["expand/bias"]


def test_squeeze_excitation_follows_the_formula(features):
    layer = SqueezeExcitation(reduction=2, name="attention")
    layer.build(features.shape)
    gate = sigmoid(dense_twice(weights_of(layer), features.mean(axis=(1, 2))))
    out = keras.ops.convert_to_numpy(layer(features))
    np.testing.assert_allclose(out, features * gate[:, None, None], atol=1e-4)


def test_cbam_follows_the_formula(features):
    layer = CBAM(reduction=2, kernel_size=3, name="attention")
    layer.build(features.shape)
    weights = weights_of(layer)
    summaries = features.mean(axis=(1, 2)), features.max(axis=(1, 2))
    gate = sigmoid(sum(dense_twice(weights, summary) for summary in summaries))
    y = features * gate[:, None, None]
    places = np.stack([y.mean(axis=-1), y.max(axis=-1)], axis=-1)
    padded = np.pad(places, ((0, 0), (1, 1), (1, 1), (0, 0)))
    logit = weights["spatial/bias"] + sum(
        padded[:, i : i + 7, j : j + 9] @ weights["spatial/kernel"][i, j]
        for i in range(3)
        for j in range(3)
    )
    out = keras.ops.convert_to_numpy(layer(features))
    np.testing.assert_allclose(out, y * sigmoid(logit), atol=5e-3)


@pytest.mark.parametrize(
    ("layer", "at_48", "at_96"), [(SqueezeExcitation, 630, 2412), (CBAM, 729, 2511)]
)
def test_sizes_are_the_documented_ones(layer, at_48, at_96):
    for channels, expected in ((48, at_48), (96, at_96)):
        built = layer()
        built.build((None, 12, 12, channels))
        assert built.count_params() == expected


@pytest.mark.parametrize(
    ("layer", "policy"), [(SqueezeExcitation, "float32"), (CBAM, "mixed_float16")]
)
def test_it_trains_saves_and_loads(features, tmp_path, layer, policy):
    keras.utils.set_random_seed(0)
    attention = layer(reduction=3, dtype=policy, name="attention")
    pool = keras.layers.GlobalAveragePooling2D(dtype="float32")
    head = keras.layers.Dense(1, dtype="float32")
    model = keras.Sequential([keras.Input(features.shape[1:]), attention, pool, head])
    before = [keras.ops.convert_to_numpy(w) for w in attention.trainable_weights]
    model.compile(keras.optimizers.SGD(0.1), "mse")
    assert np.isfinite(model.train_on_batch(features, np.ones((2, 1))))
    for weight, old in zip(attention.trainable_weights, before, strict=True):
        assert not np.array_equal(keras.ops.convert_to_numpy(weight), old), weight.path
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("attention").get_config() == attention.get_config()
    outputs = [keras.ops.convert_to_numpy(m(features)) for m in (loaded, model)]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [(SqueezeExcitation, {"reduction": 0}), (CBAM, {"reduction": 0}), (CBAM, {"kernel_size": 0})],
)
def test_bad_arguments_are_refused(layer, arguments):
    with pytest.raises(ValueError, match="=0 must be"):
        layer(**arguments)
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        layer().build((None, 8, 16))
