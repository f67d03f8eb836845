"""Small pictures, by the hundred, and archives of them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["fill", "picture", "tar"]


def picture(number: int, kind: str = "JPEG", side: int = 24) -> bytes:
    """Return a small picture, different for each number."""
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def fill(folder: Path, count: int) -> list[str]:
    """Put so many pictures into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number in range(count):
        place = folder / f"{number:05d}.jpg"
        place.write_bytes(picture(number))
        names.append(str(place))
    return names


def tar(files: Iterable[tuple[str, bytes]], format_: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
