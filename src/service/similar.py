"""Near-identical queries, counted together: who refines a picture against the detector is stopped.

An attack on an open detector asks about one picture hundreds or thousands of times, changed a
little each time. Pictures that look alike (by their perceptual hash, turned and mirrored ones
included) form a family, and each family has a quota: one for each address, and ten times that for
everybody together. The very same file tells nothing new and is counted once. Hashes are kept,
in memory, and no pictures.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
from limits.storage import Storage

from indelible.fingerprint import MATCHING
from indelible.service.limits import Quota

__all__ = ["SimilarQueries"]

_MOST: Final = 10_000  # pictures whose hashes are kept: a search takes a millisecond
_MOST_FILES: Final = 100_000  # digests of files that were asked about
_TOGETHER: Final = 10  # times the quota of one address that all together have
_FLAT: Final = "flat"  # the family of pictures without enough detail to be told apart
_TOLD: Final = (
    "There were too many questions about pictures that look like this one. A detector that "
    "answered without end could be used to remove watermarks."
)


class SimilarQueries:
    """Counts queries about pictures that look alike; threads share it.

    Parameters
    ----------
    rule : str
        How many one address may ask about one family: "20/hour; 60/day".
    storage : Storage
        Where it is counted.
    """

    def __init__(self, rule: str, storage: Storage) -> None:
        self._quota = Quota(rule, setting="service.similar_quota", storage=storage, name="similar")
        self._lock = threading.Lock()
        self._hashes = np.zeros((_MOST, 4), np.uint64)
        self._families = np.zeros(_MOST, np.int64)
        self._used = np.zeros(_MOST, np.int64)  # when a row was last matched; 0 is a free row
        self._time = 0
        self._next_family = 1
        self._files: dict[tuple[str, str], None] = {}

    def spend(self, client: str, hashes: Sequence[str], digest: str) -> None:
        """Count a query.

        Parameters
        ----------
        client : str
            Whose.
        hashes : sequence of str
            Perceptual hashes of the picture, turned and mirrored; none of a flat one.
        digest : str
            SHA-256 of the file.

        Raises
        ------
        RefusedError
            429, if the family was asked about too often.
        """
        if (client, digest) in self._files:
            return
        family = self._family(hashes)
        self._quota.spend(f"{family}|{client}", _TOLD, code="too_similar")
        self._quota.spend(f"{family}|all", _TOLD, code="too_similar", times=_TOGETHER)
        with self._lock:
            self._files[client, digest] = None
            while len(self._files) > _MOST_FILES:
                del self._files[next(iter(self._files))]

    def _family(self, hashes: Sequence[str]) -> str:
        if not hashes:
            return _FLAT
        rows = np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, 4)
        with self._lock:
            self._time += 1
            found = self._nearest(rows)
            if found is None:
                family = self._next_family
                self._next_family += 1
            else:
                family = int(self._families[found])
                self._used[self._families == family] = (
                    self._time
                )  # a family is not forgotten in use
            row = int(self._used.argmin())
            self._hashes[row], self._families[row], self._used[row] = rows[0], family, self._time
            return str(family)

    def _nearest(self, rows: np.ndarray[tuple[int, int], np.dtype[np.uint64]]) -> int | None:
        """Return the row of the nearest picture that looks alike, or None."""
        kept = int(np.count_nonzero(self._used))  # rows are filled in their order
        if not kept:
            return None
        distances = np.full(kept, 256, np.int64)
        for row in rows:
            bits = np.bitwise_count(self._hashes[:kept] ^ row).sum(axis=1, dtype=np.int64)
            np.minimum(distances, bits, out=distances)
        nearest = int(distances.argmin())
        return nearest if distances[nearest] <= MATCHING else None
