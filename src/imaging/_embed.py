"""Placing metadata into files where Pillow's writers cannot."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Final

from indelible.imaging import _photoshop
from indelible.imaging._container import readable
from indelible.imaging._ifd import Entry, Layout, read_directory, read_layout
from indelible.imaging._ifd_writing import moved, write_directory
from indelible.imaging._tiff import STRUCTURE
from indelible.imaging.metadata import Metadata
from indelible.imaging.structure.gif import XMP_EXTENSION, XMP_TRAILER

__all__ = [
    "COMMENT",
    "JPEG_SEGMENT",
    "gif_with_metadata",
    "jpeg_segments",
    "tiff_with_metadata",
]

#: What a JPEG segment holds behind its length, identifier included, in bytes.
JPEG_SEGMENT: Final = 65_533
#: The marker of a JPEG comment.
COMMENT: Final = 0xFE

_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_IPTC: Final = 0x0404


def gif_with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Return a GIF file with comments and an XMP packet before its end (XMP part 3, 1.1.2)."""
    if not data.endswith(b"\x3b"):
        return data
    parts = [data[:-1]]
    for comment in _comments(metadata):
        raw = comment.encode()
        blocks = (raw[at : at + 255] for at in range(0, len(raw), 255))
        parts += [b"\x21\xfe", *(bytes([len(block)]) + block for block in blocks), b"\0"]
    if metadata.xmp and b"\0" not in metadata.xmp:  # which would end the extension
        parts += [XMP_EXTENSION, metadata.xmp, XMP_TRAILER]
    return b"".join([*parts, b"\x3b"])


def _comments(metadata: Metadata) -> list[str]:
    return [value for keyword, value in metadata.text if keyword == "Comment" and value]


def jpeg_segments(metadata: Metadata) -> bytes:
    """Return the JPEG segments that Pillow does not write: Photoshop's, comments, and all others.

    A comment that was stored in a segment keeps its bytes, whatever their encoding.
    """
    resources = _photoshop.resource(_IPTC, metadata.iptc) if metadata.iptc else b""
    resources += metadata.photoshop or b""
    room = JPEG_SEGMENT - len(_PHOTOSHOP)
    parts = [
        _segment(0xED, _PHOTOSHOP + resources[at : at + room])
        for at in range(0, len(resources), room)
    ]
    stored = {readable(s[4:].rstrip(b"\0")) for s in metadata.segments if s[1] == COMMENT}
    parts += [
        _segment(COMMENT, comment.encode()[:JPEG_SEGMENT])
        for comment in _comments(metadata)
        if comment not in stored
    ]
    return b"".join([*parts, *metadata.segments])


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def tiff_with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """Return a little-endian classic TIFF file with its metadata in a new first directory.

    EXIF's description of the picture goes into the directory itself, its other directories behind
    it, in the file's byte order.
    """
    layout = Layout("<", False, struct.unpack_from("<I", data, 4)[0])
    structure = read_directory(data, layout, layout.first, max_bytes=len(data)).entries
    offset = len(data) + len(data) % 2
    appended, described = _moved_exif(metadata.exif, offset)
    # Of entries with one tag the last one counts.
    entries = [*described, *structure, *_blobs(metadata)]
    block, first = write_directory(entries, layout, offset + len(appended))
    head = data[:4] + struct.pack("<I", first)
    return b"".join([head, data[8:], bytes(len(data) % 2), appended, block])


def _blobs(metadata: Metadata) -> list[Entry]:
    entries: list[Entry] = []
    for tag, type_, value in (
        (34675, 7, metadata.icc_profile),
        (700, 1, metadata.xmp),
        (33723, 7, metadata.iptc),
        (34377, 1, metadata.photoshop),
    ):
        if value:
            entries.append(Entry(tag, type_, len(value), value))
    if metadata.dpi is not None:
        for tag, value_ in zip((282, 283), metadata.dpi, strict=True):
            ratio = Fraction(min(max(value_, 0.01), 1e6)).limit_denominator(1000)
            entries.append(Entry(tag, 5, 1, struct.pack("<II", ratio.numerator, ratio.denominator)))
        entries.append(Entry(296, 3, 1, struct.pack("<H", 2)))  # per inch
    return entries


def _moved_exif(exif: bytes | None, offset: int) -> tuple[bytes, list[Entry]]:
    """Return EXIF's other directories, to be placed at `offset`, and its tags."""
    layout = None if exif is None else read_layout(exif)
    if exif is None or layout is None:
        return b"", []
    room = 2 * len(exif)  # entries may share values
    try:
        main = read_directory(exif, layout, layout.first, max_bytes=room)
    except ValueError:
        return b"", []
    entries = [entry for entry in main.entries if entry.tag not in STRUCTURE]
    return moved(exif, layout, entries, "<", offset, max_bytes=room)
