"""Despreading: each coded bit's sum over the coefficients that carry it."""

from __future__ import annotations

import numpy as np
from numba import complex64, float32, int8, int32, types, uint8, void
from numpy.typing import NDArray

from indelible.watermark._kernels._jit import kernel

INDICES = types.Array(int32, 1, "C", readonly=True)
SIGNS = types.Array(int8, 1, "C", readonly=True)
TURNS = types.Array(uint8, 1, "C", readonly=True)


@kernel(void(complex64[::1], TURNS, INDICES, SIGNS, float32[::1]))
def despread(
    values: NDArray[np.complex64],
    turns: NDArray[np.uint8],
    coded_bit: NDArray[np.int32],
    signs: NDArray[np.int8],
    out: NDArray[np.float32],
) -> None:
    """Sum the signed coefficients of each coded bit.

    Parameters
    ----------
    values : complex64 (n,)
        Data lines.
    turns : uint8 (n,)
        Quarter turns (0 to 3) by which each line is turned first.
    coded_bit : int32 (2 n,)
        The coded bit of each real, then of each imaginary part.
    signs : int8 (2 n,)
    out : float32 (coded bits,)
        Out.
    """
    out[:] = np.float32(0.0)
    n = values.size
    for i in range(n):
        real, imag = values[i].real, values[i].imag
        if turns[i] & 1:
            real, imag = -imag, real
        if turns[i] & 2:
            real, imag = -real, -imag
        out[coded_bit[i]] += np.float32(signs[i]) * real
        out[coded_bit[n + i]] += np.float32(signs[n + i]) * imag
