"""Pictures and files that the tests of this folder share."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[np.uint8]

SRGB_PROFILE: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x78\x00\x07caption\x1c\x02\x50\x00\x02me"


def cmyk_profile() -> bytes:
    """Return a small ICC profile that turns every mixture of inks into a neutral grey."""
    ramp = bytes(range(256))
    nodes = b"".join(bytes([255 * (4 - inks.bit_count()) // 4, 128, 128]) for inks in range(16))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + nodes + ramp * 3
    tags = {b"A2B0": table, b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)}
    directory, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        at = 128 + 4 + 12 * len(tags) + len(body)
        directory += name + struct.pack(">II", at, len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", 0, b"test", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H", 2026, 11, 22, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + directory + body
    return struct.pack(">I", len(profile)) + profile[4:]


def scene(height: int = 48, width: int = 64, channels: int = 3) -> Pixels:
    """Return a picture with gradients and shapes, as smooth as a photograph."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        x * 255 // max(width - 1, 1),
        y * 255 // max(height - 1, 1),
        128 + 90 * np.sin(x / 7.0) * np.cos(y / 9.0),
        np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2, 255, 0),
    ]
    pixels = np.stack(planes[:channels], axis=-1).astype(np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def exif(orientation: int = 1, order: str = "<", maker: str = "Maker") -> bytes:
    """Return an EXIF block: make, orientation, and a date in EXIF's own directory."""
    make = maker.encode() + b"\0"
    date = b"2026:11:22 12:00:00\0"
    main = 8
    below = main + 2 + 3 * 12 + 4
    values = below + 2 + 12 + 4
    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", main)
    block += struct.pack(f"{order}H", 3)
    block += struct.pack(f"{order}HHII", 271, 2, len(make), values + len(date))
    block += struct.pack(f"{order}HHIHH", 274, 3, 1, orientation, 0)
    block += struct.pack(f"{order}HHII", 34665, 4, 1, below)
    block += bytes(4)
    block += struct.pack(f"{order}HHHII", 1, 36867, 2, len(date), values) + bytes(4)
    return block + date + make


def read_exif(block: bytes) -> dict[int, Any]:
    """Return what Pillow reads from an EXIF block, its own directory included."""
    parsed = Image.Exif()
    parsed.load(block)
    return {**dict(parsed), **parsed.get_ifd(34665)}


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return an image as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def pillow_pixels(data: bytes) -> Pixels:
    """Return what Pillow alone reads from a file."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
