"""The layer and its NumPy twin against the formulas of MESTI, written again in float64."""

import cv2
import keras
import numpy as np
import pytest
from scipy.ndimage import correlate1d

from mer_zoo.layers import MESTI
from mer_zoo.layers.constants import FACE_DEPTH
from mer_zoo.modalities import MestiAccumulator

GREY = np.array([0.299, 0.587, 0.114])


def profile(times, onset, apex, offset):
    """How far the expression has unfolded, case by case."""

    def one(frame, time):
        if frame < onset or frame > offset:
            return 0.0
        if frame == apex:
            return 1.0
        end = onset if frame < apex else offset
        share = (time - times[end]) / (times[apex] - times[end])
        return 0.5 - 0.5 * np.cos(np.pi * share)

    return np.array([one(frame, time) for frame, time in enumerate(times)])


def reference_sums(frames, times, phases, detrend=False):
    """E as what it is, the slope of a straight-line fit of every pixel to the profile; and R."""
    onset, _, offset = phases
    inside = slice(onset, offset + 1)
    columns = [np.ones(len(times)), profile(times, *phases)]
    if detrend:
        columns.append(np.asarray(times))
    regressors = np.stack(columns, axis=1)[inside]
    weights = np.linalg.pinv(regressors)[1]
    grey = (frames.astype(np.float64) @ GREY)[inside]
    response = np.tensordot(weights, grey, axes=1)
    return response, np.tensordot(np.abs(weights) / np.abs(weights).sum(), grey, axes=1)


def blocks(plane, side):
    height, width = plane.shape
    grid = plane.reshape(height // side, side, width // side, side)
    return grid.mean(axis=(1, 3))


def smooth(plane, sigma):
    radius = int(np.ceil(3 * sigma))
    kernel = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        plane = correlate1d(plane, kernel, axis=axis, mode="mirror")
    return plane


def gradients(plane):
    return np.stack([correlate1d(plane, [-0.5, 0, 0.5], axis=a, mode="mirror") for a in (1, 0)])


def head_at(head, places):
    """Where a head that shifts, grows, tilts and turns moves places (x + iy, depth), as x + iy."""
    a, b, c, d, e, f = head
    at, depth = places
    return a + 1j * b + (c + 1j * d) * at + (e + 1j * f) * depth


def places_of(height, width):
    y, x = np.mgrid[:height, :width]
    left = np.array(FACE_DEPTH)
    depth = cv2.resize(np.hstack([left, left[:, ::-1]]), (width, height))
    return ((x + 0.5) - width / 2 + 1j * ((y + 0.5) - height / 2)) / width, depth


def reference_head(response, middle, stride):
    """The motion of the head in px of the grid, cell by cell, by general least squares."""
    response, middle = (smooth(blocks(p, stride), 0.8) for p in (response, middle))
    height, width = response.shape
    side = height // 14
    g = gradients(middle)
    tensor = np.array([[blocks(g[i] * g[j], side) for j in range(2)] for i in range(2)])
    right = np.array([blocks(g[i] * response, side) for i in range(2)])
    at, depth = places_of(height, width)
    cells = blocks(at.real, side) + 1j * blocks(at.imag, side)
    depth = blocks(depth, side)
    face = np.exp(-0.5 * np.abs(cells) ** 2 / 0.4**2)
    weights = face.copy()
    for _ in range(5):
        normal, target = 3.0 * np.eye(6), np.zeros(6)
        for place in np.ndindex(cells.shape):
            moved = [head_at(unit, (cells[place], depth[place])) for unit in np.eye(6)]
            moves = np.array([[m.real for m in moved], [m.imag for m in moved]])
            normal += weights[place] * moves.T @ tensor[(..., *place)] @ moves
            target -= weights[place] * moves.T @ right[(..., *place)]
        head = np.linalg.solve(normal, target)
        for place in np.ndindex(cells.shape):
            motion = head_at(head, (cells[place], depth[place]))
            rest = right[(..., *place)] + tensor[(..., *place)] @ [motion.real, motion.imag]
            uv = np.linalg.solve(tensor[(..., *place)] + 3.0 * np.eye(2), rest)
            weights[place] = face[place] / (1 + uv @ uv / (0.25 * width / 112) ** 2)
    return head


def without_head(response, middle, stride):
    head = reference_head(response, middle, stride) * stride
    motion = head_at(head, places_of(*response.shape))
    gx, gy = gradients(middle)
    return response + gx * motion.real + gy * motion.imag


def reference_displacement(response, middle, stride):
    width = response.shape[1]
    response, middle = (smooth(blocks(p, stride), 0.8) for p in (response, middle))
    g = gradients(middle)
    sigma = 2.0 * (width / stride) / 112
    matrix = np.stack([[smooth(g[i] * g[j], sigma) for j in range(2)] for i in range(2)])
    right = np.stack([smooth(g[i] * response, sigma) for i in range(2)])
    matrix = matrix.transpose(2, 3, 0, 1) + 3.0 * np.eye(2)
    return -stride * np.linalg.solve(matrix, right.transpose(1, 2, 0)[..., None])[..., 0]


def enlarge(plane, stride):
    for axis in (0, 1):
        count = plane.shape[axis]
        centres = stride * np.arange(count) + (stride - 1) / 2
        line = np.arange(count * stride)
        plane = np.apply_along_axis(lambda row: np.interp(line, centres, row), axis, plane)  # noqa: B023
    return plane


def scaled(values, *planes):
    values = np.sort(np.abs(values), axis=None)
    largest = values[int(np.ceil(0.99 * values.size)) - 1]
    return [np.clip(plane / largest, -2, 2) for plane in planes]


def reference_image(clip, normalize, detrend=False, remove_rigid="head"):
    stride = max(1, clip.frames.shape[2] // 112)
    phases = (clip.onset, clip.apex, clip.offset)
    response, middle = reference_sums(clip.frames, clip.times, phases, detrend)
    if remove_rigid == "head":
        response = without_head(response, middle, stride)
    uv = reference_displacement(response, middle, stride)
    if remove_rigid == "median":
        uv = uv - np.median(uv, axis=(0, 1))
    u, v = uv[..., 0], uv[..., 1]
    if normalize:
        (response,) = scaled(blocks(response, stride), response)
        u, v = scaled(uv, u, v)
    return np.dstack([enlarge(u, stride), enlarge(v, stride), response])


def layer_image(clip, **parameters):
    inputs = {
        "frames": clip.frames,
        "onset": clip.onset,
        "apex": clip.apex,
        "offset": clip.offset,
    }
    return keras.ops.convert_to_numpy(MESTI(**parameters)(inputs))


def twin_image(clip, detrend=False, one_by_one=False, **parameters):
    twin = MestiAccumulator(clip.times, clip.onset, clip.apex, clip.offset, detrend)
    if one_by_one:
        for frame in clip.frames:
            twin.add(frame)
    else:
        twin.add_frames(clip.frames)
    return twin.image(**parameters)


def assert_close(image, expected, share):
    """Every channel within `share` of its own range."""
    for channel in range(expected.shape[-1]):
        plane = expected[..., channel]
        np.testing.assert_allclose(image[..., channel], plane, atol=share * np.ptp(plane), rtol=0)


@pytest.fixture(scope="module", params=[32, 224])
def clip(request, moving_face):
    # 224 px is solved on blocks of 2 x 2 px, 32 px is not.
    return moving_face(request.param, 12, (1, 5, 10))


@pytest.mark.parametrize("remove_rigid", ["head", "median", "none"])
@pytest.mark.parametrize("normalize", [False, True])
def test_the_layer_follows_the_formulas(clip, normalize, remove_rigid):
    expected = reference_image(clip, normalize, remove_rigid=remove_rigid)
    image = layer_image(clip, normalize=normalize, remove_rigid=remove_rigid)
    assert_close(image, expected, 1e-4 if normalize else 1e-5)


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("normalize", [False, True])
def test_the_twin_follows_the_formulas(clip, normalize, one_by_one):
    image = twin_image(clip, normalize=normalize, one_by_one=one_by_one)
    assert image.dtype == np.float32
    assert_close(image, reference_image(clip, normalize), 1e-4 if normalize else 1e-5)


@pytest.mark.parametrize("remove_rigid", ["median", "none"])
def test_the_twin_leaves_or_shifts_the_head_as_the_formulas_say(clip, remove_rigid):
    expected = reference_image(clip, normalize=False, remove_rigid=remove_rigid)
    assert_close(twin_image(clip, normalize=False, remove_rigid=remove_rigid), expected, 1e-5)


def test_detrending_follows_the_formulas(clip):
    expected = reference_image(clip, normalize=False, detrend=True)
    assert_close(layer_image(clip, normalize=False, detrend=True), expected, 1e-5)
    assert_close(twin_image(clip, normalize=False, detrend=True), expected, 1e-5)


def test_uneven_frame_times_follow_the_formulas(moving_face):
    times = np.cumsum(np.random.default_rng(3).uniform(0.2, 3.0, 12))
    clip = moving_face(32, 12, (1, 5, 10), times=times)
    assert_close(twin_image(clip, normalize=False), reference_image(clip, normalize=False), 1e-5)
    # The layer takes the rate to be even, which is wrong here: so the times do matter.
    with pytest.raises(AssertionError):
        assert_close(layer_image(clip, normalize=False), twin_image(clip, normalize=False), 1e-2)


@pytest.mark.parametrize("channels", ["motion", "response", "reference"])
def test_layer_and_twin_agree_in_every_channel_set(channels, moving_face):
    clip = moving_face(32, 12, (1, 5, 10))
    expected = twin_image(clip, channels=channels)
    image = layer_image(clip, channels=channels)
    assert image.shape == expected.shape
    assert_close(image, expected, 1e-4)


@pytest.mark.parametrize("phases", [(0, 0, 11), (0, 11, 11), (3, 4, 5), (2, 9, 10)])
def test_layer_and_twin_agree_wherever_the_marks_lie(phases, moving_face):
    clip = moving_face(32, 12, (1, 5, 10)).with_phases(*phases)
    assert_close(layer_image(clip), twin_image(clip), 1e-4)


def test_layer_and_twin_agree_on_grey_frames(moving_face):
    clip = moving_face(32, 12, (1, 5, 10))
    twin = MestiAccumulator(range(12), 1, 5, 10)
    twin.add_frames(clip.frames[..., 1])
    inputs = {"frames": clip.frames[..., 1:2], "onset": 1, "apex": 5, "offset": 10}
    assert_close(keras.ops.convert_to_numpy(MESTI()(inputs)), twin.image(), 1e-4)


def test_the_reference_is_standardised(moving_face):
    clip = moving_face(32, 12, (1, 5, 10))
    _, middle = reference_sums(clip.frames, clip.times, (1, 5, 10))
    image = layer_image(clip, channels="reference")
    np.testing.assert_allclose(image[..., 1], (middle - middle.mean()) / middle.std(), atol=1e-4)
    raw = twin_image(clip, channels="reference", normalize=False)
    np.testing.assert_allclose(raw[..., 1], middle, atol=1e-3)
