"""Gradient Attention: the formula, training, saving, dtypes."""

import keras
import numpy as np
import pytest
from scipy.ndimage import correlate

from mer_zoo.layers import GradientAttention

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(4, 10, 12, 12)).astype("float32")


def randomised(layer, channels=12):
    """Builds the layer and gives every weight a value of its own."""
    layer.build((None, None, None, channels))
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        if weight.name == "kernel":
            weight.assign(rng.normal(0, 0.5, weight.shape))
        elif weight.name not in ("smoothing", "difference"):
            weight.assign(rng.uniform(0.1, 0.6, weight.shape))
    return layer


def reference_gate(layer, features):
    """The formula of the docstring, in float64."""
    weights = {w.path.split("/", 1)[1]: keras.ops.convert_to_numpy(w) for w in layer.weights}
    magnitude = np.empty_like(features, dtype=float)
    for b, c in np.ndindex(features.shape[0], features.shape[3]):
        plane = features[b, :, :, c].astype(float)
        across, down = (correlate(plane, k, mode="nearest") for k in (SOBEL, SOBEL.T))
        magnitude[b, :, :, c] = np.hypot(across, down)
    x = magnitude @ weights["reduce/kernel"][0, 0] + weights["reduce/bias"]
    mean, variance = weights["norm/moving_mean"], weights["norm/moving_variance"]
    x = (x - mean) / np.sqrt(variance + 1e-5) * weights["norm/gamma"] + weights["norm/beta"]
    x = np.pad(np.maximum(x, 0), ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = features.shape[1:3]
    kernel = weights["gate/kernel"]
    logit = weights["gate/bias"] + sum(
        x[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(3) for j in range(3)
    )
    return 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize("learnable", [False, True])
def test_the_gate_follows_the_formula(features, learnable):
    layer = randomised(GradientAttention(learnable=learnable))
    expected = reference_gate(layer, features)
    assert np.ptp(expected) > 0.1
    gate = keras.ops.convert_to_numpy(layer.compute_gate(features))
    assert gate.shape == (4, 10, 12, 1)
    np.testing.assert_allclose(gate, expected, atol=2e-3)
    out = keras.ops.convert_to_numpy(layer(features))
    np.testing.assert_allclose(out, features * (1 + gate), atol=1e-5)


@pytest.mark.parametrize(("channels", "width"), [(12, 8), (48, 12)])
def test_widths_and_parameters(channels, width):
    layer = GradientAttention()
    layer.build((None, 6, 6, channels))
    trainable = sum(np.prod(w.shape) for w in layer.trainable_weights)
    assert trainable == (channels + 1) * width + 2 * width + 9 * width + 1
    learnable = GradientAttention(learnable=True)
    learnable.build((None, 6, 6, channels))
    assert learnable.count_params() == layer.count_params() + 6 * channels


def test_a_flat_map_has_the_same_gate_everywhere_inside():
    layer = randomised(GradientAttention())
    gate = keras.ops.convert_to_numpy(layer.compute_gate(np.full((1, 9, 9, 12), 3.0, "float32")))
    assert np.ptp(gate[0, 1:-1, 1:-1]) < 1e-6


@pytest.mark.parametrize(("policy", "learnable"), [("float32", False), ("mixed_float16", True)])
def test_it_trains_saves_and_loads(features, tmp_path, policy, learnable):
    keras.utils.set_random_seed(0)
    layer = GradientAttention(learnable=learnable, dtype=policy, name="attention")
    model = keras.Sequential(
        [
            keras.Input((10, 12, 12)),
            layer,
            keras.layers.GlobalAveragePooling2D(dtype="float32"),
            keras.layers.Dense(2, dtype="float32"),
        ]
    )
    before = {w.path: keras.ops.convert_to_numpy(w) for w in layer.trainable_weights}
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    history = model.fit(features, np.ones((4, 2)), epochs=8, batch_size=4, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert history.history["loss"][-1] < history.history["loss"][0]
    for weight in layer.trainable_weights:
        # A shift before batch normalisation has no effect, so its gradient is 0.
        if not weight.path.endswith("reduce/bias"):
            moved = keras.ops.convert_to_numpy(weight) - before[weight.path]
            assert np.abs(moved).max() > 1e-4, weight.path
    assert (
        keras.backend.standardize_dtype(layer.compute_gate(features).dtype) == layer.compute_dtype
    )

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("attention").get_config() == layer.get_config()
    images = [keras.ops.convert_to_numpy(m(features)) for m in (loaded, model)]
    np.testing.assert_array_equal(*images)


def test_half_precision_survives_large_features():
    layer = GradientAttention(dtype="mixed_float16")
    steps = np.zeros((1, 8, 8, 8), "float32")
    steps[:, :, 4:] = 3000.0  # the square of a gradient of 1500 is beyond float16
    out = keras.ops.convert_to_numpy(keras.ops.cast(layer(steps), "float32"))
    assert np.isfinite(out).all()
    assert out[0, 4, 6, 0] > 3000


def test_sublayers_have_names_of_their_own():
    layer = GradientAttention(name="attention", learnable=True)
    layer.build((None, 8, 8, 16))
    assert {w.path for w in layer.weights} == {
        "attention/smoothing",
        "attention/difference",
        "attention/reduce/kernel",
        "attention/reduce/bias",
        "attention/norm/gamma",
        "attention/norm/beta",
        "attention/norm/moving_mean",
        "attention/norm/moving_variance",
        "attention/gate/kernel",
        "attention/gate/bias",
    }


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="reduction=0"):
        GradientAttention(reduction=0)
    with pytest.raises(ValueError, match="batch, height, width, channels"):
        GradientAttention().build((None, 8, 16))
