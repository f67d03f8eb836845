"""What a file could hide beside the picture that is marked: taken out, or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from indelible import imaging
from indelible.gateway.errors import unprotected
from indelible.gateway.pictures import holds_file
from indelible.imaging import Metadata

__all__ = ["Shown", "shown"]

_PROFILES: Final = (b"iCCP", b"ICCP", b"ICC_PROFILE\0", b"prof", b"rICC")  # how files begin one
_MOST_PROFILE: Final = 256 * 1024  # bytes; those of screens and cameras have less
_MOST_HALF: Final = 0.25  # of all pixels, neither shown nor left out: glass and smoke have less
_NEARLY: Final = 8  # of 255


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it may be protected.

    Attributes
    ----------
    data : bytes
        Its file.
    format : str
        What its protected file is to be: its own format.
    came : bytes or None
        The file that it was, where this is another one.
    """

    data: bytes = field(repr=False)
    format: str
    came: bytes | None = field(default=None, repr=False)


def shown(data: bytes) -> Shown:
    """Return a picture without what its file hides: colours that nobody sees.

    A mark is in the colours alone, and over all of them: what is under transparency could be cut
    out, and its transparency or its colour profile could be a picture itself.

    Raises
    ------
    GatewayError
        502, if one of these could be.
    ImageError
        If the file cannot be read.
    """
    file = imaging.open_image(data)
    has_profile = file.format == "tiff" or any(mark in data for mark in _PROFILES)
    if file.header.decoded_channels < 4 and not has_profile:
        return Shown(data, file.format)
    picture = file.decode()
    profile = picture.metadata.icc_profile
    if profile is not None and (len(profile) > _MOST_PROFILE or holds_file(profile)):
        raise unprotected("its colour profile holds more than colours")
    pixels = picture.pixels
    if pixels.ndim != 3 or pixels.shape[2] != 4:
        return Shown(data, file.format)
    alpha = pixels[:, :, 3]
    if np.mean((alpha > _NEARLY) & (alpha < 255 - _NEARLY)) > _MOST_HALF:
        raise unprotected("much of it is half transparent, which cannot carry a mark")
    unseen = alpha <= _NEARLY
    if not pixels[unseen][:, :3].any():
        return Shown(data, file.format)
    pixels[unseen, :3] = 0
    cleaned = imaging.encode(pixels, "png", fast=True, metadata=Metadata(icc_profile=profile))
    return Shown(cleaned, file.format, came=data)
