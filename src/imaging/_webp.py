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
from indelible.limits import Limits

__all__ = ["read_webp"]

_MAX_CHUNKS: Final = 100_000
_PICTURE: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ANMF"})


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


def read_webp(data: bytes, limits: Limits) -> Container:
    """Walk the RIFF chunks of a WebP file.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    if len(data) < 20:
        raise truncated("WebP")
    (size,) = struct.unpack_from("<I", data, 4)
    end_of_file = 8 + size
    found = _Found()
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at >= min(end_of_file, len(data)) and (found.picture or found.frames or at >= len(data)):
            break
        if at + 8 > len(data):
            raise truncated("WebP")
        at = _chunk(found, data, at, limits)
    else:
        raise damaged("WebP", f"it has more than {_MAX_CHUNKS} chunks")
    # Some writers do not count the last byte, which is padding.
    if end_of_file > len(data) + 1:
        found.cut = found.cut or truncated("WebP")  # EXIF, which says what is up, comes last
    elif at > min(end_of_file + 1, len(data)) or end_of_file > len(data):
        found.irregular.append("The WebP file has another size than it says.")
    return _finish(found, trailer_note(data, at))


def _chunk(found: _Found, data: bytes, at: int, limits: Limits) -> int:
    """Take in the chunk at an offset; return where the next one is."""
    kind: bytes
    length: int
    kind, length = struct.unpack_from("<4sI", data, at)
    end = at + 8 + length
    body = data[at + 8 : min(end, at + 8 + 30)]
    if kind in _PICTURE:  # limits first, then completeness
        _picture_chunk(found, kind, body, limits)
    if end > len(data):
        if found.picture is None:
            raise truncated("WebP")
        found.cut = truncated("WebP")
        if kind in _PICTURE:  # the decoder needs as many bytes as the chunk announces
            missing = min(end - len(data), len(data))
            whole = kind + struct.pack("<I", length) + data[at + 8 :] + bytes(missing)
            found.codec.append(whole + bytes(len(whole) % 2))
        return len(data)
    if kind in (b"ICCP", b"EXIF", b"XMP "):
        found.metadata_bytes += length
        limits.check_metadata(found.metadata_bytes)
        _metadata_chunk(found, kind, data[at + 8 : end])
    elif kind in _PICTURE or kind in (b"ALPH", b"ANIM"):
        chunk = bytearray(data[at:end] + bytes(length % 2))
        if kind == b"VP8X":
            chunk[8] &= 0x12  # alpha and animation: the metadata do not go to the codec
        found.codec.append(bytes(chunk))
    elif kind != b"C2PA":
        found.others.append(kind.decode("latin-1"))
    return end + length % 2


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
