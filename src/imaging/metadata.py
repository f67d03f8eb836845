"""What travels beside the pixels, and the small repairs that applying the orientation requires."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

from indelible.imaging._ifd import Layout, read_directory, read_layout

__all__ = [
    "Metadata",
    "clean_exif",
    "exif_without_orientation",
    "icc_channels",
    "upright_xmp",
]

_ORIENTATION: Final = 0x0112
_EXIF_PREFIX: Final = b"Exif\0\0"
_MAX_VALUES: Final = 64 * 1024 * 1024

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
    text : tuple of (str, str)
        Keyword and value of textual chunks (PNG) and comments, in the file's order.
    dpi : tuple of float or None
        Horizontal and vertical resolution in px per inch.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
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


def clean_exif(exif: bytes) -> tuple[bytes | None, int]:
    """Return an EXIF block made upright, and the orientation (1 to 8) that it had.

    The block is patched in place, never rebuilt, so that maker notes with absolute offsets stay
    readable. A block that is no EXIF, or whose main directory is damaged, becomes None.
    """
    start = 0
    while exif.startswith(_EXIF_PREFIX, start):  # some writers repeat it
        start += len(_EXIF_PREFIX)
    exif = exif[start:]
    found = _main_directory(exif)
    if found is None:
        return None, 1
    layout, end = found
    patched = bytearray(exif)
    orientation = 1
    for at in range(layout.first + 2, end, 12):
        tag, type_ = struct.unpack_from(f"{layout.order}HH", exif, at)
        if tag == _ORIENTATION and type_ in (3, 4):
            code = "H" if type_ == 3 else "I"
            (value,) = struct.unpack_from(f"{layout.order}{code}", exif, at + 8)
            orientation = value if 1 <= value <= 8 else 1
            struct.pack_into(f"{layout.order}{code}", patched, at + 8, 1)
    if end + 4 <= len(patched):
        patched[end : end + 4] = bytes(4)  # unlink the thumbnail's directory
    return bytes(patched), orientation


def exif_without_orientation(exif: bytes) -> bytes:
    """Return an EXIF block without its orientation tag, every other offset unchanged.

    For formats that hold the orientation outside of EXIF (AVIF, HEIC). Tags whose value lies
    outside the block go too.
    """
    found = _main_directory(exif)
    if found is None:
        return exif
    layout, end = found
    sound = read_directory(exif, layout, layout.first, max_bytes=_MAX_VALUES)
    wanted = {entry.tag for entry in sound.entries} - {_ORIENTATION}
    entries = [exif[at : at + 12] for at in range(layout.first + 2, end, 12)]
    kept = [e for e in entries if struct.unpack(f"{layout.order}H", e[:2])[0] in wanted]
    # Fewer entries leave the freed room behind the link to the next directory, unused.
    directory = struct.pack(f"{layout.order}H", len(kept)) + b"".join(kept)
    directory += exif[end : end + 4]
    patched = bytearray(exif)
    patched[layout.first : layout.first + len(directory)] = directory
    return bytes(patched)


def _main_directory(exif: bytes) -> tuple[Layout, int] | None:
    """Return layout and end of the entries of the main directory, None without."""
    layout = read_layout(exif)
    if layout is None or layout.big:
        return None
    try:
        read_directory(exif, layout, layout.first, max_bytes=_MAX_VALUES)
    except ValueError:
        return None
    (count,) = struct.unpack_from(f"{layout.order}H", exif, layout.first)
    return layout, layout.first + 2 + 12 * count


def upright_xmp(xmp: bytes) -> bytes:
    """Return an XMP packet whose ``tiff:Orientation``, where there is one, says upright (1)."""
    xmp = re.sub(rb"(tiff:Orientation\s*=\s*[\"'])[2-8]([\"'])", rb"\g<1>1\g<2>", xmp)
    return re.sub(rb"(<tiff:Orientation>\s*)[2-8](\s*</)", rb"\g<1>1\g<2>", xmp)
