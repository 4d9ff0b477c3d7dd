"""What every network must stand, whatever its layers."""

import zlib

import keras
import numpy as np
import pytest

from mer_zoo.zoo import weights


def images_for(network, count=3):
    """float32 `(count, height, width, channels)`: noise within the range of the modalities."""
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).normal(size=shape).clip(-2, 2).astype(np.float32)


def assert_survives_saving(network, folder):
    """Weight file -> network built from its config -> `.keras` file -> network: the same answers."""
    rebuilt = rebuild_from_weight_file(network, folder / "w.safetensors")
    rebuilt.save(folder / "network.keras")
    loaded = keras.saving.load_model(folder / "network.keras")
    assert type(loaded) is type(network) and loaded.get_config() == network.get_config()
    assert set(weights.variables_by_path(loaded)) == set(weights.variables_by_path(network))
    images = images_for(network)
    np.testing.assert_allclose(
        loaded.predict_on_batch(images), network.predict_on_batch(images), atol=1e-6
    )


def rebuild_from_weight_file(network, path):
    """Writes a weight file and builds a network of the same config from it, as the zoo does."""
    weights.save(network, path, "float32")
    rebuilt = weights.build_loaded(lambda: type(network).from_config(network.get_config()), path)
    assert rebuilt.get_config() == network.get_config()
    return rebuilt


def assert_paths_are_stable(network):
    """Every variable has a path of its own, the same in the next network of the kind."""
    paths = weights.variables_by_path(network)
    assert len(paths) == sum("seed_generator" not in v.path for v in network.weights)
    with keras.StatelessScope():
        again = type(network).from_config(network.get_config())
        assert list(weights.variables_by_path(again)) == list(paths)
        for variable in again.variables:  # whose values nobody needs
            variable._initializer = lambda shape, dtype=None: np.zeros(shape, dtype)
    assert [layer.name for layer in again.layers] == [layer.name for layer in network.layers]


def assert_learns(network):
    """One step of training gives a finite loss, changes all that is trained and nothing to NaN."""
    before = [keras.ops.convert_to_numpy(v) for v in network.trainable_variables]
    network.compile(keras.optimizers.SGD(1e-2), "sparse_categorical_crossentropy")
    images = images_for(network)
    loss = network.train_on_batch(images, np.arange(len(images)) % network.output_shape[-1])
    assert np.isfinite(loss) and loss > 0
    for variable, old in zip(network.trainable_variables, before, strict=True):
        new = keras.ops.convert_to_numpy(variable)
        assert np.isfinite(new).all(), variable.path
        assert not np.array_equal(new, old), variable.path


def assert_runs_in_half_precision(build):
    """Under "mixed_float16" the layers compute in float16 and the head answers in float32."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build()
        answers = network.predict_on_batch(images_for(network))
    finally:
        keras.config.set_dtype_policy(policy)
    assert {layer.compute_dtype for layer in network.layers} >= {"float16", "float32"}
    assert network.get_layer("head").compute_dtype == "float32"
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def assert_takes_downscaled_images(network_class, input_shape, least: int, **arguments):
    """`downscale=3` is the network itself on the means of squares of 3 px."""
    height, width, channels = input_shape
    small = network_class(input_shape=input_shape, **arguments)
    large = network_class(
        input_shape=(3 * height + 1, 3 * width + 2, channels), downscale=3, **arguments
    )
    large.set_weights(small.get_weights())
    images = images_for(large)
    means = images[:, :-1, :-2].reshape(-1, height, 3, width, 3, channels).mean(axis=(2, 4))
    np.testing.assert_allclose(
        large.predict_on_batch(images), small.predict_on_batch(means), atol=1e-5
    )
    assert network_class.from_config(large.get_config()).get_config() == large.get_config()
    with pytest.raises(ValueError, match=f"at least {3 * least} px"):
        network_class(input_shape=(3 * least - 1, 99, channels), downscale=3)
    for wrong in (0, -2, 1.5):
        with pytest.raises(ValueError, match="whole number"):
            network_class(downscale=wrong)


def answer(network: keras.Model) -> np.ndarray:
    """Probabilities `(K,)` of a drawn image with drawn weights, which no backend has a say in."""
    for path, variable in weights.variables_by_path(network).items():
        spread = 1 / np.sqrt(np.prod(variable.shape[:-1])) if len(variable.shape) > 1 else 0.1
        drawn = np.random.default_rng(zlib.crc32(path.encode())).normal(0, spread, variable.shape)
        # Variances and scales of normalisation are positive.
        scales = path.endswith(("gamma", "moving_variance"))
        variable.assign(1 + np.abs(drawn) if scales else drawn)
    image = np.random.default_rng(1).normal(0, 1, (1, *network.input_shape[1:]))
    return keras.ops.convert_to_numpy(network(image.astype("float32"), training=False))[0]
