"""Metadata brought to what they describe: upright pixels, and nothing that is not kept."""

from __future__ import annotations

from dataclasses import replace

from indelible.imaging import _photoshop, _xmp
from indelible.imaging.metadata import Metadata, fit_exif
from indelible.imaging.picture import Pixels

__all__ = ["fit_metadata"]


def fit_metadata(
    metadata: Metadata, pixels: Pixels, orientation: int
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
    """
    height, width = pixels.shape[:2]
    exif, xmp, dpi, photoshop = metadata.exif, metadata.xmp, metadata.dpi, metadata.photoshop
    notes: list[str] = []
    if exif is not None:
        exif = fit_exif(exif, width, height, orientation)
    if xmp is not None:
        xmp, described = _xmp.corrected(xmp, width, height)
        if described:
            notes.append("What the XMP packet says of parts that are not kept was taken out.")
    if dpi is not None and orientation >= 5:
        dpi = (dpi[1], dpi[0])
    if photoshop is not None and orientation != 1:
        rest = _photoshop.without_places(photoshop)
        if rest != photoshop:
            notes.append("Clipping paths and guides are not kept, because the picture was turned.")
        photoshop = rest
    return replace(metadata, exif=exif, xmp=xmp, dpi=dpi, photoshop=photoshop), tuple(notes)
