import json

import cv2
import numpy as np
import pytest

from mer_zoo.clips import Clip
from mer_zoo.errors import (
    ClipError,
    NoFaceError,
    OutputExistsError,
    UnknownNameError,
    VideoError,
)
from mer_zoo.synthesis import read_photograph, synthesise, write_video

QUICK = {"seconds": 0.3, "expression_seconds": 0.2, "fps": 50}


@pytest.fixture(scope="module")
def smile(photo):
    return synthesise(photo, "12", peak=4.0, **QUICK)


def test_a_photograph_smiles(smile, photo):
    assert smile.frames.shape == (15, *photo.shape)
    assert smile.action_units == ("12",)
    assert 0 < smile.onset < smile.apex < smile.offset < 15
    assert smile.offset - smile.onset == 10


def test_the_same_seed_gives_the_same_bytes(smile, photo):
    again = synthesise(photo, "12", peak=4.0, **QUICK)
    other = synthesise(photo, "12", peak=4.0, seed=1, **QUICK)
    assert again.frames.tobytes() == smile.frames.tobytes() != other.frames.tobytes()


def test_a_held_smile_stays(photo):
    clip = synthesise(photo, "12", held=True, head_motion=0, noise=0, **QUICK)
    assert clip.offset == clip.apex
    np.testing.assert_array_equal(clip.frames[clip.apex], clip.frames[-1])


def test_large_photographs_are_shrunk(photo, tmp_path):
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), cv2.resize(photo[..., ::-1], (900, 1200)))
    image = read_photograph(path)
    assert image.shape == (640, 480, 3)
    clip = synthesise(path, "1+L2", seconds=0.1, expression_seconds=0.1, fps=50)
    assert clip.frames.shape[1:] == (640, 480, 3) and clip.action_units == ("1", "L2")


def test_photographs_without_a_face_are_refused():
    with pytest.raises(NoFaceError):
        synthesise(np.full((200, 200, 3), 128, np.uint8), "12", **QUICK)


def test_broken_and_missing_files_are_refused(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")
    for path in (broken, tmp_path / "missing.jpg"):
        with pytest.raises(VideoError, match=path.name):
            synthesise(path, "12")


def test_bad_numbers_are_refused(photo):
    with pytest.raises(UnknownNameError, match="99"):
        synthesise(photo, "99")
    for wrong in (
        {"peak": -1},
        {"peak": float("nan")},
        {"fps": 0},
        {"fps": 5},
        {"seconds": 0.1},
        {"head_motion": -1},
        {"seed": -1},
        {"seed": 1.5},
    ):
        with pytest.raises(ClipError, match=next(iter(wrong))):
            synthesise(photo, "12", **wrong)


def test_a_video_and_its_truth_come_back(smile, tmp_path):
    video = tmp_path / "new" / "smile.mp4"
    truth = write_video(smile, video)
    assert truth == video.with_suffix(".json")
    read = Clip.from_video(video)
    assert read.frames.shape == smile.frames.shape
    assert read.fps == pytest.approx(smile.fps, rel=0.01)
    error = np.abs(read.frames.astype(int) - smile.frames)
    assert error.mean() < 4
    content = json.loads(truth.read_text())
    assert [content[name] for name in ("onset", "apex", "offset")] == list(smile.phases)
    assert content["action_units"] == ["12"] and content["n_frames"] == 15
    assert sorted(p.name for p in video.parent.iterdir()) == ["smile.json", "smile.mp4"]


def test_odd_sizes_are_padded(smile, tmp_path):
    odd = Clip(smile.frames[:, :101, :99], smile.times)
    write_video(odd, tmp_path / "odd.mp4")
    assert Clip.from_video(tmp_path / "odd.mp4").frames.shape[1:] == (102, 100, 3)


@pytest.mark.parametrize("existing", ["smile.mp4", "smile.json"])
def test_nothing_is_overwritten_unless_forced(smile, tmp_path, existing):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(OutputExistsError, match=existing):
        write_video(smile, tmp_path / "smile.mp4")
    assert [p.name for p in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text() == "mine"
    write_video(smile, tmp_path / "smile.mp4", force=True)
    assert (tmp_path / existing).read_bytes() != b"mine"


def test_other_kinds_of_file_are_refused(smile, tmp_path):
    with pytest.raises(VideoError, match=r"\.mp4"):
        write_video(smile, tmp_path / "smile.gif")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(VideoError, match="cannot be written"):
        write_video(smile, tmp_path / "file" / "smile.mp4")
    with pytest.raises(ClipError, match="one frame"):
        write_video(smile.slice(0, 1), tmp_path / "smile.mp4")
