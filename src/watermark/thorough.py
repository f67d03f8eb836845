"""A closer look: at parts of the picture, at a finer size, and through maps that bend.

It is for what the usual search did not find. Every part gives locks; those that fit their part best
are followed over the picture (:mod:`flow`). What is counted here has budgets of its own, which the
bound on false positives counts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment, flow, locking, probability
from indelible.watermark._kernels import warp
from indelible.watermark._scratch import Scratch
from indelible.watermark.carrier import Carrier, Pilots
from indelible.watermark.geometry import to_full_size
from indelible.watermark.judging import Judge
from indelible.watermark.locking import Lock
from indelible.watermark.resolution import LONGEST_SIDE, WORKING_SIDE, reduced
from indelible.watermark.result import Detection
from indelible.watermark.search import (
    FFT_SIZE,
    Candidate,
    Spectrum,
    search_affine,
    search_similarity,
    search_upright,
    spectrum_of,
)  # fmt: skip
from indelible.watermark.whitening import whiten

__all__ = ["Closer", "Members", "Searcher"]

Members = list[tuple[int, Carrier]]
Searcher = Callable[[Spectrum, Pilots, int], list[Candidate]]

# Tuned values: what others do is shown by python -m benchmarks.constants thorough.NAME VALUE.
FINER = 2.0  # times the side of the usual search: a ninth of a collage has a third of it
CANDIDATES = 4  # of one search of a spectrum, shared by the keys of a family
LEAST_SCORE = 5.2  # of the search: a part has fewer pixels
LEAST_LOCK = 4.4  # of the coherent test, likewise
LEAST_WHOLE = 3.8  # of the coherent test where the size alone is unknown
LOCKS = 2  # per candidate
LEAST_NEAR = 6.2  # of the fit to a part's own tiles: of 20 locks that are wrong one reaches it
FOLLOWED = 8  # locks of each step of the look, the best fits first
MOST_PIXELS = 250e6  # resampled by each step of the look


@dataclass(frozen=True)
class _Part:
    """A part of a whitened picture: where it begins (x, y), and how hard it is looked at.

    `fits` is how many locks are fitted to its tiles, of each family, the best first.
    """

    white: NDArray[np.float32]
    origin: tuple[int, int]
    searchers: tuple[Searcher, ...]
    fits: int


@dataclass
class Closer:
    """A closer look at one picture.

    Attributes
    ----------
    pixels : uint8 (H, W, channels)
    white : float32 (h, w)
        What the usual search looked at.
    judge : Judge
    families : list of members
        The keys of each version and family.
    """

    pixels: NDArray[np.uint8]
    white: NDArray[np.float32]
    judge: Judge
    families: list[Members]
    locks_left: int = probability.CLOSER_LOCKS
    pixels_left: float = 0.0

    def __post_init__(self) -> None:
        self.judge = replace(self.judge, decodes=probability.CLOSER_DECODES)

    def look(self, memory: Scratch) -> Detection | None:
        """Look at the picture at a finer size, at its halves, and at thirds of the finer one."""
        finer = self._finer()
        whole = search_similarity, search_upright, search_affine
        return (
            self._resized(finer, memory)
            or self._follow_best(finer, [_Part(finer, (0, 0), whole, 12)], memory)
            or self._follow_best(self.white, _parts(self.white, 2, whole, 8), memory)
            or self._follow_best(finer, _parts(finer, 3, whole[:2], 4), memory)
        )

    def _finer(self) -> NDArray[np.float32]:
        """Return the whitened picture at a finer size, enlarged where it has too few pixels."""
        side = float(np.sqrt(self.white.size))
        luminance = reduced(self.pixels, FINER * WORKING_SIDE)
        factor = min(FINER, LONGEST_SIDE / max(luminance.shape))
        if luminance.size < 1.2 * side**2 and factor > 1.2:
            luminance = _enlarged(luminance, factor)
        return whiten(luminance)

    def _resized(self, finer: NDArray[np.float32], memory: Scratch) -> Detection | None:
        """Try all sizes of a picture that was neither cropped nor turned."""
        spectrum = spectrum_of(finer, memory=memory)
        for members in self.families:
            pilots = members[0][1].pilots
            for lock in locking.whole_locks(spectrum, pilots, members, LEAST_WHOLE):
                canonical = alignment.canonical_of(finer, lock.map)
                if self.locks_left == 0 or canonical is None:
                    break
                self.locks_left -= 1
                decoded = self.judge.decode(canonical, lock)
                if decoded is not None:
                    return self.judge.report(finer.shape, lock, decoded)
        return None

    def _follow_best(
        self, white: NDArray[np.float32], parts: Iterable[_Part], memory: Scratch
    ) -> Detection | None:
        """Collect locks from all parts, and follow those that fit their part best."""
        self.pixels_left = MOST_PIXELS
        locks = [lock for part in parts for lock in self._locks(part, memory)]
        locks.sort(key=lambda lock: -lock.score)
        for lock in locks[:FOLLOWED]:
            if self.locks_left == 0 or self.pixels_left <= 0:
                break
            detection = self._follow(white, lock)
            if detection is not None:
                return detection
        return None

    def _locks(self, part: _Part, memory: Scratch) -> Iterator[Lock]:
        """Yield the locks that fit a part's own tiles, with maps to the whole picture."""
        spectrum = spectrum_of(part.white, FFT_SIZE, memory=memory)
        shift = np.array([[1.0, 0, part.origin[0]], [0, 1, part.origin[1]], [0, 0, 1]])
        for members in self.families:
            locks = sorted(self._coherent(part, spectrum, members), key=lambda lock: -lock.score)
            for lock in locks[: part.fits]:
                near = alignment.approach(part.white, lock, self._carrier(lock), 1.0)
                self.pixels_left -= near.cost
                if near.score >= LEAST_NEAR:
                    yield replace(near, map=shift @ near.map, centre=near.centre + part.origin)

    def _coherent(self, part: _Part, spectrum: Spectrum, members: Members) -> Iterator[Lock]:
        pilots = members[0][1].pilots
        limit = max(1, CANDIDATES // len(members))
        for search in part.searchers:
            for candidate in search(spectrum, pilots, limit):
                if candidate.score < LEAST_SCORE:
                    break
                for lock in locking.lock_candidates(spectrum, candidate, pilots, members, LOCKS):
                    if lock.score >= LEAST_LOCK:
                        yield lock

    def _follow(self, white: NDArray[np.float32], lock: Lock) -> Detection | None:
        """Decode a lock through a map that bends, and through one that bends more."""
        self.locks_left -= 1
        carrier = self._carrier(lock)
        price = alignment.price_of(white, lock.map)
        bent = flow.track(white, lock, carrier, 0.5)
        self.pixels_left -= price * flow.price_of(white, lock)
        if bent is None:
            return None
        found = self._decode(white, bent)
        if found is None and bent.score >= flow.LEAST_FLOW:
            self.pixels_left -= price * flow.SETTLING
            found = self._decode(white, flow.loosened(white, bent, carrier))
        return found

    def _decode(self, white: NDArray[np.float32], bent: flow.Flow) -> Detection | None:
        decoded = self.judge.decode(flow.canonical_of(white, bent), bent.lock)
        if decoded is None:
            return None
        return self.judge.report(white.shape, flow.flattened(white, bent), decoded)

    def _carrier(self, lock: Lock) -> Carrier:
        return self.judge.carriers[lock.ring_index]


def _parts(
    white: NDArray[np.float32], divisor: int, searchers: tuple[Searcher, ...], fits: int
) -> Iterator[_Part]:
    """Yield parts of a side's n-th, overlapping by half."""
    height, width = white.shape
    part_h, part_w = height // divisor, width // divisor
    steps = 2 * divisor - 2
    for row in range(steps + 1):
        for column in range(steps + 1):
            y, x = (height - part_h) * row // steps, (width - part_w) * column // steps
            part = np.ascontiguousarray(white[y : y + part_h, x : x + part_w])
            yield _Part(part, (x, y), searchers, fits)


def _enlarged(luminance: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Enlarge a picture, bilinear."""
    height, width = luminance.shape
    out = np.empty((round(factor * height), round(factor * width)), np.float32)
    matrix = to_full_size(np.eye(3), out.shape, (height, width))
    padded = np.pad(luminance, 1, mode="edge")
    shift = np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 1]])
    warp.bilinear(padded, np.ascontiguousarray(shift @ matrix), out)
    return out
