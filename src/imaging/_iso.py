"""Reader of AVIF and HEIC files: boxes of ISO base media files.

References
----------
ISO/IEC 14496-12 (boxes), 23008-12 (HEIF), AV1 Image File Format 1.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from indelible.imaging._container import Container, damaged, truncated
from indelible.imaging.picture import Header, Limits, Mode

__all__ = ["read_iso"]

_ALPHA: Final = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
)
_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
_MAX_BOXES: Final = 100_000
_TRACK_PATH: Final = frozenset({b"trak", b"mdia", b"minf", b"stbl"})


class _Box(NamedTuple):
    kind: bytes
    start: int  # of the content
    end: int


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    title: str
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    primary: int | None = None
    associations: dict[int, list[int]] = field(default_factory=dict)
    samples: int = 0
    tracks: list[tuple[int, int]] = field(default_factory=list)
    boxes: int = 0


def read_iso(data: bytes, name: str, limits: Limits) -> Container:
    """Walk the boxes of an AVIF or HEIC file.

    Metadata are left to the codec's library, which has to resolve items anyway.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        ``"avif"`` or ``"heic"``.
    limits : Limits
        Checked against the largest picture, tile or thumbnail in the file.

    Raises
    ------
    ImageError
        The file is cut short, damaged, or over a limit.
    """
    found = _Found(name.upper())
    brand = bytes(data[8:12])
    for box in _boxes(found, data, 0, len(data), outermost=True):
        if box.kind == b"meta":
            _meta(found, data, box._replace(start=box.start + 4), limits)
        elif box.kind == b"moov":
            _track(found, data, box, limits)
    sizes = [_size(body) for kind, body in found.properties if kind == b"ispe" and len(body) >= 12]
    for width, height in sizes:
        limits.check_size(width, height)
    own = [
        found.properties[index - 1]
        for index in found.associations.get(found.primary or 0, [])
        if 1 <= index <= len(found.properties)
    ]
    size: tuple[int, int] | None = next(
        (_size(body) for kind, body in own if kind == b"ispe" and len(body) >= 12), None
    )
    sequence = brand in _SEQUENCE_BRANDS and bool(found.samples)
    if (sequence or size is None) and found.tracks:
        size = max(found.tracks)
    if size is None:
        raise truncated(found.title, "it does not say how large its picture is")
    limits.check_size(*size)
    frames = found.samples if sequence else 1
    limits.check_frames(frames)
    depth, monochrome = _coding(own) or _coding(found.properties) or (8, False)
    alpha = any(kind == b"auxC" and body[4:].startswith(_ALPHA) for kind, body in found.properties)
    mode: Mode = "RGBA" if alpha else "RGB"
    if monochrome:
        mode = "LA" if alpha else "L"
    return Container(Header(name, *size, frames, mode, depth), data)


def _boxes(
    found: _Found, data: bytes, start: int, end: int, *, outermost: bool = False
) -> Iterator[_Box]:
    """Yield the boxes between two offsets; a box that reaches further is an error."""
    at = start
    while at < end:
        if at + 8 > end:
            if outermost and not any(data[at:end]):
                return  # padding behind the last box
            raise truncated(found.title)
        size, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if size == 1:
            if at + 16 > end:
                raise truncated(found.title)
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif size == 0:
            size = end - at
        if size < content - at:
            raise damaged(found.title, "a box has an impossible length")
        if at + size > end:
            raise truncated(found.title)
        found.boxes += 1
        if found.boxes > _MAX_BOXES:
            raise damaged(found.title, f"it has more than {_MAX_BOXES} boxes")
        yield _Box(kind, content, at + size)
        at += size


def _meta(found: _Found, data: bytes, meta: _Box, limits: Limits) -> None:
    if meta.start > meta.end:
        raise damaged(found.title, "its description is empty")
    for box in _boxes(found, data, meta.start, meta.end):
        body = data[box.start : box.end]
        if box.kind == b"pitm":
            width = 4 if body[:1] > b"\0" else 2
            found.primary = int.from_bytes(body[4 : 4 + width], "big")
        elif box.kind == b"iprp":
            for part in _boxes(found, data, box.start, box.end):
                if part.kind == b"ipco":
                    for property_ in _boxes(found, data, part.start, part.end):
                        # Colour profiles may be long, everything looked at here is short.
                        short = data[property_.start : min(property_.end, property_.start + 256)]
                        found.properties.append((property_.kind, short))
                elif part.kind == b"ipma":
                    _associations(found, data[part.start : part.end])
        elif box.kind in (b"idat", b"iinf", b"iloc", b"iref", b"hdlr", b"grpl", b"dinf"):
            limits.check_metadata(len(body))


def _associations(found: _Found, body: bytes) -> None:
    """Read which properties belong to which item (ISO/IEC 23008-12, 9.3.1)."""
    if len(body) < 8:
        raise truncated(found.title)
    id_format = ">I" if body[0] else ">H"
    wide = body[3] & 1
    (items,) = struct.unpack_from(">I", body, 4)
    at = 8
    try:
        for _ in range(min(items, len(body))):
            (item,) = struct.unpack_from(id_format, body, at)
            at += struct.calcsize(id_format)
            count = body[at]
            at += 1
            indices = struct.unpack_from(f">{count}{'H' if wide else 'B'}", body, at)
            at += count * (2 if wide else 1)
            # The highest bit says whether the property is essential.
            mask = 0x7FFF if wide else 0x7F
            found.associations.setdefault(item, [index & mask for index in indices])
    except (struct.error, IndexError) as error:
        raise damaged(found.title, "its list of properties is cut short") from error


def _track(found: _Found, data: bytes, parent: _Box, limits: Limits) -> None:
    """Take in the size and the number of frames of the tracks below a box."""
    for box in _boxes(found, data, parent.start, parent.end):
        if box.kind in _TRACK_PATH:
            _track(found, data, box, limits)
        elif box.kind == b"tkhd" and box.end - box.start >= 84:
            width, height = struct.unpack_from(">II", data, box.end - 8)  # 16.16 fixed point
            if width and height:
                found.tracks.append((width >> 16, height >> 16))
                limits.check_size(width >> 16, height >> 16)
        elif box.kind == b"stsz" and box.end - box.start >= 12:
            (samples,) = struct.unpack_from(">I", data, box.start + 8)
            found.samples = max(found.samples, samples)
            limits.check_frames(samples)


def _size(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", body, 4)
    return width, height


def _coding(properties: list[tuple[bytes, bytes]]) -> tuple[int, bool] | None:
    """Return bits per channel and whether there is only luma, from the codec's configuration."""
    for kind, body in properties:
        if kind == b"av1C" and len(body) >= 4:
            depth = (12 if body[2] & 0x20 else 10) if body[2] & 0x40 else 8
            return depth, bool(body[2] & 0x10)
        if kind == b"hvcC" and len(body) >= 19:
            return (body[17] & 7) + 8, not body[16] & 3
    return None
