"""The value types of this package: what a header says, and a decoded picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.imaging.metadata import Metadata

__all__ = ["Header", "Mode", "Picture", "Pixels"]

#: Pixels as they are passed around: uint8, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.
Pixels = NDArray[np.uint8]

#: Channels of the stored picture. ``P`` and ``PA`` are palettes, without and with transparency.
Mode = Literal["L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"]
# Bytes of a decoded pixel: transparency of any kind becomes RGBA, a palette RGB.
_CHANNELS: Final = {"L": 1, "LA": 4, "P": 3, "PA": 4, "RGB": 3, "RGBA": 4, "CMYK": 4}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about its picture, read without decoding a pixel.

    Attributes
    ----------
    format : str
        Name of the format, from the content alone.
    width, height : int
        Size of the stored picture in px, before EXIF orientation is applied.
    frames : int
        1 for a still image; for animations and documents, how many frames or pages.
    mode : str
        Channels of the stored picture, see `Mode`.
    bit_depth : int
        Bits per channel (for a palette: per index).
    lossless : bool
        WebP only: whether the picture is stored without loss.
    irregular : tuple of str
        Where the file breaks the rules of its format in ways that viewers put up with, one sentence
        each. Such a file can be looked at and encoded anew, but not signed as it is: what its bytes
        mean is for each program to guess.
    """

    format: str
    width: int
    height: int
    frames: int
    mode: Mode
    bit_depth: int
    lossless: bool = False
    irregular: tuple[str, ...] = ()

    @property
    def animated(self) -> bool:
        """Whether there is more than one frame."""
        return self.frames > 1

    @property
    def decoded_channels(self) -> int:
        """How many bytes a decoder needs for a pixel; WebP's always works with four channels."""
        return 4 if self.format == "webp" else _CHANNELS[self.mode]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    pixels : ndarray of uint8
        (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha, 0 to 255, upright, in
        the colour space of ``metadata.icc_profile`` (sRGB where there is none). Writable.
    format : str
        Name of the format that it was decoded from.
    metadata : Metadata
        What was kept beside the pixels.
    header : Header
        What the file said about itself.
    notes : tuple of str
        What was converted or left out knowingly, one sentence each.
    scale : int
        How many times the height and the width of `pixels` the picture has: above 1 only where a
        reduced copy was asked for.
    """

    pixels: Pixels
    format: str
    metadata: Metadata
    header: Header
    notes: tuple[str, ...] = ()
    scale: int = 1
