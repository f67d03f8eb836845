"""Near duplicates: the same as comparing with each, one by one; in step with the database."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

import pytest

from indelible.errors import ArgumentError
from indelible.registry import Record, Similar, StoredFingerprint, open_registry, similar
from indelible.registry.similar import HashIndex, Near
from indelible.registry.sql import SqlRegistry
from tests.registry.records import make_record


def distance(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def changed(pdq: bytes, bits: int, draw: random.Random) -> bytes:
    number = int.from_bytes(pdq, "big")
    for bit in draw.sample(range(256), bits):
        number ^= 1 << bit
    return number.to_bytes(32, "big")


def put(registry: SqlRegistry, pdq: bytes, quality: int = 80) -> Record:
    record = make_record(os.urandom(8), fingerprint=StoredFingerprint(pdq, quality))
    registry.put(record)
    return record


def test_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_BLOCK", 64)
    draw = random.Random(1)
    queries = [draw.randbytes(32) for _ in range(3)]
    rows = [(number, draw.randbytes(32)) for number in range(1, 300)]
    rows += [
        (300 + number, changed(queries[number % 3], draw.randrange(0, 60), draw))
        for number in range(200)
    ]
    draw.shuffle(rows)
    for most in (0, 10, 31, 255):
        index = HashIndex()
        found = index.search(queries, most, lambda last, _: rows if not last else [])
        expected = []
        for number, pdq in rows:
            best, query = min((distance(pdq, one), at) for at, one in enumerate(queries))
            if best <= most:
                expected.append(Near(number, best, query))
        assert found == sorted(expected, key=lambda near: (near.distance, near.number))


def test_an_inverted_picture_is_not_the_same() -> None:
    """All 256 bits differ, which is no distance of 0."""
    index = HashIndex()
    rows = [(1, b"\xff" * 32)]
    assert index.search([bytes(32)], 255, lambda last, _: rows if not last else []) == []


def test_a_number_that_is_committed_late_is_found() -> None:
    """PostgreSQL draws numbers outside of the transaction: a lower one may come after a higher."""
    rows = {1: bytes(32), 4: bytes(32)}

    def fetch(last: int, gaps: Sequence[int]) -> list[tuple[int, bytes]]:
        return [(n, pdq) for n, pdq in rows.items() if n > last or n in gaps]

    index = HashIndex()

    def numbers() -> list[int]:
        return [near.number for near in index.search([bytes(32)], 0, fetch)]

    assert numbers() == [1, 4]
    rows[7] = bytes(32)
    assert numbers() == [1, 4, 7]
    rows[5] = bytes(32)
    rows[8] = bytes(32)
    assert numbers() == [1, 4, 5, 7, 8]
    rows[6] = bytes(32)
    assert numbers() == [1, 4, 5, 6, 7, 8]
    assert len(index) == 6


def test_found_in_a_registry(url: str) -> None:
    registry = open_registry(url)
    draw = random.Random(2)
    pdq = draw.randbytes(32)
    exact = put(registry, pdq)
    near = put(registry, changed(pdq, 20, draw), 60)
    put(registry, changed(pdq, 40, draw))
    put(registry, draw.randbytes(32))
    assert registry.find_similar(pdq) == [
        Similar(exact.manifest_id, 0, 80, 0),
        Similar(near.manifest_id, 20, 60, 0),
    ]
    assert registry.find_similar(pdq, max_distance=19) == [Similar(exact.manifest_id, 0, 80, 0)]
    assert len(registry.find_similar(pdq, max_distance=40)) == 3
    assert len(registry.find_similar(pdq, limit=1)) == 1
    several = registry.find_similar([bytes(32), pdq])
    assert [one.query for one in several] == [1, 1]


def test_in_step_with_what_others_do(url: str) -> None:
    registry, other = open_registry(url), open_registry(url)
    pdq = os.urandom(32)
    first = put(other, pdq)
    assert [one.manifest_id for one in registry.find_similar(pdq)] == [first.manifest_id]
    second = put(other, pdq)
    assert len(registry.find_similar(pdq)) == 2
    other.withdraw(first.manifest_id)
    other.set_status(second.manifest_id, "erased")
    assert registry.find_similar(pdq) == []
    third = put(other, pdq)
    assert [one.manifest_id for one in registry.find_similar(pdq)] == [third.manifest_id]


def test_many_that_were_removed_do_not_hide_the_others(url: str) -> None:
    registry = open_registry(url)
    pdq = os.urandom(32)
    records = [put(registry, pdq) for _ in range(70)]
    assert len(registry.find_similar(pdq, limit=100)) == 70
    for record in records[:-2]:
        registry.withdraw(record.manifest_id)
    found = registry.find_similar(pdq)
    assert {one.manifest_id for one in found} == {record.manifest_id for record in records[-2:]}


@pytest.mark.parametrize(
    "arguments",
    [
        {"hashes": b"short"},
        {"hashes": []},
        {"hashes": [bytes(32)] * 65},
        {"hashes": bytes(32), "max_distance": 256},
        {"hashes": bytes(32), "max_distance": -1},
        {"hashes": bytes(32), "limit": 0},
    ],
)
def test_what_cannot_be_asked(url: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        open_registry(url).find_similar(**arguments)  # type: ignore[arg-type]
