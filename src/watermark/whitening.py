"""Local spectral whitening: make the picture look like noise, so that the mark stands out.

The picture is cut into overlapping blocks; each block's spectrum is divided by a power of its own
smoothed periodogram. What is strong locally (edges, textures, flat shading) is thus held down just
where and at the frequencies where it is strong; the mark, weak everywhere, is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import blocks, fourier

__all__ = ["whiten"]

BLOCK = fourier.SIZE  # pixels; blocks overlap by half
EXPONENT = 0.6  # of the periodogram; 0.5 whitens, 1.0 is the matched filter against the picture
FLOOR = 0.25  # grey levels squared per pixel: less is a codec's rest of flat parts, not a texture


def whiten(luminance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the locally whitened picture, float32 (h, w), of zero mean.

    Parameters
    ----------
    luminance : float32 (h, w)
        0..255. Beyond its borders the picture is continued by its mirror image.
    """
    height, width = luminance.shape
    out = np.empty((height, width), np.float32)
    blocks.whiten_blocks(
        np.ascontiguousarray(luminance),
        _places(height),
        _places(width),
        FLOOR * BLOCK * BLOCK,
        -EXPONENT,
        out,
    )
    return out


def _places(length: int) -> NDArray[np.int64]:
    """Return which pixel stands at each place of a line padded to whole blocks.

    The padding begins half a block before the line, and mirrors it as often as need be.
    """
    hop = BLOCK // 2
    n_blocks = -(-length // hop) + 1
    index = np.arange(-hop, n_blocks * hop) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)
