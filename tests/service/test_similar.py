"""Queries about pictures that look alike, counted together."""

from __future__ import annotations

import numpy as np
import pytest

from indelible.service import similar
from indelible.service.failures import RefusedError
from indelible.service.limits import Counters
from indelible.service.similar import SimilarQueries

random = np.random.default_rng(1)


def hash_() -> bytes:
    return random.bytes(32)


def near(value: bytes, bits: int) -> str:
    flipped = np.unpackbits(np.frombuffer(value, np.uint8)).copy()
    flipped[random.choice(256, bits, replace=False)] ^= 1
    return np.packbits(flipped).tobytes().hex()


def test_like_pictures_are_one_family_and_drift_with_it() -> None:
    queries = SimilarQueries("3/hour", Counters())
    value = hash_()
    for step in range(3):
        value = bytes.fromhex(near(value, 20))  # further and further from the first
        queries.spend("a", [value.hex()], f"d{step}")
    with pytest.raises(RefusedError):
        queries.spend("a", [near(value, 20)], "d")
    queries.spend("b", [near(value, 20)], "e")
    queries.spend("a", [hash_().hex()], "f")


def test_everybody_together_has_ten_times_as_much() -> None:
    queries = SimilarQueries("2/hour", Counters())
    value = hash_()
    for number in range(20):
        queries.spend(f"address {number}", [near(value, 3)], f"d{number}")
    with pytest.raises(RefusedError) as refused:
        queries.spend("address 99", [near(value, 3)], "d")
    assert refused.value.code == "too_similar"


def test_flat_pictures_are_one_family() -> None:
    queries = SimilarQueries("1/hour", Counters())
    queries.spend("a", [], "1")
    with pytest.raises(RefusedError):
        queries.spend("a", [], "2")


def test_a_family_in_use_outlives_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_MOST", 50)
    queries = SimilarQueries("4/hour", Counters())
    value = hash_()
    for number in range(4):
        queries.spend("a", [near(value, 5)], f"d{number}")
        for other in range(40):
            queries.spend("b", [hash_().hex()], f"o{number} {other}")
    with pytest.raises(RefusedError):
        queries.spend("a", [near(value, 5)], "d")
    assert len(queries._hashes) == 50
