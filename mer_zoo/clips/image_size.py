"""How many pixels a stored image has, by its header: known before anything is decoded."""

import io
import struct
import warnings

MAX_PIXELS = 64_000_000
"""Most pixels of a frame. 8K video has 33 million."""

MAX_BYTES = 400_000_000
"""Largest image file: as much as so many pixels take uncompressed in 16-bit colour."""

SEGMENTS = 10_000
"""Most segments before the picture of a JPEG."""

CHUNKS = 200_000
"""Most chunks of a PNG; usually they have 8 kB."""


def stated_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that an image file states, or None where it states none or breaks off.

    A file of a few bytes may state an image that would fill all memory.
    """
    for magic, read in _READERS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError):  # the file ends within its header
                return None
    return _by_pillow(data)


def _png(data: bytes):
    at = 8
    for _ in range(CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if at > len(data):  # OpenCV makes room for as many bytes as a chunk promises
            return None
        if kind == b"IEND":
            return struct.unpack_from(">II", data, 16)
    return None


def _bmp(data: bytes):
    old = struct.unpack_from("<I", data, 14)[0] == 12  # the header of OS/2
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return abs(width), abs(height)  # a negative height: the rows begin at the top


def _jpeg(data: bytes):
    at = 2
    for _ in range(SEGMENTS):
        at = data.find(b"\xff", at)
        if at < 0:
            return None
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:  # markers without a length
            at += 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def _tiff(data: bytes):
    order = "<" if data.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, directory)
    found = {}
    for at in range(directory + 2, directory + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, at)
        if tag in (256, 257):  # ImageWidth, ImageLength
            (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 8)
            found[tag] = max(found.get(tag, 0), value)
    return (found[256], found[257]) if len(found) == 2 else None


def _by_pillow(data: bytes):
    """The size of an image of another format, which OpenCV may well decode: WebP named .png."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large and of damaged images: the caller says so
        try:
            with Image.open(io.BytesIO(data)) as image:
                return image.size
        except Exception:  # whatever the reader of one of many formats stumbles over
            return None


_READERS = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8": _jpeg,
    b"BM": _bmp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
}
