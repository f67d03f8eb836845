"""Where no mark can stand, whoever made the place so: clipped pixels, and areas of one colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import counting
from indelible.watermark.view import View

__all__ = ["clipped_shares", "plain_shares"]

BLACK, WHITE = 2, 253  # grey levels at which a mark of a few levels is clipped
SAMPLE = 300_000  # pixels: hundreds of each block, whose share is compared with a half


def clipped_shares(view: View, cell: int) -> NDArray[np.float32]:
    """Return the share of each cell's pixels of which a colour is clipped, 0 to 1.

    Parameters
    ----------
    view : View
        The picture.
    cell : int
        Side of a cell, pixels of the picture; a multiple of the view's scale.

    Returns
    -------
    float32 (H // cell, W // cell)
    """
    side = cell // view.scale
    height, width, _ = view.pixels.shape
    shares = np.empty((height // side, width // side), np.float32)
    counting.clipped_shares(view.pixels, side, BLACK, WHITE, shares)
    return shares


def plain_shares(view: View, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the share of each cell's pixels that equal their neighbours, in x or in y, 0 to 1.

    Parameters
    ----------
    view : View
        The picture.
    shape : (int, int)
        Rows and columns of cells, together as large as the picture.
    """
    height, width, channels = view.pixels.shape
    step = max(1, round(float(height * width / SAMPLE) ** 0.5))
    shares = []
    for down, right in ((0, 1), (1, 0)):
        looked_at = len(range(0, height - down, step))
        ends = _ends(looked_at, shape[0]), _ends(width - right, shape[1])
        share = np.empty(shape, np.float32)
        channel = 0 if channels == 1 else 1
        counting.plain_shares(view.pixels, channel, step, down, right, *ends, share)
        shares.append(share)
    return np.asarray(np.minimum(*shares), np.float32)


def _ends(length: int, cells: int) -> NDArray[np.int64]:
    return np.linspace(0, length, cells + 1).astype(np.int64)
