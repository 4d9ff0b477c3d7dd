import warnings

import cv2
import numpy as np
import pytest

from mer_zoo.errors import NoFaceError, RecipeError, UnknownNameError
from mer_zoo.synthesis import Corpus


@pytest.fixture(scope="module")
def folder(photo, tmp_path_factory):
    """One face in several croppings: each file counts as an identity."""
    folder = tmp_path_factory.mktemp("photos")
    for index in range(4):
        cv2.imwrite(str(folder / f"{index}.png"), photo[index : 290 + index, ::-1, ::-1])
    return folder


@pytest.fixture(scope="module")
def made(folder):
    corpus = Corpus(folder, clips_per_identity=6, test_share=0.5)
    return corpus, *corpus.images(n_jobs=1, progress=False)


def test_images_and_table_agree(made):
    corpus, images, table = made
    assert images.shape == (24, 112, 112, 3) and images.dtype == np.float16
    assert np.isfinite(images).all() and images.astype(np.float32).std() > 0.1
    assert len(table) == len(corpus) == 24
    for identity in np.unique(table["identity"]):
        labels = table["label"][table["identity"] == identity]
        assert sorted(labels) == sorted([*corpus.class_names, "none"])
    none = table["label"] == "none"
    assert (table["action_units"][none] == "").all() and (table["true_apex"][none] == -1).all()
    assert (table["action_units"][~none] != "").all()
    assert (table["peak"][~none] >= 0.8).all() and (table["peak"][none] == 0).all()
    shown = table[~none]
    assert (shown["true_onset"] < shown["true_apex"]).all()
    assert (table["offset"] < table["n_frames"]).all()
    assert (table["held"] == (table["offset"] == table["apex"])).all()


def test_the_same_corpus_gives_the_same_images_in_any_order(folder, made):
    _, images, table = made
    paths = sorted(folder.iterdir(), reverse=True)
    again = Corpus(paths, clips_per_identity=6, test_share=0.5)
    assert again.digest == made[0].digest
    same_images, same_table = again.images(n_jobs=1, progress=False)
    np.testing.assert_array_equal(same_table, table)
    np.testing.assert_array_equal(same_images, images)


def test_an_identity_gives_the_same_clips_in_another_corpus(folder, made):
    corpus, _, table = made
    alone = Corpus([corpus.identities[0].path], clips_per_identity=2, test_share=0.5)
    for index, (clip, record) in enumerate(alone.clips(alone.identities[0])):
        assert record == table[index]
        assert clip.phases == tuple(int(record[name]) for name in ("onset", "apex", "offset"))


def test_the_digest_names_everything_that_matters(folder, made):
    digest = made[0].digest
    settings = {"clips_per_identity": 6, "test_share": 0.5}
    others = [
        Corpus(folder, **settings, seed=1),
        Corpus(folder, **settings, size=96),
        Corpus(folder, clips_per_identity=7, test_share=0.5),
        Corpus(folder, clips_per_identity=6, test_share=0.4),
        Corpus(sorted(folder.iterdir())[:3], **settings),
    ]
    assert len({digest, *(other.digest for other in others)}) == 6


def test_splits_share_no_identity_and_do_not_depend_on_the_others(tmp_path):
    for index in range(300):
        (tmp_path / f"{index}.jpg").write_bytes(f"picture {index}".encode())
    files = sorted(tmp_path.iterdir())
    corpus = Corpus(files)
    splits = {identity.sha256: identity.split for identity in corpus.identities}
    counts = {name: list(splits.values()).count(name) for name in set(splits.values())}
    assert counts.keys() == {"train", "validation", "test"}
    assert 40 < counts["test"] < 80 and 15 < counts["validation"] < 50
    assert all(splits[i.sha256] == i.split for i in Corpus(files[::3]).identities)
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(files[0].read_bytes())
    assert Corpus([*files, copy]).digest == corpus.digest


def test_broken_photographs_are_counted_named_and_left_out(folder, tmp_path):
    good = sorted(folder.iterdir())[0]
    broken, faceless = tmp_path / "broken.jpg", tmp_path / "wall.png"
    broken.write_bytes(b"not a picture")
    cv2.imwrite(str(faceless), np.full((120, 120, 3), 90, np.uint8))
    photos = [good, broken, faceless, tmp_path / "missing.jpg"]
    corpus = Corpus(photos, clips_per_identity=1)
    with pytest.warns(UserWarning, match="3 of 4 photographs") as caught:
        images, table = corpus.images("difference", n_jobs=1, progress=False)
    message = str(caught[0].message)
    assert all(path.name in message for path in photos[1:]) and good.name not in message
    assert len(images) == len(table) == 1


def test_nothing_left_is_an_error(tmp_path):
    with pytest.raises(NoFaceError, match="no photograph"):
        Corpus(tmp_path)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    with pytest.raises(NoFaceError, match=r"broken\.jpg"):
        Corpus(tmp_path).images(n_jobs=1, progress=False)


def test_bad_settings_are_named(folder):
    for wrong in (
        {"clips_per_identity": 0},
        {"test_share": 1.2},
        {"validation_share": -0.1},
        {"size": 8},
        {"version": 99},
        {"seed": -1},
    ):
        with pytest.raises(RecipeError, match=next(iter(wrong))):
            Corpus(folder, **wrong)
    with pytest.raises(UnknownNameError, match="casme2"):
        Corpus(folder, schema="casme")
    with pytest.raises(UnknownNameError, match="mesti"):
        Corpus(folder, clips_per_identity=1).images("mestii", n_jobs=1, progress=False)


def test_a_good_corpus_warns_of_nothing(folder):
    corpus = Corpus(sorted(folder.iterdir())[:1], clips_per_identity=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus.images(n_jobs=1, progress=False)
