import numpy as np
import pytest

from mer_zoo.errors import NoFaceError, UnknownNameError
from mer_zoo.synthesis.rigs.rig import FaceRig

RIGHT_CORNER, LEFT_CORNER, NOSE_TIP, CHIN = 61, 291, 1, 152


def at(field, portrait, landmark):
    x, y = np.rint(portrait.rig.landmarks[landmark, :2]).astype(int)
    return field[y, x]


def test_fields_lie_on_the_canvas_and_fade_outside_the_face(portrait):
    field = portrait.unit("mouthSmileLeft")
    assert field.shape == (112, 112, 2) and field.dtype == np.float32
    length = np.hypot(*np.moveaxis(field, -1, 0))
    assert length[portrait.rig.face].max() > 2
    assert length[:8].max() < 0.02 * length.max()  # the hair


def test_mouth_corners_move_alike_on_both_sides(portrait):
    left = at(portrait.unit("mouthSmileLeft"), portrait, LEFT_CORNER)
    right = at(portrait.unit("mouthSmileRight"), portrait, RIGHT_CORNER)
    assert left[0] > 1 and right[0] < -1
    assert np.hypot(*right) == pytest.approx(np.hypot(*left), rel=0.35)


def test_a_face_twice_as_large_moves_twice_as_far(portrait):
    rig = FaceRig.load()
    double = rig.fit(portrait.rig.landmarks * 2, (224, 224))
    assert double.pixel == pytest.approx(2 * portrait.pixel)
    far = double.field("jawOpen")[::2, ::2]
    assert np.abs(far - 2 * portrait.unit("jawOpen")).max() < 0.1 * np.abs(far).max()


def test_a_turned_face_moves_along_its_own_axes(portrait):
    points = portrait.rig.landmarks
    turned = np.column_stack([111 - points[:, 1], points[:, 0], points[:, 2]])  # clockwise
    field = FaceRig.load().fit(turned, (112, 112)).field("jawOpen")
    x, y = np.rint(turned[CHIN, :2]).astype(int)
    dx, dy = field[np.clip(y, 0, 111), np.clip(x, 0, 111)]
    assert dx < -3 and abs(dy) < 0.2 * abs(dx)  # down has become left


def test_both_halves_of_a_split_unit_add_to_the_whole():
    units = FaceRig.load().displacements
    halves = units["browInnerUpLeft"] + units["browInnerUpRight"]
    np.testing.assert_allclose(halves, units["browInnerUp"], atol=1e-6)


def test_the_nose_stands_out(portrait):
    depth = portrait.rig.depth
    assert at(depth, portrait, NOSE_TIP) > 8
    assert abs(at(depth, portrait, 33)) < 4  # an outer eye corner


def test_bad_requests_are_named(portrait):
    rig = FaceRig.load()
    with pytest.raises(UnknownNameError, match="mouthSmileLeft"):
        portrait.unit("mouthSmileLeftt")
    with pytest.raises(NoFaceError, match="outside"):
        rig.fit(portrait.rig.landmarks + 500, (112, 112))
    with pytest.raises(ValueError, match="468"):
        rig.fit(portrait.rig.landmarks[:68], (112, 112))
