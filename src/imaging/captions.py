"""Text as pixels, for pictures that are made to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["caption"]

_SIZE: Final = 18  # px
_STEP: Final = 25  # px from line to line
_MARGIN: Final = 10
_PAPER: Final = (255, 255, 255)
_INK: Final = (20, 20, 20)


def caption(lines: Sequence[str], width: int) -> NDArray[np.uint8]:
    """Write text in dark letters on white, lines broken between words where they do not fit.

    Parameters
    ----------
    lines : sequence of str
        What to write.
    width : int
        Of the strip, px. A word that is wider is cut.

    Returns
    -------
    uint8 (height, width, 3)
        RGB.
    """
    font = ImageFont.load_default(_SIZE)
    broken = [part for line in lines for part in _broken(line, font, width - 2 * _MARGIN)]
    strip = Image.new("RGB", (width, 2 * _MARGIN + _STEP * len(broken)), _PAPER)
    pen = ImageDraw.Draw(strip)
    for number, line in enumerate(broken):
        pen.text((_MARGIN, _MARGIN + number * _STEP), line, fill=_INK, font=font)
    return np.array(strip)


def _broken(
    line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> Iterator[str]:
    current = ""
    for word in line.split():
        longer = f"{current} {word}".strip()
        if current and font.getlength(longer) > width:
            yield current
            longer = word
        current = longer
    yield current
