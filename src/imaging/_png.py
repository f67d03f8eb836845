"""Reader of PNG and APNG files (W3C PNG specification, third edition)."""

from __future__ import annotations

import dataclasses
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging._colour import Point, Space, from_chromaticities, from_code_points
from indelible.imaging._container import (
    Container,
    damaged,
    inflate,
    names_note,
    trailer_note,
    truncated,
    unsupported,
)
from indelible.imaging.picture import Header, Mode
from indelible.imaging.structure import png
from indelible.imaging.structure.parts import MAX_PARTS, Segment, Walk
from indelible.languages import Sentence, say
from indelible.limits import Limits

__all__ = ["picture_is_complete", "read_png"]

_XMP_KEYWORD: Final = "XML:com.adobe.xmp"
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"

# Colour type -> channels, and the bit depths that go with it (table 11.1).
_COLOUR_TYPES: Final[dict[int, tuple[Mode, int, frozenset[int]]]] = {
    0: ("L", 1, frozenset({1, 2, 4, 8, 16})),
    2: ("RGB", 3, frozenset({8, 16})),
    3: ("P", 1, frozenset({1, 2, 4, 8})),
    4: ("LA", 2, frozenset({8, 16})),
    6: ("RGBA", 4, frozenset({8, 16})),
}
_TRANSPARENT: Final[dict[Mode, Mode]] = {"L": "LA", "RGB": "RGBA", "P": "PA"}

# Interlacing: first column and row, and their steps, of each pass (section 8.2).
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

# Ancillary chunks that are kept or rebuilt, that only frames need, that others read, or that are
# out of date once the file is written anew (tIME).
_UNDERSTOOD: Final = frozenset(
    {b"iCCP", b"eXIf", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"acTL", b"fcTL", b"fdAT"}
    | {b"tEXt", b"zTXt", b"iTXt", b"tRNS", b"tIME", png.MARK}
)

# The best ratio that deflate reaches; a picture that needs a better one is not all there.
_MAX_RATIO: Final = 1032

# A chunk's length is a number of 31 bits (section 5.3).
_MAX_LENGTH: Final = 2**31 - 1

# A file that is damaged in more ways is damaged enough.
_MAX_NOTES: Final = 20


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    header: Header | None = None
    channels: int = 0
    interlaced: bool = False
    palette: bool = False
    transparency: bool = False
    idat_bytes: int = 0
    frames: int = 1
    codec: list[bytes | memoryview] = field(default_factory=lambda: [png.SIGNATURE])
    gamma: float | None = None
    points: tuple[Point, Point, Point, Point] | None = None  # white, red, green, blue
    standard: bool = False  # the file says that it is sRGB
    code_points: tuple[int, int] | None = None
    others: list[str] = field(default_factory=list)  # chunks of other kinds
    irregular: list[str] = field(default_factory=list)
    cut: UnreadableImageError | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    text: list[tuple[str, str]] = field(default_factory=list)
    dpi: tuple[float, float] | None = None
    metadata_bytes: int = 0
    notes: dict[str, None] = field(default_factory=dict)  # in order, each once

    def note(self, note: str) -> None:
        if len(self.notes) < _MAX_NOTES:
            self.notes[note] = None

    def damage(self, error: UnreadableImageError) -> None:
        """Remember why only a part of the picture is there; raise where nothing is."""
        if not self.idat_bytes:
            raise error
        self.cut = self.cut or error


def read_png(data: bytes, walked: Walk, limits: Limits) -> Container:
    """Read a PNG file's chunks, checksums included.

    Of an animation the default image (``IDAT``) is kept, which is what programs show that know
    nothing of animations.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    found = _Found()
    try:
        _read(found, data, walked, limits)
    except UnreadableImageError as error:
        found.damage(error)  # viewers show what came before
    return _finish(found)


def _read(found: _Found, data: bytes, walked: Walk, limits: Limits) -> None:
    view = memoryview(data)
    for part in walked.parts:
        _check_place(found, part)
        if part.kind == b"IHDR":  # limits first, before work that grows with the file
            _header(found, data[part.content : part.end - 4], limits)
        checksum = zlib.crc32(view[part.start + 4 : part.end - 4])
        sound = checksum == int.from_bytes(view[part.end - 4 : part.end], "big")
        if part.kind == b"IEND":
            _end(found, data, part.end, sound=sound)
            return
        _chunk(found, part.kind, view[part.start : part.end], limits, sound=sound)
    if walked.too_many:
        raise damaged("PNG", f"it has more than {MAX_PARTS} chunks")
    if walked.broken is not None:
        _check_place(found, walked.broken)
        _last_chunk(found, walked.broken.kind, data[walked.broken.content :], limits)
    elif found.idat_bytes and _END.startswith(data[walked.end :]):
        found.irregular.append(say("The PNG file lacks its end chunk."))
        return
    raise truncated("PNG")


def _check_place(found: _Found, part: Segment) -> None:
    """Refuse what is no chunk, and chunks before the header."""
    if not part.kind.isalpha() or part.end - part.content - 4 > _MAX_LENGTH:
        raise damaged("PNG", "there is no chunk where one should be")
    if found.header is None and part.kind != b"IHDR":
        raise damaged("PNG", "it does not begin with its header")


def _last_chunk(found: _Found, kind: bytes, body: bytes, limits: Limits) -> None:
    """Take in what there is of a chunk that the end of the file cuts short."""
    if kind == b"IHDR" and len(body) >= 13:
        _header(found, body[:13], limits)
    elif kind == b"IDAT" and body:
        _pixel_chunk(found, kind, memoryview(body))
        found.codec.append(_packed(kind, body))


def _end(found: _Found, data: bytes, end: int, *, sound: bool) -> None:
    if not sound:
        found.irregular.append(_wrong_checksum("IEND"))
    for note in trailer_note(data, end):
        found.note(note)


def _wrong_checksum(name: str) -> Sentence:
    return say("The checksum of the PNG file's {chunk} chunk is wrong.", chunk=name)


def _packed(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum


def _chunk(found: _Found, kind: bytes, whole: memoryview, limits: Limits, *, sound: bool) -> None:
    """Take in one chunk; `sound`: its checksum is right."""
    body = whole[8:-4]
    name = kind.decode("ascii")
    if kind[:1].isupper() or kind == b"tRNS":  # what the pixels depend on
        _pixel_chunk(found, kind, body)
        if sound:
            found.codec.append(whole)
            return
        found.codec.append(_packed(kind, bytes(body)))
        found.damage(damaged("PNG", f"the checksum of its {name} chunk is wrong"))
    elif not sound:
        found.irregular.append(_wrong_checksum(name))
        found.note(f"A damaged {name} chunk was left out.")
    elif kind not in (b"fdAT", png.MARK):  # frames after the first one, and the C2PA store
        found.metadata_bytes += len(body)
        limits.check_metadata(found.metadata_bytes)
        _metadata_chunk(found, kind, bytes(body), limits)


def _header(found: _Found, body: bytes, limits: Limits) -> None:
    if found.header is not None:
        raise damaged("PNG", "it has more than one header")
    if len(body) != 13:
        raise damaged("PNG", "its header has an impossible length")
    width, height, depth, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", body)
    limits.check_size(width, height)
    mode, found.channels, depths = _COLOUR_TYPES.get(colour, ("L", 0, frozenset[int]()))
    if depth not in depths or compression or filters or interlace > 1:
        raise damaged("PNG", "its header describes a kind of picture that does not exist")
    found.interlaced = interlace == 1
    found.header = Header("png", width, height, 1, mode, depth)


def _pixel_chunk(found: _Found, kind: bytes, body: memoryview) -> None:
    mode = found.header.mode if found.header is not None else "L"
    if kind == b"IDAT":
        if mode == "P" and not found.palette:
            raise damaged("PNG", "it has no palette")
        found.idat_bytes += len(body)
    elif kind == b"PLTE":
        if found.palette or len(body) % 3 or not 3 <= len(body) <= 768:
            raise damaged("PNG", "its palette has an impossible length")
        found.palette = True
    elif kind == b"tRNS":
        expected = {"L": (2,), "RGB": (6,), "P": range(1, 257)}.get(mode, ())
        if len(body) not in expected:
            raise damaged("PNG", "its transparency does not fit its kind of picture")
        found.transparency = True
    elif kind != b"IHDR":
        raise unsupported(
            "a PNG file with unknown critical chunks", "Open and re-save the picture."
        )


def _metadata_chunk(found: _Found, kind: bytes, body: bytes, limits: Limits) -> None:
    if kind == b"iCCP":
        _, _, rest = body.partition(b"\0")
        found.icc = _inflate(found, rest[1:], limits) if rest[:1] == b"\0" else None
        if found.icc is None:
            found.note("The ICC profile is damaged and was left out; sRGB is assumed.")
    elif kind == b"eXIf":
        found.exif = found.exif or body
    elif kind == b"pHYs" and len(body) == 9:
        x, y, unit = struct.unpack(">IIB", body)
        if unit == 1 and x and y:
            found.dpi = (round(x * 0.0254, 1), round(y * 0.0254, 1))
    elif kind == b"gAMA" and len(body) == 4:
        found.gamma = int.from_bytes(body, "big") / 100_000
    elif kind == b"cHRM" and len(body) == 32:
        found.points = _points(body)
    elif kind == b"sRGB":
        found.standard = True
    elif kind == b"cICP" and len(body) == 4:
        found.code_points = (body[0], body[1])
        if not body[3]:
            found.note(
                "The colours are coded in the narrow range of video, which was not looked at."
            )
    elif kind == b"acTL" and len(body) == 8:
        found.frames = max(1, int.from_bytes(body[:4], "big"))
        limits.check_frames(found.frames)
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        _text(found, kind, body, limits)
    if kind not in _UNDERSTOOD:
        found.others.append(kind.decode("ascii"))


def _points(body: bytes) -> tuple[Point, Point, Point, Point]:
    v = [value / 100_000 for value in struct.unpack(">8I", body)]
    return (v[0], v[1]), (v[2], v[3]), (v[4], v[5]), (v[6], v[7])


def _space(found: _Found) -> Space | None:
    """Return the colour space; code points count before a profile, and that before the rest."""
    if found.code_points is not None:
        return from_code_points(*found.code_points)
    if found.icc is not None or found.standard:
        return None
    return from_chromaticities(found.points, found.gamma)


def _text(found: _Found, kind: bytes, body: bytes, limits: Limits) -> None:
    keyword, _, rest = body.partition(b"\0")
    encoding = "latin-1"
    compressed = kind == b"zTXt"
    if compressed:
        rest = rest[1:]
    elif kind == b"iTXt":
        encoding = "utf-8"
        compressed = rest[:1] == b"\1"
        parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
        rest = parts[2] if len(parts) == 3 else b""
        if len(parts) == 3 and any(parts[:2]) and keyword != _XMP_KEYWORD.encode():
            found.note("The language of a text chunk is not kept.")
    value: bytes | None = rest
    if compressed:
        value = _inflate(found, rest, limits)
    if value is None or not 1 <= len(keyword) <= 79:
        found.note("A damaged text chunk was left out.")
        return
    name = keyword.decode("latin-1")
    if name == _XMP_KEYWORD:
        found.xmp = found.xmp or value
    else:
        found.text.append((name, value.decode(encoding, "replace")))


def _inflate(found: _Found, data: bytes, limits: Limits) -> bytes | None:
    """Return metadata decompressed, None where they are damaged; all of it counts."""
    result, size = inflate(data, found.metadata_bytes, limits)
    found.metadata_bytes += size
    return result


def _finish(found: _Found) -> Container:
    header = found.header
    if header is None or not found.idat_bytes:
        raise truncated("PNG", "it ends before any picture data")
    stream_bytes = _stream_bytes(header, found.channels * header.bit_depth, found.interlaced)
    if stream_bytes > _MAX_RATIO * (found.idat_bytes + 64):
        raise truncated("PNG", "it holds far less data than its dimensions need")
    mode = _TRANSPARENT[header.mode] if found.transparency else header.mode
    if header.bit_depth == 16 and header.mode == "RGB" and found.transparency:
        raise unsupported(
            "a PNG file of 16 bits with one transparent colour",
            "Convert it to an 8-bit picture with an alpha channel.",
        )
    return Container(
        dataclasses.replace(
            header,
            frames=found.frames,
            mode=mode,
            irregular=tuple(dict.fromkeys(found.irregular)),
        ),
        b"".join([*found.codec, _END]),
        icc_profile=None if found.code_points is not None else found.icc,
        exif=found.exif,
        xmp=found.xmp,
        text=tuple(found.text),
        dpi=found.dpi,
        notes=(*found.notes, *names_note("Some PNG chunks", found.others)),
        space=_space(found),
        cut=found.cut,
        stream_bytes=stream_bytes,
        interlaced=found.interlaced,
    )


def _stream_bytes(header: Header, pixel_bits: int, interlaced: bool) -> int:
    """Return the bytes that the picture takes decompressed, filter bytes included."""
    total = 0
    for x, y, dx, dy in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(header.width - x) // dx), -(-(header.height - y) // dy)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * pixel_bits // 8))
    return total


def picture_is_complete(codec: bytes, stream_bytes: int) -> bool:
    """Say whether the compressed stream of a PNG file that `read_png` returned has every row.

    Pillow takes a stream that ends early for a complete one and leaves the rest black.
    """
    stream = zlib.decompressobj()
    total = 0
    for part in png.chunks(codec):  # one at a time: there may be a great many
        piece = codec[part.content : part.end - 4] if part.kind == b"IDAT" else b""
        while piece and total < stream_bytes:
            try:
                total += len(stream.decompress(piece, 1 << 20))
            except zlib.error:
                return False
            piece = stream.unconsumed_tail
    return total >= stream_bytes
