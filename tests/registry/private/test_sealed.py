"""Sealed generation records in both databases: written with their manifest, and gone with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from indelible.errors import ArgumentError, BindingConflictError
from indelible.registry import MAX_FOUND, Record, Registries, open_registry, private_registry
from indelible.registry.private import GenerationRecord, InputPicture, RecordKeys, SealedRecord
from indelible.registry.private.traces import tokens_of
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import GENERATION_INPUTS, GENERATIONS
from tests.registry.records import make_record

KEYS = RecordKeys.generate()
PHOTO = InputPicture(b"\1" * 32, b"\2" * 32)


class Foreign:
    """A registry of somebody's own, which keeps no such records."""

    def put(self, record: Record) -> None: ...

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        return []

    def get(self, manifest_id: str) -> Record | None: ...

    def has(self, algorithm: str, payload: bytes) -> bool:
        return False

    def withdraw(self, manifest_id: str) -> bool:
        return False


def sealed_about(manifest_id: str, *inputs: InputPicture) -> SealedRecord:
    return SealedRecord.of(
        GenerationRecord(account="account-4711", inputs=inputs), KEYS, manifest_id
    )


def rows(registry: SqlRegistry) -> tuple[int, int]:
    """Return how many rows of private tables there are."""

    def count(connection: sa.Connection) -> tuple[int, int]:
        records, tokens = (
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (GENERATIONS, GENERATION_INPUTS)
        )
        return records, tokens

    return registry.database.read(count)


def test_it_is_kept_and_in_no_public_answer(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    private = sealed_about(record.manifest_id, PHOTO, PHOTO)  # the same twice is one
    registry.put(record, private=private)
    assert registry.get(record.manifest_id) == record
    assert registry.sealed_records([record.manifest_id, "urn:c2pa:x"]) == {
        record.manifest_id: private.sealed
    }
    opened = GenerationRecord.decode(KEYS.open(private.sealed, record.manifest_id))
    assert opened.account == "account-4711"
    assert rows(registry) == (1, 22)
    assert registry.find_inputs(tokens_of(PHOTO, KEYS)) == [record.manifest_id]
    shown = f"{private!r} {registry!r} {registry.get(record.manifest_id)!r}"
    assert str(private.sealed)[2:-1] not in shown


def test_a_repetition_is_accepted_and_another_record_is_not(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    private = sealed_about(record.manifest_id)
    registry.put(record, private=private)
    registry.put(record, private=private)
    registry.put(record)
    with pytest.raises(BindingConflictError):
        registry.put(record, private=sealed_about(record.manifest_id))
    with pytest.raises(BindingConflictError):  # nothing of what was refused is kept
        registry.put(make_record(), private=private)
    assert rows(registry) == (1, 0)


@pytest.mark.parametrize("how", ["withdrawn from the registry", "erased"])
def test_it_goes_with_its_picture(url: str, how: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record, private=sealed_about(record.manifest_id, PHOTO))
    registry.set_status(record.manifest_id, "withdrawn")
    assert rows(registry) == (1, 22)
    if how == "erased":
        registry.set_status(record.manifest_id, "erased")
    else:
        assert registry.withdraw(record.manifest_id)
    assert rows(registry) == (0, 0)
    assert registry.sealed_records([record.manifest_id]) == {}


def test_an_erased_record_brings_none_along(url: str) -> None:
    registry = open_registry(url)
    record = make_record(status="erased", manifest_store=b"", store_sha256="ab" * 32)
    for _ in range(2):
        registry.put(record, private=sealed_about(record.manifest_id, PHOTO))
    assert rows(registry) == (0, 0)


def test_many_threads_share_commits(url: str) -> None:
    registry = open_registry(url)
    records = [make_record(number.to_bytes(8, "big")) for number in range(64)]

    def put(number: int) -> None:
        record = records[number]
        registry.put(record, private=sealed_about(record.manifest_id, PHOTO))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(64)))
    assert rows(registry) == (64, 64 * 22)
    ids = sorted(record.manifest_id for record in records)
    tokens = tokens_of(PHOTO, KEYS)
    pages = [registry.find_inputs(tokens, offset=start, limit=50) for start in (0, 50, 100)]
    assert [len(page) for page in pages] == [50, 14, 0]
    assert pages[0] + pages[1] == ids


def test_those_that_share_most_come_first(url: str) -> None:
    registry = open_registry(url)
    near, same = make_record(), make_record(b"87654321")
    registry.put(near, private=sealed_about(near.manifest_id, InputPicture(b"\3" * 32, PHOTO.pdq)))
    registry.put(same, private=sealed_about(same.manifest_id, PHOTO))
    tokens = tokens_of(PHOTO, KEYS)
    assert registry.find_inputs(tokens) == [same.manifest_id, near.manifest_id]
    assert registry.find_inputs(tokens[:1]) == [same.manifest_id]
    assert registry.find_inputs([]) == []
    with pytest.raises(ArgumentError, match="tokens"):
        registry.find_inputs([bytes(16)] * 1001)
    with pytest.raises(ArgumentError, match="limit"):
        registry.find_inputs(tokens, limit=1001)


def test_which_registry_keeps_them(url: str) -> None:
    registry = open_registry(url)

    foreign = Foreign()
    assert private_registry(registry) is registry
    assert private_registry(Registries([registry, foreign])) is registry
    for other in (foreign, Registries([foreign, registry])):
        with pytest.raises(ArgumentError, match="keeps no generation records"):
            private_registry(other)
