"""The trunks of keras.applications as classifiers of modality images."""

import inspect
import warnings

import keras
import numpy as np
import pytest

from mer_zoo import models
from mer_zoo.errors import WeightsError
from mer_zoo.models.backbones import IMAGENET_FILES
from tests.imagenet_files import write_imagenet_file

from .network_contract import (
    assert_learns,
    assert_paths_are_stable,
    assert_runs_in_half_precision,
    assert_survives_saving,
    images_for,
    rebuild_from_weight_file,
)

# Sizes that the trunks do not halve evenly.
SHAPES = {"VGG19": (33, 40, 3), "ResNet50": (32, 47, 3), "EfficientNetB0": (35, 32, 3)}
TRUNK_PARAMETERS = {"VGG19": 20_024_384, "ResNet50": 23_587_712, "EfficientNetB0": 4_049_564}


@pytest.fixture(scope="module")
def networks():
    built = {}

    def get(name):
        if name not in built:
            built[name] = models.build(name, input_shape=SHAPES[name], num_classes=3)
        return built[name]

    return get


@pytest.fixture
def applications(monkeypatch, tmp_path):
    """Keras' trunks replaced by one convolution, so that the way to the trunk is seen by itself."""

    def application(include_top, weights, input_shape):
        assert include_top is False and weights in (None, "imagenet")
        image = keras.Input(input_shape)
        x = keras.layers.Rescaling(1 / 255)(image)  # what EfficientNetB0 must not be left with
        identity = np.eye(input_shape[-1], dtype=np.float32)[None, None]
        convolution = keras.layers.Conv2D(
            input_shape[-1],
            1,
            kernel_initializer=keras.initializers.Constant(identity),
            name="stem_conv_pad",
        )
        start = x if application.preprocesses else image
        return keras.Model(image, convolution(start))

    application.preprocesses = False
    for name in SHAPES:
        monkeypatch.setattr(keras.applications, name, application)
    monkeypatch.delenv("MER_ZOO_OFFLINE", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return application


def trunk_maps(network, images):
    probe = keras.Model(network.inputs[0], network.get_layer("pool").input)
    return probe.predict_on_batch(images)


# Building and saving such trunks is slow where every initialiser or graph is compiled.
eager_only = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="compiling so many layers takes long"
)


@eager_only
@pytest.mark.parametrize("name", ["VGG19", "ResNet50"])
def test_weight_files_give_the_same_network(name, networks, tmp_path):
    network = networks(name)
    assert_paths_are_stable(network)
    again = rebuild_from_weight_file(network, tmp_path / "w.safetensors")
    for mine, theirs in zip(again.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert again.predict_on_batch(images_for(again)).shape == (3, 3)


@eager_only
def test_it_survives_saving(networks, tmp_path):
    assert_survives_saving(networks("EfficientNetB0"), tmp_path)
    assert_paths_are_stable(networks("EfficientNetB0"))


@pytest.mark.parametrize("name", SHAPES)
def test_trunks_are_those_of_the_papers(name, networks):
    assert networks(name).name == name.lower()
    assert networks(name).get_layer("trunk").count_params() == TRUNK_PARAMETERS[name]


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_fresh_trunks_take_any_number_of_channels(channels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = models.VGG19(input_shape=(32, 32, channels))
    kernels = 3 * 3 * (channels - 3) * 64
    assert network.get_layer("trunk").count_params() == TRUNK_PARAMETERS["VGG19"] + kernels


def test_a_downscaled_image_is_averaged_over_squares(applications):
    network = models.ResNet50(input_shape=(64, 66, 3), num_classes=3, downscale=2)
    images = np.random.default_rng(0).normal(size=(2, 64, 66, 3)).astype(np.float32)
    means = images.reshape(2, 32, 2, 33, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(trunk_maps(network, images), means, atol=1e-6)
    assert type(network).from_config(network.get_config()).get_config()["downscale"] == 2
    with pytest.raises(ValueError, match="at least 96 px"):
        models.ResNet50(input_shape=(64, 66, 3), downscale=3)
    with pytest.raises(ValueError, match="whole number"):
        models.ResNet50(input_shape=(64, 66, 3), downscale=0)


def test_efficientnet_compiled_is_efficientnet_step_by_step(networks):
    # jaxlib has compiled depthwise convolutions to wrong numbers on CPUs.
    network = networks("EfficientNetB0")
    images = images_for(network)
    compiled = network.predict(images, verbose=0)
    steps = keras.ops.convert_to_numpy(network(images, training=False))
    np.testing.assert_allclose(compiled, steps, atol=1e-5)


@eager_only
@pytest.mark.parametrize("name", ["VGG19", "EfficientNetB0"])
def test_real_trunks_learn(name):
    keras.utils.set_random_seed(0)
    network = models.build(name, input_shape=(33, 33, 3), num_classes=2)
    before = network.get_layer("trunk").get_weights()
    network.compile(keras.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
    assert np.isfinite(network.train_on_batch(images_for(network), np.array([0, 1, 0])))
    after = network.get_layer("trunk").get_weights()
    assert all(np.isfinite(values).all() for values in after)
    assert not np.array_equal(after[0], before[0])


def test_trunk_and_head_learn(applications):
    assert_learns(models.VGG19(input_shape=(32, 32, 2), num_classes=2))


def test_frozen_trunks_stay_as_they_are(applications):
    network = models.VGG19(input_shape=(32, 32, 3), num_classes=2, trainable_trunk=False)
    assert len(network.trainable_variables) == 2
    trunk = network.get_layer("trunk")
    before = trunk.get_weights()
    assert_learns(network)
    for mine, theirs in zip(trunk.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_the_config_says_whether_the_trunk_is_frozen_now(applications):
    network = models.ResNet50(trainable_trunk=False)
    again = models.ResNet50.from_config(network.get_config())
    assert again.trainable and not again.get_layer("trunk").trainable
    again.get_layer("trunk").trainable = True
    assert models.ResNet50.from_config(again.get_config()).get_layer("trunk").trainable


@pytest.mark.parametrize("imagenet_pixels", [False, True])
def test_half_precision(applications, imagenet_pixels):
    assert_runs_in_half_precision(lambda: models.VGG19(imagenet_pixels=imagenet_pixels))


def test_trunks_are_channels_last_whatever_the_setting():
    keras.config.set_image_data_format("channels_first")
    try:
        network = models.VGG19(input_shape=(32, 48, 3))
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format("channels_last")
    assert network.get_layer("trunk").output.shape == (None, 1, 1, 512)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("value_range", "scale"), [((-2, 2), 1), ((0, 255), 4 / 255)])
def test_fresh_trunks_see_the_signed_image(applications, name, value_range, scale):
    applications.preprocesses = name == "EfficientNetB0"
    network = models.build(name, input_shape=(32, 36, 2), value_range=value_range)
    values = np.linspace(*value_range, 32 * 36 * 2, dtype=np.float32).reshape(1, 32, 36, 2)
    expected = (values - np.mean(value_range)) * scale
    np.testing.assert_allclose(trunk_maps(network, values), expected, atol=1e-5)


@pytest.mark.parametrize("value_range", [(-2, 2), (0, 255)])
@pytest.mark.parametrize("name", SHAPES)
def test_imagenet_trunks_see_preprocessed_pixels(applications, name, value_range):
    applications.preprocesses = name == "EfficientNetB0"
    network = models.build(
        name, input_shape=(32, 32, 3), weights="imagenet", value_range=value_range
    )
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    low, high = value_range
    images = low + pixels * ((high - low) / 255)
    if name == "EfficientNetB0":
        mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        expected = (pixels / 255 - mean) / deviation
    else:
        expected = pixels[..., ::-1] - np.array([103.939, 116.779, 123.68])
    np.testing.assert_allclose(trunk_maps(network, images), expected, atol=2e-3)
    assert keras.ops.max(keras.ops.abs(network(images))) <= 1


def test_imagenet_weights_are_read_once(applications, tmp_path):
    network = models.ResNet50(weights="imagenet")
    config = network.get_config()
    assert config["weights"] is None and config["imagenet_pixels"] is True
    assert_survives_saving(network, tmp_path)


def test_imagenet_weights_that_cannot_be_had_are_an_error(applications, monkeypatch):
    def unreachable(**arguments):
        raise Exception("URL fetch failure on somewhere: timed out")

    monkeypatch.setattr(keras.applications, "VGG19", unreachable)
    with pytest.raises(WeightsError, match=r"timed out.*~/.keras/models"):
        models.VGG19(weights="imagenet")
    with keras.StatelessScope(), pytest.raises(WeightsError, match="StatelessScope"):
        models.ResNet50(weights="imagenet")
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    with pytest.raises(WeightsError, match="MER_ZOO_OFFLINE"):
        models.EfficientNetB0(weights="imagenet")


@eager_only
@pytest.mark.parametrize("name", SHAPES)
def test_imagenet_weights_in_the_cache_are_read_offline(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    file, convolutions = write_imagenet_file(monkeypatch, name, tmp_path / ".keras")
    network = models.build(name, input_shape=SHAPES[name], num_classes=3, weights="imagenet")
    trunk = network.get_layer("trunk")
    kernels = [v for v in trunk.weights if "kernel" in v.name]
    for mine, stored in zip(kernels, convolutions, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(mine), stored)
    # A file that is not the published one is neither used nor replaced.
    content = file.read_bytes() + b"x"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"another file \(MD5 .*MER_ZOO_OFFLINE"):
        models.build(name, input_shape=SHAPES[name], num_classes=3, weights="imagenet")
    assert file.read_bytes() == content


def test_the_published_files_are_those_that_keras_expects():
    from keras.src.applications import efficientnet, resnet, vgg19

    sources = {"VGG19": vgg19, "ResNet50": resnet, "EfficientNetB0": efficientnet}
    for name, module in sources.items():
        _, md5 = IMAGENET_FILES[name]
        assert f'"{md5}"' in inspect.getsource(module)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (96, 31, 3)}, "at least 32 px"),
        ({"weights": "places"}, "places"),
        ({"weights": "imagenet", "input_shape": (96, 96, 2)}, "has 2 channels"),
        ({"imagenet_pixels": True, "input_shape": (96, 96, 6)}, "has 6 channels"),
        ({"value_range": (1, 1)}, "least, greatest"),
    ],
)
def test_impossible_networks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.ResNet50(**arguments)
