"""Pictures behind the picture of a file: the second of two that a camera wrote, say.

A server that looks further than the gate would see what the gate did not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from indelible import imaging
from indelible.errors import ImageError, UnsupportedImageError

__all__ = ["is_animation", "pictures_behind"]

_JPEG: Final = re.compile(rb"\xff\xd8\xff[\xc0-\xc4\xdb\xe0-\xef\xfe]")
_MOST: Final = 16  # previews and all; a search in each costs as much as one in the file
_LEAST_SIDE: Final = 192  # px; a preview shows less, and nobody edits it


def is_animation(data: bytes) -> bool:
    """Whether a PNG file has frames besides its picture, however many it says that there are."""
    return data.startswith(b"\x89PNG") and (b"acTL" in data or b"fdAT" in data)


def pictures_behind(data: bytes) -> Iterator[bytes]:
    """Yield the JPEG files that lie in a JPEG file, behind its beginning.

    Raises
    ------
    UnsupportedImageError
        If there are many.
    """
    if not data.startswith(b"\xff\xd8"):
        return
    starts = [found.start() for found in islice(_JPEG.finditer(data, 2), _MOST + 1)]
    if len(starts) > _MOST:
        raise UnsupportedImageError(
            "The file holds more pictures than one.", hint="Save it anew, as one picture."
        )
    for start in starts:
        part = data[start:]
        try:
            header = imaging.read_header(part, tolerant=True)
        except ImageError:
            continue
        if min(header.width, header.height) >= _LEAST_SIDE:
            yield part
