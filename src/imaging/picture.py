"""The value types of this package: limits, what a header says, and a decoded picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.errors import ImageTooLargeError, UnreadableImageError
from indelible.imaging.metadata import Metadata

__all__ = ["DEFAULT_LIMITS", "Header", "Limits", "Mode", "Picture", "Pixels"]

#: Pixels as they are passed around: uint8, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.
Pixels = NDArray[np.uint8]

#: Channels of the stored picture. ``P`` and ``PA`` are palettes, without and with transparency.
Mode = Literal["L", "LA", "P", "PA", "RGB", "RGBA", "CMYK"]
_CHANNELS: Final[dict[Mode, int]] = {
    "L": 1,
    "LA": 4,
    "P": 3,
    "PA": 4,
    "RGB": 3,
    "RGBA": 4,
    "CMYK": 4,
}


_MAX_SIDE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may demand before anything of it is decoded.

    Attributes
    ----------
    max_pixels : int
        Width times height, in px.
    max_decoded_bytes : int
        Width times height times channels of the decoded picture: 1 for grey, 3 for colours, 4 with
        transparency, for CMYK, and for WebP, whose decoder always works with four. Decoding takes
        up to three times as much. The default admits a camera's 100 megapixels, and 84 megapixels
        with transparency.
    max_bytes : int
        Size of the file, in bytes.
    max_frames : int
        Frames of an animation or pages of a document. Only the first one is ever decoded.
    max_metadata_bytes : int
        All metadata together, decompressed, in bytes.
    """

    max_pixels: int = 100_000_000
    max_decoded_bytes: int = 320 * 1024 * 1024
    max_bytes: int = 512 * 1024 * 1024
    max_frames: int = 10_000
    max_metadata_bytes: int = 16 * 1024 * 1024

    def check_bytes(self, size: int) -> None:
        """Raise `ImageTooLargeError` for a file of `size` bytes that is over the limit."""
        if size > self.max_bytes:
            raise ImageTooLargeError(
                f"The file has {_mib(size)}, the limit is {_mib(self.max_bytes)}.",
                hint="Raise max_bytes in the limits if you trust where the file comes from.",
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise for dimensions (px) that are zero or over the limit.

        Raises
        ------
        ImageTooLargeError
            More pixels than `max_pixels`, or a side of over a million: codecs keep a pointer for
            each row.
        UnreadableImageError
            A side of 0 px.
        """
        if width < 1 or height < 1:
            raise UnreadableImageError(
                f"The header announces a picture of {width} x {height} px.",
                hint="The file is damaged. Export or download it again.",
            )
        if max(width, height) > _MAX_SIDE:
            raise ImageTooLargeError(
                f"The header announces {width} x {height} px; a side may have {_MAX_SIDE:,} px.",
                hint="Cut the picture into pieces.",
            )
        if width * height > self.max_pixels:
            raise ImageTooLargeError(
                f"The header announces {width} x {height} px "
                f"({width * height / 1e6:.0f} megapixels), "
                f"the limit is {self.max_pixels / 1e6:g} megapixels.",
                hint="Scale the picture down, or raise max_pixels in the limits "
                "if you trust where the file comes from.",
            )

    def check_decoded(self, header: Header) -> None:
        """Raise `ImageTooLargeError` for a picture that decodes to over `max_decoded_bytes`."""
        channels = 4 if header.format == "webp" else _CHANNELS[header.mode]
        size = header.width * header.height * channels
        if size > self.max_decoded_bytes:
            raise ImageTooLargeError(
                f"The picture of {header.width} x {header.height} px takes {_mib(size)} decoded, "
                f"the limit is {_mib(self.max_decoded_bytes)}.",
                hint="Scale the picture down, or raise max_decoded_bytes in the limits "
                "if you trust where the file comes from.",
            )

    def check_frames(self, frames: int) -> None:
        """Raise `ImageTooLargeError` for more frames than `max_frames`."""
        if frames > self.max_frames:
            raise ImageTooLargeError(
                f"The file announces {frames} frames, the limit is {self.max_frames}.",
                hint="Raise max_frames in the limits if you trust where the file comes from.",
            )

    def check_metadata(self, size: int) -> None:
        """Raise `ImageTooLargeError` for more metadata than `max_metadata_bytes`."""
        if size > self.max_metadata_bytes:
            raise ImageTooLargeError(
                f"The file's metadata take more than {_mib(self.max_metadata_bytes)}.",
                hint="Strip the metadata (ICC, EXIF, XMP, text), or raise max_metadata_bytes "
                "in the limits if you trust where the file comes from.",
            )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.4g} MiB" if size >= 2**20 else f"{size:,} bytes"


DEFAULT_LIMITS: Final = Limits()


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
    """

    pixels: Pixels
    format: str
    metadata: Metadata
    header: Header
    notes: tuple[str, ...] = ()
