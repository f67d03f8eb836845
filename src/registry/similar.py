"""Near duplicates: the exact Hamming distances of a hash to every registered one.

All hashes are held in memory (40 bytes each) and scanned: 10**6 of them in a few milliseconds,
whatever the pictures are, and with nothing to maintain while registering. Band tables in the
database, the usual alternative, cost 16 index entries in 16 places for each picture, and slow down
where many pictures share a band, as smooth ones do (docs/adr/0018-a-registry-in-sql.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indelible.registry.record import PDQ_BYTES

__all__ = ["Fetch", "HashIndex", "Near"]

Fetch: TypeAlias = "Callable[[int, Sequence[int]], Iterable[tuple[int, bytes]]]"
"""Returns the hashes of all numbers above one, and of some below; by number."""

_WORDS: Final = PDQ_BYTES // 8
# The distance over the first 128 bits is never more than that over all 256. Of unlike hashes, one
# in 10**8 is within 31 there, so the other words are read for few.
_FIRST: Final = 2
_BLOCK: Final = 1 << 15  # rows that are scanned at once: they stay in the second-level cache
# A number that was drawn but is not there may still be committed (PostgreSQL draws them outside of
# the transaction). After so long it is none: the transaction's own limits are far shorter.
_PATIENCE: Final = 120.0
_MOST_GAPS: Final = 4096


class Near(NamedTuple):
    """A hash that is near to one that was asked for."""

    number: int
    distance: int
    query: int


class HashIndex:
    """The hashes of a registry, in memory and in step with it.

    Rows that were removed since are still found: the caller looks whether they are there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words = np.empty((_WORDS, 0), np.uint64)
        self._numbers = np.empty(0, np.int64)
        self._count = 0
        self._last = 0
        self._gaps: dict[int, float] = {}  # numbers below the last that are missing, since when

    def __len__(self) -> int:
        return self._count

    def search(self, hashes: Sequence[bytes], max_distance: int, fetch: Fetch) -> list[Near]:
        """Return every hash within a distance of any of some, the nearest first.

        Parameters
        ----------
        hashes : sequence of bytes
            What to look for, 32 bytes each.
        max_distance : int
            How many bits may differ.
        fetch : callable
            Reads what is new in the database.
        """
        with self._lock:
            self._catch_up(fetch)
            words, numbers = self._words[:, : self._count], self._numbers[: self._count]
        return _nearest(words, numbers, hashes, max_distance)

    def _catch_up(self, fetch: Fetch) -> None:
        now = time.monotonic()
        self._gaps = {number: since for number, since in self._gaps.items() if since > now}
        rows = sorted(fetch(self._last, list(self._gaps)))
        if not rows:
            return
        numbers = np.array([number for number, _ in rows], np.int64)
        words = np.frombuffer(b"".join(pdq for _, pdq in rows), np.uint64).reshape(-1, _WORDS)
        self._append(numbers, words)
        for number in numbers[numbers <= self._last].tolist():
            self._gaps.pop(number, None)
        new = numbers[numbers > self._last]
        if new.size:
            if self._last:  # what is missing in all that was there first is gone for good
                self._note_gaps(new, now + _PATIENCE)
            self._last = int(new[-1])

    def _note_gaps(self, new: NDArray[np.int64], until: float) -> None:
        steps = np.diff(new, prepend=self._last)
        for at in np.flatnonzero(steps > 1).tolist():
            end = int(new[at])
            start = max(end - int(steps[at]) + 1, end - _MOST_GAPS)
            self._gaps.update(dict.fromkeys(range(start, end), until))
        for number in list(self._gaps)[:-_MOST_GAPS]:
            del self._gaps[number]

    def _append(self, numbers: NDArray[np.int64], words: NDArray[np.uint64]) -> None:
        """Add rows; arrays that a search is reading are never changed where it reads."""
        end = self._count + len(numbers)
        if end > len(self._numbers):
            room = max(end, 2 * len(self._numbers), 1024)
            grown = np.empty((_WORDS, room), np.uint64)
            grown[:, : self._count] = self._words[:, : self._count]
            more = np.empty(room, np.int64)
            more[: self._count] = self._numbers[: self._count]
            self._words, self._numbers = grown, more
        self._words[:, self._count : end] = words.T
        self._numbers[self._count : end] = numbers
        self._count = end


def _nearest(
    words: NDArray[np.uint64],
    numbers: NDArray[np.int64],
    hashes: Sequence[bytes],
    max_distance: int,
) -> list[Near]:
    """Scan block by block, every query over a block while it is in the cache."""
    queries = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, _WORDS)
    best: dict[int, tuple[int, int]] = {}
    scratch = _Scratch(np.empty(_BLOCK, np.uint64), *np.empty((2, _BLOCK), np.uint8))
    for start in range(0, words.shape[1], _BLOCK):
        block = words[:, start : start + _BLOCK]
        for index, query in enumerate(queries):
            rows, distances = _within(block, query, max_distance, scratch)
            for row, distance in zip(rows.tolist(), distances.tolist(), strict=True):
                known = best.get(start + row)
                if known is None or distance < known[0]:
                    best[start + row] = (distance, index)
    found = [Near(int(numbers[row]), *at) for row, at in best.items()]
    return sorted(found, key=lambda near: (near.distance, near.number))


class _Scratch(NamedTuple):
    """Room for one block; made once, because fresh memory costs more than the scan."""

    words: NDArray[np.uint64]
    bits: NDArray[np.uint8]
    first: NDArray[np.uint8]


def _within(
    block: NDArray[np.uint64], query: NDArray[np.uint64], max_distance: int, scratch: _Scratch
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return which columns of a block (4, n) are near a query (4,), and how near."""
    words, bits, first = (room[: block.shape[1]] for room in scratch)
    np.bitwise_xor(block[0], query[0], out=words)
    np.bitwise_count(words, out=first)  # 128 at most in the end: uint8 is enough
    for word in range(1, _FIRST):
        np.bitwise_xor(block[word], query[word], out=words)
        np.add(first, np.bitwise_count(words, out=bits), out=first)
    rows = np.flatnonzero(first <= max_distance)
    distances = first[rows].astype(np.int64)
    for word in range(_FIRST, _WORDS):
        distances += np.bitwise_count(block[word, rows] ^ query[word])
    near = distances <= max_distance
    return rows[near], distances[near]
