"""Which registered pictures look like one: in step with what is registered and erased."""

from __future__ import annotations

import os
import random

import pytest

from indelible.errors import ArgumentError
from indelible.registry import Record, Similar, StoredFingerprint, hash_blocks, open_registry
from indelible.registry.sql import SqlRegistry
from tests.registry.records import make_record
from tests.registry.test_similar import changed


def put(registry: SqlRegistry, pdq: bytes, quality: int = 80) -> Record:
    record = make_record(os.urandom(8), fingerprint=StoredFingerprint(pdq, quality))
    registry.put(record)
    return record


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


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_blocks, "_BLOCK", 4)
    monkeypatch.setattr(hash_blocks, "_READ_AT_ONCE", 2)


@pytest.mark.usefixtures("small_blocks")
def test_in_step_with_blocks(url: str) -> None:
    """As it was read at once, and as it was read bit by bit, while others wrote and erased."""
    registry, other = open_registry(url), open_registry(url)
    draw = random.Random(3)
    there: dict[str, bytes] = {}
    for number in range(60):
        record = put(other, draw.randbytes(32))
        assert record.fingerprint is not None
        there[record.manifest_id] = record.fingerprint.pdq
        if number % 3 == 2:
            gone = draw.choice(list(there))
            del there[gone]
            if number % 2:
                other.withdraw(gone)
            else:
                other.set_status(gone, "erased")
        if number % 7 == 0:
            asked = draw.choice(list(there))
            (found,) = registry.find_similar(there[asked])
            assert found.manifest_id == asked
    for fresh in (registry, open_registry(url)):
        found_all = fresh.find_similar(bytes(32), max_distance=255, limit=100)
        assert {one.manifest_id for one in found_all} == set(there)


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
