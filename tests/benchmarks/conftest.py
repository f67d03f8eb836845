"""A watermark that is quick and frail, to test the benchmarks with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks._interface import Outcome
from benchmarks.attacks import Pixels
from indelible import watermark

_BENCHMARKS = (
    "chains.run",
    "everyday.run",
    "false_positives.run",
    "localisation.run",
    "need.run",
    "pareto.run",
    "quality.run",
    "regeneration.run",
    "robustness.run",
    "security.removal",
    "security.run",
    "security.wear",
    "speed.run",
)


class LowestBit:
    """Writes the payload into the lowest bits of the first pixels."""

    payload_bytes = 8

    def embed(self, image: Pixels, payload: bytes) -> tuple[Pixels, float]:
        marked = image.copy()
        bits = np.unpackbits(np.frombuffer(b"mark" + payload, np.uint8))
        marked[0, : bits.size, 0] = (marked[0, : bits.size, 0] & 0xFE) | bits
        return marked, 1e-3

    def detect(self, image: Pixels) -> Outcome:
        data = np.packbits(image[0, :96, 0] & 1).tobytes()
        if data[:4] != b"mark":
            return Outcome(None, seconds=1e-3)
        return Outcome(data[4:], 30.0, np.eye(3), 1e-3)


@pytest.fixture(autouse=True)
def same_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no edit of the engine's source divide the runs of a test."""
    for module in _BENCHMARKS:
        monkeypatch.setattr(f"benchmarks.{module}.engine_fingerprint", lambda: "engine")


@pytest.fixture
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the engine by one that does nothing and finds nothing."""

    def embed(image: Pixels, *_: object, **__: object) -> Pixels:
        return image.copy()

    def detect(*_: object, **__: object) -> watermark.Detection:
        return watermark.Detection(found=False)

    monkeypatch.setattr(watermark, "embed", embed)
    monkeypatch.setattr(watermark, "detect", detect)


@pytest.fixture
def open_fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes a benchmark module use `LowestBit`."""

    def use(module: str) -> None:
        monkeypatch.setattr(f"{module}.open_system", lambda *_: LowestBit())

    return use
