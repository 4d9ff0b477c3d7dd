"""Motion Attention: its cues for known fields, its gate, training, saving, errors."""

import keras
import numpy as np
import pytest

from mer_zoo.errors import UnknownNameError
from mer_zoo.layers import MotionAttention
from mer_zoo.modalities.flow import optical_strain

HEIGHT, WIDTH = 24, 32
Y, X = np.mgrid[:HEIGHT, :WIDTH].astype("float32")


def image_of(u, v, response=0.0):
    """`(1, H, W, 3)` from planes or numbers."""
    planes = [np.broadcast_to(np.float32(plane), X.shape) for plane in (u, v, response)]
    return np.stack(planes, axis=-1)[None]


def cues(kind, image, height=6, width=8):
    values = MotionAttention(kind).compute_cues(image, height, width)
    return keras.ops.convert_to_numpy(values)


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).normal(size=(2, HEIGHT, WIDTH, 3)).astype("float32")


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(1).normal(size=(2, 6, 8, 12)).astype("float32")


@pytest.mark.parametrize(
    ("u", "v"), [(0.0, 0.0), (1.5, -0.5), (-0.01 * Y, 0.01 * X)], ids=["rest", "shift", "rotation"]
)
def test_a_rigid_motion_has_no_strain(u, v):
    assert cues("strain", image_of(u, v)).max() < 1e-5


@pytest.mark.parametrize(
    ("u", "v", "strain"),
    [
        (0.03 * X, 0.0, 0.03),
        (0.03 * X, -0.04 * Y, 0.05),
        (0.04 * Y, 0.0, 0.04 / np.sqrt(2)),
    ],
    ids=["stretch", "stretch and compression", "shear"],
)
def test_a_uniform_deformation_has_the_same_strain_everywhere(u, v, strain):
    np.testing.assert_allclose(cues("strain", image_of(u, v, Y)), strain, atol=1e-5)


def test_strain_is_the_one_of_the_flow_modality(image):
    expected = [optical_strain(i[..., 0], i[..., 1]) for i in image]
    found = cues("strain", image, HEIGHT, WIDTH)[..., 0]
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_confidence_does_not_depend_on_the_scales_of_the_image(image):
    (confidence, displacement), (scaled, doubled) = (
        np.moveaxis(cues("observability", i), -1, 0)
        for i in (image, image * np.float32([2, 2, 0.5]))
    )
    assert np.ptp(confidence) > 0.05
    np.testing.assert_allclose(scaled, confidence, atol=1e-3)
    np.testing.assert_allclose(doubled, 2 * displacement, rtol=1e-2)


def test_confidence_is_low_where_the_face_has_no_gradient():
    gradient = np.where(X < WIDTH / 2, 0.0, 1.0)
    u = 0.5 + 0.01 * Y
    confidence = cues("observability", image_of(u, 0.0, -gradient * u))[0, :, :, 0]
    assert confidence[:, :4].max() < 1e-4
    assert confidence[:, 4:].min() > 0.6


def test_confidence_grows_with_the_gradient_along_the_motion_not_with_the_motion():
    gradient = 0.2 + X / WIDTH
    u = 0.3 + Y / HEIGHT
    confidence = cues("observability", image_of(u, 0.0, -gradient * u))[0, :, :, 0]
    assert (np.diff(confidence, axis=1) > 0.01).all()
    assert np.ptp(confidence, axis=0).max() < 0.05


def test_an_image_without_motion_has_cues_of_zero():
    assert cues("observability", image_of(0.0, 0.0)).max() < 1e-4


def test_cells_cover_the_image_whatever_their_size():
    u = 0.03 * X * (Y < 8)  # strained above row 8 alone, but for the two rows at the edge
    strain = cues("strain", image_of(u, 0.0), 3, 5)[0, :, :, 0]
    assert strain.shape == (3, 5)
    assert (strain[0] > 0.02).all() and strain[2].max() < 1e-5
    whole = cues("strain", image_of(u, 0.0), 1, 1).item()
    assert strain.mean() == pytest.approx(whole, rel=1e-2)


@pytest.mark.parametrize(
    ("kind", "at_48", "at_96"), [("observability", 1309, 2617), ("strain", 721, 1441)]
)
def test_sizes_are_the_documented_ones(kind, at_48, at_96):
    for channels, expected in ((48, at_48), (96, at_96)):
        layer = MotionAttention(kind)
        layer.build([(None, 12, 12, channels), (None, 96, 96, 3)])
        assert sum(np.prod(w.shape) for w in layer.trainable_weights) == expected


@pytest.mark.parametrize(
    ("kind", "policy"), [("observability", "float32"), ("strain", "mixed_float16")]
)
def test_it_gates_trains_saves_and_loads(features, image, tmp_path, kind, policy):
    keras.utils.set_random_seed(0)
    layer = MotionAttention(kind, dtype=policy, name="attention")
    inputs = [keras.Input(features.shape[1:]), keras.Input(image.shape[1:])]
    x = keras.layers.GlobalAveragePooling2D(dtype="float32")(layer(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, dtype="float32")(x))

    out = layer([features, image])
    assert keras.backend.standardize_dtype(out.dtype) == layer.compute_dtype
    gate = layer.compute_gate([features, image])
    out, gate = (keras.ops.convert_to_numpy(keras.ops.cast(a, "float32")) for a in (out, gate))
    assert gate.shape == (2, 6, 8, 1) and 0 < gate.min() < gate.max() < 1
    np.testing.assert_allclose(out, features * (1 + gate), atol=1e-2)

    before = [keras.ops.convert_to_numpy(w) for w in layer.trainable_weights]
    model.compile(keras.optimizers.SGD(0.1), "mse")
    assert np.isfinite(model.train_on_batch([features, image], np.ones((2, 1))))
    for weight, old in zip(layer.trainable_weights, before, strict=True):
        new = keras.ops.convert_to_numpy(weight)
        assert np.isfinite(new).all() and not np.array_equal(new, old), weight.path

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("attention").get_config() == layer.get_config()
    outputs = [keras.ops.convert_to_numpy(m([features, image])) for m in (loaded, model)]
    np.testing.assert_array_equal(*outputs)


def test_bad_arguments_are_refused():
    with pytest.raises(UnknownNameError, match="observability"):
        MotionAttention("observable")
    with pytest.raises(ValueError, match="reduction=0"):
        MotionAttention("strain", reduction=0)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ((None, 6, 8, 12), r"takes \[features, image\]"),
        ([(None, 6, 8, 12), (None, None, None, 3)], "known height"),
        ([(None, 6, 8, 12), (None, 24, 32, 2)], "3 channels; got 2"),
        ([(None, 6, 8, 12), (None, 4, 32, 3)], "no larger than their image"),
    ],
)
def test_unfit_inputs_are_refused(shapes, message):
    with pytest.raises(ValueError, match=message):
        MotionAttention("strain").build(shapes)
