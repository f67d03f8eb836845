"""Near duplicates: the same as comparing with each, one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from indelible.registry import similar
from indelible.registry._kernels.hamming import find_near
from indelible.registry.hash_blocks import Hashes
from indelible.registry.similar import HashIndex, Near
from tests import naive


def distance(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def changed(pdq: bytes, bits: int, draw: random.Random) -> bytes:
    number = int.from_bytes(pdq, "big")
    for bit in draw.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


NOTHING = Hashes(np.empty(0, np.int64), np.empty((0, 4), np.uint64))


def hashes_of(rows: Sequence[tuple[int, bytes]], last: int = 0) -> Hashes:
    words = np.frombuffer(b"".join(pdq for _, pdq in rows), np.uint64).reshape(-1, 4)
    return Hashes(np.array([number for number, _ in rows], np.int64), words, last)


def test_the_same_as_one_by_one() -> None:
    draw = random.Random(1)
    queries = [draw.randbytes(32) for _ in range(3)]
    rows = [(number, draw.randbytes(32)) for number in range(1, 300)]
    rows += [
        (300 + number, changed(queries[number % 3], draw.randrange(0, 60), draw))
        for number in range(200)
    ]
    draw.shuffle(rows)
    index = HashIndex()
    index.add(lambda _: [hashes_of(rows[:100], 1), hashes_of(rows[100:400], 2)])
    index.add(lambda _: [hashes_of(rows[:100], 1)])  # as another thread may have read it, too
    assert (len(index), index.last) == (400, 2)
    for most in (0, 10, 31, 255):
        found = index.search(queries, most, hashes_of(rows[350:]))
        expected = []
        for number, pdq in rows:
            best, query = min((distance(pdq, one), at) for at, one in enumerate(queries))
            if best <= most:
                expected.append(Near(number, best, query))
        assert found == sorted(expected, key=lambda near: (near.distance, near.number))


def test_the_kernel_is_as_its_twin() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(0, 2**64, (300, 4), np.uint64, endpoint=False)
    words[0], words[1] = 0, ~np.uint64(0)
    queries = words[[0, 7, 7, 9]] ^ np.uint64(1 << 63)
    for most in (0, 4, 100, 255):
        rows, distances, nearest = np.empty(300, np.int64), *np.empty((2, 300), np.uint8)
        count = find_near(words, queries, most, rows, distances, nearest)
        found = zip(rows[:count], distances[:count], nearest[:count], strict=True)
        assert list(found) == naive.find_near(words, queries, most)


def test_an_inverted_picture_is_not_the_same() -> None:
    """All 256 bits differ, which is no distance of 0."""
    assert HashIndex().search([bytes(32)], 255, hashes_of([(1, b"\xff" * 32)])) == []


def test_one_hash_registered_many_times_does_not_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "MOST_NEAR", 10)
    index = HashIndex()
    index.add(lambda _: [hashes_of([(number, b"\1" * 32) for number in range(1, 50)], 1)])
    index.add(lambda _: [hashes_of([(50, bytes(32))], 2)])
    found = index.search([bytes(32)], 255, NOTHING)
    assert [one.number for one in found] == [50, *range(1, 10)]


def test_what_was_removed_is_forgotten() -> None:
    index = HashIndex()
    index.add(lambda _: [hashes_of([(number, bytes(32)) for number in range(5)], 1)])
    index.forget([1, 3, 77])
    index.add(lambda _: [hashes_of([(9, bytes(32))], 2)])
    assert [one.number for one in index.search([bytes(32)], 0, NOTHING)] == [0, 2, 4, 9]
