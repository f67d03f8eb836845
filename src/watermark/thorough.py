"""A closer look: in its place, at a finer size, at parts, through views and maps that bend.

It is for what the usual search did not find. What is counted here has budgets of its own, which the
bound on false positives counts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import alignment, flow, locking, probability
from indelible.watermark._scratch import Scratch
from indelible.watermark.carrier import VARIANTS, Carrier, Pilots
from indelible.watermark.geometry import from_full_size, to_full_size
from indelible.watermark.judging import Judge
from indelible.watermark.locking import Lock
from indelible.watermark.pattern import period_of, size_class_for
from indelible.watermark.resolution import LONGEST_SIDE, WORKING_SIDE, reduced, resampled
from indelible.watermark.result import Detection
from indelible.watermark.search import (
    FFT_SIZE,
    Candidate,
    Spectrum,
    search_affine,
    search_similarity,
    search_upright,
    search_upright_part,
    spectrum_of,
    windows_of,
)  # fmt: skip
from indelible.watermark.straightening import Straightened, as_seen, averaged, straightened
from indelible.watermark.whitening import whiten

__all__ = ["Closer", "Members", "Searcher"]

Members = list[tuple[int, Carrier]]
Searcher = Callable[[Spectrum, Pilots, int], list[Candidate]]
SEARCHERS: tuple[Searcher, ...] = search_similarity, search_upright, search_affine
# A standard search has tried search_affine on some of them.
SEARCHERS_OF_PARTS: tuple[Searcher, ...] = search_similarity, search_upright_part

# Tuned values: what others do is shown by python -m benchmarks.constants thorough.NAME VALUE.
FINER = 2.0  # times the side of the usual search: a ninth of a collage has a third of it
CANDIDATES = 2  # of one search of a spectrum, shared by the keys of a family
LEAST_SCORE = 5.2  # of the search: a part has fewer pixels
LEAST_LOCK = 4.4  # of the coherent test, likewise
LEAST_WHOLE = 3.8  # of the coherent test where the size alone is unknown
LOCKS = 2  # per candidate
FITS, FITS_OF_PARTS = 6, 2  # locks that are fitted, the best first: of 27 true ones 25 were among 2
LEAST_NEAR = 6.2  # of the fit to a part's own tiles: of 20 locks that are wrong one reaches it
FOLLOWED = 3  # locks of each step of the look, the best fits first: of 37 that were read 35 led
MOST_PIXELS = 250e6  # resampled by each step of the look
VIEW_CANDIDATES = 2  # of one search of a view, shared by the keys of a family
VIEWED = 4  # candidates of all views that are locked, the best first
VIEW_REACH = 0.5  # of a view's size: parts have half of it
PLACED = 8  # keys and variants that are matched in place, the best first: all of one key
IN_PLACE = 2  # of these, flat and bent, that are decoded


@dataclass(frozen=True)
class _Part:
    """A part of a whitened picture: where it begins (x, y), and how hard it is looked at.

    `fits` is how many locks are fitted to its tiles, of each family, the best first.
    """

    white: NDArray[np.float32]
    origin: tuple[int, int]
    searchers: tuple[Searcher, ...]
    fits: int


@dataclass(frozen=True)
class _Seen:
    """A candidate of the search in a view."""

    view: Straightened
    candidate: Candidate
    members: Members


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
        """Look for what is in its place, at a finer size, at halves, thirds, and through views."""
        finer = self._finer()
        return (
            self._resized(finer, memory)
            or self._in_place()
            or self._follow_parts(finer, [_Part(finer, (0, 0), SEARCHERS, FITS)], memory)
            or self._follow_parts(self.white, _parts(self.white, 2, 2), memory)
            or self._follow_parts(finer, _parts(finer, 3, 1), memory)
            or self._through_views(memory)
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

    def _in_place(self) -> Detection | None:
        """Try a picture that was bent or mostly replaced, but is where it was.

        All that is unknown is the key and the variant: what no other search sees is enough.
        """
        period = period_of(size_class_for(*self.judge.shape))
        map_ = from_full_size(np.diag([period, period, 1.0]), self.white.shape, self.judge.shape)
        height, width = self.white.shape
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        flows: list[tuple[flow.Flow, flow.Reading]] = []
        for members in self.families:
            first = members[0][1]
            lock = Lock(0.0, 0, 0, 1, len(first.pilots.lines), map_, centre)
            raw = flow.read(self.white, lock, first)
            if raw is None:
                continue
            for index, carrier in members:
                for variant in range(VARIANTS):
                    lock = replace(lock, ring_index=index, variant=variant)
                    still = flow.still(self.white, lock, carrier, raw)
                    flows += [] if still is None else [(still, raw)]
        flows = sorted(flows, key=lambda pair: -pair[0].score)[:PLACED]
        plain = as_seen(self.white)
        for still, _ in flows[: min(IN_PLACE, self.locks_left)]:
            self.locks_left -= 1
            found = self._decode(plain, still)
            if found is not None:
                return found
        bent = _best((self._matched(one, flow.COARSE, raw) for one, raw in flows), IN_PLACE)
        return self._first(self._decode_bent(plain, self._matched(one, flow.FINE)) for one in bent)

    def _matched(
        self, bent: flow.Flow, how: tuple[float, float, float], raw: flow.Reading | None = None
    ) -> flow.Flow:
        return flow.matched(self.white, bent, self._carrier(bent.lock), how, raw)

    def _through_views(self, memory: Scratch) -> Detection | None:
        """Undo tilts and lenses, and follow what the parts of a view have in common."""
        self.pixels_left = MOST_PIXELS
        seen: list[_Seen] = []
        for view in straightened(self.white):
            spectrum = averaged(view.white, memory)
            for members in self.families:
                pilots = members[0][1].pilots
                seen += [
                    _Seen(view, candidate, members)
                    for candidate in search_upright(spectrum, pilots, VIEW_CANDIDATES)
                    if candidate.score >= LEAST_SCORE
                ]
        seen.sort(key=lambda one: -one.candidate.score)
        return self._follow_best(
            (one.view, lock) for one in seen[:VIEWED] for lock in self._locks_in_view(one, memory)
        )

    def _locks_in_view(self, seen: _Seen, memory: Scratch) -> Iterator[Lock]:
        """Yield the locks that fit a view's parts, with maps to the view."""
        white, pilots = seen.view.white, seen.members[0][1].pilots
        locks: list[Lock] = []
        for part in windows_of(white, memory):
            locks += locking.lock_candidates(part, seen.candidate, pilots, seen.members, 1)
        for lock in sorted(locks, key=lambda lock: -lock.score)[:LOCKS]:
            near = alignment.approach(white, lock, self._carrier(lock), VIEW_REACH)
            self.pixels_left -= near.cost
            if near.score >= LEAST_NEAR:
                yield near

    def _follow_best(self, found: Iterable[tuple[Straightened, Lock]]) -> Detection | None:
        """Follow those locks that fit their part best."""
        best = sorted(found, key=lambda pair: -pair[1].score)[:FOLLOWED]
        return self._first(self._follow(view, lock) for view, lock in best)

    def _follow_parts(
        self, white: NDArray[np.float32], parts: Iterable[_Part], memory: Scratch
    ) -> Detection | None:
        """Collect locks from all parts, and follow the best."""
        plain = as_seen(white)
        return self._follow_best((plain, lock) for lock in self._locks_of(parts, memory))

    def _first(self, tries: Iterable[Detection | None]) -> Detection | None:
        return next((one for one in tries if one is not None), None)

    def _locks_of(self, parts: Iterable[_Part], memory: Scratch) -> Iterator[Lock]:
        """Yield the locks that fit a part's own tiles, with maps to the whole picture."""
        self.pixels_left = MOST_PIXELS
        for part in parts:
            spectrum = spectrum_of(part.white, FFT_SIZE, memory=memory)
            shift = np.array([[1.0, 0, part.origin[0]], [0, 1, part.origin[1]], [0, 0, 1]])
            for members in self.families:
                locks = sorted(
                    self._coherent(spectrum, part.searchers, members), key=lambda lock: -lock.score
                )
                for lock in locks[: part.fits]:
                    near = alignment.approach(part.white, lock, self._carrier(lock), 1.0)
                    self.pixels_left -= near.cost
                    if near.score >= LEAST_NEAR:
                        yield replace(near, map=shift @ near.map, centre=near.centre + part.origin)

    def _coherent(
        self, spectrum: Spectrum, searchers: tuple[Searcher, ...], members: Members
    ) -> Iterator[Lock]:
        pilots = members[0][1].pilots
        limit = max(1, CANDIDATES // len(members))
        for search in searchers:
            for candidate in search(spectrum, pilots, limit):
                if candidate.score < LEAST_SCORE:
                    break
                for lock in locking.lock_candidates(spectrum, candidate, pilots, members, LOCKS):
                    if lock.score >= LEAST_LOCK:
                        yield lock

    def _follow(self, view: Straightened, lock: Lock) -> Detection | None:
        """Decode a lock through a map that bends, and through one that bends more."""
        if self.locks_left == 0 or self.pixels_left <= 0:
            return None
        carrier = self._carrier(lock)
        price = alignment.price_of(view.white, lock.map)
        self.pixels_left -= price * flow.price_of(view.white, lock)
        bent = flow.track(view.white, lock, carrier, 0.5)
        return None if bent is None else self._decode_bent(view, bent)

    def _decode_bent(self, view: Straightened, bent: flow.Flow) -> Detection | None:
        """Decode a flow, and again after it was fitted less smooth."""
        if self.locks_left == 0 or bent.score < flow.LEAST_FLOW:
            return None
        self.locks_left -= 1
        found = self._decode(view, bent)
        if found is not None:
            return found
        self.pixels_left -= alignment.price_of(view.white, bent.lock.map) * flow.SETTLING
        return self._decode(view, flow.loosened(view.white, bent, self._carrier(bent.lock)))

    def _decode(self, view: Straightened, bent: flow.Flow) -> Detection | None:
        decoded = self.judge.decode(flow.canonical_of(view.white, bent), bent.lock)
        if decoded is None:
            return None
        lock = flow.flattened(view.white, bent)
        lock = replace(lock, map=view.flattened(lock.map))
        return self.judge.report(view.shape, lock, decoded)

    def _carrier(self, lock: Lock) -> Carrier:
        return self.judge.carriers[lock.ring_index]


def _best(flows: Iterable[flow.Flow], count: int) -> list[flow.Flow]:
    return sorted(flows, key=lambda one: -one.score)[:count]


def _parts(white: NDArray[np.float32], divisor: int, steps: int) -> Iterator[_Part]:
    """Yield parts of a side's n-th, so many steps to a part: 2 overlap by half, 1 don't."""
    height, width = white.shape
    part_h, part_w = height // divisor, width // divisor
    last = steps * (divisor - 1)
    for row in range(last + 1):
        for column in range(last + 1):
            y, x = (height - part_h) * row // last, (width - part_w) * column // last
            part = np.ascontiguousarray(white[y : y + part_h, x : x + part_w])
            yield _Part(part, (x, y), SEARCHERS_OF_PARTS, FITS_OF_PARTS)


def _enlarged(luminance: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Enlarge a picture, bilinear."""
    height, width = luminance.shape
    shape = round(factor * height), round(factor * width)
    return resampled(luminance, to_full_size(np.eye(3), shape, (height, width)), shape)
