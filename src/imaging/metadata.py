"""What travels beside the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Metadata", "icc_channels"]

# Profile size of 128 is the header alone; the signature sits at byte 36 (ICC.1:2022, 7.2).
_ICC_CHANNELS: Final = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}


@dataclass(frozen=True, slots=True)
class Metadata:
    r"""Metadata kept from a decoded file, to be written back by `encode`.

    C2PA manifests are not part of it: `indelible.credentials` reads them from the file itself.

    Attributes
    ----------
    icc_profile : bytes or None
        ICC profile of the pixels. None means sRGB.
    exif : bytes or None
        EXIF block, from its TIFF header on, without the ``Exif\0\0`` of JPEG files. Its
        orientation is 1, because the pixels are upright, and its thumbnail is unlinked, because it
        shows the picture as it was before.
    xmp : bytes or None
        XMP packet, UTF-8.
    iptc : bytes or None
        IPTC-IIM record.
    photoshop : bytes or None
        Photoshop's image resources (clipping paths and the like), without IPTC and previews.
    segments : tuple of bytes
        JPEG segments that nothing else here holds, marker and length included: comments as they
        are stored, and what cameras and programs add. Written to JPEG only.
    text : tuple of (str, str)
        Keyword and value of textual chunks (PNG) and comments, in the file's order.
    dpi : tuple of float or None
        Horizontal and vertical resolution in px per inch.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    photoshop: bytes | None = None
    segments: tuple[bytes, ...] = ()
    text: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None

    def stripped(self) -> Metadata:
        """Return what is needed to show the pixels right, and nothing else: the ICC profile."""
        return Metadata(icc_profile=self.icc_profile)


def icc_channels(profile: bytes) -> int | None:
    """Return how many channels an ICC profile describes: 1, 3 or 4; None where it is none."""
    if len(profile) < 128 or profile[36:40] != b"acsp":
        return None
    return _ICC_CHANNELS.get(profile[16:20])
