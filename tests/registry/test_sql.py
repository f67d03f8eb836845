"""The SQLite registry: atomic, first come first served, and clear when it cannot work."""

from __future__ import annotations

import contextlib
import os
import pickle
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from indelible.credentials import new_manifest_id
from indelible.errors import BindingConflictError, RegistryError, RegistryUnavailableError
from indelible.registry import Record, Registry, SqliteRegistry
from indelible.registry import sql as sqlite_registry
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

    def limited(path: Path, busy_milliseconds: int, mode: str) -> sqlite3.Connection:
        connection = opened(path, busy_milliseconds, mode)
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
    with pytest.raises(RegistryUnavailableError, match="does not exist") as caught:
        registry.find(ALGORITHM, PAYLOAD)
    assert caught.value.hint
    with pytest.raises(RegistryUnavailableError, match="does not exist"):
        registry.get("urn:c2pa:x")
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
    with get_context("fork").Pool(6) as pool:
        for number in range(8):
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
    with registry._reading() as connection:
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
    with pytest.raises(RegistryUnavailableError, match="no database"):
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


# --- files that are not as they should be --------------------------------------------------------


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def execute(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def foreign_database(path: Path, mode: str = "delete") -> Path:
    execute(
        path,
        f"PRAGMA journal_mode = {mode}",
        "CREATE TABLE manifests (manifest_id TEXT)",
        "CREATE TABLE bindings (algorithm TEXT, payload BLOB)",
        "PRAGMA user_version = 1",
    )
    return path


def foreign_text(path: Path) -> Path:
    path.write_text("a diary\n" * 100, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "make",
    [foreign_database, lambda path: foreign_database(path, "wal"), foreign_text],
    ids=["database", "wal database", "text"],
)
def test_a_file_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path / "file")
    before = everything_below(tmp_path)
    registry = SqliteRegistry(path)
    for act in (
        lambda: registry.find(ALGORITHM, PAYLOAD),
        lambda: registry.has(ALGORITHM, PAYLOAD),
        lambda: registry.get("urn:c2pa:x"),
        lambda: registry.put(make_record()),
        lambda: registry.withdraw("urn:c2pa:x"),
        registry.count,
        registry.check,
    ):
        with pytest.raises(RegistryUnavailableError, match=r"another program|no database"):
            act()
    assert everything_below(tmp_path) == before


def test_looking_something_up_writes_nothing(registry_path: Path) -> None:
    SqliteRegistry(registry_path).put(make_record())
    before = everything_below(registry_path.parent)
    registry = SqliteRegistry(registry_path)
    assert registry.find(ALGORITHM, PAYLOAD)
    assert registry.count() == 1
    assert everything_below(registry_path.parent) == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_read_only_disk_can_be_asked(
    registry_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    SqliteRegistry(registry_path).put(make_record())
    execute(registry_path, f"PRAGMA journal_mode = {mode}")
    opened = sqlite_registry._open_database

    def cannot_write(path: Path, busy_milliseconds: int, how: str) -> sqlite3.Connection:
        if how == "ro" and mode == "wal":  # SQLite cannot make its files beside it
            raise sqlite3.OperationalError("unable to open database file")
        return opened(path, busy_milliseconds, how)

    monkeypatch.setattr(sqlite_registry, "_open_database", cannot_write)
    before = everything_below(registry_path.parent)
    assert len(SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)) == 1
    assert everything_below(registry_path.parent) == before
    Path(f"{registry_path}-wal").write_bytes(b"changes")
    if mode == "wal":
        with pytest.raises(RegistryUnavailableError, match="middle of a change"):
            SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_folders_are_for_their_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0, 0o077, 0o777):
        path = tmp_path / f"{umask:o}" / "deep" / "registry.sqlite3"
        before = os.umask(umask)
        try:
            SqliteRegistry(path).put(make_record())
        finally:
            os.umask(before)
        modes = [stat.S_IMODE(item.stat().st_mode) for item in (path.parents[1], path.parent, path)]
        assert modes == [0o700, 0o700, 0o600]


def test_memory_keeps_its_entries() -> None:
    registry = SqliteRegistry(":memory:")
    registry.put(make_record())
    assert len(registry.find(ALGORITHM, PAYLOAD)) == 1
    with ThreadPoolExecutor(8) as pool:
        wins = list(pool.map(lambda n: _claim(registry, n), range(16)))
    assert sum(wins) == 0
    assert SqliteRegistry(":memory:").count() == 0
    assert not Path(":memory:").exists()
    with pytest.raises(RegistryError, match="memory"):
        pickle.dumps(registry)


@pytest.mark.parametrize("value", ["'text'", "5", "1e999", "x'80ff'", "''"])
@pytest.mark.parametrize("column", ["manifest_store", "created", "width", "media_type"])
def test_any_value_in_any_column(registry_path: Path, column: str, value: str) -> None:
    """Never a TypeError: SQLite stores any type in any column."""
    SqliteRegistry(registry_path).put(make_record())
    execute(registry_path, f"UPDATE manifests SET {column} = {value}")
    registry = SqliteRegistry(registry_path)
    with contextlib.suppress(RegistryUnavailableError):
        (record,) = registry.find(ALGORITHM, PAYLOAD)
        assert isinstance(getattr(record, column), bytes | str | int)
        assert column != "created"


def test_missing_values_and_tables(registry_path: Path) -> None:
    for index, statements in enumerate(
        [
            ["DROP TABLE bindings"],
            ["ALTER TABLE manifests RENAME TO m", "CREATE VIEW manifests AS SELECT * FROM m"],
            ["CREATE TRIGGER t AFTER INSERT ON bindings BEGIN DELETE FROM manifests; END"],
            [
                "ALTER TABLE manifests RENAME TO m",
                "CREATE TABLE manifests AS SELECT *, NULL AS generator FROM m",
                "UPDATE manifests SET created = NULL",
                "DROP TABLE m",
            ],
        ]
    ):
        path = registry_path.with_name(f"{index}.sqlite3")
        SqliteRegistry(path).put(make_record())
        execute(path, *statements)
        with pytest.raises(RegistryUnavailableError, match="damaged"):
            SqliteRegistry(path).find(ALGORITHM, PAYLOAD)


def test_a_huge_value_is_not_read(registry_path: Path) -> None:
    SqliteRegistry(registry_path).put(make_record())
    execute(registry_path, "UPDATE manifests SET manifest_store = zeroblob(60000000)")
    with pytest.raises(RegistryUnavailableError, match="too big"):
        SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)
    with pytest.raises(RegistryError, match="too large"):
        SqliteRegistry(":memory:").put(make_record(manifest_store=bytes(40_000_000)))


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 2**70},
        {"height": -1},
        {"width": True},
        {"generator": "\udcff"},
        {"manifest_store": "text", "store_sha256": "x"},
        {"media_type": None},
    ],
)
def test_records_that_cannot_be_stored(registry_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(RegistryError, match=next(iter(changes))):
        SqliteRegistry(registry_path).put(make_record(PAYLOAD, **changes))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "empty").touch()
    for name in ("pipe", ".", "dangling", "loop", "empty", "a\0b", "x" * 5000, "empty/below"):
        with pytest.raises(RegistryUnavailableError):
            SqliteRegistry(tmp_path / name).find(ALGORITHM, PAYLOAD)
    SqliteRegistry(tmp_path / "empty").put(make_record())
    assert SqliteRegistry(tmp_path / "empty").count() == 1
    (tmp_path / "link").symlink_to("empty")
    assert SqliteRegistry(tmp_path / "link").count() == 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_a_file_of_a_newer_version_costs_no_descriptor(registry_path: Path) -> None:
    SqliteRegistry(registry_path).put(make_record())
    execute(registry_path, "PRAGMA user_version = 99")

    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = opened()
    registry = SqliteRegistry(registry_path)
    for _ in range(5):
        with pytest.raises(RegistryUnavailableError, match="newer"):
            registry.find(ALGORITHM, PAYLOAD)
    assert opened() == before


def test_at_most_so_many_records(registry_path: Path) -> None:
    """In a merged registry one id may lead to many; the schema here allows one."""
    SqliteRegistry(registry_path).put(make_record())
    execute(
        registry_path,
        "CREATE TABLE copy AS SELECT * FROM bindings",
        "DROP TABLE bindings",
        "ALTER TABLE copy RENAME TO bindings",
        *["INSERT INTO bindings SELECT * FROM bindings"] * 6,
    )
    assert len(SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD)) == 16
    assert len(SqliteRegistry(registry_path).find(ALGORITHM, PAYLOAD, limit=3)) == 3


# What version 0.1 wrote: a log beside the file, and no application id.
VERSION_0_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE manifests (
    manifest_id TEXT NOT NULL, manifest_store BLOB NOT NULL, store_sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, generator TEXT, created TEXT NOT NULL, picture_sha256 TEXT,
    width INTEGER, height INTEGER, PRIMARY KEY (manifest_id)
);
CREATE TABLE bindings (
    algorithm TEXT NOT NULL, payload BLOB NOT NULL, manifest_id TEXT NOT NULL,
    PRIMARY KEY (algorithm, payload),
    FOREIGN KEY(manifest_id) REFERENCES manifests (manifest_id) ON DELETE CASCADE
);
CREATE INDEX ix_bindings_manifest_id ON bindings (manifest_id);
PRAGMA user_version = 1;
"""


def write_old(path: Path, schema: str = VERSION_0_1) -> Record:
    record = make_record()
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        values = {**vars_of(record), "created": record.created.isoformat()}
        columns = [row[1] for row in connection.execute("PRAGMA table_info(manifests)")]
        names = [name for name in columns if name in values]
        marks = ", ".join(f":{name}" for name in names)
        connection.execute(f"INSERT INTO manifests ({', '.join(names)}) VALUES ({marks})", values)
        connection.execute(
            "INSERT INTO bindings VALUES (:algorithm, :payload, :manifest_id)", values
        )
        connection.commit()
    return record


def vars_of(record: Record) -> dict[str, object]:
    values: dict[str, object] = {item.name: getattr(record, item.name) for item in fields(record)}
    values["store_sha256"] = record.store_sha256
    return values


def test_a_registry_of_version_0_1_is_read_and_marked_on_the_first_write(
    registry_path: Path,
) -> None:
    record = write_old(registry_path)
    before = registry_path.read_bytes()
    registry = SqliteRegistry(registry_path)
    assert registry.find(ALGORITHM, PAYLOAD) == [record]
    assert registry_path.read_bytes() == before
    registry.put(make_record(b"another!"))
    assert SqliteRegistry(registry_path).count() == 2
    with contextlib.closing(sqlite3.connect(registry_path)) as connection:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
    assert mark == sqlite_registry.APPLICATION_ID


@pytest.mark.parametrize(
    "change",
    [
        ("width INTEGER, ", "width INTEGER, depth INTEGER, "),
        ("PRAGMA user_version", "CREATE TABLE pages (name TEXT); PRAGMA user_version"),
        ("user_version = 1", "user_version = 7"),
    ],
)
def test_a_database_that_only_resembles_one_of_version_0_1_is_refused(
    registry_path: Path, change: tuple[str, str]
) -> None:
    write_old(registry_path, VERSION_0_1.replace(*change))
    before = registry_path.read_bytes()
    registry = SqliteRegistry(registry_path)
    with pytest.raises(RegistryUnavailableError, match="another program"):
        registry.get("urn:c2pa:x")
    with pytest.raises(RegistryUnavailableError, match="another program"):
        registry.put(make_record(b"another!"))
    assert registry_path.read_bytes() == before


def test_tables_that_wait_in_a_log_are_seen(registry_path: Path) -> None:
    """As where a process of version 0.1 was killed before anything reached the file itself."""
    registry_path.parent.mkdir()
    live = sqlite3.connect(registry_path)
    try:
        live.executescript(VERSION_0_1)
        assert SqliteRegistry(registry_path).get("urn:c2pa:x") is None
        live.executescript("CREATE TABLE pages (name TEXT)")
        with pytest.raises(RegistryUnavailableError, match="another program"):
            SqliteRegistry(registry_path).put(make_record())
    finally:
        live.close()
