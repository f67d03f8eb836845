"""An SQLite file: locked, full, read-only, damaged, or no file; a look-up never touches it."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import pytest

from indelible.errors import (
    RegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.registry import (
    Record,
    StoredFingerprint,
    changing,
    open_registry,
    sqlite,
    sqlite_kept,
    sqlite_url,
)
from indelible.registry.sql import SqlRegistry
from indelible.registry.sqlite_opening import Mode, open_file
from tests.registry.records import (
    ALGORITHM,
    PAYLOAD,
    everything_below,
    execute,
    make_record,
    open_at,
)

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def limit_connections(monkeypatch: pytest.MonkeyPatch, pragma: str) -> None:
    """Let every new connection begin with a pragma."""
    opened = open_file

    def limited(path: Path, timeout: float, mode: Mode) -> sqlite3.Connection:
        connection = opened(path, timeout, mode)
        connection.execute(pragma)
        return connection

    monkeypatch.setattr(sqlite, "open_file", limited)


def test_files_are_for_their_owner_only(registry_path: Path) -> None:
    open_at(registry_path).put(make_record())
    assert stat.S_IMODE(registry_path.stat().st_mode) == 0o600


def test_a_locked_registry_says_so(registry_path: Path) -> None:
    registry = open_registry(f"{sqlite_url(registry_path)}?timeout=0.05")
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
    registry = open_at(registry_path)
    registry.put(make_record())
    pages = registry._database.read(
        lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    )
    registry.close()
    limit_connections(monkeypatch, f"PRAGMA max_page_count = {pages}")
    big = make_record(b"87654321", manifest_store=os.urandom(100_000))
    with pytest.raises(RegistryUnavailableError, match="full"):
        registry.put(big)
    assert registry.count() == 1
    assert not registry.has(ALGORITHM, b"87654321")


def test_a_registry_that_cannot_be_written_can_be_read(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_at(registry_path).put(make_record())
    limit_connections(monkeypatch, "PRAGMA query_only = ON")
    registry = open_at(registry_path)
    assert registry.has(ALGORITHM, PAYLOAD)
    with pytest.raises(RegistryUnavailableError, match="cannot be written"):
        registry.put(make_record(b"87654321"))


def test_a_damaged_file_says_so(registry_path: Path) -> None:
    registry_path.parent.mkdir()
    registry_path.write_bytes(b"this is no database " * 100)
    with pytest.raises(RegistryUnavailableError, match="not a database"):
        open_at(registry_path).find(ALGORITHM, PAYLOAD)


def test_a_folder_in_the_way_says_so(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailableError):
        open_at(tmp_path).put(make_record())
    (tmp_path / "file").write_text("x")
    with pytest.raises(RegistryUnavailableError):
        open_at(tmp_path / "file" / "registry.sqlite").put(make_record())


def test_looking_something_up_writes_nothing(registry_path: Path) -> None:
    open_at(registry_path).put(make_record())
    before = everything_below(registry_path.parent)
    registry = open_at(registry_path)
    assert registry.find(ALGORITHM, PAYLOAD)
    assert registry.count() == 1
    registry.close()
    assert everything_below(registry_path.parent) == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_read_only_disk_can_be_asked(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    open_at(registry_path).put(make_record())
    execute(registry_path, f"PRAGMA journal_mode = {mode}")
    opened = open_file

    def cannot_write(path: Path, timeout: float, how: Mode) -> sqlite3.Connection:
        if how in ("ro", "query") and mode == "wal":  # SQLite cannot make its files beside it
            raise sqlite3.OperationalError("unable to open database file")
        return opened(path, timeout, how)

    monkeypatch.setattr(sqlite, "open_file", cannot_write)
    before = everything_below(registry_path.parent)
    assert len(open_at(registry_path).find(ALGORITHM, PAYLOAD)) == 1
    assert everything_below(registry_path.parent) == before
    Path(f"{registry_path}-wal").write_bytes(b"changes")
    if mode == "wal":
        with pytest.raises(RegistryUnavailableError, match="middle of a change"):
            open_at(registry_path).find(ALGORITHM, PAYLOAD)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_folders_are_for_their_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0, 0o077, 0o777):
        path = tmp_path / f"{umask:o}" / "deep" / "registry.sqlite3"
        before = os.umask(umask)
        try:
            open_at(path).put(make_record())
        finally:
            os.umask(before)
        modes = [stat.S_IMODE(item.stat().st_mode) for item in (path.parents[1], path.parent, path)]
        assert modes == [0o700, 0o700, 0o600]


def test_a_huge_value_is_not_read(registry_path: Path) -> None:
    open_at(registry_path).put(make_record())
    execute(registry_path, "UPDATE manifests SET manifest_store = zeroblob(60000000)")
    with pytest.raises(RegistryUnavailableError, match="too big"):
        open_at(registry_path).find(ALGORITHM, PAYLOAD)
    with pytest.raises(RegistryError, match="too large"):
        open_at(registry_path).put(make_record(manifest_store=bytes(40_000_000)))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "empty").touch()
    for name in ("pipe", ".", "dangling", "loop", "empty", "x" * 5000, "empty/below"):
        with pytest.raises(RegistryUnavailableError):
            open_at(tmp_path / name).find(ALGORITHM, PAYLOAD)
    open_at(tmp_path / "empty").put(make_record())
    assert open_at(tmp_path / "empty").count() == 1
    (tmp_path / "link").symlink_to("empty")
    assert open_at(tmp_path / "link").count() == 1


@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0)]
)
def test_how_a_connection_writes(registry_path: Path, pragma: str, value: int) -> None:
    registry = open_at(registry_path)
    found = registry._database.write(
        lambda connection: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
    )
    assert found == value


def test_a_change_that_cannot_be_undone_on_a_read_only_disk(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal beside the file: a process died, and SQLite would have to write to clean up."""
    open_at(registry_path).put(make_record())
    opened = open_file

    def cannot_write(path: Path, timeout: float, how: Mode) -> sqlite3.Connection:
        if how in ("ro", "query"):
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return opened(path, timeout, how)

    monkeypatch.setattr(sqlite, "open_file", cannot_write)
    assert open_at(registry_path).has(ALGORITHM, PAYLOAD)
    Path(f"{registry_path}-journal").write_bytes(b"changes")
    with pytest.raises(RegistryUnavailableError, match="middle of a change") as caught:
        open_at(registry_path).has(ALGORITHM, PAYLOAD)
    assert "-journal" in (caught.value.hint or "")


def test_a_write_holds_the_lock_from_its_beginning(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    other = sqlite3.connect(registry_path, isolation_level=None, timeout=0)

    def cannot_begin(_: object) -> None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

    registry._database.write(cannot_begin)
    other.execute("BEGIN IMMEDIATE")
    other.close()


# --- commits of unknown outcome ------------------------------------------------------------------


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
    registry.close()
    failing_commits(sqlite3.OperationalError("disk I/O error"), done=done)
    with pytest.raises(RegistryOutcomeUnknownError, match="disk I/O error") as caught:
        registry.put(record)
    assert "manifest id" in (caught.value.hint or "")
    assert str(registry_path) in caught.value.message
    registry.close()
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
    registry.close()
    failing_commits(sqlite3.OperationalError("disk I/O error"), done=done)
    with pytest.raises(RegistryOutcomeUnknownError):
        registry.withdraw(record.manifest_id)
    registry.close()
    failing_commits(None)
    assert registry.withdraw(record.manifest_id) is not done
    assert registry.count() == 0


def put_on_a_failing_disk(
    registry: SqlRegistry, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put a record; from the commit on, the operating system refuses every write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    register = changing.register

    def register_and_fail(*arguments: Any) -> list[bool]:
        done = register(*arguments)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        return done

    with monkeypatch.context() as patch:
        patch.setattr(changing, "register", register_and_fail)
        try:
            registry.put(record)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fails_at_the_commit(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_at(registry_path)
    registry.put(make_record(b"another1"))
    record = make_record()
    with pytest.raises(RegistryOutcomeUnknownError, match="disk I/O error"):
        put_on_a_failing_disk(registry, record, monkeypatch)
    assert registry.get(record.manifest_id) is None
    assert not registry.withdraw(record.manifest_id)
    registry.put(record)
    assert registry.count() == 2


def test_a_commit_that_readers_held_up_was_not_made(registry_path: Path) -> None:
    """SQLite says so for certain, so the outcome is known."""
    registry = open_registry(f"{sqlite_url(registry_path)}?timeout=0.05")
    registry.put(make_record(b"another1"))
    registry.close()
    execute(registry_path, "PRAGMA journal_mode = delete")  # which it stays in while it is read
    reader = sqlite3.connect(registry_path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM manifests").fetchone()
    with pytest.raises(RegistryUnavailableError, match="locked") as caught:
        registry.put(make_record())
    assert not isinstance(caught.value, RegistryOutcomeUnknownError)
    reader.close()
    assert not registry.has(ALGORITHM, PAYLOAD)
    registry.put(make_record())


# --- connections that are kept -------------------------------------------------------------------


def beside(path: Path) -> list[str]:
    return sorted(item.name for item in path.parent.iterdir() if item != path)


def test_a_file_that_nobody_uses_is_closed(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_kept, "_IDLE_SECONDS", 0.05)
    registry = open_at(registry_path)
    for _ in range(2):
        registry.put(make_record(os.urandom(8)))
        assert registry.has(ALGORITHM, PAYLOAD) is False
        for _ in range(200):
            time.sleep(0.01)
            if not beside(registry_path):
                break
        assert beside(registry_path) == []


def test_a_registry_that_is_dropped_closes_its_file(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    assert registry.find(ALGORITHM, PAYLOAD)
    assert beside(registry_path)
    del registry
    assert beside(registry_path) == []


def test_another_file_in_its_place_is_another_registry(registry_path: Path, tmp_path: Path) -> None:
    registry, other = open_at(registry_path), open_at(tmp_path / "other.sqlite")
    registry.put(make_record())
    fingerprint = StoredFingerprint(bytes(32), 50)
    other.put(make_record(b"87654321", fingerprint=fingerprint))
    assert registry.has(ALGORITHM, PAYLOAD)
    assert registry.find_similar(bytes(32)) == []
    registry.close()
    other.close()
    (tmp_path / "other.sqlite").replace(registry_path)
    assert not registry.has(ALGORITHM, PAYLOAD)
    assert registry.has(ALGORITHM, b"87654321")
    assert len(registry.find_similar(bytes(32))) == 1
    registry.put(make_record())
    assert registry.count() == 2


def _child(registry: SqlRegistry) -> bool:
    registry.put(make_record(b"of child"))
    return registry.has(ALGORITHM, PAYLOAD)


def test_a_child_leaves_its_parents_connections_alone(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    process = os.fork()
    if not process:
        os._exit(0 if _child(registry) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    registry.put(make_record(b"87654321"))
    assert registry.count() == 3
    with closing(sqlite3.connect(registry_path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_readers_and_the_writer_do_not_wait_for_each_other(registry_path: Path) -> None:
    registry = open_registry(f"{sqlite_url(registry_path)}?timeout=0.05")
    registry.put(make_record())
    registry._database.read(lambda _: registry.put(make_record(b"87654321")))
    registry._database.write(lambda _: registry.find(ALGORITHM, PAYLOAD))
    assert registry.count() == 2
