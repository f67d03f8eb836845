"""Owners, history and status, in both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from indelible.errors import (
    ArgumentError,
    BindingConflictError,
    NoRecordError,
    NotOwnerError,
    RegistryError,
)
from indelible.registry import Record, StoredFingerprint, open_registry
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import BINDING_HISTORY, FINGERPRINTS, MANIFESTS
from tests.registry.records import ALGORITHM, PAYLOAD, make_record

FINGERPRINT = StoredFingerprint(bytes(range(32)), 80, b"small picture")


def put_two(registry: SqlRegistry, owner: str | None = "alice") -> tuple[Record, Record]:
    first, second = make_record(), make_record(b"87654321")
    registry.put(first, owner=owner)
    registry.put(second, owner=owner)
    return first, second


def rows_of(registry: SqlRegistry, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(table)
    return list(registry._database.read(lambda connection: connection.execute(query).all()))


def test_the_owner_comes_back(url: str) -> None:
    registry = open_registry(url)
    first, _ = put_two(registry)
    found = registry.get(first.manifest_id)
    assert found is not None
    assert found.owner == "alice"
    registry.put(first, owner="alice")  # the same again
    with pytest.raises(BindingConflictError):
        registry.put(first, owner="mallory")


def test_the_owner_alone_moves_a_binding(url: str) -> None:
    registry = open_registry(url)
    first, second = put_two(registry)
    for stranger in ("mallory", None):
        with pytest.raises(NotOwnerError) as caught:
            registry.move_binding(ALGORITHM, PAYLOAD, second.manifest_id, owner=stranger)
        assert caught.value.hint
    assert registry.find_ids(ALGORITHM, PAYLOAD) == [first.manifest_id]
    registry.move_binding(ALGORITHM, PAYLOAD, second.manifest_id, owner="alice")
    registry.move_binding(ALGORITHM, PAYLOAD, second.manifest_id, owner="alice")  # and no more
    assert registry.find_ids(ALGORITHM, PAYLOAD) == [second.manifest_id]
    (found,) = registry.find(ALGORITHM, PAYLOAD)
    assert (found.manifest_id, found.payload) == (second.manifest_id, second.payload)
    assert registry.get(first.manifest_id) is not None
    (before,) = rows_of(registry, BINDING_HISTORY)
    assert before.manifest_id == first.manifest_id
    assert before.moved_by == "alice"
    assert before.created < before.moved


def test_a_binding_is_not_led_to_somebody_elses_manifest(url: str) -> None:
    registry = open_registry(url)
    first, _ = put_two(registry)
    other = make_record(b"otherone")
    registry.put(other, owner="bob")
    with pytest.raises(NotOwnerError):
        registry.move_binding(ALGORITHM, PAYLOAD, other.manifest_id, owner="alice")
    with pytest.raises(NotOwnerError):
        registry.bind("another.algorithm", b"1", other.manifest_id, owner="alice")
    assert registry.find_ids(ALGORITHM, PAYLOAD) == [first.manifest_id]


def test_further_bindings(url: str) -> None:
    registry = open_registry(url)
    first, second = put_two(registry)
    registry.bind("another.algorithm", b"1", first.manifest_id, owner="alice")
    registry.bind("another.algorithm", b"1", first.manifest_id, owner="alice")
    assert registry.find("another.algorithm", b"1") == [registry.get(first.manifest_id)]
    with pytest.raises(BindingConflictError):
        registry.bind("another.algorithm", b"1", second.manifest_id, owner="alice")
    with pytest.raises(RegistryError, match="needs"):
        registry.bind("another.algorithm", b"", first.manifest_id, owner="alice")


def test_what_is_not_there_cannot_be_changed(url: str) -> None:
    registry = open_registry(url)
    first, _ = put_two(registry)
    changes: list[Callable[[], None]] = [
        lambda: registry.bind(ALGORITHM, b"1", "urn:c2pa:x", owner="alice"),
        lambda: registry.move_binding(ALGORITHM, b"1", first.manifest_id, owner="alice"),
        lambda: registry.move_binding(ALGORITHM, PAYLOAD, "urn:c2pa:x", owner="alice"),
        lambda: registry.set_status("urn:c2pa:x", "withdrawn"),
    ]
    for change in changes:
        with pytest.raises(NoRecordError):
            change()


def test_of_many_writers_one_owns_an_id(url: str) -> None:
    """And of many owners none moves what is another's."""
    registry = open_registry(url)

    def claim(number: int) -> bool:
        try:
            registry.put(make_record(), owner=f"owner {number}")
        except BindingConflictError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        wins = list(pool.map(claim, range(64)))
    assert sum(wins) == 1
    (record,) = registry.find(ALGORITHM, PAYLOAD)
    assert record.owner == f"owner {wins.index(True)}"
    assert registry.count() == 1


def test_a_manifest_without_a_watermark(url: str) -> None:
    registry = open_registry(url)
    records = [make_record(b"", algorithm="", generator=str(number)) for number in range(2)]
    for record in records:
        registry.put(record)
        assert registry.get(record.manifest_id) == record
    assert not registry.has("", b"")


def test_withdrawn_and_live_again(url: str) -> None:
    registry = open_registry(url)
    first, _ = put_two(registry, owner=None)
    registry.set_status(first.manifest_id, "withdrawn", reason="the model was at fault")
    (found,) = registry.find(ALGORITHM, PAYLOAD)
    assert (found.status, found.status_reason) == ("withdrawn", "the model was at fault")
    assert found.manifest_store == first.manifest_store
    registry.set_status(first.manifest_id, "live")
    assert registry.get(first.manifest_id) == first


def test_erased_is_for_good(url: str) -> None:
    registry = open_registry(url)
    record = make_record(fingerprint=FINGERPRINT)
    registry.put(record)
    assert registry.get(record.manifest_id) == record
    registry.set_status(record.manifest_id, "erased", reason="art. 17")
    (found,) = registry.find(ALGORITHM, PAYLOAD)
    assert found.status == "erased"
    assert found.status_reason == "art. 17"
    assert found.manifest_store == b""
    assert found.store_sha256 == record.store_sha256
    assert found.fingerprint is None
    assert rows_of(registry, FINGERPRINTS) == []
    (tombstone,) = rows_of(registry, MANIFESTS)
    assert tombstone.reference is tombstone.manifest_store is None
    assert registry.has(ALGORITHM, PAYLOAD)  # nobody else gets the id
    with pytest.raises(BindingConflictError):
        registry.put(make_record())
    registry.set_status(record.manifest_id, "erased", reason="once more")
    with pytest.raises(NoRecordError, match="no way back"):
        registry.set_status(record.manifest_id, "live")


def test_a_status_is_one_of_three(url: str) -> None:
    registry = open_registry(url)
    first, _ = put_two(registry)
    with pytest.raises(RegistryError, match="status"):
        registry.set_status(first.manifest_id, "gone")  # type: ignore[arg-type]
    with pytest.raises(RegistryError, match="status_reason"):
        registry.set_status(first.manifest_id, "withdrawn", reason="a\0b")


def test_a_withdrawal_takes_the_fingerprint_along(url: str) -> None:
    registry = open_registry(url)
    record = make_record(fingerprint=FINGERPRINT)
    registry.put(record)
    assert registry.withdraw(record.manifest_id)
    assert rows_of(registry, FINGERPRINTS) == rows_of(registry, MANIFESTS) == []


def test_a_group_in_which_some_lose(url: str) -> None:
    """Of one transaction: the winners are there, the losers left nothing."""
    registry = open_registry(url)
    taken = make_record()
    registry.put(taken)
    group = [
        make_record(b"11111111", fingerprint=FINGERPRINT),
        make_record(fingerprint=FINGERPRINT),  # its id is taken
        make_record(b"22222222", manifest_id=taken.manifest_id),  # its manifest is
        make_record(b"33333333"),
        make_record(b"33333333"),  # one of these two wins
    ]
    won = registry._group._commit([registry.registration(record) for record in group])
    assert [*won[:3], sum(won[3:])] == [True, False, False, 1]
    assert registry.count() == 3
    assert not registry.has(ALGORITHM, b"22222222")
    assert registry.find(ALGORITHM, PAYLOAD) == [taken]
    assert len(rows_of(registry, FINGERPRINTS)) == 1


def test_a_change_of_status_is_in_the_audit_log(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    registry.set_status(record.manifest_id, "withdrawn", reason="a faulty model", actor="alice")
    registry.set_status(record.manifest_id, "erased", reason="")
    entries = registry.audit.entries()
    assert [(one.actor, one.action, one.subject, one.reason) for one in entries] == [
        ("alice", "status withdrawn", record.manifest_id, "a faulty model"),
        ("not said", "status erased", record.manifest_id, None),
    ]
    assert registry.audit.check().holds


def test_a_change_that_fails_is_not_in_the_audit_log(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    with pytest.raises(NoRecordError):
        registry.set_status("urn:c2pa:x", "withdrawn", reason="r")
    with pytest.raises(ArgumentError):
        registry.set_status(record.manifest_id, "withdrawn", reason="r" * 5000)
    with pytest.raises(ArgumentError):
        registry.set_status(record.manifest_id, "withdrawn", actor=" ")

    def fail(*_: object, **__: object) -> None:
        raise RegistryError("the log cannot be written")

    monkeypatch.setattr("indelible.registry.sql.note_change", fail)
    with pytest.raises(RegistryError):
        registry.set_status(record.manifest_id, "withdrawn", reason="r")
    found = registry.get(record.manifest_id)
    assert found is not None
    assert found.status == "live"
    assert registry.audit.entries() == []
