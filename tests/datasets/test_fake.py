import numpy as np
import pytest

from mer_zoo.datasets import NAMES, load
from mer_zoo.datasets.fake import draw_blobs, fake_release
from mer_zoo.errors import DatasetError, OutputExistsError, UnknownNameError


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_release_needs_no_repair(releases, name):
    dataset = load(name, releases(name, clean=True))
    remarks = [r for r in dataset.report.remarks if "apex" not in r.why or name != "smic"]
    assert remarks == [] and len(dataset) >= 9


@pytest.mark.parametrize("name", NAMES)
def test_subjects_and_clips(tmp_path, name):
    root = fake_release(name, tmp_path / "r", subjects=4, clips_per_subject=2, clean=True)
    dataset = load(name, root)
    sources = 3 if name == "flow" else 1
    assert len(dataset) == 8 * sources and len(set(dataset.subjects)) == 4 * sources


def test_the_seed_decides_numbers_and_pictures(tmp_path):
    first, again, other = (
        load("casme2", fake_release("casme2", tmp_path / str(i), seed=seed))
        for i, seed in enumerate((0, 0, 1))
    )
    assert first.digest == again.digest != other.digest
    assert list(first.table["clip"]) == list(other.table["clip"])
    np.testing.assert_array_equal(first.clip(3).frames, again.clip(3).frames)
    assert (
        first.clip(3).frames.shape != other.clip(3).frames.shape
        or (first.clip(3).frames != other.clip(3).frames).any()
    )


def test_blobs_move_towards_the_apex_and_back(releases):
    clip = load("smic", releases("smic", clean=True)).clip(0)
    grey = clip.grey.astype(float)
    motion = np.abs(grey - grey[0]).mean(axis=(1, 2))
    assert motion[-1] < 0.5 * motion.max()
    assert 0 < np.argmax(motion) < clip.n_frames - 1


def test_frames_can_be_drawn_by_the_caller(tmp_path):
    seen = []

    def draw(clip):
        seen.append(clip)
        assert clip.strengths.max() == 1.0 and len(clip.strengths) == len(clip.numbers)
        count = range(len(clip.numbers))
        return [np.full((16, 24, 3), (200, 100, 10 * i), np.uint8) for i in count]

    dataset = load("smic", fake_release("smic", tmp_path / "r", frames=draw, clean=True))
    assert {clip.emotion for clip in seen} == {"negative", "positive", "surprise"}
    assert dataset.clip(0).frames.shape[1:] == (16, 24, 3)
    assert dataset.clip(0).frames[2, 0, 0].tolist() == [200, 100, 20]  # RGB, bmp is lossless


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda clip: [], "gave 0 images for s1/s1_ne_01; expected"),
        (lambda clip: [image.astype(float) for image in draw_blobs(clip)], "image of float64"),
        (lambda clip: [np.zeros((4, 4, 2), np.uint8)] * len(clip.numbers), r"shape \(4, 4, 2\)"),
    ],
)
def test_frames_that_are_none(tmp_path, draw, message):
    with pytest.raises(DatasetError, match=message):
        fake_release("smic", tmp_path / "r", frames=draw)


def test_bad_arguments(tmp_path):
    with pytest.raises(UnknownNameError, match="dataset named 'casme4'"):
        fake_release("casme4", tmp_path / "a")
    with pytest.raises(DatasetError, match="layout is 'flat'; expected raw, cropped, updated"):
        fake_release("casme2", tmp_path / "b", layout="flat")
    with pytest.raises(DatasetError, match="version is '2015'; expected 20140508, 20190701"):
        fake_release("casme2", tmp_path / "c", version="2015")
    with pytest.raises(DatasetError, match="no published counts"):
        fake_release("custom", tmp_path / "d", full=True)
    with pytest.raises(DatasetError, match="no protocol with published counts"):
        fake_release("4dme", tmp_path / "e", full=True)
    with pytest.raises(DatasetError, match="clip_length"):
        fake_release("smic", tmp_path / "f", clip_length=(2, 4))
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "mine.txt").write_text("x")
    with pytest.raises(OutputExistsError, match="is not empty"):
        fake_release("smic", tmp_path / "g")
