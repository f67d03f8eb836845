"""Local spectral whitening: make the picture look like noise, so that the mark stands out.

The picture is cut into overlapping blocks; each block's spectrum is divided by a power of its own
smoothed periodogram. What is strong locally (edges, textures, flat shading) is thus held down where
it is strong and at the frequencies at which it is; the mark, weak everywhere, is not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import blocks, fourier

__all__ = ["BlockProducts", "block_products", "frequencies", "whiten"]

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


class BlockProducts(NamedTuple):
    """How the whitened blocks of a picture compare with another picture's, band by band.

    A band is what lies around a node: bins count for the two nodes between which they lie.

    Attributes
    ----------
    product : float32 (rows, columns, nodes)
        Inner products of both pictures' bands.
    energy : float32 (rows, columns, nodes)
        Sums of squares of the other picture's.
    shared : float32 (rows, columns, nodes)
        Inner products of the other picture's, with those of the next node; the last is 0.
    white : float32 (rows, columns)
        Sums of squares of the picture's whitened blocks.
    plain : float32 (rows, columns)
        The same before whitening.
    """

    product: NDArray[np.float32]
    energy: NDArray[np.float32]
    shared: NDArray[np.float32]
    white: NDArray[np.float32]
    plain: NDArray[np.float32]


def block_products(
    luminance: NDArray[np.float32],
    other: NDArray[np.float32],
    position: NDArray[np.float32],
    nodes: int,
) -> BlockProducts:
    """Compare a picture with another in the blocks that :func:`whiten` works on.

    Both are whitened as the first one asks for. Sums are over the half of a block's spectrum that
    tells all of it, in unitary units.

    Parameters
    ----------
    luminance, other : float32 (h, w)
    position : float32 (BLOCK, BLOCK // 2 + 1)
        Of each bin among the nodes, 0 to nodes - 1; of :func:`frequencies`.
    nodes : int
        At least 2.
    """
    height, width = luminance.shape
    down, across = _places(height), _places(width)
    rows, columns = (len(places) // (BLOCK // 2) - 1 for places in (down, across))
    products = np.empty((rows * columns, 3, nodes), np.float32)
    energies = np.empty((rows * columns, 2), np.float32)
    images = np.ascontiguousarray(luminance), np.ascontiguousarray(other)
    blocks.block_products(*images, down, across, FLOOR, -EXPONENT, position, products, energies)
    parts = products.reshape(rows, columns, 3, nodes)
    sums = energies.reshape(rows, columns, 2)
    return BlockProducts(
        parts[:, :, 0], parts[:, :, 1], parts[:, :, 2], sums[:, :, 0], sums[:, :, 1]
    )


def frequencies() -> NDArray[np.float64]:
    """Return the (x, y) of each bin, float64 (BLOCK, BLOCK // 2 + 1, 2), cycles per pixel."""
    across, down = np.meshgrid(np.fft.rfftfreq(BLOCK), np.fft.fftfreq(BLOCK))
    return np.asarray(np.stack([across, down], axis=-1), np.float64)
