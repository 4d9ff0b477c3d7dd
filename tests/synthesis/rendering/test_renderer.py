import cv2
import numpy as np
import pytest

from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.synthesis import (
    ACTION_UNITS,
    Disturbances,
    Expression,
    Movement,
    Portrait,
    Timing,
    canonical_portrait,
    render,
    render_clip,
)
from mer_zoo.synthesis.corpus.distribution import draw_plan
from mer_zoo.synthesis.expressions.schemas import CASME2
from mer_zoo.synthesis.rendering.renderer import displacement_parts

N_FRAMES = 28
LEFT_BROW, RIGHT_BROW = [282, 295, 334], [52, 65, 105]
LEFT_CORNER, RIGHT_CORNER = 291, 61


def rendered(portrait, expression, disturbances=None, seed=0):
    return render(portrait, expression, disturbances, n_frames=N_FRAMES, fps=100, seed=seed)


def measured(clip, first, second):
    """Optical flow between two frames of a clip, (H, W, 2)."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = np.ascontiguousarray(clip.grey)
    return dis.calc(grey[first], grey[second], None)


def around(field, portrait, landmarks, radius=3):
    """Mean of a field around landmarks."""
    boxes = []
    for x, y in np.rint(portrait.rig.landmarks[np.atleast_1d(landmarks), :2]).astype(int):
        patch = field[y - radius : y + radius + 1, x - radius : x + radius + 1]
        boxes.append(patch.reshape(-1, 2).mean(axis=0))
    return np.mean(boxes, axis=0)


def plan_of(label, seed):
    return draw_plan(CASME2, label, "train", np.random.default_rng(seed))


def test_the_same_seed_gives_the_same_bytes(portrait):
    plan = plan_of("happiness", 5)
    clips = [
        render(
            portrait,
            plan.expression,
            plan.disturbances,
            n_frames=plan.n_frames,
            fps=plan.fps,
            seed=seed,
        )
        for seed in (1, 1, 2)
    ]
    assert clips[0].frames.tobytes() == clips[1].frames.tobytes()
    assert clips[0].frames.tobytes() != clips[2].frames.tobytes()


def test_the_clip_carries_its_truth(portrait, show):
    clip = rendered(portrait, show(12))
    assert (clip.onset, clip.apex, clip.offset) == (4, 12, 24)
    assert clip.action_units == ("12",)
    assert clip.fps == pytest.approx(100)
    assert clip.frames.shape == (N_FRAMES, 112, 112, 3) and clip.frames.dtype == np.uint8


def test_a_held_expression_ends_at_its_apex(portrait, show):
    clip = rendered(portrait, show(12, timing=Timing(4, 12, 12, rest=1.0)))
    assert (clip.onset, clip.apex, clip.offset) == (4, 12, 12)
    np.testing.assert_array_equal(clip.grey[12], clip.grey[-1])


@pytest.mark.parametrize("peak", [0.8, 2.2, 5.0, 10.0])
@pytest.mark.parametrize("number", [2, 12, 17])
def test_the_peak_is_honoured(portrait, show, number, peak):
    fields, courses = displacement_parts(portrait, show(number, peak), N_FRAMES)
    motion = [portrait.peak(np.tensordot(course, fields, 1)) for course in courses]
    assert motion[4] == 0 and motion[24] == pytest.approx(0, abs=1e-6)
    assert np.argmax(motion) == 12
    assert motion[12] == pytest.approx(peak, rel=1e-4)


@pytest.mark.parametrize("peak", [1.0, 4.0, 8.0])
@pytest.mark.parametrize("number", [1, 4, 9, 12, 15])
def test_skin_arrives_where_the_field_sends_it(portrait, show, number, peak):
    ramp = np.tile(np.arange(112, dtype=np.uint8) * 2, (112, 1))
    y, x = np.mgrid[:112, :112].astype(np.float32)
    for canvas in (ramp, ramp.T):
        coded = Portrait.of(canvas, portrait.rig.landmarks)
        clip = rendered(coded, show(number, peak))
        field = displacement_parts(coded, show(number, peak), N_FRAMES)[0].sum(axis=0)
        arrived = cv2.remap(
            np.ascontiguousarray(clip.grey[12]), x + field[..., 0], y + field[..., 1], 1
        )
        error = np.abs(arrived.astype(int) - canvas)[10:102, 10:102] / 2  # pixels
        assert error.mean() < 0.2 and np.percentile(error, 99) <= 0.5


def test_motion_is_nothing_at_the_onset_and_largest_at_the_apex(portrait, show):
    clip = rendered(portrait, show(12, peak=3))
    change = np.abs(clip.grey.astype(int) - clip.grey[0]).mean(axis=(1, 2))
    assert not change[: clip.onset + 1].any() and not change[clip.offset :].any()
    assert change.argmax() == clip.apex


def test_a_smile_pulls_the_mouth_corners_up_and_outwards(portrait, show):
    motion = measured(rendered(portrait, show(12, peak=5)), 4, 12)
    (left_x, left_y), (right_x, right_y) = (
        around(motion, portrait, corner) for corner in (LEFT_CORNER, RIGHT_CORNER)
    )
    assert left_x > 0.3 and right_x < -0.3
    assert left_y < -0.3 and right_y < -0.3


@pytest.mark.parametrize(("numbers", "sign"), [((4,), 1), ((1, 2), -1)])
def test_brows_go_down_with_4_and_up_with_1_and_2(portrait, numbers, sign):
    expression = Expression(tuple(map(Movement, numbers)), Timing(4, 12, 24), peak=4)
    motion = measured(rendered(portrait, expression), 4, 12)
    for brow in (LEFT_BROW, RIGHT_BROW):
        assert sign * around(motion, portrait, brow)[1] > 0.3


@pytest.mark.parametrize(
    ("number", "left", "right"), [(4, LEFT_BROW, RIGHT_BROW), (12, LEFT_CORNER, RIGHT_CORNER)]
)
def test_one_sided_units_move_one_side(portrait, show, number, left, right):
    lengths = {}
    for side, gains in {"left": (1, 0), "right": (0, 1)}.items():
        clip = rendered(portrait, show(number, 4, *gains))
        assert clip.action_units == (f"{side[0].upper()}{number}",)
        motion = measured(clip, 4, 12)
        lengths[side] = [np.hypot(*around(motion, portrait, place)) for place in (left, right)]
    assert lengths["left"][0] > 3 * lengths["left"][1]
    assert lengths["right"][1] > 3 * lengths["right"][0]


def test_still_clips_do_not_move(portrait):
    still = Expression((), Timing(4, 12, 24), peak=0, label="none")
    clip = rendered(portrait, still)
    assert not np.ptp(clip.grey, axis=0).any()
    assert (clip.onset, clip.apex, clip.offset, clip.action_units) == (None, None, None, ())
    noisy = rendered(portrait, still, Disturbances.none(N_FRAMES).but(noise=2.0))
    assert noisy.grey.std(axis=0).mean() == pytest.approx(2.0, rel=0.1)
    assert np.abs(measured(noisy, 4, 12)).mean() < 0.1


def test_head_motion_moves_the_crop_and_the_nose_stands_out(portrait):
    still = Expression((), Timing(4, 12, 24), peak=0)
    shift = np.zeros((N_FRAMES, 6), np.float32)
    shift[12:, :2] = [4, -2]  # pixels of the 224-pixel crop: half of that here
    clip = rendered(portrait, still, Disturbances.none(N_FRAMES).but(head=shift))
    assert np.median(measured(clip, 0, 20)[20:90, 20:90], axis=(0, 1)) == pytest.approx(
        [2, -1], abs=0.15
    )
    turn = np.zeros((N_FRAMES, 6), np.float32)
    turn[12:, 4] = 0.1  # radians to the right of the picture
    clip = rendered(portrait, still, Disturbances.none(N_FRAMES).but(head=turn))
    motion = measured(clip, 0, 20)
    assert around(motion, portrait, 1)[0] > around(motion, portrait, [33, 263])[0] + 0.5


def test_disturbances_change_what_they_should(portrait, show):
    plain = rendered(portrait, show(12)).grey.astype(float)

    def changed(**changes):
        disturbances = Disturbances.none(N_FRAMES).but(**changes)
        return rendered(portrait, show(12), disturbances).grey.astype(float)

    assert changed(exposure=0.5).mean() == pytest.approx(plain.mean() / 2, rel=0.02)
    assert changed(gamma=1.3).mean() < plain.mean()
    gain = np.ones(N_FRAMES, np.float32)
    gain[7] = 0.9
    darker = changed(gain=gain)
    assert darker[7].mean() == pytest.approx(0.9 * plain[7].mean(), rel=0.02)
    np.testing.assert_array_equal(darker[8], plain[8])
    sharpness = [np.abs(cv2.Laplacian(x[0], cv2.CV_64F)).mean() for x in (plain, changed(blur=0.9))]
    assert sharpness[1] < 0.7 * sharpness[0]
    assert 0 < np.abs(changed(jpeg=80) - plain).mean() < 4
    lids = np.zeros(N_FRAMES, np.float32)
    lids[2] = 1
    blinked = np.abs(changed(lids=lids) - plain)
    assert blinked[2, 30:50].mean() > 5 * blinked[2, 60:].mean()
    assert not blinked[1].any()
    smile_out = {"mouthSmileLeft": -4.0, "mouthSmileRight": -4.0}
    assert np.abs(changed(base=smile_out)[0] - plain[0])[70:].mean() > 1


def test_grey_and_colour_move_alike(photo, portrait, show):
    colour = canonical_portrait(photo, grey=False)
    seen = rendered(colour, show(12, peak=4)).grey.astype(int)
    assert np.abs(seen - rendered(portrait, show(12, peak=4)).grey).mean() < 1
    assert rendered(portrait, show(12)).frames.strides[-1] == 0  # no memory for equal channels


@pytest.mark.parametrize("number", sorted(ACTION_UNITS))
def test_every_action_unit_renders(portrait, show, number):
    clip = render(portrait, show(number, timing=Timing(0, 2, 4)), n_frames=5, fps=50)
    change = np.abs(clip.grey[2].astype(int) - clip.grey[0])
    assert change.max() > 8 and np.median(change) < 3


def test_a_whole_photograph_keeps_its_background(photo, show):
    from mer_zoo.faces import find_landmarks

    head = np.zeros((N_FRAMES, 6), np.float32)
    head[12:, 0] = 6
    clip = render_clip(
        photo,
        find_landmarks(photo).points,
        show(12),
        Disturbances.none(N_FRAMES).but(head=head),
        n_frames=N_FRAMES,
        fps=100,
        crop=False,
        subject="nasa/astronaut",
    )
    assert clip.frames.shape == (N_FRAMES, *photo.shape) and clip.subject == "nasa/astronaut"
    change = np.abs(clip.grey[-1].astype(int) - clip.grey[0])
    assert change[100:160, 100:180].mean() > 2
    assert change[-8:, :8].mean() < 0.5


def test_bad_requests_are_named(portrait, show):
    with pytest.raises(UnknownNameError, match="99"):
        rendered(portrait, show(99))
    with pytest.raises(ClipError, match="frame 24"):
        render(portrait, show(12), n_frames=20, fps=100)
    with pytest.raises(ClipError, match="disturbances last 9"):
        rendered(portrait, show(12), Disturbances.none(9))
    with pytest.raises(ValueError, match="uint8"):
        Portrait.of(portrait.canvas / 255, portrait.rig.landmarks)
