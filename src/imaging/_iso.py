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

from indelible.errors import UnreadableImageError
from indelible.imaging import _av1
from indelible.imaging._colour import Space, from_code_points
from indelible.imaging._container import Container, damaged, names_note, truncated
from indelible.imaging._iso_items import read_items
from indelible.imaging.picture import Header, Mode
from indelible.limits import Limits

__all__ = ["read_iso"]

_ALPHA: Final = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
)
_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
_MAX_BOXES: Final = 100_000
_BOXES: Final = "Some parts of the file (videos and the like)"
_KNOWN_BOXES: Final = frozenset(
    {b"ftyp", b"meta", b"moov", b"mdat", b"free", b"skip", b"styp", b"pdin"}
)
_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the type of its uuid box
# Pictures, tiles, and their metadata; libheif takes 1,000 (and 32 extents), libavif fewer still.
_MAX_ITEMS: Final = 5_000
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
    places: list[int] = field(default_factory=list)  # where pictures' data begin
    item_data: int | None = None
    relative_places: list[int] = field(default_factory=list)  # the same, within item_data
    samples: int = 0
    tracks: list[tuple[int, int]] = field(default_factory=list)
    boxes: int = 0
    others: list[str] = field(default_factory=list)  # outermost boxes of other kinds
    items: int = 0


def read_iso(data: bytes, name: str, limits: Limits) -> Container:
    """Walk the boxes of an AVIF or HEIC file.

    The metadata of AVIF files are left to the codec's library; those of HEIC files are read here.

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
    cut = _outermost(found, data, limits)
    own = [
        found.properties[index - 1]
        for index in found.associations.get(found.primary or 0, [])
        if 1 <= index <= len(found.properties)
    ]
    for width, height in _sizes(found.properties):
        limits.check_size(width, height)
    if name == "avif":
        _check_pictures(found, data, limits)
    size = next(iter(_sizes(own)), None)
    sequence = data[8:12] in _SEQUENCE_BRANDS and found.samples > 0
    if (sequence or size is None) and found.tracks:
        size = max(found.tracks)
    if size is None:
        raise truncated(found.title, "it does not say how large its picture is")
    depth, monochrome = _coding(own) or _coding(found.properties) or (8, False)
    alpha = any(kind == b"auxC" and body[4:].startswith(_ALPHA) for kind, body in found.properties)
    mode: Mode = "RGBA" if alpha else "RGB"
    if monochrome:
        mode = "LA" if alpha else "L"
    header = Header(name, *size, found.samples if sequence else 1, mode, depth)
    tracks = header.frames == 1 and bool(found.tracks)
    items = read_items(data)
    notes = (*names_note(_BOXES, found.others), *items.unkept(has_tracks=tracks))
    space = _space(own)
    if name == "avif":
        return Container(header, data, notes=notes, space=space, cut=cut)
    exif, xmp = items.metadata(data, limits)
    codec = items.hidden_metadata(data)
    return Container(header, codec, exif=exif, xmp=xmp, notes=notes, space=space, cut=cut)


def _outermost(found: _Found, data: bytes, limits: Limits) -> UnreadableImageError | None:
    """Take in the outermost boxes; return what is wrong behind those that decoders need."""
    outermost = _boxes(found, data, 0, len(data), outermost=True)
    while True:
        try:
            box = next(outermost, None)
        except UnreadableImageError as error:
            if not found.properties and not found.tracks:
                raise
            return error
        if box is None:
            return None
        if box.kind == b"meta":
            _meta(found, data, box._replace(start=box.start + 4), limits)
        elif box.kind == b"moov":
            _track(found, data, box, limits)
        elif box.kind not in _KNOWN_BOXES and not data.startswith(_C2PA, box.start):
            found.others.append(box.kind.decode("latin-1"))


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
    """Take in the description of the file's items."""
    for box in _boxes(found, data, meta.start, meta.end):
        if box.kind == b"idat":
            found.item_data = box.start
            continue
        limits.check_metadata(box.end - box.start)
        body = data[box.start : box.end]
        try:
            if box.kind == b"pitm":
                (found.primary,) = struct.unpack_from(">I" if body[0] else ">H", body, 4)
            elif box.kind == b"iloc":
                _locations(found, body)
            elif box.kind == b"iprp":
                _properties(found, data, box)
        except (struct.error, IndexError) as error:
            raise damaged(found.title, "its description is cut short") from error


def _properties(found: _Found, data: bytes, parent: _Box) -> None:
    for box in _boxes(found, data, parent.start, parent.end):
        if box.kind == b"ipma":
            _associations(found, data[box.start : box.end])
        elif box.kind == b"ipco":
            for property_ in _boxes(found, data, box.start, box.end):
                # Colour profiles may be long, everything looked at here is short.
                short = data[property_.start : min(property_.end, property_.start + 256)]
                found.properties.append((property_.kind, short))


def _associations(found: _Found, body: bytes) -> None:
    """Read which properties belong to which item (ISO/IEC 23008-12, 9.3.1)."""
    id_format, wide = ">I" if body[0] else ">H", body[3] & 1
    (items,) = struct.unpack_from(">I", body, 4)
    _check_items(found, items)
    at = 8
    for _ in range(items):
        (item,) = struct.unpack_from(id_format, body, at)
        at += struct.calcsize(id_format)
        count = body[at]
        indices = struct.unpack_from(f">{count}{'H' if wide else 'B'}", body, at + 1)
        at += 1 + count * (2 if wide else 1)
        # The highest bit says whether the property is essential.
        mask = 0x7FFF if wide else 0x7F
        found.associations.setdefault(item, [index & mask for index in indices])


def _locations(found: _Found, body: bytes) -> None:
    """Read where the data of each item begin (ISO/IEC 14496-12, 8.11.3)."""
    version, sizes, base_size = body[0], body[4], body[5] >> 4
    offset_size, length_size = sizes >> 4, sizes & 15
    index_size = body[5] & 15 if version else 0
    (items,) = struct.unpack_from(">I" if version == 2 else ">H", body, 6)
    at = 10 if version == 2 else 8
    _check_items(found, items)

    def number(size: int) -> int:
        nonlocal at
        if at + size > len(body):
            raise IndexError
        at += size
        return int.from_bytes(body[at - size : at], "big")

    for _ in range(items):
        number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_size)
        extents = number(2)
        if not extents:
            continue
        number(index_size)
        place = base + number(offset_size)
        if method < 2:
            (found.relative_places if method else found.places).append(place)
        at += length_size + (extents - 1) * (index_size + offset_size + length_size)


def _check_items(found: _Found, items: int) -> None:
    """Refuse more items than any real file has, in all its lists of them together."""
    found.items += items
    if found.items > 2 * _MAX_ITEMS:
        raise damaged(found.title, f"it has more than {_MAX_ITEMS} items")


def _check_pictures(found: _Found, data: bytes, limits: Limits) -> None:
    """Hold the limits against the sizes that the AV1 data themselves announce."""
    places = list(found.places)
    if found.item_data is not None:
        places += [found.item_data + place for place in found.relative_places]
    for place in set(places):
        size = _av1.frame_size(data[place : place + _av1.HEADER_BYTES])
        if size is not None:  # items of other kinds: EXIF, XMP, grids
            limits.check_size(*size)


def _track(found: _Found, data: bytes, parent: _Box, limits: Limits) -> None:
    """Take in the size and the number of frames of the tracks below a box."""
    for box in _boxes(found, data, parent.start, parent.end):
        length = box.end - box.start
        if box.kind in _TRACK_PATH:
            _track(found, data, box, limits)
        elif box.kind == b"tkhd" and length >= 84:
            width, height = struct.unpack_from(">II", data, box.end - 8)  # 16.16 fixed point
            if width >> 16 and height >> 16:
                found.tracks.append((width >> 16, height >> 16))
                limits.check_size(width >> 16, height >> 16)
        elif box.kind == b"stsz" and length >= 12:
            (samples,) = struct.unpack_from(">I", data, box.start + 8)
            found.samples = max(found.samples, samples)
            limits.check_frames(samples)
        elif box.kind in (b"stco", b"co64") and length >= 16:
            code = ">I" if box.kind == b"stco" else ">Q"
            found.places.append(*struct.unpack_from(code, data, box.start + 8))


def _sizes(properties: list[tuple[bytes, bytes]]) -> Iterator[tuple[int, int]]:
    """Yield width and height of each property that states a size."""
    for kind, body in properties:
        if kind == b"ispe" and len(body) >= 12:
            width, height = struct.unpack_from(">II", body, 4)
            yield width, height


def _space(properties: list[tuple[bytes, bytes]]) -> Space | None:
    """Return the colour space that code points say; a profile counts before them."""
    colours = [body for kind, body in properties if kind == b"colr" and len(body) >= 8]
    if any(body[:4] in (b"prof", b"rICC") for body in colours):
        return None
    for body in colours:
        if body[:4] == b"nclx":
            return from_code_points(*struct.unpack_from(">HH", body, 4))
    return None


def _coding(properties: list[tuple[bytes, bytes]]) -> tuple[int, bool] | None:
    """Return bits per channel and whether there is only luma, from the codec's configuration."""
    for kind, body in properties:
        if kind == b"av1C" and len(body) >= 4:
            depth = (12 if body[2] & 0x20 else 10) if body[2] & 0x40 else 8
            return depth, bool(body[2] & 0x10)
        if kind == b"hvcC" and len(body) >= 19:
            return (body[17] & 7) + 8, not body[16] & 3
    return None
