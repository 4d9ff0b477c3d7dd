"""A camera cut shows another picture: it is no movement, and no face is followed across it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mer_zoo
from mer_zoo import faces, spotting
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, NoFaceError
from mer_zoo.spotting.following import FacePath
from tests.films import SIZE, picture, still, write_film

CLOSER = (20, 220, 120, 320)
OTHERS = {
    "mirrored": {"mirrored": True},
    "closer": {"around": CLOSER},
    "mirrored, closer, darker": {"mirrored": True, "around": CLOSER, "light": 0.5},
}

pytestmark = pytest.mark.backend_free  # the face networks are tested by themselves


@pytest.fixture(scope="module")
def smile():
    """The packaged smile, 320x180: its apex is at frame 24, and it stays."""
    return Clip.from_video(demonstration.smile()).frames[:60, ::2, ::2]


def reframed(frames):
    """The same scene from nearer and in another light: another shot."""
    near = frames[:, 20:155, 40:280]
    rows, columns = np.arange(180) * 135 // 180, np.arange(320) * 240 // 320
    return (near[:, rows][:, :, columns] * 0.6).astype(np.uint8)


def frames_of(found):
    return range(found.start, found.start + found.clip.n_frames)


@pytest.mark.parametrize("other", OTHERS)
def test_a_cut_between_still_pictures_is_no_movement(tmp_path, other):
    film = write_film(
        tmp_path / "cut.mp4", still(picture(), 20), still(picture(**OTHERS[other]), 25)
    )
    found = spotting.find_expression(open_frames(film))
    assert found.motion < 0.6
    assert frames_of(found) in (range(20), range(20, 45))
    assert mer_zoo.spot(film) == []


def test_an_expression_beside_cuts_is_found_whole(tmp_path, smile):
    before, after = still(reframed(smile)[0], 15), still(reframed(smile)[-1], 15)
    film = write_film(tmp_path / "three.mp4", before, smile, after)
    found = spotting.find_expression(open_frames(film))
    assert frames_of(found) == range(15, 75)
    assert abs(found.start + found.clip.apex - (15 + 24)) <= 3
    assert found.held and 5 < found.motion < 20


def test_in_a_long_recording_candidates_end_at_cuts(tmp_path, smile):
    """12 seconds: a long still shot, the smile, and again a long still shot."""
    far = still(reframed(smile)[0], 150)
    film = write_film(tmp_path / "long.mp4", far, smile, far)
    found = spotting.find_expression(open_frames(film))
    assert frames_of(found) == range(150, 210)
    assert abs(found.start + found.clip.apex - (150 + 24)) <= 3


def test_phases_on_both_sides_of_a_cut_are_refused(tmp_path, smile):
    film = write_film(tmp_path / "cut.mp4", smile[:40], reframed(smile)[:40])
    for phases in ((30, 45, 60), (None, 39, 40), (39, None, 45)):
        with pytest.raises(ClipError, match=r"camera cuts.*frame 40 is the first after the cut"):
            spotting.find_expression(open_frames(film), phases=phases)
    for phases, shot in (((12, 24, 30), range(40)), ((52, 64, None), range(40, 80))):
        found = spotting.find_expression(open_frames(film), phases=phases)
        assert frames_of(found) == shot
        assert found.start + found.clip.onset == phases[0]


@pytest.mark.parametrize("between", [0, 127])
def test_a_short_gap_with_a_cut_is_not_bridged(tmp_path, between):
    """Three frames without a face between two shots; between frames of one shot they are bridged."""
    gap = np.full((3, SIZE[1], SIZE[0], 3), between, np.uint8)
    one, other = still(picture(), 12), still(picture(around=CLOSER), 12)
    cut = spotting.follow_face(open_frames(write_film(tmp_path / "cut.mp4", one, gap, other)))
    assert cut.present[:12].all() and not cut.present[12:15].any() and cut.present[15:].all()
    assert [shot.start for shot in cut.shots()] == [0, 15]
    whole = spotting.follow_face(open_frames(write_film(tmp_path / "one.mp4", one, gap, one)))
    assert len(whole.shots()) == 1 and whole.present.all()


def test_no_identity_is_followed_across_a_cut(tmp_path):
    """The second shot shows a larger face, and a smaller one where the first shot's face was."""
    small = picture()[::2, ::2]
    one = np.full((240, 480, 3), 90, np.uint8)
    one[20:140, 10:170] = small
    other = one.copy()
    other[140:], other[:, 170:] = 0, 200
    other[:, 160:] = picture(mirrored=True)
    film = write_film(tmp_path / "two.mp4", still(one, 12), still(other, 12))
    path = spotting.follow_face(open_frames(film))
    assert path.present.all()
    nose = path.landmark(1)[:, 0]
    assert (nose[:12] < 170).all() and (nose[12:] > 170).all()
    for first in (0, 12):
        np.testing.assert_array_equal(path.motions[first], np.eye(2, 3))


def test_what_follows_a_cut_is_not_the_way_back_from_before(tmp_path, smile):
    """A smile that stays, a cut, and the way back from a smile in another shot."""
    back = reframed(smile)[::-1]
    film = write_film(tmp_path / "held.mp4", still(smile[0], 30), smile, back, still(back[-1], 30))
    found = mer_zoo.spot(film)
    assert abs(found[0].apex - (30 + 24)) <= 3
    assert found[0].held and found[0].offset == found[0].apex
    assert [interval for interval in found[1:] if interval.onset >= 90]


def test_frames_that_are_taken_whole_are_divided_too(tmp_path, smile):
    film = write_film(tmp_path / "cut.mp4", still(reframed(smile)[0], 20), smile[:40])
    stream = open_frames(film)
    found = spotting.find_expression(stream, alignment="frame")
    assert frames_of(found) == range(20, 60)
    assert found.motion < 20
    with pytest.raises(ClipError, match=r"\(19 to 44\).*frame 20 is the first after the cut"):
        spotting.find_expression(stream, alignment="frame", phases=(19, 44, None), start=3)
    given = spotting.find_expression(stream, alignment="frame", phases=(32, 44, None), start=3)
    assert frames_of(given) == range(20, 60) and given.start + given.clip.apex == 44
    changing = np.random.default_rng(0).integers(0, 255, (4, 40, 40, 3), np.uint8)
    with pytest.raises(ClipError, match="at every frame"):
        spotting.find_expression(open_frames(changing, fps=30), alignment="frame")


def test_a_face_that_is_cut_to_in_single_frames_is_named(tmp_path):
    pictures = [still(picture(**OTHERS[name]), 1) for name in (*OTHERS, "mirrored")]
    with pytest.raises(NoFaceError, match="without a camera cut"):
        spotting.find_expression(open_frames(write_film(tmp_path / "flicker.mp4", *pictures)))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
@settings(deadline=None)
def test_runs_lie_in_one_shot_with_a_face_throughout(frames):
    present, cuts = np.array(frames).T
    points = np.where(present[:, None, None], 0.0, np.nan)
    points = np.broadcast_to(points, (len(frames), len(faces.TRACKED), 2))
    motions = np.broadcast_to(np.eye(2, 3), (len(frames), 2, 3))
    path = FacePath(5, np.arange(len(frames)) / 30, points, motions, cuts)
    shots = path.shots()
    assert [len(shot.times) for shot in shots if shot.cuts[1:].any()] == []
    np.testing.assert_array_equal(np.concatenate([shot.times for shot in shots]), path.times)
    # One character a frame: a cut begins a new word, and so does a frame without a face.
    words = "".join("|" * cut + ("x" if here else "|") for here, cut in frames)
    if present.any():
        run = path.longest_present()
        assert run.present.all() and not run.cuts[1:].any()
        assert len(run.times) == max(map(len, words.split("|")))
