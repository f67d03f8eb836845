"""What one search may cost: counted, not timed, so that it finds the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from indelible.watermark import probability

__all__ = ["Budget", "budget_of"]

Family = TypeVar("Family")

# Tuned values: what others do, to marks and to the time of a search, is shown by
# python -m benchmarks.constants budget.NAME VALUE.
MOST_PIXELS = 6e6  # resampled to tiles. Of marks in photographs 98 in 100 took 2 million
MOST_BENT_PIXELS = 12e6  # the same through maps that bend: one costs 4 to 8 million
MAX_BENT = 2  # locks that are followed through maps that bend: of 22 marks each was the first
TESTS = 24  # coherent tests of a candidate and a key: of marks 98 in 100 took 11 ...
TESTS_PER_KEY = 4  # ... and of each key
# Of what is left, for each step of a search: the later ones get their turn. Coarse: 0.3 and 0.8
# lose none.
SHARE = 0.55
MAX_RESCALINGS = 2  # a true lock is among the first
# Locks of few lines, a quarter of MAX_LOCKS: marks of other keys give such ones, too.
MAX_EXCEPTIONS = 8


@dataclass
class Budget:
    """What is left to one search. `pixels_kept` and `tests_kept` are for its later steps."""

    pixels: float
    bent_pixels: float
    tests: float
    locks: int
    exceptions: int
    rescalings: int
    bent: int
    pixels_kept: float = 0.0
    tests_kept: float = 0.0

    @property
    def exhausted(self) -> bool:
        """Whether this step has spent its share, or the search has followed enough locks."""
        return self.locks == 0 or self.pixels <= self.pixels_kept

    @property
    def tested_enough(self) -> bool:
        """Whether this step has made its share of the tests, or is exhausted."""
        return self.exhausted or self.tests <= self.tests_kept

    def affords(self, pixels: float) -> bool:
        """Return whether this step may resample so many pixels more."""
        return pixels <= self.pixels - self.pixels_kept

    def shares(self, families: Sequence[Family]) -> Iterator[Family]:
        """Yield the families in turn, with an equal part each of what a step may spend."""
        pixels, tests = self.pixels, self.tests
        for number, family in enumerate(families, start=1):
            spent = SHARE * number / len(families)
            self.pixels_kept, self.tests_kept = (1 - spent) * pixels, (1 - spent) * tests
            yield family


def budget_of(keys: int) -> Budget:
    """Return what a search for so many keys may spend."""
    return Budget(
        pixels=MOST_PIXELS,
        bent_pixels=MOST_BENT_PIXELS,
        tests=TESTS + TESTS_PER_KEY * keys,
        locks=probability.MAX_LOCKS,
        exceptions=MAX_EXCEPTIONS,
        rescalings=MAX_RESCALINGS,
        bent=MAX_BENT,
    )
