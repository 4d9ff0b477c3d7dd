"""Further training clips rendered on a person's own neutral face."""

import cv2
import numpy as np
import pytest
from skimage import data

from mer_zoo import clips, datasets, modalities
from mer_zoo.errors import NoFaceError, UnknownNameError
from mer_zoo.preparation import ImageStore, prepare
from mer_zoo.preparation.rendered import rendered
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.synthesis import canonical_portrait

pytestmark = pytest.mark.backend_free


@pytest.fixture(scope="module")
def still():
    """An aligned face that does not move."""
    face = canonical_portrait(data.astronaut()[:300, 80:380], grey=False).photo
    frames = np.repeat(face[None], 12, axis=0)
    return clips.Clip.from_array(frames, fps=100, onset=2, apex=6, offset=10, subject="toy/ann")


def test_the_face_shows_the_action_units_and_stays_the_person(still):
    shown = rendered(still, "toy/ann/1", 2, "12")
    assert shown.frames.shape[1:] == still.frames.shape[1:] and shown.subject == "toy/ann"
    assert 0 <= shown.onset < shown.apex <= shown.offset < shown.n_frames
    first, face = (f.astype(float).mean(-1) for f in (shown.frames[0], still.frames[0]))
    assert np.corrcoef(first.ravel(), face.ravel())[0, 1] > 0.9
    motion = np.abs(modalities.compute("mesti", shown)[..., :2]).sum(-1)
    rows = np.arange(len(motion))
    low = [motion[half].sum() for half in (rows < 56, rows >= 56)]
    assert low[1] > 1.5 * low[0], "a smile moves the lower half of the face"


def test_it_belongs_to_its_clip_number_and_units(still):
    first = rendered(still, "toy/ann/1", 2, "4+7")
    np.testing.assert_array_equal(first.frames, rendered(still, "toy/ann/1", 2, "4+7").frames)
    for other in (("toy/ann/1", 4, "4+7"), ("toy/ann/2", 2, "4+7"), ("toy/ann/1", 2, "1+2")):
        different = rendered(still, *other)
        assert (
            different.frames.shape != first.frames.shape or (different.frames != first.frames).any()
        )


def test_every_second_variant_of_such_a_class_is_rendered(still, tmp_path):
    for clip in ("a", "b"):
        (tmp_path / clip).mkdir()
        for i, frame in enumerate(still.frames):
            cv2.imwrite(str(tmp_path / clip / f"{i:02d}.png"), frame[..., ::-1])
    table = tmp_path / "clips.csv"
    table.write_text(
        "path,label,subject,onset,apex,offset,fps\na,tense,ann,2,6,10,100\nb,calm,bob,2,6,10,100\n"
    )
    dataset = datasets.load("custom", table)
    seen = Preprocessing("mesti", 112, 96, alignment="frame")
    store = ImageStore(tmp_path / "cache")
    options = {"variants": 4, "store": store, "progress": False}
    plain = prepare(dataset, seen, **options)
    with_units = prepare(dataset, seen, action_units={"tense": "4+7"}, **options)
    labels = dataset.table["label"].tolist()
    tense, calm = labels.index("tense"), labels.index("calm")
    np.testing.assert_array_equal(with_units[calm], plain[calm])
    same = [np.array_equal(with_units[tense, i], plain[tense, i]) for i in range(4)]
    assert same == [True, True, False, True]


def test_what_cannot_be_rendered_is_named(still):
    with pytest.raises(UnknownNameError, match="99"):
        rendered(still, "toy/ann/1", 2, "99")
    wall = clips.Clip.from_array(
        np.full((4, 112, 112, 3), 90, np.uint8), fps=30, onset=0, apex=1, offset=3
    )
    with pytest.raises(NoFaceError):
        rendered(wall, "toy/wall/1", 2, "12")
