"""Reader of JPEG files (ITU-T T.81, JFIF, EXIF 2.32, XMP part 3, ICC.1 annex B.4)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import Final

from indelible.imaging._container import Container, damaged, truncated, unsupported
from indelible.imaging.picture import Header, Limits, Mode

__all__ = ["read_jpeg"]

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION: Final = b"http://ns.adobe.com/xmp/extension/\0"
_ICC: Final = b"ICC_PROFILE\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_IPTC_RESOURCE: Final = 0x0404

_END, _SCAN, _C2PA = 0xD9, 0xDA, 0xEB  # EOI, SOS, APP11
_BARE: Final = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length
_APPLICATION: Final = frozenset({*range(0xE0, 0xF0), 0xFE})  # and comments
_FILL: Final = re.compile(rb"\xff{2,}")

# Start-of-frame markers: every SOF except DHT (C4), JPG (C8) and DAC (CC).
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_HUFFMAN_DCT: Final = frozenset({0xC0, 0xC1, 0xC2})
_MODES: Final[dict[int, Mode]] = {1: "L", 3: "RGB", 4: "CMYK"}

# A marker inside entropy-coded data: 0xFF, not stuffed (00), no restart (D0 to D7), no fill (FF).
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")

# Real progressive files have about ten scans; each one costs a pass over the whole picture.
_MAX_SCANS: Final = 100
_ORDINARY_SCANS: Final = 20
_MAX_SCANNED: Final = 500_000_000  # px, all scans together, where there are more than ordinary
_MAX_SEGMENTS: Final = 20_000


@dataclass(slots=True)
class _Found:
    """What the walk has gathered so far."""

    header: Header | None = None
    frame_marker: int = 0
    scans: int = 0
    entropy_bytes: int = 0
    codec: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])
    exif: list[bytes] = field(default_factory=list)
    xmp: bytes | None = None
    icc: dict[int, bytes] = field(default_factory=dict)
    icc_count: int = 0
    iptc: bytes | None = None
    text: list[tuple[str, str]] = field(default_factory=list)
    dpi: tuple[float, float] | None = None
    metadata_bytes: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def read_jpeg(data: bytes, limits: Limits) -> Container:
    """Walk the segments of a JPEG file.

    Only the first picture counts: what follows its end, such as further views of a multi-picture
    file or a phone's motion clip, is not looked at.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    found = _Found()
    at = 2
    for _ in range(_MAX_SEGMENTS):
        fill = _FILL.match(data, at)
        if fill is not None:
            at = fill.end() - 1
        if len(data) < at + 2:
            raise truncated("JPEG")
        if data[at] != 0xFF:
            raise damaged("JPEG", "there is no marker where one should be")
        marker = data[at + 1]
        if marker == _END:
            return _finish(found)
        if marker in _BARE:
            at += 2
        else:
            at = _segment(found, data, at, limits)
    raise damaged("JPEG", f"it has more than {_MAX_SEGMENTS} segments")


def _segment(found: _Found, data: bytes, at: int, limits: Limits) -> int:
    """Take in the segment at an offset; return where the next marker is."""
    if len(data) < at + 4:
        raise truncated("JPEG")
    marker: int
    length: int
    marker, length = struct.unpack_from(">xBH", data, at)
    end = at + 2 + length
    if length < 2:
        raise damaged("JPEG", "a segment has an impossible length")
    if len(data) < end:
        raise truncated("JPEG")
    body, whole = data[at + 4 : end], data[at:end]
    if marker in _APPLICATION:
        found.metadata_bytes += len(body) if marker != _C2PA else 0
        limits.check_metadata(found.metadata_bytes)
        _application(found, marker, body, whole)
        return end
    if marker in _SOF:
        if found.header is not None:
            raise damaged("JPEG", "it has more than one frame header")
        found.header = _frame(marker, body, limits)
        found.frame_marker = marker
    found.codec.append(whole)
    return _scan(found, data, end) if marker == _SCAN else end


def _scan(found: _Found, data: bytes, start: int) -> int:
    """Take in the compressed data at an offset; return where the marker behind them is."""
    found.scans += 1
    if found.header is None:
        raise damaged("JPEG", "its picture data come before its header")
    scanned = found.scans * found.header.width * found.header.height
    if found.scans > (_MAX_SCANS if scanned <= _MAX_SCANNED else _ORDINARY_SCANS):
        raise damaged("JPEG", f"it has {found.scans} scans or more, for a picture of its size")
    marker = _MARKER.search(data, start)
    if marker is None:
        raise truncated("JPEG")
    end = marker.start()
    found.entropy_bytes += end - start
    found.codec.append(data[start:end])
    return end


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
    elif marker == 0xE2 and body.startswith(b"MPF\0"):
        found.note("Further pictures in the file (gain map, depth, other views) are not kept.")
    elif marker == 0xED and body.startswith(_PHOTOSHOP):
        found.iptc = found.iptc or _iptc(body[len(_PHOTOSHOP) :])
    elif marker == 0xFE and body:
        found.text.append(("Comment", body.rstrip(b"\0").decode("utf-8", "replace")))


def _density(body: bytes) -> tuple[float, float] | None:
    if len(body) < 12:
        return None
    unit, x, y = struct.unpack_from(">BHH", body, 7)
    scale = {1: 1.0, 2: 2.54}.get(unit)  # per inch, per centimetre
    return (x * scale, y * scale) if scale and x and y else None


def _iptc(resources: bytes) -> bytes | None:
    """Return the IPTC record among Photoshop's image resources, None without."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        (identifier,) = struct.unpack_from(">H", resources, at + 4)
        at += 6 + (resources[at + 6] + 2) // 2 * 2  # a Pascal string, padded to an even length
        if at + 4 > len(resources):
            return None
        (size,) = struct.unpack_from(">I", resources, at)
        at += 4
        if identifier == _IPTC_RESOURCE:
            return resources[at : at + size] if at + size <= len(resources) else None
        at += size + size % 2
    return None


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
    return Container(
        header,
        b"".join(found.codec),
        icc_profile=icc,
        exif=b"".join(found.exif) or None,
        xmp=found.xmp or None,
        iptc=found.iptc,
        text=tuple(found.text),
        dpi=found.dpi,
        notes=tuple(found.notes),
    )
