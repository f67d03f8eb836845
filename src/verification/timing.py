"""How long each leg of a verification takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Clock"]


class Clock:
    """Measures the legs of one verification, and all of it from when it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._legs: dict[str, float] = {}

    @contextmanager
    def leg(self, name: str) -> Iterator[None]:
        """Measure one leg."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._legs[f"{name}_ms"] = 1000 * (time.perf_counter() - began)

    def times(self) -> dict[str, float]:
        """Return each leg's time (``credential_ms``, ...) and ``total_ms``, in milliseconds."""
        return {**self._legs, "total_ms": 1000 * (time.perf_counter() - self._began)}
