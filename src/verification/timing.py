"""How long each leg of a verification takes, and the line in the log that says so."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from indelible.verification.result import Verification

__all__ = ["Clock", "log_result"]

_log: Final = logging.getLogger("indelible")


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


def log_result(result: Verification) -> None:
    """Log what a verification found, and how long it took."""
    times = result.timing
    _log.info(
        "verified %s: %s (manifest %s in %.0f ms, watermark %s in %.0f ms, registry %s in %.0f ms)",
        result.file or f"a {result.format} file",
        result.verdict,
        result.credential.state,
        times["credential_ms"],
        result.watermark.state,
        times["watermark_ms"],
        result.registry.state,
        times["registry_ms"],
    )
