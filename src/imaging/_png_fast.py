"""PNG written in half the time: one filter for every row, and zlib's first level.

Pillow's encoder tries five filters on each row. The average of the pixel to the left and the one
above is nearly as good for photographs (sizes and times: ``python -m benchmarks.speed.encoding``).

References
----------
W3C PNG specification, third edition, sections 9.2 (filter type 3) and 10 (compression).
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

from indelible.imaging.picture import Pixels
from indelible.imaging.structure.png import SIGNATURE, chunks

__all__ = ["with_pixels"]

_AVERAGE: Final = 3
_LEVEL: Final = 1
_ROWS: Final = 64  # filtered at once: they stay in the cache
_CHUNK: Final = 1 << 20  # bytes of a chunk: readers need not hold all of them


def with_pixels(template: bytes, pixels: Pixels) -> bytes:
    """Return a PNG file of these pixels, with all the chunks of a file of one pixel of their kind.

    Parameters
    ----------
    template : bytes
        A PNG file of 1 x 1 px, 8 bits for each channel, not interlaced.
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4), like the template's.
    """
    height, width = pixels.shape[:2]
    parts = [SIGNATURE]
    for part in chunks(template):
        if part.kind == b"IHDR":
            rest = template[part.content + 8 : part.end - 4]
            parts.append(_chunk(b"IHDR", struct.pack(">II", width, height) + rest))
        elif part.kind == b"IDAT":
            packed = _packed(pixels)
            parts.extend(
                _chunk(b"IDAT", packed[at : at + _CHUNK]) for at in range(0, len(packed), _CHUNK)
            )
        else:
            parts.append(template[part.start : part.end])
    return b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _packed(pixels: Pixels) -> bytes:
    """Filter every row by the average of its neighbours, and compress."""
    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    channels = rows.shape[1] // width
    packer = zlib.compressobj(_LEVEL)
    packed: list[bytes] = []
    above = np.zeros((1, rows.shape[1]), np.uint8)  # the row before the first
    for top in range(0, height, _ROWS):
        strip = rows[top : top + _ROWS]
        up = np.concatenate((above, strip[:-1]))
        left = np.zeros_like(strip)
        left[:, channels:] = strip[:, :-channels]
        filtered = np.empty((len(strip), strip.shape[1] + 1), np.uint8)
        filtered[:, 0] = _AVERAGE
        # half of a sum of nine bits, rounded down: what both have, and half of what one has
        np.subtract(strip, (left & up) + ((left ^ up) >> 1), out=filtered[:, 1:])
        packed.append(packer.compress(filtered.data))
        above = strip[-1:]
    packed.append(packer.flush())
    return b"".join(packed)
