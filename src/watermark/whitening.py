"""Local spectral whitening: make the picture look like noise, so that the mark stands out.

The picture is cut into overlapping blocks; each block's spectrum is divided by a power of its own smoothed
periodogram. What is strong locally (edges, textures, flat shading) is thus held down just where and at the
frequencies where it is strong; the mark, weak everywhere, is not.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["whiten"]

BLOCK = 32  # pixels; blocks overlap by half
EXPONENT = 0.6  # of the periodogram; 0.5 whitens, 1.0 is the matched filter against the picture
FLOOR = 4.0  # grey levels squared per pixel: noise that no picture is below after coding


def whiten(luminance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the locally whitened picture, float32 (h, w), of zero mean.

    Parameters
    ----------
    luminance : float32 (h, w)
        0..255.
    """
    hop = BLOCK // 2
    height, width = luminance.shape
    n_rows, n_columns = -(-height // hop) + 1, -(-width // hop) + 1
    padding = (
        (hop, (n_rows + 1) * hop - height - hop),
        (hop, (n_columns + 1) * hop - width - hop),
    )
    padded = np.pad(luminance, padding, mode="symmetric")
    window = _window()
    blocks = sliding_window_view(padded, (BLOCK, BLOCK))[::hop, ::hop]
    windowed = (blocks - blocks.mean(axis=(2, 3), keepdims=True)) * window
    spectra = scipy.fft.rfft2(windowed, axes=(2, 3), overwrite_x=True)
    power = spectra.real**2 + spectra.imag**2
    spectra *= (_smooth(power) + np.float32(FLOOR * BLOCK * BLOCK)) ** np.float32(-EXPONENT)
    blocks = scipy.fft.irfft2(spectra, s=(BLOCK, BLOCK), axes=(2, 3), overwrite_x=True)
    blocks *= window
    out = np.zeros(((n_rows + 1) * hop, (n_columns + 1) * hop), np.float32)
    for dy in (0, hop):
        for dx in (0, hop):
            part = blocks[:, :, dy : dy + hop, dx : dx + hop].transpose(0, 2, 1, 3)
            flat = part.reshape(n_rows * hop, n_columns * hop)
            out[dy : dy + n_rows * hop, dx : dx + n_columns * hop] += flat
    return np.ascontiguousarray(out[hop : hop + height, hop : hop + width])


def _window() -> NDArray[np.float32]:
    """Square-root Hann window in both directions: its square sums to one over overlapping blocks."""
    line = np.sin(np.pi * (np.arange(BLOCK) + 0.5) / BLOCK).astype(np.float32)
    return np.outer(line, line)


def _smooth(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average each bin with its eight neighbours; the half spectrum is continued by its symmetry."""
    total = power + np.roll(power, 1, axis=2) + np.roll(power, -1, axis=2)
    out = total.copy()
    out[..., 1:] += total[..., :-1]
    out[..., :-1] += total[..., 1:]
    out[..., 0] += total[..., 1]
    out[..., -1] += total[..., -2]
    out /= np.float32(9.0)
    return out
