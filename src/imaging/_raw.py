"""Camera raw files that look like TIFF: what a TIFF reader shows of them is a small preview.

References
----------
TIFF/EP (ISO 12234-2); Digital Negative 1.7; the tags that ExifTool lists for each maker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from indelible.imaging._ifd import Directory, Layout, extent_of, read_directory

__all__ = ["Raw", "raw_kind"]

_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 259, 262
_MAKE, _SUB_DIRECTORIES, _DNG_VERSION = 271, 330, 50706
_REDUCED: Final = 1  # bit of the subfile's kind: a smaller version of another picture in the file
_SENSOR: Final = frozenset({32803, 34892})  # colour filter array, linear raw
# Nikon, Sony, Pentax, Samsung, Kodak, lossy DNG.
_COMPRESSIONS: Final = frozenset({32767, 32769, 32770, 32867, 34713, 34892, 65000, 65535})
# Raw files have up to ten pictures, and directories of a few kilobytes.
_MAX_DIRECTORIES: Final = 32
_MAX_ENTRIES: Final = 8_000  # of these directories in all; real ones have a few hundred
_MAX_BYTES: Final = 1 << 22


class Raw(NamedTuple):
    """What kind of raw file it is, and the size of its largest picture in px."""

    title: str
    width: int
    height: int


class _Picture(NamedTuple):
    width: int
    height: int
    reduced: bool
    sensor: bool

    @property
    def area(self) -> int:
        return self.width * self.height


def raw_kind(data: bytes, layout: Layout, directory: Directory, pages: list[int]) -> Raw | None:
    """Return which camera raw file a TIFF file is, None where it is none.

    That is one that says so, one that holds what a sensor measured, or one whose first picture is a
    smaller version of another that no TIFF reader would show.

    Parameters
    ----------
    data : bytes
        The file.
    layout : Layout
        Its layout.
    directory : Directory
        Its first directory.
    pages : list of int
        Where the directories of its pages lie.
    """
    first = _picture(directory)
    below = list(_pictures(data, layout, directory.integers(_SUB_DIRECTORIES)))
    # Canon's CR2 keeps the sensor's picture in its fourth page.
    others = [*below, *_pictures(data, layout, pages[1:])]
    largest = max([first, *others], key=lambda picture: picture.area)
    sensor = first.sensor or any(picture.sensor for picture in others)
    hidden = any(not p.reduced and p.area > first.area for p in below)
    preview = first.reduced and any(p.area > first.area for p in others)
    if _DNG_VERSION in directory.tags:
        title = "DNG"
    elif data[8:10] == b"CR" and layout.first == 16:
        title = "CR2"
    elif sensor or hidden or preview:
        title = _maker(directory) or "of an unknown camera"
    else:
        return None
    return Raw(title, largest.width, largest.height)


def _pictures(data: bytes, layout: Layout, offsets: Sequence[int]) -> Iterator[_Picture]:
    room = _MAX_ENTRIES
    for offset in offsets[:_MAX_DIRECTORIES]:
        try:
            room -= extent_of(data, layout, offset).entries
            if room < 0:
                return
            yield _picture(read_directory(data, layout, offset, max_bytes=_MAX_BYTES))
        except ValueError:
            continue


def _picture(directory: Directory) -> _Picture:
    sensor = (
        directory.first(_PHOTOMETRIC) in _SENSOR or directory.first(_COMPRESSION) in _COMPRESSIONS
    )
    reduced = bool(directory.first(_SUBFILE) & _REDUCED)
    return _Picture(directory.first(_WIDTH), directory.first(_HEIGHT), reduced, sensor)


def _maker(directory: Directory) -> str | None:
    """Return the camera's maker, as far as it is plain text."""
    value = directory.value(_MAKE) or b""
    text = value.partition(b"\0")[0].decode("ascii", "replace").strip()
    return text if text.isprintable() and 0 < len(text) <= 40 else None
