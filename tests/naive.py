"""The engine's kernels once more, as obvious as they can be: what the fast ones are compared with.

Each function takes what its twin in ``indelible.watermark._kernels`` takes, and returns what that
writes. They are slow and work in double precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def whiten(image: NDArray[np.float32], block: int, floor: float, exponent: float) -> Array:
    """Whiten an image block by block, with numpy's FFT of the whole block."""
    hop = block // 2
    height, width = image.shape
    bottom, right = -height % hop + hop, -width % hop + hop
    padded = np.pad(image.astype(np.float64), ((hop, bottom), (hop, right)), mode="symmetric")
    line = np.sin(np.pi * (np.arange(block) + 0.5) / block)
    window = np.outer(line, line)
    out = np.zeros_like(padded)
    for top in range(0, padded.shape[0] - hop, hop):
        for left in range(0, padded.shape[1] - hop, hop):
            place = slice(top, top + block), slice(left, left + block)
            spectrum = np.fft.fft2((padded[place] - padded[place].mean()) * window)
            power = np.abs(spectrum) ** 2
            smooth = np.zeros_like(power)
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    smooth += np.roll(power, (dy, dx), axis=(0, 1)) / 9
            spectrum *= (smooth + floor) ** exponent
            out[place] += np.fft.ifft2(spectrum).real * window
    return out[hop : hop + height, hop : hop + width]
