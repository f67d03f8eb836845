"""Reader of AVIF and HEIC files: boxes of ISO base media files.

References
----------
ISO/IEC 14496-12 (boxes), 23008-12 (HEIF), AV1 Image File Format 1.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from indelible.imaging import _av1
from indelible.imaging._colour import Space, from_code_points
from indelible.imaging._container import Container, names_note, truncated
from indelible.imaging._iso_items import Items, Property, read_items
from indelible.imaging.picture import Header, Mode
from indelible.imaging.structure.iso import C2PA_UUID, Boxes, has_uuid, problem
from indelible.imaging.structure.parts import Segment, Walk
from indelible.limits import Limits

__all__ = ["read_iso"]

_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
_BOXES: Final = "Some parts of the file (videos and the like)"
_KNOWN_BOXES: Final = frozenset(
    {b"ftyp", b"meta", b"moov", b"mdat", b"free", b"skip", b"styp", b"pdin"}
)
_TRACK_PATH: Final = frozenset({b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(slots=True)
class _Tracks:
    """What the walk through the tracks of a sequence of pictures has gathered so far."""

    sizes: list[tuple[int, int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # where the first frames' data begin
    samples: int = 0


def read_iso(data: bytes, walked: Walk, name: str, limits: Limits) -> Container:
    """Read what an AVIF or HEIC file says about its picture.

    The metadata of AVIF files are left to the codec's library; those of HEIC files are read here.

    Parameters
    ----------
    data : bytes
        The file.
    walked : Walk
        Its boxes.
    name : str
        ``"avif"`` or ``"heic"``.
    limits : Limits
        Checked against the largest picture, tile or thumbnail in the file.

    Raises
    ------
    ImageError
        The file is cut short, damaged, or over a limit.
    """
    boxes = Boxes(data, name.upper())
    items = read_items(data, [box for box in walked.parts if box.kind == b"meta"], boxes, limits)
    tracks = _Tracks()
    for box in walked.parts:
        if box.kind == b"moov":
            _track(tracks, data, box, boxes, limits)
    cut = problem(data, walked, boxes.title)
    if cut is not None and not (items.properties or tracks.sizes):
        raise cut  # else it is behind what decoders need
    for width, height in _sizes(items.properties):
        limits.check_size(width, height)
    if name == "avif":
        _check_pictures([*items.places(), *tracks.places], data, limits)
    header = _header(data, name, items, tracks)
    notes = (
        *names_note(_BOXES, _others(data, walked.parts)),
        *items.unkept(has_tracks=header.frames == 1 and bool(tracks.sizes)),
    )
    space = _space(items.of_primary())
    if name == "avif":
        return Container(header, data, notes=notes, space=space, cut=cut)
    exif, xmp = items.metadata(data, limits)
    codec = items.hidden_metadata(data)
    return Container(header, codec, exif=exif, xmp=xmp, notes=notes, space=space, cut=cut)


def _header(data: bytes, name: str, items: Items, tracks: _Tracks) -> Header:
    own = items.of_primary()
    size = next(_sizes(own), None)
    sequence = data[8:12] in _SEQUENCE_BRANDS and tracks.samples > 0
    if (sequence or size is None) and tracks.sizes:
        size = max(tracks.sizes)
    if size is None:
        raise truncated(name.upper(), "it does not say how large its picture is")
    depth, monochrome = _coding(own) or _coding(items.properties) or (8, False)
    alpha = items.has_alpha()
    mode: Mode = "RGBA" if alpha else "RGB"
    if monochrome:
        mode = "LA" if alpha else "L"
    return Header(name, *size, tracks.samples if sequence else 1, mode, depth)


def _others(data: bytes, parts: Iterable[Segment]) -> Iterator[str]:
    """Yield the types of the outermost boxes that are not kept."""
    for box in parts:
        if box.kind not in _KNOWN_BOXES and not has_uuid(data, box, C2PA_UUID):
            yield box.kind.decode("latin-1")


def _check_pictures(places: Iterable[int], data: bytes, limits: Limits) -> None:
    """Hold the limits against the sizes that the AV1 data themselves announce."""
    for place in set(places):
        size = _av1.frame_size(data[place : place + _av1.HEADER_BYTES])
        if size is not None:  # items of other kinds: EXIF, XMP, grids
            limits.check_size(*size)


def _track(found: _Tracks, data: bytes, parent: Segment, boxes: Boxes, limits: Limits) -> None:
    """Take in the size and the number of frames of the tracks below a box."""
    for box in boxes.between(parent.content, parent.end):
        length = box.end - box.content
        if box.kind in _TRACK_PATH:
            _track(found, data, box, boxes, limits)
        elif box.kind == b"tkhd" and length >= 84:
            width, height = struct.unpack_from(">II", data, box.end - 8)  # 16.16 fixed point
            if width >> 16 and height >> 16:
                found.sizes.append((width >> 16, height >> 16))
                limits.check_size(width >> 16, height >> 16)
        elif box.kind == b"stsz" and length >= 12:
            (samples,) = struct.unpack_from(">I", data, box.content + 8)
            found.samples = max(found.samples, samples)
            limits.check_frames(samples)
        elif box.kind in (b"stco", b"co64") and length >= 16:
            code = ">I" if box.kind == b"stco" else ">Q"
            found.places.append(*struct.unpack_from(code, data, box.content + 8))


def _sizes(properties: list[Property]) -> Iterator[tuple[int, int]]:
    """Yield width and height of each property that states a size."""
    for kind, body in properties:
        if kind == b"ispe" and len(body) >= 12:
            width, height = struct.unpack_from(">II", body, 4)
            yield width, height


def _space(properties: list[Property]) -> Space | None:
    """Return the colour space that code points say; a profile counts before them."""
    colours = [body for kind, body in properties if kind == b"colr" and len(body) >= 8]
    if any(body[:4] in (b"prof", b"rICC") for body in colours):
        return None
    for body in colours:
        if body[:4] == b"nclx":
            return from_code_points(*struct.unpack_from(">HH", body, 4))
    return None


def _coding(properties: list[Property]) -> tuple[int, bool] | None:
    """Return bits per channel and whether there is only luma, from the codec's configuration."""
    for kind, body in properties:
        if kind == b"av1C" and len(body) >= 4:
            depth = (12 if body[2] & 0x20 else 10) if body[2] & 0x40 else 8
            return depth, bool(body[2] & 0x10)
        if kind == b"hvcC" and len(body) >= 19:
            return (body[17] & 7) + 8, not body[16] & 3
    return None
