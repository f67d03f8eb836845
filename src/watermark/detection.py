"""Blind detection: reduce, whiten, search, synchronise, decode, and decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from indelible.choices import DEFAULT_EFFORT, Effort
from indelible.errors import ConfigurationError
from indelible.watermark import alignment, decoding, flow, locking, unmoved
from indelible.watermark._scratch import Scratch, scratch
from indelible.watermark.budget import budget_of
from indelible.watermark.carrier import Carrier, Pilots, carrier_of
from indelible.watermark.geometry import from_full_size, to_full_size
from indelible.watermark.judging import Judge
from indelible.watermark.keys import Key, as_key_ring
from indelible.watermark.pattern import period_of, size_class_for
from indelible.watermark.resolution import WORKING_SIDE, reduced, reduced_shape
from indelible.watermark.result import Detection
from indelible.watermark.search import (
    Candidate,
    Spectrum,
    search_affine,
    search_similarity,
    search_upright,
    spectrum_of,
    windows_of,
)  # fmt: skip
from indelible.watermark.thorough import Closer, Members, Searcher
from indelible.watermark.view import View, view_of
from indelible.watermark.whitening import whiten

__all__ = ["detect"]

# Tuned values: what others do, to marks and to the time of a search, is shown by
# python -m benchmarks.constants detection.NAME VALUE. None of them enters the bound on false
# positives, which MAX_LOCKS and TRIES_PER_LOCK of probability.py do.
# Results stand for 78 hard draws of the Kodak suite, of which 50 are found.
SMALLEST_SIDE = 32  # pixels, one block of whitening
CANDIDATES = 8  # of one search of a spectrum: 4 loses one mark
# Of the search; nine in ten of the candidates of unmarked photographs miss it. 4.8 finds no more in
# half more time, 6.5 loses one. Of 140 marks in bent, stretched and turned pictures all have 7.
LEAST_SCORE = 6.0
SURE_SCORE = 8.5  # of the search; unmarked pictures do not reach it
# Of 32: with fewer, after much shrinking, the coherent test cannot score highly.
FEW_LINES = 26
FEW_SHARE = 0.86  # of what the test can score with few lines: of marks it was 0.89 and more
# Of the coherent test; likewise. 4.4 finds no more in twice the time, 5.6 loses none here.
LEAST_LOCK = 4.95
# Of a refined fit, to be decoded. Of the fits that decode on bent, cropped and shrunk pictures the
# least is 8.7; of those that do not nine in ten are below 7.9.
LEAST_DECODED = 7.9
# Of the coherent test: such a lock is decoded all the same, and so is one in a crop of a few tiles,
# where marks fit with 5.5 to 8.
CLEAR_LOCK, FEW_TILES = 5.3, 10
GOOD_FIT = 8.6  # unmarked pictures stay below, nearly always. Coarse: 11 loses none
# Of the coherent test where the size alone is unknown. Coarse: 3.5 finds one more, 5 loses none.
LEAST_WHOLE = 4.1
# Of relief to LEAST_LOCK, per unit of the search's score. Coarse: 0 loses none.
LOCK_PER_SCORE = 0.22
MOST_RELIEF = 2.5  # units of the search's score: up to nearly SURE_SCORE
# Of the search; of candidates with more those that are ours lock with 5.0 and more, wallpapers and
# other keys' marks with 4.7, in the middle.
STRONG_SCORE = 12.0
# Of the ring, so that a large one is not searched much longer. With each doubling of the hypotheses
# the largest of Gaussian values at this level moves by ln 2 / LEAST_LOCK = 0.14.
SCORE_PER_DOUBLING = 0.15
LOCK_PER_DOUBLING = 0.13  # as above
LOCKS = 3  # per candidate. Coarse: 1 loses none
# Of the picture's size: parts have half of it, and fit less at their rim. Coarse: 0.2 and 0.8
# lose none.
PART_REACH = 0.4
# Pixels of the reduced picture to a tile: the band is in the middle of the spectrum of a block of
# whitening, from bin 1.3 to bin 9.4 of 16. Coarse: 64 loses none, 128 one.
BEST_PERIOD = 96.0
WORTHWHILE = 1.5  # in area; coarse: blocks of whitening suit sizes between nearly as well
# Of the search: a picture with such lines has them in each part, too. Where parts alone showed a
# mark, the whole picture had 8.1 at most.
LATTICE = 10.0
DECODING = 2.0  # looks at all tiles that a decoding costs, counted as pixels resampled
APPROACHING = 2.0  # looks of alignment.approach: a lock that passes it is followed at any price
SETTLING = 2.0 + len(alignment.SETTLING) + DECODING  # looks up to the second: alignment.settle's
SAME_MAP = 0.002  # of a map's size: for a tile of 128 pixels 0.4 bins of the highest pilots
# Of the coherent sum around a lock, for it to be followed through a map that bends: unmarked
# pictures stay below, nearly always.
LEAST_BENT = 8.0
# ... and what fits better without bending, and does not decode, is another key's or a wallpaper's.
# Of bent marks none fits better than 10.4.
MOST_BENT_FIT = 12.0


def detect(
    image: NDArray[np.uint8] | View,
    key: Key | Sequence[Key],
    *,
    effort: Effort = DEFAULT_EFFORT,
) -> Detection:
    """Look for a mark of a key, or of any key of a ring, knowing nothing else.

    Parameters
    ----------
    image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; or View
    key : Key or sequence of Key
    effort : "quick", "standard" or "thorough", optional
        How hard to look. "quick" tries the commonest hypotheses: not moved, resized, cropped,
        turned; it costs about half. "standard" tries stretches, perspectives and bends, too.
        "thorough" looks closer: at parts of the picture, at collages and small pictures enlarged,
        through lenses and waves; where nothing is found it takes some 25 times as long as
        "standard". Each finds all that the ones before it find, and the bound on false positives
        holds for each.

    Returns
    -------
    Detection
        Never an exception for a valid array, however small or flat.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    KeyFileError
        If `key` is not a key or a non-empty sequence of keys.
    ConfigurationError
        If `effort` is none of these words.
    """
    if effort not in get_args(Effort):
        words = ", ".join(get_args(Effort))
        raise ConfigurationError(f"effort (of a search) is one of {words}, not {effort!r}.")
    ring = as_key_ring(key)
    view = view_of(image)
    if min(view.shape) < SMALLEST_SIDE:
        return Detection(False)
    search = _Search(view, ring, [carrier_of(one) for one in ring])
    with scratch() as memory:
        return search.run(memory, effort) or Detection(False)


@dataclass
class _Search:
    """One search: the picture, the keys, and what is left to spend."""

    view: View
    ring: tuple[Key, ...]
    carriers: list[Carrier]
    highest: float = 0.0  # score of a candidate so far
    tried: dict[tuple[Pilots, float, float], list[NDArray[np.float64]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.pixels, self.white = self.view.pixels, self.view.white
        self.shape = self.view.shape
        self.budget = budget_of(len(self.ring))
        self.judge = Judge(self.shape, self.ring, self.carriers)

    def run(self, memory: Scratch, effort: Effort = DEFAULT_EFFORT) -> Detection | None:
        """Try the commonest hypotheses first; return the first result that chance excludes."""
        found = self._unmoved()
        if found is not None:
            return found
        whole = spectrum_of(self.white, memory=memory)
        found = self._try(whole, search_similarity, 1.0) or self._resized(whole)
        if found is not None or effort == "quick":
            return found
        found = self._try(whole, search_upright, 1.0) or self._try(whole, search_affine, 1.0)
        if found is None and self.highest < LATTICE:
            found = next(filter(None, map(self._try_part, windows_of(self.white, memory))), None)
        if found is not None or effort == "standard":
            return found
        families = list(self._families())
        return Closer(self.pixels, self.white, self.judge, families).look(memory)

    def _try_part(self, part: Spectrum) -> Detection | None:
        return self._try(part, search_affine, PART_REACH)

    def _try(self, part: Spectrum, search: Searcher, reach: float) -> Detection | None:
        """Search one spectrum for each family's pilots, lock on the candidates, and decode."""
        doublings = float(np.log2(len(self.ring)))
        for members in self.budget.shares(list(self._families())):
            pilots = members[0][1].pilots
            for candidate in search(part, pilots, CANDIDATES):
                if candidate.score < LEAST_SCORE + SCORE_PER_DOUBLING * doublings:
                    break
                self.highest = max(self.highest, candidate.score)
                if self._tried_before(part, candidate, pilots):
                    continue
                for lock in self._locks(part, candidate, pilots, members):
                    detection = self._follow(lock, reach)
                    if detection is not None:
                        return detection
        return None

    def _families(self) -> Iterator[Members]:
        """Yield the keys of each version and family: they share the pilots' places."""
        places = [(one.version, one.family) for one in self.ring]
        for place in dict.fromkeys(places):
            yield [(i, self.carriers[i]) for i, own in enumerate(places) if own == place]

    def _locks(
        self, part: Spectrum, candidate: Candidate, pilots: Pilots, members: Members
    ) -> Iterator[locking.Lock]:
        """Yield the locks on a candidate that are worth following."""
        sure = candidate.score >= SURE_SCORE
        # With more keys chance reaches more, and less on a candidate that chance hardly gives.
        least = LEAST_LOCK + LOCK_PER_DOUBLING * float(np.log2(len(self.ring)))
        if candidate.score < STRONG_SCORE:
            least -= LOCK_PER_SCORE * min(candidate.score - LEAST_SCORE, MOST_RELIEF)
        for high in (1, -1) if sure else (1,):
            if self.budget.tested_enough:
                return
            self.budget.tests -= len(members)
            for lock in locking.lock_candidates(part, candidate, pilots, members, LOCKS, high):
                most = float(np.sqrt(2 * lock.lines))  # all lines in phase
                few = sure and lock.lines < FEW_LINES and lock.score >= FEW_SHARE * most
                few = few and self.budget.exceptions > 0
                if self.budget.exhausted:
                    return
                if lock.score < least and not few:
                    break  # the others' scores are lower
                self.budget.exceptions -= lock.score < least
                yield lock

    def _tried_before(self, part: Spectrum, candidate: Candidate, pilots: Pilots) -> bool:
        """Return whether another search for these pilots gave the same map; remember this one."""
        x, y = part.origin.tolist()
        known = self.tried.setdefault((pilots, x, y), [])
        size = np.abs(candidate.matrix).max()
        if any(np.abs(candidate.matrix - matrix).max() < SAME_MAP * size for matrix in known):
            return True
        known.append(candidate.matrix)
        return False

    def _follow(self, lock: locking.Lock, reach: float) -> Detection | None:
        """Synchronise on one hypothesis and decode, a second time if the pilots look good."""
        if not self._affords(self.white, lock, APPROACHING):
            return None
        self.budget.locks -= 1
        carrier = self.carriers[lock.ring_index]
        tiles = self.white.size / (abs(float(np.linalg.det(lock.map[:2, :2]))) + 1e-9)
        least = LEAST_DECODED if lock.score < CLEAR_LOCK and tiles > FEW_TILES else 0.0
        near = alignment.approach(self.white, lock, carrier, reach)
        lock = near
        if near.score >= alignment.LEAST_FIT:
            lock = alignment.refine(self.white, near, carrier, reach)
        self.budget.pixels -= lock.cost
        if lock.score >= alignment.LEAST_FIT:
            found = self._decode_refined(lock, carrier, least)
            if found is not None:
                return found
        return self._follow_bent(max(near, lock, key=lambda one: one.score), carrier, reach)

    def _decode_refined(
        self, lock: locking.Lock, carrier: Carrier, least: float
    ) -> Detection | None:
        """Decode a hypothesis, and again after it was settled, and at another size.

        Not where it fits less than `least`.
        """
        if lock.score >= least:
            decoded = self._decode(self.white, lock)
            if decoded is not None:
                settled = alignment.settle(self.white, lock, carrier)
                return self._report(self.white, settled, decoded)
        if lock.score >= GOOD_FIT and self._affords(self.white, lock, SETTLING):
            lock = self._settled(self.white, lock, carrier)
            decoded = self._decode(self.white, lock)
            if decoded is not None:
                return self._report(self.white, lock, decoded)
        return self._follow_rescaled(lock, carrier, least)

    def _follow_bent(self, lock: locking.Lock, carrier: Carrier, reach: float) -> Detection | None:
        """Follow a lock that fits well where it was found through a map that bends."""
        if not LEAST_BENT <= lock.score <= MOST_BENT_FIT or self.budget.bent == 0:
            return None
        price = flow.price_of(self.white, lock) * alignment.price_of(self.white, lock.map)
        if price > self.budget.bent_pixels:
            return None
        self.budget.bent -= 1
        self.budget.bent_pixels -= price
        bent = flow.track(self.white, lock, carrier, reach, flow.SURE_GROWTH)
        if bent is None or bent.score < flow.LEAST_FLOW:
            return None
        decoded = self.judge.decode(flow.canonical_of(self.white, bent), lock)
        if decoded is None:
            return None
        return self._report(self.white, flow.flattened(self.white, bent), decoded)

    def _affords(self, white: NDArray[np.float32], lock: locking.Lock, looks: float) -> bool:
        return self.budget.affords(looks * alignment.price_of(white, lock.map))

    def _settled(
        self, white: NDArray[np.float32], lock: locking.Lock, carrier: Carrier
    ) -> locking.Lock:
        settled = alignment.settle(white, lock, carrier)
        self.budget.pixels -= settled.cost - lock.cost
        return settled

    def _follow_rescaled(
        self, lock: locking.Lock, carrier: Carrier, least: float
    ) -> Detection | None:
        """Synchronise and decode at the size at which whitening serves this lock's tiles best."""
        period = float(np.sqrt(abs(np.linalg.det(lock.map[:2, :2]))))
        white = self._white_at(period) if self.budget.rescalings > 0 else self.white
        if white is self.white:
            return None
        self.budget.rescalings -= 1
        full = to_full_size(lock.map, self.white.shape, self.shape)
        centre = (lock.centre + 0.5) * (np.array(white.shape) / self.white.shape)[::-1] - 0.5
        lock = replace(lock, map=from_full_size(full, white.shape, self.shape), centre=centre)
        if not self._affords(white, lock, SETTLING):
            return None
        lock = self._settled(white, lock, carrier)
        decoded = self._decode(white, lock) if lock.score >= least else None
        return None if decoded is None else self._report(white, lock, decoded)

    def _unmoved(self) -> Detection | None:
        """Decode a picture that was not moved."""
        size_class = size_class_for(*self.shape)
        reduction = np.sqrt(self.white.size / np.prod(self.shape))
        white = self._white_at(reduction * period_of(size_class))
        found = unmoved.read(white, self.judge)
        if found is None:
            return None
        lock = found.lock
        if found.upright:  # it may have been moved by a little: the pilots say by how much
            settled = alignment.settle(white, lock, self.carriers[lock.ring_index])
            lock = settled if settled.score >= GOOD_FIT else lock
        return self._report(white, lock, found.decoded)

    def _resized(self, whole: Spectrum) -> Detection | None:
        """Try all sizes of a picture that was neither cropped nor turned."""
        least = LEAST_WHOLE + LOCK_PER_DOUBLING * float(np.log2(len(self.ring)))
        for members in self.budget.shares(list(self._families())):
            pilots = members[0][1].pilots
            for lock in locking.whole_locks(whole, pilots, members, least):
                if self.budget.exhausted:
                    break
                # few pilots do not determine a general map: decode the lock as it is first
                decoded = self._decode(self.white, lock)
                if decoded is not None:
                    return self._report(self.white, lock, decoded)
                detection = self._follow(lock, 1.0)
                if detection is not None:
                    return detection
        return None

    def _white_at(self, period: float) -> NDArray[np.float32]:
        """Return the whitened picture at the size that suits a tile of this period best.

        Parameters
        ----------
        period : float
            Pixels of the reduced picture. Where it is near the best, that picture is returned.
        """
        side = min(np.sqrt(self.white.size) * BEST_PERIOD / period, WORKING_SIDE)
        height, width = reduced_shape(*self.shape, side)
        if 1 / WORTHWHILE < height * width / self.white.size < WORTHWHILE:
            return self.white
        return whiten(reduced(self.pixels, side))

    def _decode(self, white: NDArray[np.float32], lock: locking.Lock) -> decoding.Decoded | None:
        """Decode a synchronised picture; None unless chance is ruled out."""
        self.budget.pixels -= DECODING * alignment.price_of(white, lock.map)
        canonical = alignment.canonical_of(white, lock.map)
        return None if canonical is None else self.judge.decode(canonical, lock)

    def _report(
        self, white: NDArray[np.float32], lock: locking.Lock, decoded: decoding.Decoded
    ) -> Detection:
        return self.judge.report(white.shape, lock, decoded)
