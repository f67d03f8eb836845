"""At which size a picture is searched: small, and no larger than what is in it.

Detection works on a reduced picture, so that its cost does not grow with pixels that carry nothing
new. A picture that was enlarged (a crop blown up, say) or blurred carries its detail in few of its
pixels: spread over too many, the mark would lie in a corner of the spectrum, too low for the blocks
of whitening to separate it from the picture. Such a picture is reduced further.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import luminance, warp

__all__ = ["WORKING_SIDE", "reduced", "reduced_shape", "resampled", "working_luminance"]

# Tuned values: what others do is shown by python -m benchmarks.constants resolution.NAME VALUE.
WORKING_SIDE = 512.0  # root of the area to which pictures are reduced
LONGEST_SIDE = 1024  # pixels; the search's transform: twice WORKING_SIDE, for pictures up to 4:1
SMALLEST_SIDE = 150.0  # hardly more than a tile: too little to search further
STEP = np.sqrt(0.5)  # from one size to the next smaller: half of the area
SMOOTH = 2.9  # photographs that were reduced stay below 2.8; a slope has 4, white noise 1
ROWS = 3  # each third row and column is measured: as good an average at a third of the time


def working_luminance(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luminance at the size at which the picture is searched, float32 (h, w).

    Parameters
    ----------
    pixels : uint8 (H, W, channels)
    """
    image = reduced(pixels, WORKING_SIDE)
    while (side := STEP * np.sqrt(image.size)) >= SMALLEST_SIDE and smoothness(image) > SMOOTH:
        image = reduced(pixels, side)
    return image


def reduced(pixels: NDArray[np.uint8], side: float) -> NDArray[np.float32]:
    """Return the luminance with an area of at most `side` squared, float32 (h, w)."""
    out = np.empty(reduced_shape(pixels.shape[0], pixels.shape[1], side), np.float32)
    luminance.reduce_area(pixels, out)
    return out


def reduced_shape(height: int, width: int, side: float) -> tuple[int, int]:
    """Return the height and width of what :func:`reduced` gives."""
    factor = min(1.0, side / np.sqrt(height * width), LONGEST_SIDE / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def resampled(
    values: NDArray[np.float32], matrix: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Sample values at a map from the result's pixels to theirs, bilinear, float32 (h, w).

    The outermost values hold for a pixel beyond them; farther out is 0.
    """
    padded = np.pad(values, 1, mode="edge")
    shift = np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 1]])
    out = np.empty(shape, np.float32)
    warp.bilinear(padded, np.ascontiguousarray(shift @ matrix), out)
    return out


def smoothness(image: NDArray[np.float32]) -> float:
    """Return the ratio of the mean square difference over two pixels to that over one, 1 to 4.

    It is the ratio of the structure function at two distances: 4 where everything is a slope, 2
    where pixels are a random walk, 1 where they are independent.
    """
    one = two = 1e-9
    for lines in (image[::ROWS], image.T[::ROWS]):
        one += float(np.mean(np.square(lines[:, 1:] - lines[:, :-1])))
        two += float(np.mean(np.square(lines[:, 2:] - lines[:, :-2])))
    return two / one
