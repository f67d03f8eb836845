"""The statements: atomic, first come first served, repeatable where the outcome is unknown."""

from __future__ import annotations

import datetime as dt
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from indelible.errors import (
    ArgumentError,
    BindingConflictError,
    NoRegistryError,
    RegistryUnavailableError,
)
from indelible.registry import Registry, open_registry
from tests.registry.records import ALGORITHM, PAYLOAD, execute, make_record, open_at

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_a_record_comes_back_as_it_was(url: str) -> None:
    registry = open_registry(url)
    assert isinstance(registry, Registry)
    record = make_record()
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry.get(record.manifest_id) == record
    assert registry.has(ALGORITHM, PAYLOAD)
    assert registry.find("another.algorithm", PAYLOAD) == []


def test_looking_into_a_registry_that_does_not_exist_creates_nothing(url: str) -> None:
    registry = open_registry(url)
    with pytest.raises(
        RegistryUnavailableError, match=r"does not exist|holds no registry"
    ) as caught:
        registry.find(ALGORITHM, PAYLOAD)
    assert caught.value.hint
    with pytest.raises(RegistryUnavailableError, match=r"does not exist|holds no registry"):
        registry.get("urn:c2pa:x")
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert not registry.withdraw("urn:c2pa:x")
    assert registry.count() == 0
    assert registry.count() == 0


def test_the_first_to_claim_an_id_keeps_it(url: str) -> None:
    registry = open_registry(url)
    first = make_record()
    registry.put(first)
    with pytest.raises(BindingConflictError):
        registry.put(make_record())
    with pytest.raises(BindingConflictError):
        registry.put(make_record(b"87654321", manifest_id=first.manifest_id))
    assert registry.count() == 1
    assert registry.find(ALGORITHM, PAYLOAD) == [first]
    assert not registry.has(ALGORITHM, b"87654321")


def test_withdrawing_frees_the_id(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    assert registry.withdraw(record.manifest_id)
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert registry.count() == 0
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]


def _claim(registry: Registry, number: int) -> bool:
    try:
        registry.put(make_record(generator=str(number)))
    except BindingConflictError:
        return False
    return True


def test_of_many_threads_one_gets_the_id(url: str) -> None:
    registry = open_registry(url)
    with ThreadPoolExecutor(16) as pool:
        wins = list(pool.map(lambda number: _claim(registry, number), range(64)))
    assert sum(wins) == 1
    assert registry.count() == 1


def test_of_many_processes_one_gets_the_id(url: str) -> None:
    registry = open_registry(url)
    with get_context("fork").Pool(4) as pool:
        wins = pool.starmap(_claim, [(registry, number) for number in range(16)])
    assert sum(wins) == 1


def test_of_many_processes_each_makes_the_registry(url: str) -> None:
    with get_context("fork").Pool(6) as pool:
        registries = [(open_registry(url), number) for number in range(6)]
        assert sum(pool.starmap(_claim, registries, chunksize=1)) == 1


def test_it_survives_a_fork_and_a_pickle(url: str) -> None:
    registry = open_registry(url)
    registry.put(make_record())
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(registry.has, (ALGORITHM, PAYLOAD))
    assert pickle.loads(pickle.dumps(registry)).has(ALGORITHM, PAYLOAD)
    assert registry.has(ALGORITHM, PAYLOAD)


def test_at_most_so_many_records(registry_path: Path) -> None:
    """In a merged registry one id may lead to many; the schema here allows one."""
    open_at(registry_path).put(make_record())
    execute(
        registry_path,
        "CREATE TABLE copy AS SELECT * FROM bindings",
        "DROP TABLE bindings",
        "ALTER TABLE copy RENAME TO bindings",
        *["INSERT INTO bindings SELECT * FROM bindings"] * 6,
    )
    assert len(open_at(registry_path).find(ALGORITHM, PAYLOAD)) == 16
    assert len(open_at(registry_path).find(ALGORITHM, PAYLOAD, limit=3)) == 3


def test_found_oldest_first_and_ties_by_id(registry_path: Path) -> None:
    registry = open_at(registry_path)
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    later = make_record(b"payload1", manifest_id="urn:c2pa:a", created=now + dt.timedelta(hours=1))
    second = make_record(b"payload2", manifest_id="urn:c2pa:c", created=now)
    first = make_record(b"payload3", manifest_id="urn:c2pa:b", created=now)
    for record in (later, second, first):
        registry.put(record)
    execute(
        registry_path,
        "CREATE TABLE copy AS SELECT * FROM bindings",
        "DROP TABLE bindings",
        "ALTER TABLE copy RENAME TO bindings",
        "UPDATE bindings SET value = (SELECT min(value) FROM bindings)",
    )
    found = open_at(registry_path).find(ALGORITHM, b"payload1")
    assert [record.manifest_id for record in found] == ["urn:c2pa:b", "urn:c2pa:c", "urn:c2pa:a"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_one_or_more(url: str, limit: int) -> None:
    with pytest.raises(ArgumentError, match="limit"):
        open_registry(url).find(ALGORITHM, PAYLOAD, limit=limit)


def test_what_is_found_is_bounded_in_bytes(registry_path: Path) -> None:
    """Many large manifests under one id do not fill the memory."""
    open_at(registry_path).put(make_record(manifest_store=os.urandom(20_000_000)))
    execute(
        registry_path,
        "CREATE TABLE copy AS SELECT * FROM bindings",
        "DROP TABLE bindings",
        "ALTER TABLE copy RENAME TO bindings",
        *["INSERT INTO bindings SELECT * FROM bindings"] * 4,
    )
    assert len(open_at(registry_path).find(ALGORITHM, PAYLOAD)) == 2


def test_looking_for_the_registry_itself(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.check(must_exist=False)
    with pytest.raises(NoRegistryError, match="does not exist"):
        registry.check()
    registry_path.parent.mkdir()
    registry_path.touch()
    registry.check(must_exist=False)
    with pytest.raises(NoRegistryError, match="empty"):
        registry.check()
    registry.put(make_record())
    registry.check()
    registry_path.write_bytes(b"this is no database " * 100)
    for must_exist in (False, True):
        with pytest.raises(NoRegistryError):
            open_at(registry_path).check(must_exist=must_exist)


# --- the same record again, and commits of unknown outcome ---------------------------------------


def test_the_very_same_record_again_is_accepted(url: str) -> None:
    registry = open_registry(url)
    record = make_record(created=dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))))
    registry.put(record)
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest_store": b"other", "store_sha256": ""},
        {"payload": b"87654321"},
        {"algorithm": "another.algorithm"},
        {"generator": None},
        {"created": dt.datetime(2026, 1, 2, tzinfo=dt.UTC)},
        {"manifest_id": "urn:c2pa:another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_record_that_differs_in_anything_is_a_conflict(url: str, changes: dict[str, Any]) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    with pytest.raises(BindingConflictError):
        registry.put(replace(record, **changes))
    assert registry.count() == 1
    assert registry.get(record.manifest_id) == record
