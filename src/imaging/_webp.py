"""Reader of WebP files (RFC 9649)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._container import (
    Container,
    damaged,
    names_note,
    trailer_note,
    truncated,
)
from indelible.imaging.picture import Header, Mode
from indelible.imaging.structure.parts import MAX_PARTS, Segment, Walk
from indelible.imaging.structure.webp import MARK, PICTURES, stated_end
from indelible.languages import say
from indelible.limits import Limits

__all__ = ["read_webp"]

# Bytes at the beginning of a chunk that say how large its picture is.
_HEAD: Final = 10
_SIZED: Final = frozenset({b"VP8X", *PICTURES})


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    canvas: tuple[int, int] | None = None
    picture: tuple[int, int] | None = None
    alpha: bool = False
    animation: bool = False
    frames: int = 0
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    lossless: bool = False
    metadata_bytes: int = 0
    others: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    codec: list[bytes] = field(default_factory=list)
    cut: UnreadableImageError | None = None


def read_webp(data: bytes, walked: Walk, limits: Limits) -> Container:
    """Read a WebP file's chunks.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    if len(data) < 20:
        raise truncated("WebP")
    found = _Found()
    for part in walked.parts:
        _chunk(found, data, part, limits)
    if walked.too_many:
        raise damaged("WebP", f"it has more than {MAX_PARTS} chunks")
    end, stated = walked.end, stated_end(data)
    if walked.broken is not None:
        _last_chunk(found, data, walked.broken, limits)
        end = len(data)
    # There are writers that do not count the last byte, which is padding.
    if end < min(stated, len(data)):
        raise truncated("WebP")
    if stated > len(data) + 1:
        found.cut = found.cut or truncated("WebP")  # EXIF, which says what is up, comes last
    elif end > min(stated + 1, len(data)) or stated > len(data):
        found.irregular.append(say("The WebP file has another size than it says."))
    return _finish(found, trailer_note(data, end))


def _chunk(found: _Found, data: bytes, part: Segment, limits: Limits) -> None:
    """Take in a chunk that is whole."""
    length = part.end - part.content
    if part.kind in _SIZED:
        _picture_chunk(found, part.kind, _head(data, part), limits)
    if part.kind in (b"ICCP", b"EXIF", b"XMP "):
        found.metadata_bytes += length
        limits.check_metadata(found.metadata_bytes)
        _metadata_chunk(found, part.kind, data[part.content : part.end])
    elif part.kind in _SIZED or part.kind in (b"ALPH", b"ANIM"):
        chunk = bytearray(data[part.start : part.end] + bytes(length % 2))
        if part.kind == b"VP8X":
            chunk[8] &= 0x12  # alpha and animation: the metadata do not go to the codec
        found.codec.append(bytes(chunk))
    elif part.kind != MARK:
        found.others.append(part.kind.decode("latin-1"))


def _last_chunk(found: _Found, data: bytes, part: Segment, limits: Limits) -> None:
    """Take in what there is of a chunk that the end of the file cuts short."""
    if part.kind in _SIZED:  # limits first, then completeness
        _picture_chunk(found, part.kind, _head(data, part), limits)
    if found.picture is None:
        raise truncated("WebP")
    found.cut = truncated("WebP")
    if part.kind in _SIZED:  # the decoder needs as many bytes as the chunk announces
        missing = min(part.end - len(data), len(data))
        whole = data[part.start :] + bytes(missing)
        found.codec.append(whole + bytes(len(whole) % 2))


def _head(data: bytes, part: Segment) -> bytes:
    """Return as much of a chunk as says how large its picture is."""
    return data[part.content : min(part.end, part.content + _HEAD)]


def _picture_chunk(found: _Found, kind: bytes, body: bytes, limits: Limits) -> None:
    if kind == b"VP8X":
        if len(body) < 10:
            raise truncated("WebP")
        found.canvas = (_u24(body, 4) + 1, _u24(body, 7) + 1)
        found.alpha = found.alpha or bool(body[0] & 0x10)
        found.animation = bool(body[0] & 0x02)
        limits.check_size(*found.canvas)
        return
    if kind == b"ANMF":
        found.frames += 1
        limits.check_frames(found.frames)
        return
    if found.picture is not None:
        raise damaged("WebP", "it has more than one picture")
    if kind == b"VP8 ":
        if len(body) < 10:
            raise truncated("WebP")
        if body[3:6] != b"\x9d\x01\x2a":
            raise damaged("WebP", "its picture does not begin with a key frame")
        width, height = struct.unpack_from("<HH", body, 6)
        found.picture = (width & 0x3FFF, height & 0x3FFF)
    else:
        if len(body) < 5:
            raise truncated("WebP")
        if body[0] != 0x2F:
            raise damaged("WebP", "its picture has no signature")
        (bits,) = struct.unpack_from("<I", body, 1)
        found.lossless = True
        found.picture = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        found.alpha = found.alpha or bool(bits >> 28 & 1)
    limits.check_size(*found.picture)


def _u24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _metadata_chunk(found: _Found, kind: bytes, body: bytes) -> None:
    if kind == b"ICCP":
        found.icc = found.icc or body
    elif kind == b"EXIF":
        found.exif = found.exif or body
    else:
        found.xmp = found.xmp or body


def _finish(found: _Found, notes: tuple[str, ...]) -> Container:
    if found.animation:
        size, frames = found.canvas, found.frames
    else:
        size, frames = found.picture, 1
        if size is not None and found.canvas not in (None, size):
            raise damaged("WebP", "its picture and its canvas differ in size")
    if size is None or not frames:
        raise truncated("WebP", "it ends before any picture data")
    mode: Mode = "RGBA" if found.alpha else "RGB"
    body = b"WEBP" + b"".join(found.codec)
    return Container(
        Header(
            "webp", *size, frames, mode, 8, lossless=found.lossless, irregular=(*found.irregular,)
        ),
        b"RIFF" + struct.pack("<I", len(body)) + body,
        icc_profile=found.icc,
        exif=found.exif,
        xmp=found.xmp,
        notes=(*notes, *names_note("Some WebP chunks", found.others)),
        cut=found.cut,
    )
