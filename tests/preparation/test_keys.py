"""What the image cache tells apart: the place of a clip in its video, defaults, face networks."""

from functools import partial

import cv2
import numpy as np
import pytest

from mer_zoo import datasets, modalities
from mer_zoo.clips import Clip
from mer_zoo.faces import engines, weights
from mer_zoo.modalities import registry
from mer_zoo.preparation import ImageStore, prepare
from mer_zoo.preparation.keys import image_key
from mer_zoo.preprocessing import Preprocessing

pytestmark = pytest.mark.backend_free

MESTI = Preprocessing("mesti", 40, 32, alignment="frame")


def one_folder_with_two_clips(folder):
    """Sixty frames in which first the upper half moves to the right, then the lower half."""
    rng = np.random.default_rng(3)
    texture = cv2.GaussianBlur(rng.integers(0, 255, (48, 60)).astype(np.uint8), (5, 5), 0)
    (folder / "long").mkdir()
    for number in range(60):
        first, second = (np.clip((number - start) / 5, 0, 1) for start in (10, 41))
        frame = texture.copy()
        for half, shift in ((slice(0, 24), first), (slice(24, 48), second)):
            move = np.float32([[1, 0, 2 * shift], [0, 1, 0]])
            frame[half] = cv2.warpAffine(
                texture[half], move, (60, 24), borderMode=cv2.BORDER_REFLECT
            )
        cv2.imwrite(str(folder / "long" / f"{number:03d}.png"), frame[:, 6:54])
    table = folder / "clips.csv"
    table.write_text(
        "path,label,subject,onset,apex,offset,fps\n"
        "long,upper,ann,10,15,20,100\nlong,lower,ann,41,46,51,100\n"
    )
    return table


@pytest.mark.parametrize("parameters", [{}, {"channels": "response"}])
def test_two_clips_of_one_folder_have_their_own_images(tmp_path, parameters):
    data = datasets.load("custom", one_folder_with_two_clips(tmp_path))
    seen = Preprocessing("mesti", 40, 32, parameters, "frame")
    together = prepare(data, seen, store=ImageStore(tmp_path / "both"), progress=False)
    assert np.abs(together[0] - together[1]).max() > 0.1
    for row in range(2):
        (alone,) = prepare(
            data.subset([row]), seen, store=ImageStore(tmp_path / f"store{row}"), progress=False
        )
        np.testing.assert_array_equal(together[row], alone)


def test_a_copy_of_the_dataset_finds_its_images(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    store = ImageStore(tmp_path / "store")
    prepare(
        datasets.load("custom", one_folder_with_two_clips(tmp_path / "here")),
        MESTI,
        store=store,
        progress=False,
    )
    copy = datasets.load("custom", one_folder_with_two_clips(tmp_path / "there"))
    for file in (tmp_path / "store").glob("*/*.npy"):
        np.save(file, np.full((40, 40, 3), 9, np.float32))
    assert (prepare(copy, MESTI, store=store, progress=False) == 9).all()


def still(**changes):
    frames = np.random.default_rng(1).integers(0, 255, (6, 40, 40, 3)).astype(np.uint8)
    options = {"fps": 100, "onset": 0, "apex": 2, "offset": 5, **changes}
    return Clip.from_array(frames, **options)


def test_a_stated_default_is_the_same_image_and_a_changed_default_another(monkeypatch):
    stated = Preprocessing("mesti", 40, 32, {"remove_rigid": "head"}, "frame")
    before = image_key(still(), MESTI)
    assert image_key(still(), stated) == before
    mesti = registry.MODALITIES["mesti"]
    changed = registry.Modality("mesti", partial_with("median", mesti.function), mesti.channels)
    monkeypatch.setitem(registry.MODALITIES, "mesti", changed)
    assert modalities.with_defaults(MESTI).parameters["remove_rigid"] == "median"
    assert image_key(still(), MESTI) != before


def partial_with(value, function):
    """The modality as it would be with another default."""
    return partial(function, remove_rigid=value)


def test_frames_times_and_phases_all_count():
    keys = [
        image_key(clip, MESTI)
        for clip in (still(), still(fps=50), still(apex=3), still(apex=None), still().mirrored())
    ]
    assert len(set(keys)) == len(keys)


def test_other_face_networks_and_another_engine_give_another_image(monkeypatch):
    aligned = Preprocessing("mesti", 40, 32)
    first = image_key(still(), aligned)
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    keras = image_key(still(), aligned)
    assert keras != first, "without LiteRT the networks run in Keras"
    replaced = weights.NetworkFiles("a.tflite", "0" * 64, "a.safetensors", "1" * 64)
    monkeypatch.setattr(weights, "FACEMESH", replaced)
    assert image_key(still(), aligned) != keras
    assert image_key(still(), MESTI) == image_key(still(), MESTI)
