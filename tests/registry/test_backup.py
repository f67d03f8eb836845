"""A copy of a whole SQLite registry while others use it."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from indelible.errors import (
    ArgumentError,
    NoRegistryError,
    OutputError,
    OutputExistsError,
    RegistryError,
)
from indelible.registry import open_registry
from indelible.registry.backup import back_up
from tests.registry.records import everything_below, make_record, open_at
from tests.registry.servers import PostgresServer


def test_a_copy_takes_the_place_of_the_registry(registry_path: Path, tmp_path: Path) -> None:
    registry = open_at(registry_path)
    record = make_record()
    registry.put(record)  # which waits in the log
    copy = back_up(registry, tmp_path / "copy.sqlite3")
    assert {path.name for path in tmp_path.iterdir()} == {"data", "copy.sqlite3"}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert open_at(copy).get(record.manifest_id) == record
    open_at(copy).put(make_record(b"another!"))
    assert registry.count() == 1


def test_others_write_meanwhile(registry_path: Path, tmp_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record(bytes(8)))
    stop, written = threading.Event(), list[str]()

    def write() -> None:
        number = 1
        while not stop.is_set():
            record = make_record(number.to_bytes(8, "big"), manifest_store=bytes(20_000))
            registry.put(record)
            written.append(record.manifest_id)
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        copies = []
        for number in range(8):
            before = len(written)
            copy = open_at(back_up(registry, tmp_path / f"{number}.sqlite3"))
            copies.append((before, copy, len(written) + 2))
    finally:
        stop.set()
        thread.join()
    for before, copy, after in copies:
        assert before + 1 <= copy.count() <= after
        assert all(copy.get(manifest_id) for manifest_id in written[:before])


def test_an_existing_file_is_kept(registry_path: Path, tmp_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(OutputExistsError):
        back_up(registry, tmp_path / "copy")
    back_up(registry, tmp_path / "copy", overwrite=True)
    assert open_at(tmp_path / "copy").count() == 1
    with pytest.raises(OutputError):
        back_up(registry, tmp_path / "nowhere" / "copy")


def test_damage_is_noticed(registry_path: Path, tmp_path: Path) -> None:
    registry = open_at(registry_path)
    for number in range(40):
        registry.put(make_record(number.to_bytes(8, "big"), manifest_store=bytes(range(256)) * 20))
    registry.close()
    data = bytearray(registry_path.read_bytes())
    for page in range(8, len(data) // 4096, 3):
        data[page * 4096 : page * 4096 + 200] = bytes([255]) * 200
    registry_path.write_bytes(data)
    before = everything_below(tmp_path)
    with pytest.raises(RegistryError):
        back_up(open_at(registry_path), tmp_path / "copy.sqlite3")
    assert everything_below(tmp_path).keys() == before.keys()


def test_where_there_is_none(registry_path: Path, tmp_path: Path) -> None:
    with pytest.raises(NoRegistryError):
        back_up(open_at(registry_path), tmp_path / "copy.sqlite3")
    registry_path.parent.mkdir()
    registry_path.touch()
    with pytest.raises(NoRegistryError, match="empty"):
        back_up(open_at(registry_path), tmp_path / "copy.sqlite3")
    assert not (tmp_path / "copy.sqlite3").exists()


def test_postgresql_has_its_own(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="SQLite") as caught:
        back_up(open_registry(postgres.new_url()), tmp_path / "copy.sqlite3")
    assert "pg_dump" in (caught.value.hint or "")
