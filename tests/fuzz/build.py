"""Building blocks of hostile files: the containers, with any content and right checksums."""

from __future__ import annotations

import struct
import zlib
from typing import TypeAlias

Entries: TypeAlias = list[tuple[int, int, int, int]]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk with its checksum."""
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (8, 8)) -> bytes:
    """Return a grey picture with further chunks behind its header."""
    width, height = size
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(bytes((width + 1) * height)))
    more = b"".join(png_chunk(*item) for item in chunks)
    return PNG_SIGNATURE + header + more + pixels + png_chunk(b"IEND", b"")


def png_text(name: str, text: bytes) -> tuple[bytes, bytes]:
    """Return a compressed text chunk."""
    return b"zTXt", name.encode("latin-1") + b"\0\0" + zlib.compress(text, 9)


def png_xmp(packet: bytes) -> tuple[bytes, bytes]:
    """Return an XMP packet as a compressed text chunk."""
    return b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet, 9)


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG file."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Return a JPEG file with segments behind its first two bytes."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP file of these chunks."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    """Return a box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def directory(entries: Entries, *, big: bool = False) -> bytes:
    """Return a directory of (tag, type, count, value or offset), with no successor."""
    number, count = ("Q", "Q") if big else ("I", "H")
    body = b"".join(
        struct.pack(f"<HH{number}", tag, kind, length) + struct.pack(f"<{number}", value)
        for tag, kind, length, value in entries
    )
    return struct.pack(f"<{count}", len(entries)) + body + struct.pack(f"<{number}", 0)


def tiff(entries: Entries, tail: bytes = b"", *, big: bool = False) -> bytes:
    """Return a little-endian TIFF file: header, one directory, and what lies behind it."""
    head = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) if big else b"II*\0" + struct.pack("<I", 8)
    return head + directory(entries, big=big) + tail


def exif(entries: Entries, tail: bytes = b"") -> bytes:
    """Return an EXIF block."""
    return tiff(entries, tail)


def description(body: bytes, attributes: bytes = b"") -> bytes:
    """Return an XMP packet around the content of one rdf:Description."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        b'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        + attributes
        + b">"
        + body
        + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
