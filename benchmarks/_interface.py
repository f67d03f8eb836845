"""What the benchmarks ask of a watermarking system."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.attacks import Matrix, Pixels

__all__ = ["Outcome", "System"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system says about a received picture.

    Attributes
    ----------
    payload : bytes or None
        What it read; None where it says that nothing is there.
    score : float
        Evidence: minus the decimal logarithm of the probability that an unmarked picture gives
        this answer. NaN where nothing was found or where the system cannot tell.
    homography : ndarray or None
        Where it believes the original's pixels are.
    seconds : float
        Processor time.
    """

    payload: bytes | None
    score: float = math.nan
    homography: Matrix | None = field(default=None, repr=False)
    seconds: float = math.nan


class System(Protocol):
    """A watermarking system."""

    payload_bytes: int

    def embed(self, image: Pixels, payload: bytes) -> tuple[Pixels, float]:
        """Return the marked picture and the processor seconds that it took."""
        ...

    def detect(self, image: Pixels) -> Outcome:
        """Look for a mark."""
        ...
