"""The watermarking systems under test, behind one interface."""

from __future__ import annotations

import hashlib
import importlib.resources
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._interface import Outcome, System
from benchmarks._measures import timed
from benchmarks.attacks import Pixels
from benchmarks.images import photograph, resize_side
from benchmarks.peers import Peer
from indelible import watermark
from indelible.choices import DEFAULT_STRENGTH, Strength

__all__ = [
    "OURS",
    "Indelible",
    "bit_accuracy",
    "engine_fingerprint",
    "key_bytes",
    "open_system",
    "package_fingerprint",
    "payload_for",
    "search_options",
]

OURS = "indelible"
"""Name of the engine of this repository."""


class Indelible:
    """The engine of this repository.

    Parameters
    ----------
    seed : int
        The key is derived from it.
    strength : {"robust", "balanced", "discreet"}, optional
    effort : str, optional
        Of the search; the detector's default if None.
    """

    payload_bytes = 8

    def __init__(
        self, seed: int, strength: Strength = DEFAULT_STRENGTH, effort: str | None = None
    ) -> None:
        self._key = watermark.Key.from_bytes(key_bytes(seed))
        self._strength: Strength = strength
        self._search = search_options(effort)
        # Compiling is the business of benchmarks.speed, not of the first picture's time.
        picture = resize_side(photograph(0), 256)
        self.detect(self.embed(picture, bytes(8))[0])

    def embed(self, image: Pixels, payload: bytes) -> tuple[Pixels, float]:
        """Return the marked picture and the processor seconds that it took."""
        return timed(lambda: watermark.embed(image, payload, self._key, strength=self._strength))

    def detect(self, image: Pixels) -> Outcome:
        """Look for a mark of the key."""
        found, seconds = timed(lambda: watermark.detect(image, self._key, **self._search))
        if not found.found:
            return Outcome(None, seconds=seconds)
        # A bound may be smaller than the smallest float.
        score = -math.log10(max(found.false_positive_probability, 1e-300))
        return Outcome(found.payload, score, found.geometry, seconds)


@lru_cache(maxsize=8)
def open_system(
    name: str, seed: int, strength: Strength = DEFAULT_STRENGTH, effort: str | None = None
) -> System:
    """Return a system by name, one per process: ``"indelible"`` or one of `peers.METHODS`."""
    if name == OURS:
        return Indelible(seed, strength, effort)
    return Peer(name)


def search_options(effort: str | None) -> dict[str, Any]:
    """Return the options of `watermark.detect` for an effort: none for its default."""
    return {} if effort is None else {"effort": effort}


def key_bytes(seed: int) -> bytes:
    """Return the 32 secret bytes of the benchmark key of a seed."""
    return hashlib.sha256(f"indelible benchmark key {seed}".encode()).digest()


def payload_for(picture: str, seed: int, length: int = 8) -> bytes:
    """Return the payload that a picture carries in a run."""
    return hashlib.sha256(f"payload {seed} {picture}".encode()).digest()[:length]


def bit_accuracy(payload: bytes, read: bytes) -> float:
    """Return the share of equal bits of two payloads of one length."""
    sent, got = (np.unpackbits(np.frombuffer(data, np.uint8)) for data in (payload, read))
    return float((sent == got).mean())


def engine_fingerprint() -> str:
    """Return a short hash of the engine's source: results of two engines are never mixed."""
    return package_fingerprint("indelible.watermark")


def package_fingerprint(package: str) -> str:
    """Return a short hash of a package's Python source."""
    digest = hashlib.sha256()
    with importlib.resources.as_file(importlib.resources.files(package)) as root:
        for file in sorted(Path(root).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
