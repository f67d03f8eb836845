"""Reader of JPEG files (ITU-T T.81, JFIF, EXIF 2.32, XMP part 3, ICC.1 annex B.4)."""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass, field
from typing import Final

from indelible.errors import UnreadableImageError
from indelible.imaging import _photoshop
from indelible.imaging._container import (
    PREVIEW_NOTE,
    Container,
    damaged,
    readable,
    trailer_note,
    truncated,
    unsupported,
)
from indelible.imaging.picture import Header, Mode
from indelible.imaging.structure.jpeg import APP11, BARE, END, SCAN, problem, store_pieces
from indelible.imaging.structure.parts import Segment, Walk
from indelible.languages import say
from indelible.limits import Limits

__all__ = ["read_jpeg"]

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
_ICC: Final = b"ICC_PROFILE\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_MULTI_PICTURE: Final = b"MPF\0"
_GAIN_MAP: Final = b"urn:iso:std:iso:ts:21496:"

_COMMENT: Final = 0xFE
_APPLICATION: Final = frozenset({*range(0xE0, 0xF0), _COMMENT})  # and comments

# Start-of-frame markers: every SOF except DHT (C4), JPG (C8) and DAC (CC).
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_HUFFMAN_DCT: Final = frozenset({0xC0, 0xC1, 0xC2})
_MODES: Final[dict[int, Mode]] = {1: "L", 3: "RGB", 4: "CMYK"}

# Real progressive files have about ten scans; each one costs a pass over the whole picture.
_MAX_SCANS: Final = 100
_ORDINARY_SCANS: Final = 20
_MAX_SCANNED: Final = 500_000_000  # px, all scans together, where there are more than ordinary


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    header: Header | None = None
    frame_marker: int = 0
    components: bytes = b""
    # Of each component and coefficient that a scan has sent, how many low bits are still to come.
    bits_left: dict[tuple[int, int], int] = field(default_factory=dict)
    scans: int = 0
    entropy_bytes: int = 0
    codec: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    exif: list[bytes] = field(default_factory=list)
    xmp: bytes | None = None
    icc: dict[int, bytes] = field(default_factory=dict)
    icc_count: int = 0
    photoshop: list[bytes] = field(default_factory=list)
    segments: list[bytes] = field(default_factory=list)
    text: list[tuple[str, str]] = field(default_factory=list)
    dpi: tuple[float, float] | None = None
    metadata_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    irregular: list[str] = field(default_factory=list)
    cut: UnreadableImageError | None = None
    unclosed: bool = False

    def note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def read_jpeg(data: bytes, walked: Walk, limits: Limits) -> Container:
    """Read a JPEG file's segments as decoders do: what is no segment is skipped.

    Only the first picture counts: what follows its end, such as further views of a multi-picture
    file or a phone's motion clip, is named and left out.

    Raises
    ------
    ImageError
        There is no picture in the file, not even a part of one; or it is of an unsupported kind,
        or over a limit.
    """
    found = _Found()
    try:
        _read(found, data, walked, limits)
    except UnreadableImageError as error:
        if not found.scans:
            raise
        found.cut = error  # decoders show what came before
    return _finish(found)


def _read(found: _Found, data: bytes, walked: Walk, limits: Limits) -> None:
    parts = walked.parts[1:]  # without SOI
    manifest = set(store_pieces(data, parts))
    following = [*(part.start for part in parts[1:]), walked.end]
    at = 2  # behind what came before
    for part, end in zip(parts, following, strict=False):
        if data.count(b"\xff", at, part.start) != part.start - at:  # markers may be filled with FF
            found.irregular.append(say("The JPEG file has bytes between its segments."))
        at = part.end
        if part.kind[0] == END:
            found.notes += trailer_note(data, at)
            return
        if part.kind[0] not in BARE and part not in manifest:
            _segment(found, data, part, limits)
        if part.kind[0] == SCAN:
            _scan(found, data, part.end, end)
            at = end
    error = problem(walked)
    found.unclosed = found.scans > 0 and walked.end == len(data)
    if error is not None and not found.unclosed:
        raise error


def _segment(found: _Found, data: bytes, part: Segment, limits: Limits) -> None:
    """Take in a segment that is no part of the manifest, which is for others to read."""
    marker = part.kind[0]
    body, whole = data[part.content : part.end], data[part.start : part.end]
    if marker in _APPLICATION:
        found.metadata_bytes += len(body) if marker != APP11 else 0
        limits.check_metadata(found.metadata_bytes)
        _application(found, marker, body, whole)
        return
    if marker in _SOF:
        if found.header is not None:
            raise damaged("JPEG", "it has more than one frame header")
        found.header = _frame(marker, body, limits)
        found.frame_marker = marker
        found.components = body[6::3][: body[5]]
    found.codec.append(whole)
    if marker == SCAN:
        _scan_header(found, body)


def _scan_header(found: _Found, body: bytes) -> None:
    """Remember what a scan sends: which components, and which of their 64 coefficients."""
    count = body[0] if body else 0
    if count <= 4 and len(body) >= 4 + 2 * count:
        first, last, bits = body[1 + 2 * count :][:3]
        for component in body[1 : 1 + 2 * count : 2]:
            for coefficient in range(first, min(last, 63) + 1):
                found.bits_left[component, coefficient] = bits & 15


def _scans_missing(found: _Found) -> bool:
    """Say whether the file has not sent every coefficient of every component to the last bit."""
    wanted = ((component, n) for component in found.components for n in range(64))
    return any(found.bits_left.get(each, 1) for each in wanted)


def _scan(found: _Found, data: bytes, start: int, end: int) -> None:
    """Take in the compressed data between a scan's header and the next segment."""
    found.scans += 1
    if found.header is None:
        raise damaged("JPEG", "its picture data come before its header")
    scanned = found.scans * found.header.width * found.header.height
    if found.scans > (_MAX_SCANS if scanned <= _MAX_SCANNED else _ORDINARY_SCANS):
        raise damaged("JPEG", f"it has {found.scans} scans or more, for a picture of its size")
    found.entropy_bytes += end - start
    # At the end of the file, half a marker is no data.
    found.codec.append(data[start:end] if end < len(data) else data[start:].rstrip(b"\xff"))


def _frame(marker: int, body: bytes, limits: Limits) -> Header:
    if len(body) < 6:
        raise truncated("JPEG")
    precision, height, width, components = struct.unpack_from(">BHHB", body)
    if len(body) < 6 + 3 * components:
        raise damaged("JPEG", "its frame header is too short")
    if height == 0:
        raise unsupported(
            "a JPEG file that does not state its height", "Open and re-save the picture."
        )
    limits.check_size(width, height)
    mode = _MODES.get(components)
    if mode is None:
        raise unsupported(f"a JPEG file with {components} channels", "Convert it to RGB or grey.")
    if precision != 8:
        raise unsupported(f"a JPEG file with {precision} bits per channel", "Convert it to 8 bits.")
    if marker in _LOSSLESS:
        raise unsupported("lossless JPEG", "Convert it to PNG or TIFF.")
    if marker not in _PROGRESSIVE | {0xC0, 0xC1, 0xC9}:
        raise unsupported("hierarchical JPEG", "Open and re-save the picture.")
    return Header("jpeg", width, height, 1, mode, precision)


def _application(found: _Found, marker: int, body: bytes, whole: bytes) -> None:
    """Take in an application segment or a comment; the codec gets JFIF and Adobe's alone."""
    if marker == 0xE0 and body.startswith(b"JFIF\0"):
        found.codec.append(whole)
        found.dpi = found.dpi or _density(body)
    elif marker == 0xE0 and body.startswith(b"JFXX\0"):
        found.note(PREVIEW_NOTE)
    elif marker == 0xEE and body.startswith(b"Adobe"):
        found.codec.append(whole)  # says how the channels are to be read
    elif marker == 0xE1 and body.startswith(_EXIF):
        found.exif.append(body[len(_EXIF) :])  # blocks over 64 kB continue in the next segment
    elif marker == 0xE1 and body.startswith(_XMP):
        found.xmp = found.xmp or body[len(_XMP) :]
    elif marker == 0xE1 and body.startswith(_XMP_EXTENSION):
        found.note("Extended XMP is not kept, only the main XMP packet.")
    elif marker == 0xE2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
        number, found.icc_count = body[len(_ICC)], body[len(_ICC) + 1]
        found.icc.setdefault(number, body[len(_ICC) + 2 :])
    elif marker == 0xE2 and body.startswith((_MULTI_PICTURE, _GAIN_MAP)):
        found.note("Further pictures in the file (gain map, depth, other views) are not kept.")
    elif marker == APP11:
        found.note("Boxes of others in the file (APP11: JUMBF, JPEG-HDR) are not kept.")
    elif marker == 0xED and body.startswith(_PHOTOSHOP):
        found.photoshop.append(body[len(_PHOTOSHOP) :])
    else:
        if marker == _COMMENT:
            comment = readable(body.rstrip(b"\0"))
            if not comment:
                return
            found.text.append(("Comment", comment))
            if comment.encode() == body:
                return  # the text says it all
        found.segments.append(whole)


def _density(body: bytes) -> tuple[float, float] | None:
    if len(body) < 12:
        return None
    unit, x, y = struct.unpack_from(">BHH", body, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)  # per inch, per centimetre
    return (x * scale, y * scale) if scale and x and y else None


def _finish(found: _Found) -> Container:
    header = found.header
    if header is None or not found.scans:
        raise truncated("JPEG", "it ends before any picture data")
    # A block of 64 values takes at least two bits, in a progressive file's first scan one.
    blocks = -(-header.width // 8) * -(-header.height // 8)
    bits = 1 if found.frame_marker in _PROGRESSIVE else 2
    if found.frame_marker in _HUFFMAN_DCT and found.entropy_bytes * 8 < blocks * bits:
        raise truncated("JPEG", "it holds far less data than its dimensions need")
    icc: bytes | None = b"".join(found.icc[number] for number in sorted(found.icc))
    if not icc or sorted(found.icc) != list(range(1, found.icc_count + 1)):
        if icc:
            found.note("The ICC profile is incomplete and was left out; sRGB is assumed.")
        icc = None
    found.codec.append(b"\xff\xd9")
    if found.unclosed:
        found.irregular.append(say("The JPEG file lacks its end marker."))
        if _scans_missing(found):
            found.cut = truncated("JPEG")
    resources = _photoshop.read(b"".join(found.photoshop))
    for note in resources.notes:
        found.note(note)
    return Container(
        dataclasses.replace(header, irregular=tuple(dict.fromkeys(found.irregular))),
        b"".join(found.codec),
        icc_profile=icc,
        exif=b"".join(found.exif) or None,
        xmp=found.xmp or None,
        iptc=resources.iptc,
        photoshop=resources.kept,
        segments=tuple(found.segments),
        text=tuple(found.text),
        dpi=found.dpi,
        notes=tuple(found.notes),
        cut=found.cut,
        unclosed=found.unclosed,
    )
