"""Which of many hashes of 256 bits differ from one of a few in few bits."""

from __future__ import annotations

import numpy as np
from numba import int64, types, uint8, uint64
from numpy.typing import NDArray

from indelible.compiling import inlined, kernel

HASHES = types.Array(uint64, 2, "C", readonly=True)
# The bits of a word are added up in pairs, fours and bytes, and the bytes by a product; LLVM knows
# this form, and makes the processor's own instruction of it.
PAIRS, FOURS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
BYTES, ONES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
ONE, TWO, FOUR, LAST = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


@inlined
def _bits(word: np.uint64) -> np.uint64:
    """How many of 64 bits are set."""
    word -= (word >> ONE) & PAIRS
    word = (word & FOURS) + ((word >> TWO) & FOURS)
    word = (word + (word >> FOUR)) & BYTES
    return (word * ONES) >> LAST


@kernel(int64(HASHES, HASHES, int64, int64[::1], uint8[::1], uint8[::1]))
def find_near(
    hashes: NDArray[np.uint64],
    queries: NDArray[np.uint64],
    most: int,
    rows: NDArray[np.int64],
    distances: NDArray[np.uint8],
    nearest: NDArray[np.uint8],
) -> int:
    """Compare each hash with each query; return how many are near to one.

    Parameters
    ----------
    hashes : uint64 (N, 4)
        What is looked through.
    queries : uint64 (Q, 4)
        What is looked for; 255 at most.
    most : int
        In how many bits a near one differs at most, 0 to 255.
    rows : int64 (N,)
        Out: which hashes are near.
    distances, nearest : uint8 (N,)
        Out: of each of these, in how many bits it differs from the nearest query, and which that
        is, the first of several.
    """
    found = 0
    for row in range(hashes.shape[0]):
        best, which = most + 1, -1
        for query in range(queries.shape[0]):
            # Of unlike hashes, one in 10**8 is within 31 over the first half already.
            half = int(_bits(hashes[row, 0] ^ queries[query, 0]))
            half += int(_bits(hashes[row, 1] ^ queries[query, 1]))
            if half < best:
                whole = half + int(_bits(hashes[row, 2] ^ queries[query, 2]))
                whole += int(_bits(hashes[row, 3] ^ queries[query, 3]))
                if whole < best:
                    best, which = whole, query
        if which >= 0:
            rows[found] = row
            distances[found] = best
            nearest[found] = which
            found += 1
    return found
