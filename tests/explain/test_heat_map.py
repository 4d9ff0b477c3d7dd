"""Heat maps point at what moved, and hiding what they point at hurts."""

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo import explain, models
from mer_zoo.errors import ExplanationError, UnknownNameError
from mer_zoo.explain.gradients import gradient_at
from mer_zoo.zoo.golden import golden_clips


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_casme2")


@pytest.fixture(scope="module")
def images(model):
    return {name: model.preprocess(clip) for name, clip in golden_clips().items()}


@pytest.mark.parametrize(
    ("clip", "label", "rows"),
    [
        ("lip_corner_puller", "happiness", slice(55, 96)),  # below the nose
        ("inner_and_outer_brow_raiser", "surprise", slice(0, 36)),  # above the eyes
    ],
)
def test_the_map_lies_where_the_action_unit_is(model, images, clip, label, rows):
    heat = explain.heat_map(model, images[clip], label)
    assert heat.shape == (96, 96)
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.max() == 1
    assert heat[rows].sum() > 0.6 * heat.sum()


@pytest.mark.parametrize("clip", list(golden_clips()))
def test_hiding_the_top_fifth_hurts_more_than_hiding_a_random_fifth(model, images, clip):
    image = images[clip]
    heat = explain.heat_map(model, image)
    best = int(np.argmax(model.predict_on_batch(image[None])[0]))
    blocks = heat.reshape(12, 8, 12, 8).mean(axis=(1, 3)).ravel()  # hide 8 x 8 px at a time
    count = len(blocks) // 5

    def hidden(chosen):
        mask = np.ones(144, np.float32)
        mask[chosen] = 0
        return image * np.kron(mask.reshape(12, 12), np.ones((8, 8), np.float32))[..., None]

    rng = np.random.default_rng(0)
    batch = [hidden(np.argsort(-blocks)[:count])]
    batch += [hidden(rng.choice(144, count, replace=False)) for _ in range(20)]
    sure = model.predict_on_batch(np.stack(batch))[:, best]
    top, *others = np.log(sure / (1 - sure))  # probabilities near 1 hide what evidence is lost
    assert top < np.min(others)
    assert top < np.mean(others) - 1.5


def test_what_all_places_add_is_what_the_class_gained():
    """Completeness: on the way from a still face, contributions add up to the change of log p."""
    model = mer_zoo.load("meganet_tiny")
    image = model.preprocess(golden_clips()["lip_corner_puller"])
    network = model.network
    maps_at = network.get_layer("stage2_attention").output
    to_answer = keras.Model(maps_at, network.outputs[0])
    both = np.stack([np.zeros_like(image), image])
    still, moved = keras.Model(network.inputs[0], maps_at).predict_on_batch(both)
    steps = (np.arange(64, dtype=np.float32) + 0.5)[:, None, None, None] / 64
    path = still + steps * (moved - still)
    added = ((moved - still) * gradient_at(to_answer, path, 0).mean(axis=0)).sum()
    before, after = network.predict_on_batch(both)[:, 0]
    assert added == pytest.approx(np.log(after) - np.log(before), rel=0.02)


def test_every_network_has_a_map():
    network = models.STSTNet(input_shape=(28, 28, 3), num_classes=3)
    image = np.random.default_rng(0).normal(size=(28, 28, 3)).astype(np.float32)
    for method in explain.METHODS:
        heat = explain.heat_map(network, image, 1, method=method)
        assert heat.shape == (28, 28)
        assert np.isfinite(heat).all()


def test_a_map_is_drawn_over_the_face():
    face = np.full((112, 112, 3), 100, np.uint8)
    heat = np.zeros((96, 96), np.float32)
    heat[40, 50] = 1
    drawn = explain.overlay(face, heat)
    changed = np.argwhere((drawn != face).any(-1))
    np.testing.assert_array_equal(changed, [[48, 58]])
    with pytest.raises(ValueError, match="does not fit"):
        explain.overlay(face[:64, :64], heat)


def test_what_cannot_be_shown_is_said(model, images):
    image = images["lip_corner_puller"]
    with pytest.raises(UnknownNameError, match="joy"):
        explain.heat_map(model, image, "joy")
    with pytest.raises(UnknownNameError, match="gradcan"):
        explain.heat_map(model, image, method="gradcan")
    with pytest.raises(ValueError, match="sees images of shape"):
        explain.heat_map(model, image[:64])


@pytest.mark.parametrize("entry", ["meganet_au", "meganet_casme2"])  # by itself, by its companion
@pytest.mark.parametrize(
    ("clip", "moved", "rows"),
    [
        ("lip_corner_puller", 12, slice(55, 96)),
        ("inner_and_outer_brow_raiser", 1, slice(0, 36)),
    ],
)
def test_every_action_unit_that_moved_has_a_map_where_it_moves(entry, clip, moved, rows):
    model = mer_zoo.load(entry)
    reading = model.predict_clip(golden_clips()[clip])
    maps = explain.unit_heat_maps(model, reading)
    assert list(maps) == [unit.number for unit in reading.action_units]
    heat = maps[moved]
    assert heat[rows].sum() > 0.6 * heat.sum()


def test_units_that_did_not_move_can_be_asked_for_and_unknown_ones_are_refused():
    model = mer_zoo.load("meganet_au")
    reading = model.predict_clip(golden_clips()["lip_corner_puller"])
    assert list(explain.unit_heat_maps(model, reading, [9])) == [9]
    with pytest.raises(UnknownNameError, match="no action unit named '3'"):
        explain.unit_heat_maps(model, reading, [3])


def test_an_entry_without_action_units_says_which_to_use():
    model = mer_zoo.load("meganet_smic")
    reading = model.predict_clip(golden_clips()["lip_corner_puller"])
    with pytest.raises(ExplanationError, match="meganet_au"):
        explain.unit_heat_maps(model, reading)
