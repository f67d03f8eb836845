"""Near duplicates: the exact Hamming distances of a hash to every registered one.

All hashes are read at the first look, in blocks, and held in memory (40 bytes each). A look goes
through all of them: 10**6 in a few milliseconds, whatever the pictures are. Tables of bands, the
usual alternative, are slower for so many, cost 16 index entries in 16 places for each picture, and
have candidates without end where many pictures share a band (docs/adr/0018-a-registry-in-sql.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indelible.registry._kernels.hamming import find_near
from indelible.registry.hash_blocks import WORDS, Hashes

__all__ = ["MOST_NEAR", "HashIndex", "Near"]

MOST_NEAR: Final = 4096
"""How many near hashes one search returns at most, the nearest: whoever registers one hash a
million times makes nobody look at a million records."""


class Near(NamedTuple):
    """A hash that is near to one that was asked for."""

    number: int
    distance: int
    query: int


class HashIndex:
    """The hashes in a registry's blocks, in memory.

    Those that were removed since are still found: the caller looks whether they are there, and
    has them forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words = np.empty((0, WORDS), np.uint64)
        self._numbers = np.empty(0, np.int64)
        self._count = 0
        self._last = 0

    def __len__(self) -> int:
        return self._count

    @property
    def last(self) -> int:
        """Number of the last block that is in memory; 0 for none."""
        return self._last

    def add(self, read: Callable[[int], Iterable[Hashes]]) -> None:
        """Take in the blocks after the last one that is in memory; one thread reads at a time."""
        with self._lock:
            for block in read(self._last):
                if block.last > self._last:
                    self._append(block)
                    self._last = block.last

    def search(self, hashes: Sequence[bytes], max_distance: int, recent: Hashes) -> list[Near]:
        """Return the hashes within a distance of any of some, the nearest first.

        Parameters
        ----------
        hashes : sequence of bytes
            What to look for, 32 bytes each.
        max_distance : int
            How many bits may differ, 0 to 255.
        recent : Hashes
            What is in no block; one that is found here and there is found once.
        """
        with self._lock:
            words, numbers = self._words[: self._count], self._numbers[: self._count]
        queries = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, WORDS)
        found = [
            _within(words, numbers, queries, max_distance),
            _within(recent.words, recent.numbers, queries, max_distance),
        ]
        number, distance, query = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((number, distance))[:MOST_NEAR]
        nearest = zip(*(part[order].tolist() for part in (number, distance, query)), strict=True)
        # The same number twice is twice the same hash, side by side.
        return list(dict.fromkeys(Near(*one) for one in nearest))

    def forget(self, numbers: Collection[int]) -> None:
        """Leave out hashes that were removed."""
        with self._lock:
            kept = ~np.isin(self._numbers[: self._count], list(numbers))
            # Copies: a search may be reading the others.
            self._words = self._words[: self._count][kept]
            self._numbers = self._numbers[: self._count][kept]
            self._count = len(self._numbers)

    def _append(self, block: Hashes) -> None:
        """Add rows; arrays that a search is reading are never changed where it reads."""
        end = self._count + len(block.numbers)
        if end > len(self._numbers):
            room = max(end, self._count * 3 // 2, 1024)
            words, numbers = np.empty((room, WORDS), np.uint64), np.empty(room, np.int64)
            words[: self._count] = self._words[: self._count]
            numbers[: self._count] = self._numbers[: self._count]
            self._words, self._numbers = words, numbers
        self._words[self._count : end] = block.words
        self._numbers[self._count : end] = block.numbers
        self._count = end


def _within(
    words: NDArray[np.uint64],
    numbers: NDArray[np.int64],
    queries: NDArray[np.uint64],
    max_distance: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the numbers of near hashes, their distances, and their nearest queries."""
    rows = np.empty(len(words), np.int64)
    distances, nearest = np.empty((2, len(words)), np.uint8)
    count = find_near(words, queries, max_distance, rows, distances, nearest)
    return numbers[rows[:count]], distances[:count], nearest[:count]
