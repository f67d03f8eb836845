"""From schema 2 to schema 3, on a file that schema 2's code wrote (commit ecebbd7)."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indelible.registry import Similar
from tests.registry.records import ALGORITHM, everything_below, make_record, open_at

OLD = Path(__file__).parents[1] / "data" / "schema-2.sqlite3"
IDS = [f"urn:c2pa:00000000-0000-4000-8000-00000000000{number}" for number in range(3)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old" / "registry.sqlite3"
    path.parent.mkdir()
    shutil.copyfile(OLD, path)
    return path


def check_records(path: Path) -> None:
    registry = open_at(path)
    for number, manifest_id in enumerate(IDS):
        (record,) = registry.find(ALGORITHM, bytes([number]) * 8)
        assert (record.manifest_id, record.owner) == (manifest_id, "studio")
        assert record.status == ("withdrawn" if number == 1 else "live")
        assert record.fingerprint is not None
        assert record.fingerprint.reference == b"reference"
        (found,) = registry.find_similar(bytes([number * 85]) * 32)
        assert found == Similar(manifest_id, 0, 80, 0)


def test_it_is_read_as_it_is(old: Path) -> None:
    before = everything_below(old.parent)
    check_records(old)
    assert everything_below(old.parent) == before


def test_the_first_write_migrates(old: Path) -> None:
    draw = random.Random(1)
    hashes = [draw.randbytes(32) for _ in range(2500)]
    with closing(sqlite3.connect(old)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(manifests)")][1:]
        copied = ", ".join(names)
        for number, pdq in enumerate(hashes):
            connection.execute(
                f"INSERT INTO manifests SELECT ?, {copied} FROM manifests WHERE manifest_id = ?",
                [f"urn:c2pa:{number}", IDS[0]],
            )
            connection.execute(
                "INSERT INTO fingerprints (manifest_id, pdq, quality) VALUES (?, ?, 50)",
                [f"urn:c2pa:{number}", pdq],
            )
        connection.commit()
    open_at(old).put(make_record(b"another!"))
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        sizes = connection.execute("SELECT length(ids) / 8, length(hashes) / 32 FROM hash_blocks")
        assert sizes.fetchall() == [(1024, 1024)] * 2
        recent = connection.execute("SELECT count(*) FROM recent_hashes").fetchone()
        assert recent == (2503 - 2048,)
    check_records(old)
    registry = open_at(old)
    for number in (0, 1030, 2499):
        (found,) = registry.find_similar(hashes[number])
        assert found == Similar(f"urn:c2pa:{number}", 0, 50, 0)
