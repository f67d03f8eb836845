"""Pixels made upright, and metadata brought to them and to what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from indelible.imaging import _photoshop
from indelible.imaging._colour import grey_profile_as_rgb
from indelible.imaging.exif import fit_exif
from indelible.imaging.metadata import Metadata, icc_channels
from indelible.imaging.picture import Pixels
from indelible.imaging.xmp import corrected

__all__ = ["fit_metadata", "upright"]


def fit_metadata(
    metadata: Metadata, pixels: Pixels, orientation: int, scale: int = 1
) -> tuple[Metadata, tuple[str, ...]]:
    """Return metadata that fit upright pixels, and notes of what was taken out of them.

    Parameters
    ----------
    metadata : Metadata
        As stored beside the picture, its EXIF block already upright.
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4), upright.
    orientation : int
        The EXIF orientation that was applied to them, 1 to 8.
    scale : int, optional
        How many times their height and width the picture has.
    """
    height, width = pixels.shape[0] * scale, pixels.shape[1] * scale
    exif, xmp, dpi, photoshop = metadata.exif, metadata.xmp, metadata.dpi, metadata.photoshop
    notes: list[str] = []
    icc = metadata.icc_profile
    if icc is not None and icc_channels(icc) == 1 and _is_grey_as_rgb(pixels):
        icc = grey_profile_as_rgb(icc)
    if exif is not None:
        exif = fit_exif(exif, width, height, orientation)
    if xmp is not None:
        xmp, described = corrected(xmp, width, height)
        if described:
            notes.append("What the XMP packet says of parts that are not kept was taken out.")
    if dpi is not None and orientation >= 5:
        dpi = (dpi[1], dpi[0])
    if photoshop is not None and orientation != 1:
        rest = _photoshop.without_places(photoshop)
        if rest != photoshop:
            notes.append("Clipping paths and guides are not kept, because the picture was turned.")
        photoshop = rest
    fitted = replace(metadata, icc_profile=icc, exif=exif, xmp=xmp, dpi=dpi, photoshop=photoshop)
    return fitted, tuple(notes)


def _is_grey_as_rgb(pixels: Pixels) -> bool:
    """Whether grey was spread over three channels, for the sake of transparency for example."""
    red = pixels[..., :1]
    return pixels.ndim == 3 and bool((pixels[..., 1:3] == red).all())


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return pixels turned as the EXIF orientation says (EXIF 2.32, 4.6.4, tag 274)."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
