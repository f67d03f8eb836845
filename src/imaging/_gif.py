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
from indelible.imaging.structure.gif import (
    FRAME,
    MARK,
    TRAILER,
    XMP_EXTENSION,
    XMP_TRAILER,
    joined,
    problem,
    table_bytes,
)
from indelible.imaging.structure.parts import Segment, Walk
from indelible.languages import say
from indelible.limits import Limits

__all__ = ["read_gif"]

_GRAPHIC_CONTROL, _COMMENT, _PLAIN_TEXT = b"!\xf9", b"!\xfe", b"!\x01"
_APPLICATION: Final = b"!\xff\x0b"  # and the length of its name
# How often to play an animation, and the C2PA store.
_NOT_NAMED: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0", MARK)


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    size: tuple[int, int]
    depth: int
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


def read_gif(data: bytes, walked: Walk, limits: Limits) -> Container:
    """Read a GIF file's blocks.

    Raises
    ------
    ImageError
        The file is cut short, damaged, or over a limit.
    """
    if len(data) < 13:
        raise truncated("GIF")
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    limits.check_size(width, height)
    found = _Found((width, height), (packed & 7) + 1)
    try:
        _read(found, data, walked, limits)
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
    head = data[: 13 + table_bytes(packed)] + found.control
    return Container(
        Header("gif", width, height, found.frames, mode, found.depth, irregular=irregular),
        b"".join([head, data[found.first : end], b"\0" * (not found.first_end), TRAILER]),
        xmp=found.xmp or None,
        text=tuple(found.text),
        notes=(*found.notes, *names_note("Some GIF extensions", found.others)),
        cut=found.cut,
    )


def _read(found: _Found, data: bytes, walked: Walk, limits: Limits) -> None:
    for part in walked.parts[2:]:  # behind the signature and the screen
        if part.kind == FRAME:
            _frame(found, data, part, limits)
            found.first_end = found.first_end or part.end
        elif part.kind == TRAILER:
            found.notes += trailer_note(data, part.end)
            return
        else:
            _extension(found, data, part, limits)
    if walked.broken is not None and walked.broken.kind == FRAME:
        _frame(found, data, walked.broken, limits)
    error = problem(data, walked)
    if walked.broken is None and not walked.too_many and found.frames:  # where viewers stop
        found.irregular.append(
            say("The GIF file lacks its end marker.")
            if walked.end == len(data)
            else say("The GIF file has no block where one should be.")
        )
    elif error is not None:
        raise error


def _frame(found: _Found, data: bytes, part: Segment, limits: Limits) -> None:
    """Take in a frame, whole or not."""
    if part.start + 10 > len(data):
        raise truncated("GIF")
    left, top, width, height, packed = struct.unpack_from("<HHHHB", data, part.start + 1)
    if left + width > found.size[0] or top + height > found.size[1]:
        raise damaged("GIF", "a frame is larger than the picture")
    found.frames += 1
    limits.check_frames(found.frames)
    if found.frames == 1:
        found.first = part.start
        found.depth = (packed & 7) + 1 if table_bytes(packed) else found.depth
        found.transparent |= (left, top, width, height) != (0, 0, *found.size)


def _extension(found: _Found, data: bytes, part: Segment, limits: Limits) -> None:
    if data.startswith(XMP_EXTENSION, part.start):
        begin, end = part.start + len(XMP_EXTENSION), part.end - len(XMP_TRAILER)
        found.xmp = found.xmp or data[begin : max(begin, end)]
        found.metadata_bytes += part.end - part.start
    elif part.kind == _COMMENT:
        found.text.append(("Comment", readable(joined(data, part.content))))
        found.metadata_bytes += part.end - part.start
    elif part.kind == _GRAPHIC_CONTROL and not found.frames:
        found.control = data[part.start : part.end]
        found.transparent = bool(data[part.start + 3] & 1)
    elif part.kind == _PLAIN_TEXT:
        found.others.append("plain text")
    elif data.startswith(_APPLICATION, part.start):
        name = data[part.content + 1 : part.content + 12]
        if not name.startswith(_NOT_NAMED):
            found.others.append(name[:8].decode("latin-1").strip("\0 "))
    limits.check_metadata(found.metadata_bytes)
