"""What MESTI, ApexRankPooling, DynamicImage and FrameDifference have in common."""

import importlib.util

import keras
import numpy as np
import pytest
from skimage.data import astronaut

from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.layers import MESTI, ApexRankPooling, DynamicImage, FrameDifference

MAKERS = {
    "mesti": MESTI,
    "mesti reference": lambda **k: MESTI(channels="reference", detrend=True, **k),
    "apex rank, mirrored": lambda **k: ApexRankPooling(balance="length", **k),
    "apex rank, closeness": lambda **k: ApexRankPooling(reading="closeness", **k),
    "dynamic image": DynamicImage,
    "difference": FrameDifference,
}
CHANNELS = {
    "mesti": 3,
    "mesti reference": 2,
    "apex rank, mirrored": 3,
    "apex rank, closeness": 3,
    "dynamic image": 3,
    "difference": 1,
}
MARKS = {"onset": [0, 1, 2], "apex": [5, 4, 6], "offset": [11, 8, 9]}


@pytest.fixture(scope="module")
def batch():
    """Three clips of 12 frames of a face that moves to the side and back."""
    face = astronaut()[40:200:4, 150:310:4]
    swing = np.rint(3 * np.sin(np.linspace(0, np.pi, 12))).astype(int)
    clips = [[face[4:36, 4 + s * x : 36 + s * x] for x in swing] for s in (1, -1, 1)]
    clips[2] = [np.rot90(frame) for frame in clips[2]]
    return {"frames": np.array(clips), **{k: np.array(v, "int32") for k, v in MARKS.items()}}


@pytest.fixture(params=MAKERS)
def name(request):
    return request.param


def images(layer, inputs):
    return keras.ops.convert_to_numpy(layer(inputs))


def one(batch, i):
    return {key: value[i] for key, value in batch.items()}


def assert_same(image, expected):
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-5 * np.ptp(expected))


def test_keras_still_has_the_private_base_class():
    from keras.src.layers.preprocessing.data_layer import DataLayer

    assert issubclass(MESTI, DataLayer)


def test_a_batch_gives_what_its_clips_give(name, batch):
    layer = MAKERS[name]()
    together = images(layer, batch)
    assert together.shape == (3, 32, 32, CHANNELS[name])
    assert np.ptp(together) > 0.5
    for i in range(3):
        assert_same(images(layer, one(batch, i)), together[i])


def test_plain_numbers_will_do_as_marks(name, batch):
    layer = MAKERS[name]()
    numbers = {k: int(v) if k != "frames" else v for k, v in one(batch, 1).items()}
    assert_same(images(layer, numbers), images(layer, batch)[1])


def test_float_frames_give_what_bytes_give(name, batch):
    layer = MAKERS[name]()
    floats = {**batch, "frames": batch["frames"].astype("float32")}
    assert_same(images(layer, floats), images(layer, batch))


def test_frames_outside_the_expression_are_ignored(name, batch):
    layer = MAKERS[name]()
    expected = images(layer, batch)
    filled = batch["frames"].astype("float32")
    for i in range(3):
        filled[i, : MARKS["onset"][i]] = np.nan
        filled[i, MARKS["offset"][i] + 1 :] = 255.0
    assert_same(images(layer, {**batch, "frames": filled}), expected)
    cut = {
        "frames": batch["frames"][1, 1:9],
        "onset": 0,
        "apex": 3,
        "offset": 7,
    }
    assert_same(images(layer, cut), expected[1])


def test_missing_marks_are_the_ends_and_the_middle(name, batch):
    layer = MAKERS[name]()
    frames = batch["frames"]
    marks = {"onset": [0] * 3, "apex": [5] * 3, "offset": [11] * 3}
    expected = images(layer, {"frames": frames, **{k: np.array(v) for k, v in marks.items()}})
    assert_same(images(layer, frames), expected)
    assert_same(images(layer, {"frames": frames, "onset": None}), expected)
    assert_same(images(layer, {"frames": frames, "apex": np.array([5] * 3)}), expected)


def functional(layer):
    inputs = {
        "frames": keras.Input((None, 32, 32, 3), dtype="uint8", name="frames"),
        **{mark: keras.Input((), dtype="int32", name=mark) for mark in MARKS},
    }
    return inputs, layer(inputs)


def test_in_a_functional_model_that_is_saved_and_loaded(name, batch, tmp_path):
    layer = MAKERS[name](name="image")
    inputs, image = functional(layer)
    assert image.shape == (None, 32, 32, CHANNELS[name])
    assert image.dtype == "float32"
    keras.Model(inputs, image).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("image").get_config() == layer.get_config()
    assert_same(loaded.predict(batch, verbose=0), images(layer, batch))


def test_in_a_model_that_is_fitted(batch):
    inputs, image = functional(MESTI())
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(image)))
    model.compile(keras.optimizers.SGD(1e-4), "mse")
    history = model.fit(batch, np.ones((3, 2)), epochs=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
def test_in_a_tf_data_pipeline_under_any_backend(name, batch):
    import tensorflow as tf

    layer = MAKERS[name]()
    expected = images(layer, batch)
    clips = tf.data.Dataset.from_tensor_slices(batch)
    assert_same(np.stack([image.numpy() for image in clips.map(layer)]), expected)
    assert_same(next(iter(clips.batch(3).map(layer))).numpy(), expected)
    frames = tf.data.Dataset.from_tensor_slices(batch["frames"])
    assert_same(next(iter(frames.batch(3).map(layer))).numpy(), images(layer, batch["frames"]))
    assert_same(images(layer, batch), expected)  # and the layer is back on its own backend


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_float32_under_any_dtype_policy(name, batch, policy):
    expected = images(MAKERS[name](), batch)
    layer = MAKERS[name](dtype=policy)
    np.testing.assert_array_equal(images(layer, batch), expected)
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        image = MAKERS[name]()(batch)
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(image.dtype) == "float32"
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(image), expected)


def test_the_configuration_makes_the_same_layer_again(name, batch):
    layer = MAKERS[name](normalize=False, name="again")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(images(copy, batch), images(layer, batch))


def test_every_argument_is_in_the_configuration():
    arguments = {
        "channels": "reference",
        "detrend": True,
        "normalize": False,
        "remove_rigid": "none",
        "reference_sigma": 1.1,
        "window_sigma": 3.0,
        "regularization": 5.0,
    }
    assert arguments.items() <= MESTI(**arguments).get_config().items()
    assert MESTI.from_config(MESTI(**arguments).get_config()).get_config()["window_sigma"] == 3.0


def test_output_shapes_are_known_beforehand(name):
    layer = MAKERS[name]()
    last = CHANNELS[name]
    assert layer.compute_output_shape((None, None, 32, 48, 3)) == (None, 32, 48, last)
    assert layer.compute_output_shape((9, 32, 48, 3)) == (32, 48, last)
    shapes = {"frames": (4, 9, 32, 48, 3), "apex": (4,)}
    assert layer.compute_output_shape(shapes) == (4, 32, 48, last)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((32, 32, 3), "T, H, W, C"),
        ((1, 2, 9, 32, 32, 3), "T, H, W, C"),
        ((9, 32, 32), "last axis of 1"),
        ((9, 32, 32, 4), "channels last"),
    ],
)
def test_other_shapes_are_refused(name, shape, hint):
    with pytest.raises(ClipError, match=hint):
        MAKERS[name]()(np.zeros(shape, "uint8"))


def test_an_unknown_size_is_refused(name):
    with pytest.raises(ClipError, match="height and width"):
        MAKERS[name]()(keras.Input((9, None, None, 3)))


def test_unknown_keys_are_refused(name, batch):
    with pytest.raises(ClipError, match="'peak'"):
        MAKERS[name]()({"frames": batch["frames"], "peak": 3})
    with pytest.raises(ClipError, match="'frames'"):
        MAKERS[name]()({"onset": 3})


def test_unknown_options_are_refused():
    with pytest.raises(UnknownNameError, match="'motion'"):
        MESTI(channels="motoin")
    with pytest.raises(UnknownNameError, match="'learnet'"):
        DynamicImage(variant="learnt")


def test_a_window_of_one_frame_gives_zeros(batch):
    inputs = {"frames": batch["frames"][0], "onset": 4, "apex": 4, "offset": 4}
    assert (images(MESTI(), inputs) == 0).all()
    assert (images(MESTI(detrend=True), inputs) == 0).all()
    assert (images(DynamicImage(), inputs) == 0).all()
    assert (images(ApexRankPooling(), inputs) == 0).all()
    assert (images(ApexRankPooling(reading="closeness"), inputs) == 0).all()
    assert (images(FrameDifference(), inputs) == 0).all()


def test_marks_out_of_order_are_moved_to_the_nearest_allowed_place(batch):
    frames = batch["frames"][0]
    wrong = {"frames": frames, "onset": -3, "apex": 11, "offset": 40}
    right = {"frames": frames, "onset": 0, "apex": 11, "offset": 11}
    np.testing.assert_array_equal(images(MESTI(), wrong), images(MESTI(), right))
