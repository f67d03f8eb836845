"""Hashes in blocks: each in one place at any time, and in none once it was erased."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sqlalchemy as sa

from indelible.errors import RegistryUnavailableError
from indelible.registry import StoredFingerprint, hash_blocks, open_registry
from indelible.registry.hash_blocks import read_blocks, read_recent
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import FINGERPRINTS, HASH_BLOCKS, RECENT_HASHES
from tests.registry.records import make_record


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_blocks, "_BLOCK", 8)


def kept(registry: SqlRegistry) -> tuple[dict[int, bytes], list[int]]:
    """Return all hashes by their numbers, and how many are in which block."""

    def read(connection: sa.Connection) -> list[hash_blocks.Hashes]:
        return [read_recent(connection), *read_blocks(connection, 0)]

    parts = registry.database.read(read)
    found: dict[int, bytes] = {}
    for part in parts:
        for number, words in zip(part.numbers.tolist(), part.words, strict=True):
            assert number not in found
            found[number] = words.tobytes()
    query = sa.select(HASH_BLOCKS.c.ids).order_by(HASH_BLOCKS.c.number)
    blocks = registry.database.read(lambda connection: connection.execute(query).scalars().all())
    return found, [len(parts[0].numbers), *(len(ids) // 8 for ids in blocks)]


def fingerprints(registry: SqlRegistry) -> dict[int, bytes]:
    query = sa.select(FINGERPRINTS.c.id, FINGERPRINTS.c.pdq)
    return {
        row.id: row.pdq
        for row in registry.database.read(lambda connection: connection.execute(query).all())
    }


def test_each_is_in_one_place(url: str) -> None:
    registry = open_registry(url)
    draw = random.Random(1)
    records = [
        make_record(draw.randbytes(8), fingerprint=StoredFingerprint(draw.randbytes(32), 80))
        for _ in range(100)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(registry.put, records))
    found, sizes = kept(registry)
    assert found == fingerprints(registry)
    assert len(found) == 100
    assert sizes[0] < 16
    assert set(sizes[1:]) == {8}

    for record in records[::3]:
        registry.withdraw(record.manifest_id)
    registry.set_status(records[1].manifest_id, "erased")
    found, sizes = kept(registry)
    assert found == fingerprints(registry)
    assert len(found) == 65


def test_an_empty_block_stays(url: str) -> None:
    """Its number is not to be another's: who has read it would miss what is in that one."""
    registry = open_registry(url)
    records = [
        make_record(bytes([n]) * 8, fingerprint=StoredFingerprint(bytes([n]) * 32, 80))
        for n in range(1, 10)
    ]
    for record in records:
        registry.put(record)
    assert kept(registry)[1] == [1, 8]
    assert len(registry.find_similar(bytes(32), max_distance=255)) == 9
    for record in records:
        registry.withdraw(record.manifest_id)
    assert kept(registry) == ({}, [0, 0])
    for record in records:
        registry.put(record)
    assert len(registry.find_similar(bytes(32), max_distance=255)) == 9


@pytest.mark.parametrize(
    "values",
    [{"ids": np.arange(2).tobytes(), "hashes": bytes(32)}, {"ids": bytes(8), "hashes": bytes(7)}],
)
def test_a_damaged_block_is_said(url: str, values: dict[str, bytes]) -> None:
    registry = open_registry(url)
    registry.put(make_record())
    block = {"number": 1, "lowest": 1, "highest": 2, **values}
    registry.database.write(lambda connection: connection.execute(sa.insert(HASH_BLOCKS), block))
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        registry.find_similar(bytes(32))


def test_a_hash_of_another_length_is_said(url: str) -> None:
    registry = open_registry(url)
    registry.put(make_record())
    row = {"id": 1, "pdq": b"short"}
    registry.database.write(lambda connection: connection.execute(sa.insert(RECENT_HASHES), row))
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        registry.find_similar(bytes(32))
