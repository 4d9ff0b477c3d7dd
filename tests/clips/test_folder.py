import re
import struct
import tempfile
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, FrameRateWarning, VideoError


def names_of(stream):
    return [file.name for file in stream.files]


@pytest.fixture
def casme2(tmp_path, frames, write_images):
    """Unpadded original frame numbers across a power of ten, and the release's stray file."""
    names = [f"img{number}.png" for number in range(94, 106)]
    folder = write_images(tmp_path / "EP02_01f", names, frames)
    (folder / "Desktop - Shortcut.lnk").write_bytes(b"L\0\0")
    (folder / "._img94.png").write_bytes(b"\0")
    (folder / "more").mkdir()
    return folder


def test_phases_are_file_numbers(casme2, frames):
    clip = Clip.from_frames(casme2, fps=200, onset=94, apex=100, offset=105, subject="casme2/sub01")
    np.testing.assert_array_equal(clip.frames, frames)
    assert clip.phases == (0, 6, 11)
    np.testing.assert_allclose(clip.times, np.arange(12) / 200)
    assert clip.source == str(casme2)


def test_phases_may_be_positions(casme2):
    clip = Clip.from_frames(casme2, fps=200, numbering="index", onset=0, apex=6, offset=11)
    assert clip.phases == (0, 6, 11)
    with pytest.raises(ClipError, match=r"numbering is 'name'; expected 'file' or 'index'"):
        Clip.from_frames(casme2, fps=200, numbering="name")


def test_a_part_by_file_numbers(casme2, frames):
    clip = Clip.from_frames(casme2, fps=200, start=98, stop=103, onset=98, apex=99, offset=102)
    np.testing.assert_array_equal(clip.frames, frames[4:9])
    assert clip.phases == (0, 1, 4)
    assert clip.source == f"{casme2}, img98.png to img102.png"
    by_position = Clip.from_frames(casme2, fps=200, numbering="index", start=4, stop=9)
    np.testing.assert_array_equal(by_position.frames, clip.frames)
    with pytest.raises(ClipError, match=r"apex is img103\.png .* img98\.png to img102\.png"):
        Clip.from_frames(casme2, fps=200, start=98, stop=103, apex=103)
    with pytest.raises(ClipError, match=r"no file with a number in between.*img94\.png to img105"):
        Clip.from_frames(casme2, fps=200, start=200)


def test_an_absent_phase_names_the_nearest_file(casme2):
    (casme2 / "img100.png").unlink()
    (casme2 / "img101.png").unlink()
    with pytest.raises(ClipError, match=r"apex is 101, but .* the nearest is img102\.png"):
        Clip.from_frames(casme2, fps=200, onset=94, apex=101, offset=105)
    with pytest.raises(ClipError, match=r"offset is 900, .* the nearest is img105\.png"):
        Clip.from_frames(casme2, fps=200, offset=900)
    # The message serves users of tables as well as users of Python.
    with pytest.raises(ClipError, match=r"'index' in a column numbering .*or Clip\.from_frames\("):
        Clip.from_frames(casme2, fps=200, apex=6)
    with pytest.raises(ClipError, match=r"apex is 95.5; expected a whole number"):
        Clip.from_frames(casme2, fps=200, apex=95.5)


def test_a_missing_number_leaves_a_gap_in_time(casme2):
    (casme2 / "img100.png").unlink()
    clip = Clip.from_frames(casme2, fps=200, apex=101)
    assert clip.n_frames == 11
    assert clip.times[6] - clip.times[5] == pytest.approx(2 / 200)
    assert clip.phases == (None, 6, None)
    assert clip.fps == pytest.approx(200)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (
            [round(n * 1000 / 30) for n in range(12)],
            r"rise by 33, so fps=30 means 0\.909 .*fps=1000",
        ),
        (
            range(0, 24, 2),
            r"rise by 2, so fps=30 means 15 frames per second.*number the files 1, 2",
        ),
        ([n * 10**20 for n in range(12)], "rise by 1000"),
    ],
)
def test_numbers_that_rise_by_more_than_one_are_named(
    tmp_path, frames, write_images, numbers, message
):
    folder = write_images(tmp_path / "f", [f"{number:06d}.png" for number in numbers], frames)
    with pytest.warns(FrameRateWarning, match=message) as caught:
        Clip.from_frames(folder, fps=30)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_frames(folder, fps=1000)


@pytest.mark.parametrize("numbers", [[46, 59, 78], [1, 2, 3, 40, 41, 80, 81], [7], [1, 2, 4, 5, 7]])
def test_gaps_and_three_phases_are_no_other_rate(tmp_path, frames, write_images, numbers):
    names = [f"img{number}.png" for number in numbers]
    folder = write_images(tmp_path / "f", names, frames[: len(numbers)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_frames(folder, fps=200)


@pytest.mark.parametrize("read", [Clip.from_frames, open_frames])
def test_fps_is_required(casme2, read):
    with pytest.raises(ClipError, match=r"Give fps: CASME II 200, SAMM 200, SMIC-HS 100"):
        read(casme2)
    with pytest.raises(ClipError, match="fps is -1; expected a positive"):
        read(casme2, fps=-1)


@pytest.mark.filterwarnings("ignore::mer_zoo.errors.FrameRateWarning")
@settings(deadline=None, max_examples=30)
@given(
    numbers=st.lists(st.integers(0, 10**7), min_size=1, max_size=30, unique=True),
    prefix=st.sampled_from(["img", "reg_img", "006_", "s1_ne_01-", "", "image 2 of "]),
    padding=st.lists(st.integers(0, 9), min_size=30, max_size=30),
    suffix=st.sampled_from([".jpg", ".PNG", ".bmp", ".tiff"]),
)
def test_files_are_sorted_as_integers_whatever_the_padding(numbers, prefix, padding, suffix):
    with tempfile.TemporaryDirectory() as folder:
        for number, width in zip(numbers, padding, strict=False):
            (Path(folder) / f"{prefix}{number:0{width}d}{suffix}").touch()
        stream = open_frames(folder, fps=200)
        assert stream.numbers == sorted(numbers)
        last = [int(re.findall(r"\d+", name)[-1]) for name in names_of(stream)]
        assert last == sorted(numbers)
        assert stream.frame_count == len(numbers)


@pytest.mark.parametrize("names", [["onset", "apex", "offset"], ["Onset", "Apex"]])
def test_images_called_onset_apex_and_offset_come_in_this_order(
    tmp_path, frames, write_images, names
):
    files = [f"{name}.png" for name in names]
    folder = write_images(tmp_path / "phases", files, frames[: len(names)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names_of(open_frames(folder, fps=10)) == files


def test_names_without_any_number_are_sorted_by_name(tmp_path, frames, write_images):
    folder = write_images(tmp_path / "words", ["c.png", "a.png", "b.png"], frames[:3])
    with pytest.warns(UserWarning, match=r"No image of .*words.*: a\.png, b\.png, c\.png\. If"):
        clip = Clip.from_frames(folder, fps=10)
    np.testing.assert_array_equal(clip.frames, frames[[1, 2, 0]])
    np.testing.assert_allclose(clip.times, [0, 0.1, 0.2])


def test_some_names_without_a_number_are_refused(casme2, frames):
    cv2.imwrite(str(casme2 / "cover.png"), frames[0])
    with pytest.raises(VideoError, match=r"cover\.png has no number .* the other 12 images"):
        open_frames(casme2, fps=200)


def test_one_number_twice_names_both_files(casme2, frames):
    cv2.imwrite(str(casme2 / "img0100.png"), frames[0])
    message = r"img0100\.png and img100\.png both carry the number 100"
    with pytest.raises(VideoError, match=message):
        open_frames(casme2, fps=200)


@pytest.mark.parametrize(
    "names",
    [
        ["t0.967", "t1.000", "t1.033"],  # the last digits say 0, 33, 967
        ["t0,9s", "t1,0s"],
        ["2026-11-28 12-30-58", "2026-11-28 12-30-59", "2026-11-28 12-31-00"],
        ["take1_1", "take1_2", "take2_1"],
    ],
)
def test_the_last_digits_of_a_time_are_no_frame_number(tmp_path, frames, write_images, names):
    folder = write_images(tmp_path / "f", [f"{name}.png" for name in names], frames[: len(names)])
    with pytest.raises(
        VideoError, match=rf"names {names[0]}\.png and {names[-1]}\.png end with two"
    ):
        open_frames(folder, fps=30)


@pytest.mark.parametrize(
    "names", [["006_98", "006_101"], ["s1.9", "s1.10"], ["take1_1", "take1_2", "take2_3"]]
)
def test_a_number_before_the_last_may_be_a_part_of_the_name(tmp_path, frames, write_images, names):
    files = [f"{name}.png" for name in names]
    folder = write_images(tmp_path / "f", files, frames[: len(names)])
    assert names_of(open_frames(folder, fps=30)) == files


def test_a_frame_of_another_size_is_named(casme2, frames):
    cv2.imwrite(str(casme2 / "img99.png"), frames[0, :40])
    with pytest.raises(VideoError, match=r"img99\.png is 64x40 but img94\.png is 64x48"):
        Clip.from_frames(casme2, fps=200)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tif"])
def test_an_image_cut_short_is_named(tmp_path, textured, write_images, suffix):
    names = [f"img{number}.{suffix}" for number in (1, 2, 3)]
    folder = write_images(tmp_path / "cut", names, textured(3, 200, 240))
    data = (folder / names[1]).read_bytes()
    (folder / names[1]).write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=rf"img2\.{suffix} cannot be read as an image"):
        Clip.from_frames(folder, fps=100)


@pytest.mark.parametrize("content", [b"", b"this is no picture"])
def test_a_file_that_is_no_image_is_named(casme2, content):
    (casme2 / "img99.png").write_bytes(content)
    with pytest.raises(VideoError, match=r"img99\.png cannot be read as an image"):
        list(open_frames(casme2, fps=200))


def test_folders_that_hold_no_frames_are_named(tmp_path, casme2):
    (tmp_path / "videos").mkdir()
    with pytest.raises(VideoError, match=r"holds no images .*; it holds nothing"):
        open_frames(tmp_path / "videos", fps=25)
    (tmp_path / "videos" / "face.mp4").touch()
    with pytest.raises(VideoError, match=r"holds no images .*; it holds face\.mp4"):
        Clip.from_frames(tmp_path / "videos", fps=25)
    with pytest.raises(VideoError, match=r"no folder of images .*Did you mean EP02_01f\?"):
        Clip.from_frames(tmp_path / "EP02_01", fps=25)
    with pytest.raises(VideoError, match="is a file, not a folder"):
        Clip.from_frames(casme2 / "img94.png", fps=25)


def test_grey_16_bit_rgba_and_jpeg_images(tmp_path, frames, write_images):
    wide = frames.astype(np.uint16) * 257
    red = frames[..., 0]
    rgba = np.concatenate([frames[..., ::-1], np.full((*red.shape, 1), 9, np.uint8)], -1)
    names = [f"{number}.png" for number in range(12)]
    folders = {
        kind: write_images(tmp_path / kind, names, images)
        for kind, images in {"rgb16": wide, "grey": red, "grey16": wide[..., 0]}.items()
    }
    (tmp_path / "rgba").mkdir()
    for name, image in zip(names, rgba, strict=True):
        cv2.imwrite(str(tmp_path / "rgba" / name), image)
    read = {kind: Clip.from_frames(tmp_path / kind, fps=1).frames for kind in (*folders, "rgba")}
    np.testing.assert_array_equal(read["rgb16"], frames)
    np.testing.assert_array_equal(read["rgba"], frames)
    grey = np.repeat(red[..., None], 3, axis=-1)
    np.testing.assert_array_equal(read["grey"], grey)
    np.testing.assert_array_equal(read["grey16"], grey)
    jpeg = write_images(tmp_path / "jpeg", [f"{n}.jpg" for n in range(12)], frames)
    difference = Clip.from_frames(jpeg, fps=1).frames.astype(int) - frames
    assert np.abs(difference).mean() < 3


def test_12_bit_images_need_their_bit_depth(tmp_path, frames, write_images):
    wide = frames[..., 1].astype(np.uint16) * 16
    folder = write_images(tmp_path / "raw", [f"{n}.png" for n in range(12)], wide)
    with pytest.raises(ClipError, match=r"0\.png is uint16 but .*bit_depth"):
        Clip.from_frames(folder, fps=200)
    clip = Clip.from_frames(folder, fps=200, bit_depth=12)
    assert np.abs(clip.grey.astype(int) - frames[..., 1]).max() <= 1
    first = next(iter(open_frames(folder, fps=200, bit_depth=12)))
    np.testing.assert_array_equal(first.image, clip.frames[0])


def test_floating_point_tiff(tmp_path, frames, write_images):
    names = [f"{n}.tif" for n in range(12)]
    exact = frames[..., 0].astype(np.float32)
    folder = write_images(tmp_path / "float", names, exact)
    np.testing.assert_array_equal(Clip.from_frames(folder, fps=1).grey, frames[..., 0])
    folder = write_images(tmp_path / "unit", names, exact / 255)
    with pytest.raises(ClipError, match=r"0\.tif has values .*multiply it by 255"):
        Clip.from_frames(folder, fps=1)


def test_a_path_beyond_ascii(tmp_path, frames, write_video):
    folder = tmp_path / "表情_süß"
    folder.mkdir()
    for number, frame in enumerate(frames):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", frame[..., ::-1])[1].tobytes())
    np.testing.assert_array_equal(Clip.from_frames(folder, fps=1).frames, frames)


def state_size(file, width, height):
    """Writes another size into the header of an image."""
    data = bytearray(file.read_bytes())
    if file.suffix == ".png":
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif file.suffix == ".bmp":
        data[18:26] = struct.pack("<ii", width, -height)
    elif file.suffix == ".jpg":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    else:
        at = struct.unpack_from("<I", data, 4)[0]
        for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
            value = {256: width, 257: height}.get(struct.unpack_from("<H", data, entry)[0])
            if value is not None:
                data[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, value)
    file.write_bytes(data)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tif"])
def test_an_image_that_would_fill_the_memory_is_refused_by_its_header(
    tmp_path, frames, write_images, suffix
):
    folder = write_images(tmp_path / "bomb", [f"img1.{suffix}"], frames[:1])
    state_size(folder / f"img1.{suffix}", 30_000, 32_000)
    with pytest.raises(VideoError, match=rf"img1\.{suffix} says that it is 30000x32000"):
        Clip.from_frames(folder, fps=100)


def test_a_png_whose_chunk_promises_gigabytes_is_refused(casme2):
    resource = pytest.importorskip("resource")
    file = casme2 / "img99.png"
    data = file.read_bytes()
    at = data.index(b"IDAT") - 4
    file.write_bytes(data[:at] + b"\x7f\xff\xff\xf0" + data[at + 4 :])
    with pytest.raises(VideoError, match=r"img99\.png cannot be read as an image"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        Clip.from_frames(casme2, fps=200)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000  # kilobytes


def test_an_image_file_of_gigabytes_is_refused_unread(casme2):
    with (casme2 / "img99.png").open("r+b") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(VideoError, match=r"img99\.png has more than 400 MB"):
        Clip.from_frames(casme2, fps=200)


def test_an_image_of_another_format_than_its_name_says_is_read(tmp_path, frames):
    (tmp_path / "img1.png").write_bytes(cv2.imencode(".webp", frames[0])[1].tobytes())
    assert Clip.from_frames(tmp_path, fps=100).frames.shape == (1, *frames[0].shape)


@pytest.mark.parametrize("name", ["x" * 300, "~nobody_at_all", "a\0b"])
def test_a_name_that_no_folder_can_have(tmp_path, name):
    path = name if name[0] == "~" else tmp_path / name
    for read in (Clip.from_frames, open_frames):
        with pytest.raises(VideoError, match="There is no"):
            read(path, fps=100)
