"""Records to register, and registries in files."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indelible.registry import Record, open_registry, sqlite_url

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

ALGORITHM = "org.indelible.dft.2"
PAYLOAD = bytes(range(8))


def make_record(payload: bytes = PAYLOAD, **changes: object) -> Record:
    values: dict[str, Any] = {
        "manifest_id": f"urn:c2pa:{uuid.uuid4()}",
        "algorithm": ALGORITHM,
        "payload": payload,
        "manifest_store": b"store of " + payload,
        "media_type": "image/jpeg",
        "generator": "Acme Images 2.1",
        "picture_sha256": "ab" * 32,
        "width": 640,
        "height": 480,
    }
    return Record(**{**values, **changes})


def open_at(path: Path) -> SqlRegistry:
    """Open the registry in an SQLite file."""
    return open_registry(sqlite_url(path))


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def execute(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
