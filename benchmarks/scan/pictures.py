"""Pictures to scan: distinct JPEGs of one megapixel, few of them marked, and large ones."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from benchmarks.images import Pixels, Source
from indelible import watermark
from indelible.watermark import Key

__all__ = ["KEY", "encoded", "fill", "large_pairs"]

KEY: Final = Key(bytes(range(32)))
_SHAPE: Final = (864, 1152)  # one megapixel
_DIFFERENT: Final = 24  # pictures that are encoded; the others differ from them in a comment alone


def fill(folder: Path, count: int, sources: Sequence[Source], *, marked: float) -> list[str]:
    """Put distinct JPEGs of one megapixel into a folder, so large a share of them marked.

    Beyond the first 24 they differ in a comment, which makes other bytes of them and no other work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = list(_plain(sources))
    ours = [encoded(watermark.embed(one, bytes(range(8)), KEY)) for one in plain[:4]]
    files = [encoded(one) for one in plain]
    names = []
    for number in range(count):
        is_marked = int(number * marked) != int((number + 1) * marked)
        pool = ours if is_marked else files
        data = pool[number % len(pool)]
        comment = f"{number:09d}".encode()
        size = (len(comment) + 2).to_bytes(2, "big")
        place = folder / f"{number // 1000:04d}" / f"{number:07d}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data[:2] + b"\xff\xfe" + size + comment + data[2:])
        names.append(str(place))
    return names


def _plain(sources: Sequence[Source]) -> Iterator[Pixels]:
    for number in range(_DIFFERENT):
        pixels = np.roll(sources[number % len(sources)].load(), 37 * number, axis=number % 2)
        yield cv2.resize(pixels, _SHAPE[::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def encoded(pixels: Pixels, quality: int = 85) -> bytes:
    """Return a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def large_pairs(sources: Sequence[Source], count: int, root: int) -> Iterator[tuple[str, bytes]]:
    """Yield large marked pictures, as they are and after what happens to pictures.

    Parameters
    ----------
    sources : sequence of Source
    count : int
        Pictures.
    root : int
        Square root of their pixels.
    """
    for number in range(count):
        pixels = sources[number % len(sources)].load()
        height, width = pixels.shape[:2]
        factor = root / np.sqrt(height * width)
        size = (round(width * factor), round(height * factor))
        large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8)
        marked = watermark.embed(large, bytes(range(8)), KEY)
        yield "as it is", encoded(marked)
        yield "quality 40", encoded(marked, 40)
        top, left = size[1] // 5, size[0] // 5
        yield (
            "a crop of .6 of the sides",
            encoded(np.ascontiguousarray(marked[top : 4 * top, left : 4 * left])),
        )
        turned = cv2.warpAffine(
            marked, cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), 4, 1), size
        ).astype(np.uint8)
        yield "turned by 4 degrees", encoded(turned, 75)
