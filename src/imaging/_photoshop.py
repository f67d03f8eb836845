"""Photoshop's image resources, which JPEG (APP13) and TIFF (tag 34377) files carry.

References
----------
Adobe Photoshop File Formats Specification, "Image Resources Section".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from indelible.imaging._container import PREVIEW_NOTE

__all__ = ["Resources", "read", "resource", "without_places"]

_IPTC: Final = 0x0404
# Held elsewhere (ICC profile, EXIF twice, XMP), or a preview of the picture as it was before.
_HELD_ELSEWHERE: Final = frozenset({0x040F, 0x0422, 0x0423, 0x0424})
_PREVIEWS: Final = frozenset({0x0409, 0x040C})
# Grid and guides, slices, and paths: places in the picture as it is stored.
_PLACES: Final = frozenset({0x0408, 0x041A, *range(2000, 2998)})
_CLIPPING_PATH_NAME: Final = 2999


class Resources(NamedTuple):
    """What a section of image resources holds."""

    iptc: bytes | None
    kept: bytes | None  # as stored, without those that have another place
    notes: tuple[str, ...]


class _Resource(NamedTuple):
    number: int
    whole: bytes
    body: bytes


def read(section: bytes) -> Resources:
    """Take a section apart; what is damaged ends it."""
    iptc = None
    kept: list[bytes] = []
    notes: list[str] = []
    used = 0
    for item in _resources(section):
        used += len(item.whole)
        if item.number == _IPTC:
            iptc = iptc or item.body or None
        elif item.number in _PREVIEWS:
            notes.append(PREVIEW_NOTE)
        elif item.number not in _HELD_ELSEWHERE:
            kept.append(item.whole)
    if section[used:].strip(b"\0"):
        notes.append("Photoshop's image resources are damaged; what could be read was kept.")
    return Resources(iptc, b"".join(kept) or None, tuple(dict.fromkeys(notes)))


def without_places(section: bytes) -> bytes | None:
    """Return a section without what names places in the picture: paths, slices and guides."""
    gone = {*_PLACES, _CLIPPING_PATH_NAME}
    return b"".join(r.whole for r in _resources(section) if r.number not in gone) or None


def resource(number: int, body: bytes) -> bytes:
    """Return an image resource without a name."""
    head = b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(body))
    return head + body + bytes(len(body) % 2)


def _resources(section: bytes) -> Iterator[_Resource]:
    at = 0
    # Other signatures (MeSa, AgHg, PHUT, DCSR) come from other programs and have the same form.
    while at + 12 <= len(section) and section[at : at + 4].isalnum():
        (number,) = struct.unpack_from(">H", section, at + 4)
        start = at + 6 + (section[at + 6] + 2) // 2 * 2  # a Pascal string, of even length
        if start + 4 > len(section):
            return
        (size,) = struct.unpack_from(">I", section, start)
        end = start + 4 + size
        if end > len(section):
            return
        whole = section[at : end + size % 2]
        yield _Resource(number, whole.ljust(end + size % 2 - at, b"\0"), section[start + 4 : end])
        at = end + size % 2
