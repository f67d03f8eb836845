"""Another rendering of a picture: a part of it, at another size."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from indelible.errors import UnsupportedImageError
from indelible.imaging import _photoshop
from indelible.imaging._pillow import codec_errors
from indelible.imaging.fitting import fit_metadata
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Pixels

__all__ = ["Rectangle", "rendered"]

_PLACES: str = "Clipping paths and guides are not kept, because the picture has another size."


class Rectangle(NamedTuple):
    """A part of a picture, in px of the upright picture, from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def rendered(
    pixels: Pixels, metadata: Metadata, *, crop: Rectangle, size: tuple[int, int]
) -> tuple[Pixels, Metadata, tuple[str, ...]]:
    """Cut a part out of a picture and bring it to a size (Lanczos, alpha weighted).

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) or (H, W, 4) with straight alpha, upright. Not changed.
    metadata : Metadata
        What stands beside it. What it says of size and places follows.
    crop : Rectangle
        Which part.
    size : (int, int)
        Width and height of the result, px.

    Returns
    -------
    pixels : ndarray of uint8
    metadata : Metadata
    notes : tuple of str
        What was taken out of the metadata.

    Raises
    ------
    UnsupportedImageError
        If the rectangle does not lie within the picture.
    ImageTooLargeError
        The memory does not suffice.
    """
    height, width = pixels.shape[:2]
    inside = 0 <= crop.x < crop.x + crop.width <= width
    if not (inside and 0 <= crop.y < crop.y + crop.height <= height):
        raise UnsupportedImageError(
            f"The part {tuple(crop)} does not lie within the picture of {width} x {height} px.",
            hint="Give x, y, width and height in px of the picture as it is shown, upright.",
        )
    if crop == (0, 0, width, height) and size == (width, height):
        return pixels, metadata, ()
    part = pixels[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
    part = np.ascontiguousarray(part)
    if size != (crop.width, crop.height):
        with codec_errors("resized", writing=True):
            # Pillow weighs the colours of RGBA pixels by their alpha.
            resized = Image.fromarray(part).resize(size, Image.Resampling.LANCZOS)
            part = np.array(resized, np.uint8)
    notes: tuple[str, ...] = ()
    if metadata.photoshop is not None:
        rest = _photoshop.without_places(metadata.photoshop)
        notes = () if rest == metadata.photoshop else (_PLACES,)
        metadata = replace(metadata, photoshop=rest)
    fitted, changes = fit_metadata(metadata, part, 1)
    return part, fitted, (*notes, *changes)
