"""What layers and images refuse, and that neither an empty batch nor a flat clip upsets them."""

import keras
import numpy as np
import pytest

from mer_zoo import layers, modalities
from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, ParameterError
from tests.layers.gradients import gradient

NAN = float("nan")
REFUSED = (
    *[("regularization", value) for value in (0.0, -1.0, NAN, float("inf"), "4", True)],
    *[(name, value) for name in ("reference_sigma", "window_sigma") for value in (-0.1, NAN, 1e9)],
    *[("detrend", 2), ("normalize", "no")],
)
CLIP_LAYERS = (layers.MESTI, layers.ApexRankPooling, layers.DynamicImage, layers.FrameDifference)
FEATURE_LAYERS = (layers.CBAM, layers.GradientAttention, layers.SqueezeExcitation)


@pytest.fixture
def clip():
    frames = np.full((6, 32, 32, 3), 90, np.uint8)
    return Clip.from_array(frames, fps=100, onset=0, apex=3, offset=5)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_layer_and_image_refuse_the_same_values(clip, name, value):
    with pytest.raises(ParameterError, match=f"{name}="):
        layers.MESTI(**{name: value})
    with pytest.raises(ParameterError, match=f"{name}="):
        modalities.compute("mesti", clip, **{name: value})


@pytest.mark.parametrize("value", [2, "no", None])
def test_apex_rank_pooling_refuses_the_same_flags_in_layer_and_image(clip, value):
    with pytest.raises(ParameterError, match="normalize="):
        layers.ApexRankPooling(normalize=value)
    with pytest.raises(ParameterError, match="normalize="):
        modalities.compute("mesti_rank", clip, normalize=value)


@pytest.mark.parametrize("kind", FEATURE_LAYERS)
@pytest.mark.parametrize("reduction", [0, -1, 1.5, True])
def test_a_reduction_is_a_whole_number(kind, reduction):
    with pytest.raises(ParameterError, match="reduction="):
        kind(reduction=reduction)


def test_the_least_regularization_gives_finite_images(clip):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    clip.frames[:] = ramp[None, None, :, None]  # a gradient in one direction alone
    clip.frames[3] = np.roll(clip.frames[3], 1, axis=1)
    image = layers.MESTI(regularization=0.01)(clip.frames)
    assert np.isfinite(keras.ops.convert_to_numpy(image)).all()
    assert np.isfinite(modalities.compute("mesti", clip, regularization=0.01)).all()


@pytest.mark.parametrize("channels", ["motion", "response", "reference"])
def test_the_gradient_on_a_flat_clip_is_finite(channels):
    layer = layers.MESTI(channels=channels)
    frames = np.full((1, 6, 32, 32, 1), 90, np.float32)
    assert np.isfinite(gradient(lambda x: keras.ops.sum(layer(x) ** 2), frames)).all()


@pytest.mark.parametrize("kind", CLIP_LAYERS)
def test_an_empty_batch_gives_an_empty_batch(kind):
    frames = np.zeros((0, 6, 32, 32, 3), np.float32)
    one = kind()(np.zeros((1, 6, 32, 32, 3), np.float32))
    assert tuple(kind()(frames).shape) == (0, *one.shape[1:])
    with pytest.raises(ClipError, match="frame or pixel"):
        kind()(np.zeros((1, 0, 32, 32, 3), np.float32))


@pytest.mark.parametrize("kind", FEATURE_LAYERS)
def test_an_empty_batch_of_features_stays_empty(kind):
    assert tuple(kind()(np.zeros((0, 8, 8, 16), np.float32)).shape) == (0, 8, 8, 16)
