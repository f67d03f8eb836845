"""A fast power function for arrays: accurate to 2e-4, and made of vector instructions only."""

from __future__ import annotations

import numpy as np

from indelible.compiling import inlined

# log2(1 + m) and 2^f on 0..1: polynomials fitted at Chebyshev nodes, both off by 1.0e-4 at most
L0, L1, L2, L3, L4 = (
    np.float32(value)
    for value in (1.00189e-4, 1.43730217, -0.672934193, 0.315467609, -0.0800108769)
)
E0, E1, E2, E3 = (np.float32(value) for value in (0.99989669, 0.69639055, 0.22451634, 0.0790857))


@inlined
def power(base: np.float32, exponent: np.float32) -> np.float32:
    """Return ``base ** exponent``, both float32; base and result have to be normal and positive."""
    bits = np.float32(base).view(np.int32)
    m = np.int32((bits & 0x7FFFFF) | 0x3F800000).view(np.float32) - np.float32(1.0)
    fraction = L0 + m * (L1 + m * (L2 + m * (L3 + m * L4)))
    y = np.float32(exponent) * (np.float32(np.int32((bits >> 23) - 127)) + fraction)
    whole = np.floor(y)
    f = y - whole
    scale = np.int32((np.int32(whole) + 127) << 23).view(np.float32)
    return np.float32(scale * (E0 + f * (E1 + f * (E2 + f * E3))))
