"""Reader of GIF files (GIF89a specification; XMP part 3 for the metadata)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import (
    Container,
    CutShortError,
    damaged,
    names_note,
    readable,
    trailer_note,
    truncated,
)
from indelible.imaging.picture import Header, Mode
from indelible.limits import Limits

__all__ = ["XMP_EXTENSION", "XMP_TRAILER", "read_gif"]

#: Application extension that carries an XMP packet, and the bytes after the packet.
XMP_EXTENSION: Final = b"\x21\xff\x0bXMP DataXMP"
XMP_TRAILER: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"

_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL: Final = b"\x21\xf9"
_COMMENT: Final = b"\x21\xfe"
_PLAIN_TEXT: Final = b"\x21\x01"
_APPLICATION: Final = b"\x21\xff\x0b"
# How often to play an animation, and the C2PA store.
_NOT_NAMED: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"C2PA_GIF")
_MAX_BLOCKS: Final = 100_000  # frames and extensions


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    size: tuple[int, int]
    depth: int
    budget: int  # sub-blocks that may still come
    frames: int = 0
    first: int = 0  # where the first frame begins, and ends
    first_end: int = 0
    control: bytes = b""  # what stands before a frame: its transparency, and its time
    transparent: bool = False
    xmp: bytes | None = None
    text: list[tuple[str, str]] = field(default_factory=list)
    metadata_bytes: int = 0
    others: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    cut: UnreadableImageError | None = None
    notes: list[str] = field(default_factory=list)


def read_gif(data: bytes, limits: Limits) -> Container:
    """Walk the blocks of a GIF file.

    Raises
    ------
    ImageError
        The file is cut short, damaged, or over a limit.
    """
    if len(data) < 13:
        raise truncated("GIF")
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    limits.check_size(width, height)
    # Sub-blocks hold up to 255 bytes; many more of them than a real file has would cost a minute.
    found = _Found((width, height), (packed & 7) + 1, len(data) // 32 + 10_000)
    try:
        _walk(found, data, 13 + _table_bytes(packed), limits)
    except UnreadableImageError as error:
        if not found.frames or not (found.first_end or isinstance(error, CutShortError)):
            raise
        found.cut = error
    if not found.frames:
        raise truncated("GIF", "it ends before any picture data")
    mode: Mode = "PA" if found.transparent else "P"
    irregular = tuple(found.irregular)
    # What a decoder needs: the head, what says which colour is transparent, and one frame.
    end = found.first_end or len(data)
    head = data[: 13 + _table_bytes(packed)] + found.control
    return Container(
        Header("gif", width, height, found.frames, mode, found.depth, irregular=irregular),
        b"".join([head, data[found.first : end], b"\0" * (not found.first_end), bytes([_TRAILER])]),
        xmp=found.xmp or None,
        text=tuple(found.text),
        notes=(*found.notes, *names_note("Some GIF extensions", found.others)),
        cut=found.cut,
    )


def _walk(found: _Found, data: bytes, at: int, limits: Limits) -> None:
    for _ in range(_MAX_BLOCKS):
        if at >= len(data):
            if not found.frames:
                raise truncated("GIF")
            found.irregular.append("The GIF file lacks its end marker.")
            return
        kind = data[at]
        if kind == _TRAILER:
            found.notes += trailer_note(data, at + 1)
            return
        if kind == _FRAME:
            at = _frame(found, data, at, limits)
        elif kind == _EXTENSION:
            at = _extension(found, data, at, limits)
        elif found.frames:  # where viewers stop
            found.irregular.append("The GIF file has no block where one should be.")
            return
        else:
            raise damaged("GIF", "there is no block where one should be")
    raise damaged("GIF", f"it has more than {_MAX_BLOCKS} blocks")


def _frame(found: _Found, data: bytes, at: int, limits: Limits) -> int:
    """Take in the frame at an offset; return where it ends."""
    if at + 10 > len(data):
        raise truncated("GIF")
    left, top, width, height, packed = struct.unpack_from("<HHHHB", data, at + 1)
    if left + width > found.size[0] or top + height > found.size[1]:
        raise damaged("GIF", "a frame is larger than the picture")
    found.frames += 1
    limits.check_frames(found.frames)
    table = _table_bytes(packed)
    if found.frames == 1:
        found.first = at
        found.depth = (packed & 7) + 1 if table else found.depth
        found.transparent |= (left, top, width, height) != (0, 0, *found.size)
    end = _skip(found, data, at + 11 + table)  # one byte of it is the code size
    found.first_end = found.first_end or end
    return end


def _extension(found: _Found, data: bytes, at: int, limits: Limits) -> int:
    """Take in the extension at an offset; return where it ends."""
    end = _skip(found, data, at + 2)
    if data.startswith(XMP_EXTENSION, at):
        found.xmp = found.xmp or data[at + len(XMP_EXTENSION) : max(at, end - len(XMP_TRAILER))]
        found.metadata_bytes += end - at
    elif data.startswith(_COMMENT, at):
        found.text.append(("Comment", readable(_join(data, at + 2))))
        found.metadata_bytes += end - at
    elif data.startswith(_GRAPHIC_CONTROL, at) and not found.frames:
        found.control, found.transparent = data[at:end], bool(data[at + 3] & 1)
    elif data.startswith(_PLAIN_TEXT, at):
        found.others.append("plain text")
    elif data.startswith(_APPLICATION, at) and not data.startswith(_NOT_NAMED, at + 3):
        found.others.append(data[at + 3 : at + 11].decode("latin-1").strip("\0 "))
    limits.check_metadata(found.metadata_bytes)
    return end


def _table_bytes(packed: int) -> int:
    """Return the length of the colour table that a packed field announces."""
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _skip(found: _Found, data: bytes, at: int) -> int:
    """Return where a chain of sub-blocks ends."""
    size = len(data)
    budget = found.budget
    while at < size:
        length = data[at]
        at += 1 + length
        if not length:
            found.budget = budget
            return at
        budget -= 1
        if budget < 0:
            raise damaged("GIF", "it has too many blocks")
    raise truncated("GIF")


def _join(data: bytes, at: int) -> bytes:
    """Return the content of a chain of sub-blocks that `_skip` has found sound."""
    parts: list[bytes] = []
    while length := data[at]:
        parts.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return b"".join(parts)
