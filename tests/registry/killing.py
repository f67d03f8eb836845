"""Processes that die while they register, and servers that die under them: what is lost?

``python -m tests.registry.killing`` kills many (``make durability``), the tests kill a few.

A writer prints an id once `put` has returned, or once a picture is visible. After it was killed,
every id that it printed has to be in the registry, whole; every picture that is visible, too; and
no binding may lead to nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from indelible.errors import RegistryError
from indelible.registry import Registry, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.tables import BINDINGS, MANIFESTS
from tests.registry.records import ALGORITHM, make_record
from tests.registry.servers import PostgresServer, programs

__all__ = ["check", "kill_server", "kill_writer"]

_THREADS = 4
_ROOT = Path(__file__).parents[2]


def write(url: str, folder: Path | None) -> None:
    """Register until killed, printing what was acknowledged; with a folder, show pictures in it."""
    registry = open_registry(url)
    printing = threading.Lock()

    def work() -> None:
        while True:
            payload = secrets.token_bytes(8)
            record = make_record(payload, manifest_store=payload * 800)
            try:
                if folder is None:
                    registry.put(record)
                else:
                    _show(registry, record.payload, folder)
            except RegistryError:
                time.sleep(0.01)  # the server is gone: nothing was acknowledged
                continue
            with printing:
                os.write(1, f"{payload.hex()}\n".encode())

    for _ in range(_THREADS):
        threading.Thread(target=work).start()


def _show(registry: Registry, payload: bytes, folder: Path) -> None:
    from indelible.protection.publishing import register_and_show  # noqa: PLC0415

    record = make_record(payload, manifest_store=payload * 800)
    output = folder / f"{payload.hex()}.png"
    register_and_show(record, registry, payload * 5000, output, overwrite=False)


def _start(url: str, folder: Path | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.registry.killing", "--write", url]
    if folder is not None:
        command += ["--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT)


def kill_writer(url: str, delay: float, *, folder: Path | None = None) -> list[bytes]:
    """Start a writer, kill it some seconds after its first acknowledgement; return the ids."""
    process = _start(url, folder)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay)
    process.kill()
    rest = process.stdout.read()
    process.stdout.close()
    process.wait()
    return _ids(first + rest)


def kill_server(server: PostgresServer, url: str, delay: float, how: signal.Signals) -> list[bytes]:
    """Let a server die under a writer, which goes on when it is back; return the ids."""
    process = _start(url, None)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay)
    server.stop(how)
    server.start()
    time.sleep(delay)
    process.kill()
    rest = process.stdout.read()
    process.stdout.close()
    process.wait()
    return _ids(first + rest)


def _ids(printed: bytes) -> list[bytes]:
    whole = printed[: printed.rfind(b"\n") + 1]
    return [bytes.fromhex(line.decode()) for line in whole.split()]


def check(registry: SqlRegistry, acknowledged: list[bytes], folder: Path | None = None) -> None:
    """Make sure that nothing was lost, and that nothing leads nowhere."""
    assert acknowledged
    shown = [] if folder is None else [bytes.fromhex(path.stem) for path in folder.glob("*.png")]
    for payload in {*acknowledged, *shown}:
        (record,) = registry.find(ALGORITHM, payload)
        assert record.manifest_store == payload * 800
    if folder is not None:
        assert {*acknowledged} <= {*shown}
        assert all(path.read_bytes() == bytes.fromhex(path.stem) * 5000
                   for path in folder.glob("*.png"))  # fmt: skip
    dangling = (
        sa.select(sa.func.count())
        .select_from(BINDINGS)
        .outerjoin(MANIFESTS, MANIFESTS.c.manifest_id == BINDINGS.c.manifest_id)
        .where(MANIFESTS.c.manifest_store.is_(None))
    )
    assert registry._database.read(lambda connection: connection.execute(dangling).scalar()) == 0


def main() -> None:
    """Kill many, or be one of those that are killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.registry.killing", description=__doc__)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=200, help="writers to kill, of each kind")
    given = parser.parse_args()
    if given.write:
        write(given.write, given.folder)
    else:
        _kill_many(given.times)


def _kill_many(times: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        _kill_writers(sqlite_url(Path(name) / "put.sqlite3"), times, "SQLite, in mid-put")
        shown = Path(name) / "shown"
        shown.mkdir()
        _kill_writers(
            sqlite_url(Path(name) / "show.sqlite3"), times, "SQLite, in mid-protect", shown
        )
    if programs() is None:
        print("PostgreSQL was not found.")
        return
    server = PostgresServer(durable=True)
    try:
        _kill_writers(server.new_url(), times, "PostgreSQL, in mid-put")
        url = server.new_url()
        count = 0
        for _ in range(times // 10):
            how = random.choice([signal.SIGQUIT, signal.SIGKILL])
            ids = kill_server(server, url, random.uniform(0.05, 0.4), how)
            check(open_registry(url), ids)
            count += len(ids)
        print(f"PostgreSQL, the server: {times // 10} killed, {count} acknowledged, 0 lost")
    finally:
        server.remove()


def _kill_writers(url: str, times: int, what: str, folder: Path | None = None) -> None:
    ids: list[bytes] = []
    for _ in range(times):
        ids += kill_writer(url, random.uniform(0, 0.15), folder=folder)
    check(open_registry(url), ids, folder)
    print(f"{what}: {times} killed, {len(ids)} acknowledged, 0 lost", flush=True)


if __name__ == "__main__":
    main()
