"""The nearest of up to millions of PDQ hashes, found without looking at all of them.

Two hashes of 256 bits that differ in at most 31 agree, but for one bit, in one of 16 bands of 16
bits: there would be 32 differences else. So only hashes are compared that share a band with what is
asked for, or nearly: one in 240. Pictures that look alike by chance may crowd a band; then all are
compared.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["WORDS", "HashSearch", "Hit", "as_words"]

WORDS: Final = 4  # of 64 bits, in a hash

_BANDS: Final = 16
_VALUES: Final = 1 << 16  # of a band
_REACH: Final = 2 * _BANDS - 1  # bits that the bands see: of 32, each could have two
_WORTH: Final = 1 << 13  # hashes, from which on the bands are faster than looking at all
_BLOCK: Final = 1 << 15  # hashes that are compared at once: they stay in the cache
_FLIPS: Final = np.array([0, *(1 << bit for bit in range(16))], np.uint16)


class Hit(NamedTuple):
    """The nearest hash.

    Attributes
    ----------
    entry : int
        Which of those that are looked through.
    distance : int
        In how many bits it differs.
    query : int
        From which of those that were asked for.
    """

    entry: int
    distance: int
    query: int


def as_words(hashes: list[bytes] | tuple[bytes, ...]) -> NDArray[np.uint64]:
    """Return hashes of 32 bytes each as uint64 (N, 4)."""
    return np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, WORDS)


class HashSearch:
    """Hashes to look through, in memory: 32 bytes each, and 64 for the bands.

    Parameters
    ----------
    hashes : uint64 (N, 4)
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._words = np.ascontiguousarray(hashes.T)
        self._bands: tuple[NDArray[np.uint32], NDArray[np.int64]] | None = None
        if len(hashes) >= _WORTH:
            self._bands = _sorted_by_bands(np.ascontiguousarray(hashes))

    def __len__(self) -> int:
        return int(self._words.shape[1])

    def __reduce__(self) -> tuple[type[HashSearch], tuple[NDArray[np.uint64]]]:
        return HashSearch, (self._words.T,)  # sorting again is faster than sending the bands

    def nearest(self, hashes: NDArray[np.uint64], distance: int) -> Hit | None:
        """Return the hash that is nearest to any of some; None where none is near enough.

        Parameters
        ----------
        hashes : uint64 (Q, 4)
            What is asked for.
        distance : int
            In how many bits it may differ, 0 to 256.
        """
        near = None
        if self._bands is not None and distance <= _REACH:
            near = self._sharing_a_band(hashes, exact=distance < _BANDS)
        if near is not None:
            return self._nearest_of(*near, hashes, distance)
        found = (
            self._nearest_of_all(hashes[query], query, distance) for query in range(len(hashes))
        )
        return min(filter(None, found), key=_by_distance, default=None)

    def _sharing_a_band(
        self, hashes: NDArray[np.uint64], *, exact: bool
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]] | None:
        """Return which rows share a band with which query; None where that is no use."""
        assert self._bands is not None  # noqa: S101 - for the type checker
        order, starts = self._bands
        flips = _FLIPS[:1] if exact else _FLIPS
        values = np.ascontiguousarray(hashes).view(np.uint16).reshape(-1, _BANDS, 1) ^ flips
        places = np.arange(_BANDS)[:, None] * (_VALUES + 1) + values
        begins = starts[places].ravel()
        lengths = starts[places + 1].ravel() - begins
        total = int(lengths.sum())
        if total > len(self):
            return None
        ends = np.cumsum(lengths)
        rows = order[np.repeat(begins - (ends - lengths), lengths) + np.arange(total)]
        queries = np.repeat(np.arange(len(hashes)), lengths.reshape(len(hashes), -1).sum(axis=1))
        return rows, queries

    def _nearest_of(
        self,
        rows: NDArray[np.uint32],
        queries: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        distance: int,
    ) -> Hit | None:
        """Return the nearest of some pairs of a row and a query."""
        bits = np.zeros(len(rows), np.uint16)
        for word in range(WORDS):  # hardly any of unlike hashes is so near in its first half
            bits += np.bitwise_count(self._words[word, rows] ^ hashes[queries, word])
            near = bits <= distance
            rows, queries, bits = rows[near], queries[near], bits[near]
        if not len(bits):
            return None
        place = int(bits.argmin())
        return Hit(int(rows[place]), int(bits[place]), int(queries[place]))

    def _nearest_of_all(self, hash_: NDArray[np.uint64], query: int, distance: int) -> Hit | None:
        """Return the row that is nearest to a hash."""
        found = []
        for start in range(0, len(self), _BLOCK):
            block = self._words[:, start : start + _BLOCK]
            half = np.bitwise_count(block[0] ^ hash_[0])
            half += np.bitwise_count(block[1] ^ hash_[1])
            rows = np.flatnonzero(half <= distance)
            bits = np.bitwise_count(block[:, rows] ^ hash_[:, None]).sum(axis=0, dtype=np.uint16)
            if len(bits):
                place = int(bits.argmin())
                found.append(Hit(start + int(rows[place]), int(bits[place]), query))
        nearest = min(found, key=_by_distance, default=None)
        return nearest if nearest is not None and nearest.distance <= distance else None


def _by_distance(hit: Hit) -> int:
    return hit.distance


def _sorted_by_bands(
    hashes: NDArray[np.uint64],
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the rows in the order of each band, one after the other, and where each value begins.

    Of band b and value v the rows are those from ``starts[b * 65537 + v]`` up to the next start.
    """
    values = hashes.view(np.uint16).reshape(-1, _BANDS)
    order = np.empty((_BANDS, len(hashes)), np.uint32)
    starts = np.zeros((_BANDS, _VALUES + 1), np.int64)
    for band in range(_BANDS):
        order[band] = np.argsort(values[:, band], kind="stable")
        np.cumsum(np.bincount(values[:, band], minlength=_VALUES), out=starts[band, 1:])
        starts[band] += band * len(hashes)
    return order.ravel(), starts.ravel()
