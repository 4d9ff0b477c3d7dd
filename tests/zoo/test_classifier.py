"""The classifier from clips and videos: one preprocessing, whatever the way in."""

import keras
import numpy as np
import pytest
from skimage import data

import mer_zoo
from mer_zoo import spotting, synthesis
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError
from mer_zoo.readings import NO_EXPRESSION
from mer_zoo.zoo.golden import golden_clips


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_casme2")


@pytest.fixture(scope="module")
def smile(model):
    return model.predict_video(demonstration.smile())


def test_a_real_smile_is_read(smile):
    assert smile.label == "happiness" and smile.expression and smile.held
    assert abs(smile.apex - 24) <= 3 and smile.onset < smile.apex
    assert len(smile.curve) == 72, "a face in every frame"
    assert smile.frames.shape == (3, 112, 112, 3) and smile.frames.dtype == np.uint8
    assert smile.image.shape == (96, 96, 3) and np.abs(smile.image).max() <= 2
    assert smile.attention.shape == (96, 96)


def test_a_large_expression_is_read_at_its_surest_step_or_its_beginning(model, smile):
    expression = spotting.find_expression(open_frames(demonstration.smile()))
    steps = expression.steps()
    assert len(steps) > 1 and expression.motion > 8
    answers = model.predict(np.stack([model.preprocess(step) for step in steps]), verbose=0)
    surest = int(np.argmax(answers.max(axis=1)))
    assert smile.image_span == tuple(expression.start + phase for phase in steps[surest].phases)
    np.testing.assert_allclose([*smile.probabilities.values()], answers[surest], atol=1e-5)
    beginning = mer_zoo.load("meganet_tiny").predict_video(demonstration.smile()).image_span
    assert beginning == tuple(expression.start + phase for phase in steps[0].phases)


def test_a_frozen_face_shows_no_expression(model):
    face = data.astronaut()[:256, 96:352].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 2, (60, *face.shape))
    clip = Clip.from_array(np.clip(face + noise, 0, 255).astype(np.uint8), fps=30)
    reading = model.predict_clip(clip)
    assert reading.label == NO_EXPRESSION and not reading.expression
    assert reading.motion < 0.4


def test_a_synthetic_expression_of_known_truth_is_read(model):
    truth = demonstration.synthetic_clip()
    reading = model.predict_clip(truth.with_phases())
    assert reading.label == "surprise"
    for found, true in zip(
        (reading.onset, reading.apex, reading.offset), truth.phases, strict=True
    ):
        assert abs(found - true) <= 5


def test_every_way_in_gives_the_same_probabilities(model):
    """Raw images, a dataset, and clips read one by one: one preprocessing."""
    clips = list(golden_clips().values())
    images = np.stack([model.preprocess(clip) for clip in clips])

    class OneByOne(keras.utils.PyDataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, i):
            return images[i : i + 1], np.zeros(1)

    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(model.predict(OneByOne(), verbose=0), expected, atol=1e-5)
    read = [list(model.predict_clip(c, aligned=True).probabilities.values()) for c in clips]
    np.testing.assert_allclose(read, expected, atol=1e-5)


def test_a_video_and_its_frames_read_alike(model, smile):
    clip = Clip.from_video(demonstration.smile())
    reading = model.predict_clip(clip)
    assert reading.label == smile.label
    assert (reading.onset, reading.apex) == (smile.onset, smile.apex)
    np.testing.assert_allclose(
        list(reading.probabilities.values()), list(smile.probabilities.values()), atol=1e-4
    )


def test_the_face_engines_agree(model, smile):
    """LiteRT and Keras follow the same face to a fraction of a pixel."""
    pytest.importorskip("ai_edge_litert")
    parts = {"start": 8, "stop": 32}
    by_keras = model.predict_video(demonstration.smile(), engine="keras", **parts)
    by_litert = model.predict_video(demonstration.smile(), engine="litert", **parts)
    assert by_keras.label == by_litert.label == smile.label
    np.testing.assert_allclose(
        list(by_keras.probabilities.values()), list(by_litert.probabilities.values()), atol=0.02
    )


def test_clips_that_cannot_be_read_are_named(model):
    still = synthesis.synthesise(data.astronaut()[:256, 96:352], "12", seconds=0.6)
    with pytest.raises(ClipError, match="aligned faces of 112x112"):
        model.preprocess(still)
    with pytest.raises(ClipError, match="at least 2"):
        model.predict_clip(still.with_phases().slice(0, 1))
    nan = np.full((4, 90, 90, 3), 100.0)
    nan[2, 5, 5] = np.nan
    with pytest.raises(ClipError, match="2"):
        Clip.from_array(nan, fps=30)
