"""The statements: atomic, first come first served, repeatable where the outcome is unknown."""

from __future__ import annotations

import datetime as dt
import pickle
import resource
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

import pytest

from indelible.errors import (
    ArgumentError,
    BindingConflictError,
    NoRegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.registry import Record, Registry, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import BINDINGS, MANIFESTS, values_of
from tests.registry.records import ALGORITHM, PAYLOAD, execute, make_record, open_at

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_a_record_comes_back_as_it_was(registry_path: Path) -> None:
    registry = open_at(registry_path)
    assert isinstance(registry, Registry)
    record = make_record()
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry.get(record.manifest_id) == record
    assert registry.has(ALGORITHM, PAYLOAD)
    assert registry.find("another.algorithm", PAYLOAD) == []


def test_looking_into_a_registry_that_does_not_exist_creates_nothing(registry_path: Path) -> None:
    registry = open_at(registry_path)
    with pytest.raises(RegistryUnavailableError, match="does not exist") as caught:
        registry.find(ALGORITHM, PAYLOAD)
    assert caught.value.hint
    with pytest.raises(RegistryUnavailableError, match="does not exist"):
        registry.get("urn:c2pa:x")
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert not registry.withdraw("urn:c2pa:x")
    assert registry.count() == 0
    assert not registry_path.exists()


def test_the_first_to_claim_an_id_keeps_it(registry_path: Path) -> None:
    registry = open_at(registry_path)
    first = make_record()
    registry.put(first)
    with pytest.raises(BindingConflictError):
        registry.put(make_record())
    with pytest.raises(BindingConflictError):
        registry.put(make_record(b"87654321", manifest_id=first.manifest_id))
    assert registry.count() == 1
    assert registry.find(ALGORITHM, PAYLOAD) == [first]
    assert not registry.has(ALGORITHM, b"87654321")


def test_withdrawing_frees_the_id(registry_path: Path) -> None:
    registry = open_at(registry_path)
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


def test_of_many_threads_one_gets_the_id(registry_path: Path) -> None:
    registry = open_at(registry_path)
    with ThreadPoolExecutor(16) as pool:
        wins = list(pool.map(lambda number: _claim(registry, number), range(64)))
    assert sum(wins) == 1
    assert registry.count() == 1


def test_of_many_processes_one_gets_the_id(registry_path: Path) -> None:
    registry = open_at(registry_path)
    with get_context("fork").Pool(4) as pool:
        wins = pool.starmap(_claim, [(registry, number) for number in range(16)])
    assert sum(wins) == 1


def test_of_many_processes_each_opens_a_new_file(tmp_path: Path) -> None:
    with get_context("fork").Pool(6) as pool:
        for number in range(8):
            path = tmp_path / f"{number}.sqlite"
            pool.starmap(_claim, [(open_at(path), one) for one in range(6)], chunksize=1)


def test_it_survives_a_fork_and_a_pickle(registry_path: Path) -> None:
    registry = open_at(registry_path)
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
        "UPDATE bindings SET payload = (SELECT min(payload) FROM bindings)",
    )
    found = open_at(registry_path).find(ALGORITHM, b"payload1")
    assert [record.manifest_id for record in found] == ["urn:c2pa:b", "urn:c2pa:c", "urn:c2pa:a"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_is_one_or_more(registry_path: Path, limit: int) -> None:
    with pytest.raises(ArgumentError, match="limit"):
        open_at(registry_path).find(ALGORITHM, PAYLOAD, limit=limit)


def test_what_is_found_is_bounded_in_bytes(registry_path: Path) -> None:
    """Many large manifests under one id do not fill the memory."""
    open_at(registry_path).put(make_record(manifest_store=bytes(20_000_000)))
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


def test_the_very_same_record_again_is_accepted(registry_path: Path) -> None:
    registry = open_at(registry_path)
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
def test_a_record_that_differs_in_anything_is_a_conflict(
    registry_path: Path, changes: dict[str, Any]
) -> None:
    registry = open_at(registry_path)
    record = make_record()
    registry.put(record)
    with pytest.raises(BindingConflictError):
        registry.put(replace(record, **changes))
    assert registry.count() == 1
    assert registry.get(record.manifest_id) == record


@pytest.fixture
def failing_commits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every COMMIT fail, after it was done or before, until told to let them be."""

    def fail(error: sqlite3.Error | None, *, done: bool = False) -> None:
        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, *rest: Any) -> Self:
                if sql == "COMMIT" and error is not None:
                    if done:
                        super().execute(sql, *rest)
                    raise error
                return super().execute(sql, *rest)

        class Connection(sqlite3.Connection):
            def cursor(self, *_: Any) -> Cursor:  # type: ignore[override]
                return super().cursor(Cursor)

        real = sqlite3.connect
        monkeypatch.setattr(
            sqlite3, "connect", lambda *a, **k: real(*a, **{"factory": Connection, **k})
        )

    return fail


@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
@pytest.mark.parametrize("remedy", ["ask", "repeat", "withdraw"])
def test_a_commit_of_unknown_outcome(
    registry_path: Path, failing_commits: Callable[..., None], done: bool, remedy: str
) -> None:
    """The three ways out hold whether the record is there or not."""
    registry = open_at(registry_path)
    registry.put(make_record(b"another1"))
    record = make_record()
    failing_commits(sqlite3.OperationalError("disk I/O error"), done=done)
    with pytest.raises(RegistryOutcomeUnknownError, match="disk I/O error") as caught:
        registry.put(record)
    assert "manifest id" in (caught.value.hint or "")
    assert str(registry_path) in caught.value.message
    failing_commits(None)
    if remedy == "ask":
        assert registry.get(record.manifest_id) == (record if done else None)
    elif remedy == "repeat":
        registry.put(record)
        assert registry.find(ALGORITHM, PAYLOAD) == [record]
    else:
        assert registry.withdraw(record.manifest_id) is done
        assert not registry.has(ALGORITHM, PAYLOAD)
        registry.put(make_record())
    assert registry.has(ALGORITHM, b"another1")


@pytest.mark.parametrize("done", [True, False], ids=["committed", "not committed"])
def test_a_withdrawal_of_unknown_outcome_can_be_repeated(
    registry_path: Path, failing_commits: Callable[..., None], done: bool
) -> None:
    registry = open_at(registry_path)
    record = make_record()
    registry.put(record)
    failing_commits(sqlite3.OperationalError("disk I/O error"), done=done)
    with pytest.raises(RegistryOutcomeUnknownError):
        registry.withdraw(record.manifest_id)
    failing_commits(None)
    assert registry.withdraw(record.manifest_id) is not done
    assert registry.count() == 0


def put_on_a_failing_disk(registry: SqlRegistry, record: Record) -> None:
    """Put a record; from the commit on, the operating system refuses every write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with registry._database.writing() as connection:
            for table, row in zip((MANIFESTS, BINDINGS), values_of(record), strict=True):
                connection.execute(table.insert().values(row))
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fails_at_the_commit(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record(b"another1"))
    record = make_record()
    with pytest.raises(RegistryOutcomeUnknownError, match="disk I/O error"):
        put_on_a_failing_disk(registry, record)
    assert registry.get(record.manifest_id) is None
    assert not registry.withdraw(record.manifest_id)
    registry.put(record)
    assert registry.count() == 2


def test_a_commit_that_readers_held_up_was_not_made(registry_path: Path) -> None:
    """SQLite says so for certain, so the outcome is known."""
    registry = open_registry(f"{sqlite_url(registry_path)}?timeout=0.05")
    registry.put(make_record(b"another1"))
    reader = sqlite3.connect(registry_path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM manifests").fetchone()
    with pytest.raises(RegistryUnavailableError, match="locked") as caught:
        registry.put(make_record())
    assert not isinstance(caught.value, RegistryOutcomeUnknownError)
    reader.close()
    assert not registry.has(ALGORITHM, PAYLOAD)
    registry.put(make_record())
