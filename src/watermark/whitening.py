"""Local spectral whitening: make the picture look like noise, so that the mark stands out.

The picture is cut into overlapping blocks; each block's spectrum is divided by a power of its own
smoothed periodogram. What is strong locally (edges, textures, flat shading) is thus held down where
it is strong and at the frequencies at which it is; the mark, weak everywhere, is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import blocks, fourier

__all__ = ["gains_of", "spectra_of", "whiten"]

BLOCK = fourier.SIZE  # pixels; blocks overlap by half
# Tuned values: what others do is shown by python -m benchmarks.constants whitening.NAME VALUE.
# Results stand for 78 hard draws of the Kodak suite, of which 50 are found.
# Of the periodogram; 0.5 whitens, 1.0 is the matched filter against the picture. 0.5 loses one mark
# and a fifth of the score; 0.7 finds one more with a fifth more score, on these draws.
EXPONENT = 0.6
# Grey levels squared per pixel: less is what a codec leaves of flat parts, not a texture. Coarse:
# 0.06 and 1.0 lose none.
FLOOR = 0.25


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


def spectra_of(
    luminance: NDArray[np.float32],
    gains: NDArray[np.float32] | None = None,
    *,
    rows: range | None = None,
) -> NDArray[np.complex64]:
    """Return the spectra of the blocks that :func:`whiten` works on.

    Parameters
    ----------
    luminance : float32 (h, w)
    gains : float32, like the result, optional
        What the spectra are multiplied by.
    rows : range, optional
        Of blocks, those that are wanted; by default all.

    Returns
    -------
    complex64 (rows, columns, BLOCK, BLOCK // 2 + 1)
        Of unitary transforms: over all blocks, squares add up to those of the picture.
    """
    hop = BLOCK // 2
    down, across = _places(luminance.shape[0]), _places(luminance.shape[1])
    if rows is not None:
        down = down[rows.start * hop : (rows.stop + 1) * hop]
    shape = len(down) // hop - 1, len(across) // hop - 1, BLOCK, BLOCK // 2 + 1
    spectra = np.empty(shape, np.complex64)
    factors = np.empty((0, *shape[2:]), np.float32) if gains is None else gains
    blocks.block_spectra(
        np.ascontiguousarray(luminance),
        down,
        across,
        factors.reshape(-1, *shape[2:]),
        spectra.view(np.float32).reshape(-1, *shape[2:], 2),
    )
    return spectra


def gains_of(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return the factors that :func:`whiten` applies to these spectra, float32 of their shape."""
    gains = np.empty(spectra.shape, np.float32)
    bins = spectra.shape[2:]
    parts = spectra.view(np.float32).reshape(-1, *bins, 2)
    blocks.block_gains(parts, FLOOR, -EXPONENT, gains.reshape(-1, *bins))
    return gains
