"""ISCC Image-Code, for whoever searches by ISO 24138 (extra ``iscc``).

The picture is normalised as the standard's reference software does it, to 1,024 grey pixels, of
which the package ``iscc-core`` makes the code. `ISCC_ALGORITHM` is its name in C2PA's list.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible import extras
from indelible.pixels import as_channels

__all__ = ["ISCC_ALGORITHM", "iscc_image_code"]

ISCC_ALGORITHM: Final = "io.iscc.v0"

_SIDE: Final = 32  # pixels of the normalised picture
_WHITE: Final = 255
_SUPPORT: Final = 2.0  # of the bicubic kernel
_SHARPNESS: Final = -0.5  # its parameter a, as Pillow has it
_LUMA: Final = (19595, 38470, 7471)  # Rec. 601 in units of 2^-16, as Pillow has it


def iscc_image_code(image: NDArray[np.uint8], bits: int = 64) -> str:
    """Return the ISCC Image-Code of a picture.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
        Upright; what is transparent is laid over white, and a plain border is cut off.
    bits : int
        Length of the code's body: 64, 96, 128, 160, 192, 224 or 256.

    Returns
    -------
    str
        ``"ISCC:EEA..."``. Codes of similar pictures differ in few bits of their body.

    Raises
    ------
    MissingDependencyError
        If ``iscc-core`` is not installed.
    UnsupportedImageError
        If the image is no such array.
    """
    core = extras.load("iscc_core", extra="iscc", missing="an ISCC needs the package iscc-core")
    return str(core.gen_image_code(normalised(image).ravel().tolist(), bits)["iscc"])


def normalised(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as 32 x 32 grey pixels, the same as Pillow makes of it."""
    pixels = _trimmed(_over_white(as_channels(image)))
    grey = pixels[..., 0]
    if pixels.shape[2] == len(_LUMA):
        weighted = pixels.astype(np.uint32) @ np.array(_LUMA, np.uint32)
        grey = ((weighted + 0x8000) >> 16).astype(np.uint8)
    across = _resized(grey, _SIDE)
    return np.ascontiguousarray(_resized(across.T, _SIDE).T)


def _over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.shape[2] != len(_LUMA) + 1:
        return pixels
    alpha = pixels[..., 3:].astype(np.uint32)
    sums = pixels[..., :3] * alpha + _WHITE * (_WHITE - alpha) + 128
    return (((sums >> 8) + sums) >> 8).astype(np.uint8)


def _trimmed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off the border of the colour that the first pixel has; a plain picture stays as it is."""
    different = (pixels != pixels[0, 0]).any(axis=2)
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    if not len(rows):
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(grey: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Resize rows to a width with Pillow's bicubic filter, which averages where it shrinks."""
    length = grey.shape[1]
    if length == width:
        return grey
    scale = length / width
    stretch = max(scale, 1.0)
    weights = np.zeros((length, width))
    for place in range(width):
        centre = (place + 0.5) * scale
        first = max(int(centre - _SUPPORT * stretch + 0.5), 0)
        last = min(int(centre + _SUPPORT * stretch + 0.5), length)
        taps = [_bicubic((x - centre + 0.5) / stretch) for x in range(first, last)]
        weights[first:last, place] = np.array(taps) / sum(taps)
    return np.clip(np.floor(grey @ weights + 0.5), 0, _WHITE).astype(np.uint8)


def _bicubic(x: float) -> float:
    x, a = math.fabs(x), _SHARPNESS
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < _SUPPORT else 0.0
