"""Where the registries of these tests lie: in SQLite, and in PostgreSQL where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from indelible.registry import sqlite_url
from tests.registry.servers import NOT_FOUND, PostgresServer, programs


@pytest.fixture
def registry_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "registry.sqlite"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests that leave it running."""
    if programs() is None:
        pytest.skip(NOT_FOUND)
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a registry that does not exist yet, in either database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "data" / "registry.sqlite3")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()
