"""A folder of images as a stream of frames, in the order of the numbers in their names."""

import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median_low

import cv2
import numpy as np

from mer_zoo.clips.frame import Frame, FrameStream
from mer_zoo.clips.image_size import MAX_BYTES, MAX_PIXELS, stated_size
from mer_zoo.clips.missing import missing_path
from mer_zoo.clips.opencv_log import quiet_opencv
from mer_zoo.clips.pixels import rgb_frames
from mer_zoo.clips.rates import warn_caller
from mer_zoo.clips.validation import PHASES, checked_fps, whole_number
from mer_zoo.errors import ClipError, VideoError
from mer_zoo.files import expanded, read_or_refuse

JOINED = re.compile(r"(\d+)([.,:_-])(\d+)\D*$")
"""The end of a name whose last number follows directly on another: `t0.967`, `12-30-59`, `006_05562`."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


class FolderStream(FrameStream):
    """The images of one folder.

    The last number in a file's name is its frame number, whatever the padding and the prefix
    (`img46.jpg`, `reg_img46.jpg`, `006_05562.jpg`); a decimal or a time there is refused. Names that are
    `onset`, `apex` and `offset` come in this order; other names without numbers are sorted, with a
    warning. Times follow the numbers: (number - first number) / fps.

    Args:
        path: the folder.
        fps: frames per second; required, since images carry none.
        bit_depth: for images of 16 bits, how many the camera used; see `Clip.from_array`.

    Attributes:
        files: the image files in order.
        numbers: the number of each, increasing; positions 0, 1, ... where names have none.

    Raises:
        VideoError: if the folder is missing or holds no images, or their names give no order.
        ClipError: if fps is missing or not positive.

    Warns:
        FrameRateWarning: the numbers mostly rise by more than one, as milliseconds do.
        UserWarning: no name has a number, so their alphabetical order was taken.
    """

    def __init__(self, path: str | Path, *, fps: float | None = None, bit_depth: int | None = None):
        self.name = str(path)
        self.numbers, self.files = list_images(expanded(path))
        if fps is None:
            raise ClipError(
                f"{self.name} is a folder of images, which carry no frame rate. Give fps: "
                "CASME II 200, SAMM 200, SMIC-HS 100, CAS(ME)^3 30."
            )
        self.fps = self._rate = checked_fps(fps)
        self.frame_count = len(self.files)
        self._bit_depth = bit_depth
        self._warn_of_order()
        self._warn_of_steps()

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        first = None
        for index, file in list(enumerate(self.files))[start:stop]:
            image = read_image(file, self._bit_depth)
            first = first or (file, image.shape)
            if image.shape != first[1]:
                sizes = ["x".join(map(str, shape[1::-1])) for shape in (image.shape, first[1])]
                raise VideoError(
                    f"{file} is {sizes[0]} but {first[0].name} is {sizes[1]}; expected frames of "
                    "one size. Crop or resize them alike, or move the odd one out of the folder."
                )
            yield Frame(index, (self.numbers[index] - self.numbers[0]) / self._rate, image)

    def _warn_of_order(self) -> None:
        names = [file.name for file in self.files]
        if len(names) < 2 or re.search(r"\d", self.files[0].stem) or _are_phases(self.files):
            return
        listed = ", ".join([*names[:3], *["..."] * (len(names) > 4), *names[3:][-1:]])
        warn_caller(
            f"No image of {self.name} has a number in its name, so they are taken in the order of "
            f"their names: {listed}. If they were filmed in another order, number them.",
            UserWarning,
        )

    def _warn_of_steps(self) -> None:
        steps = Counter(after - before for before, after in pairwise(self.numbers))
        # Three images may be onset, apex and offset. Numbers in milliseconds need fps=1000.
        if len(self.numbers) < 4 or steps[1] == max(steps.values()) or self._rate == 1000:
            return
        step = median_low(steps.elements())
        warn_caller(
            f"{self.name}: the numbers of its files rise by {step}, so fps={self._rate:g} means "
            f"{self._rate / step:.3g} frames per second. If they are milliseconds, give fps=1000. If "
            f"every file is 1/{self._rate:g} s after the one before, number the files 1, 2, 3, ... "
            "Nothing is wrong if frames were left out on purpose."
        )

    def position(self, number: int | None, what: str = "frame") -> int | None:
        """Where the file with this number stands, 0-based; None for None.

        Raises:
            ClipError: if there is no such file; the nearest one is named.
        """
        number = whole_number(what, number)
        if number is None:
            return None
        place = bisect_left(self.numbers, number)
        if place < len(self.numbers) and self.numbers[place] == number:
            return place
        nearest = min(range(len(self.numbers)), key=lambda i: abs(self.numbers[i] - number))
        raise ClipError(
            f"{what} is {number}, but {self.name} has no file with that number: it holds "
            f"{self.files[0].name} to {self.files[-1].name}, and the nearest is "
            f"{self.files[nearest].name}. Give {self.numbers[nearest]} if that will do. "
            "If you count positions from 0, say so: 'index' in a column numbering of a table of clips, or "
            "Clip.from_frames(..., numbering='index')."
        )

    def part(self, start: int | None, stop: int | None) -> tuple[int, int | None]:
        """Turns file numbers, `stop` not included, into positions; None stays open.

        Raises:
            ClipError: if no file has a number in between.
        """
        start, stop = whole_number("start", start), whole_number("stop", stop)
        first = 0 if start is None else bisect_left(self.numbers, start)
        end = None if stop is None else bisect_left(self.numbers, stop)
        if first >= (len(self.files) if end is None else end):
            raise ClipError(
                f"start is {start} and stop is {stop}, but {self.name} has no file with a number "
                f"in between: it holds {self.files[0].name} to {self.files[-1].name}."
            )
        return first, end

    def describe(self, index: int) -> str:
        return self.files[index].name if 0 <= index < len(self.files) else super().describe(index)


def list_images(folder: Path) -> tuple[list[int], list[Path]]:
    """The numbers and the files of a folder's images, in order; other files are ignored.

    Raises:
        VideoError: if the folder is missing or holds no images, if only some names have a number,
            if two have the same, or if the last number is a part of a time or of a decimal.
    """
    if os.path.isfile(folder):
        raise VideoError(
            f"{folder} is a file, not a folder of images. Read a video with Clip.from_video(path) "
            "or open_frames(path)."
        )
    if not os.path.isdir(folder):
        raise missing_path(folder, "folder of images")
    files = sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")
    )
    if not files:
        inside = sorted(file.name for file in folder.iterdir())
        raise VideoError(
            f"The folder {folder} holds no images ({', '.join(IMAGE_SUFFIXES)}); it holds "
            f"{', '.join(inside[:5]) + ', ...' * (len(inside) > 5) if inside else 'nothing'}. "
            "Give the folder that holds the frames themselves."
        )
    _refuse_joined_numbers(folder, files)
    numbered = {file: re.findall(r"\d+", file.stem) for file in files}
    without = [file.name for file, numbers in numbered.items() if not numbers]
    if len(without) == len(files):
        if _are_phases(files):  # sorted by name, the apex would come before the onset
            files.sort(key=lambda file: PHASES.index(file.stem.lower()))
        return list(range(len(files))), files
    if without:
        raise VideoError(
            f"In {folder}, {', '.join(without[:5])} {'have' if len(without) > 1 else 'has'} no "
            f"number in the name but the other {len(files) - len(without)} images have one, so "
            "their order is not known. Rename them or move them elsewhere."
        )
    order: dict[int, Path] = {}
    for file, numbers in numbered.items():
        earlier = order.setdefault(int(numbers[-1]), file)
        if earlier is not file:
            raise VideoError(
                f"In {folder}, {earlier.name} and {file.name} both carry the number "
                f"{int(numbers[-1])}; expected one file per number. Move one elsewhere."
            )
    return sorted(order), [order[number] for number in sorted(order)]


def _refuse_joined_numbers(folder: Path, files: list[Path]) -> None:
    """Refuses times and decimals, whose last digits are neither the order nor a frame number.

    What stays the same in all names is a prefix, such as the subject in `006_05562.jpg`.
    """
    found = [(file, JOINED.search(file.stem)) for file in files]
    names = [(file, match[2], int(match[1]), int(match[3])) for file, match in found if match]
    if len({before for _, _, before, _ in names}) < 2:
        return
    in_order = sorted(names, key=lambda name: name[2:])
    decimal = any(mark in ".," for _, mark, _, _ in names)
    if decimal or in_order != sorted(names, key=lambda name: name[3]):
        shown = in_order[0][0].name, in_order[-1][0].name
        raise VideoError(
            f"In {folder}, the names {shown[0]} and {shown[1]} end with two numbers that both change, as in "
            "a decimal, a time or frames of two recordings; expected one whole number that counts frames. "
            "Rename the files to 1, 2, 3, ..., or to whole milliseconds and give fps=1000 (--fps 1000)."
        )


def _are_phases(files: list[Path]) -> bool:
    words = [file.stem.lower() for file in files]
    return set(words) <= set(PHASES) and len(set(words)) == len(words)


def read_image(file: Path, bit_depth: int | None = None) -> np.ndarray:
    """Reads one image file as (H, W, 3) uint8 RGB.

    Raises:
        VideoError: if it cannot be decoded.
        ClipError: if its pixel values need a scale that would have to be guessed.
    """
    advice = "too many for one frame. Move it out of the folder, or store it in a smaller size."
    data = read_or_refuse(file, MAX_BYTES, VideoError, advice) if os.path.isfile(file) else b""
    image = None
    size = None if _cut_short(data) else stated_size(data)
    if size is not None:
        _refuse_huge(file, *size)
        # imread would fail on a path that the system's code page cannot write.
        with quiet_opencv(), suppress(cv2.error):
            flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise VideoError(
            f"{file} cannot be read as an image ({len(data)} bytes). Copy it again from where it "
            "came from, or move it out of the folder."
        )
    image = image[..., ::-1] if image.ndim == 3 else image
    return np.ascontiguousarray(rgb_frames(image[None], bit_depth=bit_depth, name=str(file))[0])


def _refuse_huge(file: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise VideoError(
            f"{file} says that it is {width}x{height}; expected at most {MAX_PIXELS / 1e6:.0f} million "
            "pixels. Crop or resize it, or move it out of the folder."
        )


def _cut_short(data: bytes) -> bool:
    # OpenCV fills the missing part of a broken JPEG with grey and says nothing: look for its end.
    return data.startswith(b"\xff\xd8") and b"\xff\xd9" not in data[-65536:]
