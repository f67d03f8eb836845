"""The SQLite registry: atomic, first come first served, and clear when it cannot work."""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from indelible.credentials import Record, Registry, SqliteRegistry, new_manifest_id, sqlite_registry
from indelible.errors import BindingConflictError, RegistryError, RegistryUnavailableError
from tests.credentials.conftest import ALGORITHM, PAYLOAD

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def make_record(payload: bytes = PAYLOAD, **changes: object) -> Record:
    record = Record(
        manifest_id=new_manifest_id(),
        algorithm=ALGORITHM,
        payload=payload,
        manifest_store=b"store of " + payload,
        media_type="image/jpeg",
        generator="Acme Images 2.1",
        picture_sha256="ab" * 32,
        width=640,
        height=480,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def limit_connections(monkeypatch: pytest.MonkeyPatch, pragma: str) -> None:
    """Let every new connection begin with a pragma."""
    opened = sqlite_registry._open_database

    def limited(path: Path, busy_milliseconds: int) -> sqlite3.Connection:
        connection = opened(path, busy_milliseconds)
        connection.execute(pragma)
        return connection

    monkeypatch.setattr(sqlite_registry, "_open_database", limited)


def test_a_record_comes_back_as_it_was(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
    assert isinstance(registry, Registry)
    record = make_record()
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry.get(record.manifest_id) == record
    assert registry.has(ALGORITHM, PAYLOAD)
    assert record.intact
    assert not replace(record, manifest_store=b"other").intact
    assert registry.find("another.algorithm", PAYLOAD) == []
    assert "manifest_store" not in record.summary()


def test_looking_into_a_registry_that_does_not_exist_creates_nothing(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
    assert registry.find(ALGORITHM, PAYLOAD) == []
    assert registry.get("urn:c2pa:x") is None
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert not registry.withdraw("urn:c2pa:x")
    assert registry.count() == 0
    assert not registry_path.exists()


def test_files_are_for_their_owner_only(registry_path: Path) -> None:
    SqliteRegistry(registry_path).put(make_record())
    assert stat.S_IMODE(registry_path.stat().st_mode) == 0o600


def test_the_first_to_claim_an_id_keeps_it(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
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
    registry = SqliteRegistry(registry_path)
    record = make_record()
    registry.put(record)
    assert registry.withdraw(record.manifest_id)
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert registry.count() == 0
    registry.put(record)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]


def _claim(registry: SqliteRegistry, number: int) -> bool:
    try:
        registry.put(make_record(generator=str(number)))
    except BindingConflictError:
        return False
    return True


def test_of_many_threads_one_gets_the_id(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
    with ThreadPoolExecutor(16) as pool:
        wins = list(pool.map(lambda number: _claim(registry, number), range(64)))
    assert sum(wins) == 1
    assert registry.count() == 1


def test_of_many_processes_one_gets_the_id(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
    with get_context("fork").Pool(4) as pool:
        wins = pool.starmap(_claim, [(registry, number) for number in range(16)])
    assert sum(wins) == 1


def test_of_many_processes_each_opens_a_new_file(tmp_path: Path) -> None:
    """SQLite does not wait for the switch to write-ahead logging by itself."""
    with get_context("fork").Pool(6) as pool:
        for number in range(20):
            path = tmp_path / f"{number}.sqlite"
            pool.starmap(_claim, [(SqliteRegistry(path), one) for one in range(6)], chunksize=1)


def test_it_survives_a_fork_and_a_pickle(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path)
    registry.put(make_record())
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(registry.has, (ALGORITHM, PAYLOAD))
    assert pickle.loads(pickle.dumps(registry)).has(ALGORITHM, PAYLOAD)
    registry.close()
    assert registry.has(ALGORITHM, PAYLOAD)


def test_a_locked_registry_says_so(registry_path: Path) -> None:
    registry = SqliteRegistry(registry_path, busy_milliseconds=50)
    registry.put(make_record())
    blocker = sqlite3.connect(registry_path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegistryUnavailableError, match="locked") as caught:
        registry.put(make_record(b"87654321"))
    assert caught.value.hint
    assert registry.has(ALGORITHM, PAYLOAD)  # readers do not wait
    blocker.execute("ROLLBACK")
    blocker.close()
    registry.put(make_record(b"87654321"))


def test_a_full_disk_says_so_and_leaves_nothing_behind(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = SqliteRegistry(registry_path)
    registry.put(make_record())
    with registry._begin(write=False) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    registry.close()
    limit_connections(monkeypatch, f"PRAGMA max_page_count = {pages}")
    big = make_record(b"87654321", manifest_store=bytes(100_000))
    with pytest.raises(RegistryUnavailableError, match="full"):
        registry.put(big)
    assert registry.count() == 1
    assert not registry.has(ALGORITHM, b"87654321")


def test_a_registry_that_cannot_be_written_can_be_read(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteRegistry(registry_path).put(make_record())
    limit_connections(monkeypatch, "PRAGMA query_only = ON")
    registry = SqliteRegistry(registry_path)
    assert registry.has(ALGORITHM, PAYLOAD)
    with pytest.raises(RegistryUnavailableError, match="cannot be written"):
        registry.put(make_record(b"87654321"))


def test_a_damaged_file_says_so(registry_path: Path) -> None:
    registry_path.parent.mkdir()
    registry_path.write_bytes(b"this is no database " * 100)
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)


def test_a_folder_in_the_way_says_so(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailableError):
        SqliteRegistry(tmp_path).put(make_record())
    (tmp_path / "file").write_text("x")
    with pytest.raises(RegistryUnavailableError):
        SqliteRegistry(tmp_path / "file" / "registry.sqlite").put(make_record())


def test_a_file_of_a_newer_version_is_left_alone(registry_path: Path) -> None:
    SqliteRegistry(registry_path).put(make_record())
    with contextlib.closing(sqlite3.connect(registry_path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryUnavailableError, match="newer"):
        SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)


def test_records_need_their_parts() -> None:
    with pytest.raises(RegistryError):
        make_record(b"")
    with pytest.raises(RegistryError):
        make_record(manifest_id="")
