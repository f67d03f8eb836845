"""SQLite's online backup, and what can go wrong with the copy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indelible.errors import OutputError
from indelible.registry.sqlite_copy import copy_database
from tests.registry.records import execute


def test_a_copy_that_cannot_be_written(tmp_path: Path) -> None:
    execute(tmp_path / "source", "CREATE TABLE things (name TEXT)")
    with (
        closing(sqlite3.connect(tmp_path / "source")) as source,
        pytest.raises((OutputError, sqlite3.Error)),
    ):
        copy_database(source, tmp_path)


def test_the_copy_is_a_database_of_its_own(tmp_path: Path) -> None:
    execute(tmp_path / "source", "PRAGMA journal_mode = WAL", "CREATE TABLE things (name TEXT)")
    target = tmp_path / "copy"
    target.touch()
    with closing(sqlite3.connect(tmp_path / "source")) as source:
        source.execute("INSERT INTO things VALUES ('one')")
        source.commit()
        copy_database(source, target)
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT name FROM things").fetchall() == [("one",)]
