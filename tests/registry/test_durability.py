"""Acknowledged means durable, whoever dies when; `make durability` kills many more."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from indelible.errors import RegistryOutcomeUnknownError, RegistryUnavailableError
from indelible.registry import open_registry, sqlite_url
from tests.registry.killing import check, kill_server, kill_writer
from tests.registry.records import ALGORITHM, PAYLOAD, make_record, open_at
from tests.registry.servers import NOT_FOUND, PostgresServer, programs


def test_a_writer_that_is_killed_loses_nothing(url: str) -> None:
    ids = [one for delay in (0.0, 0.02, 0.1) for one in kill_writer(url, delay)]
    check(open_registry(url), ids)


def test_no_picture_is_visible_whose_id_is_unknown(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "registry.sqlite3")
    folder = tmp_path / "pictures"
    folder.mkdir()
    ids = [one for delay in (0.0, 0.05) for one in kill_writer(url, delay, folder=folder)]
    check(open_registry(url), ids, folder)


def test_a_server_that_dies_under_load_loses_nothing() -> None:
    if programs() is None:
        pytest.skip(NOT_FOUND)
    server = PostgresServer()
    try:
        url = server.new_url()
        check(open_registry(url), kill_server(server, url, 0.1, signal.SIGKILL))
    finally:
        server.remove()


def test_a_file_that_may_not_grow_loses_nothing(registry_path: Path) -> None:
    """As on a full disk: each write is whole or an error, and what was there stays."""
    registry = open_at(registry_path)
    kept = [make_record(bytes([number] * 8)) for number in range(3)]
    for record in kept:
        registry.put(record)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        for number in range(10, 90):
            record = make_record(bytes([number] * 8), manifest_store=os.urandom(10_000))
            try:
                registry.put(record)
            except RegistryOutcomeUnknownError:
                break
            except RegistryUnavailableError:
                break
            kept.append(record)
        else:
            raise AssertionError("the file grew")
        assert registry.find(ALGORITHM, bytes(8)) == [kept[0]]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for record in kept:
        assert registry.get(record.manifest_id) == record
    registry.put(make_record(PAYLOAD))
