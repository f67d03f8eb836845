"""The registry over many records: look-ups, near duplicates, registrations, size.

::

    python -m benchmarks.registry --records 1000000

fills a registry in SQLite and one in PostgreSQL (where it is found; a server of its own is started)
and prints, for each, beside what this disk and this database can do at most:

- look-ups by binding, with the manifest, asked 500 times a second by a clock: a look-up that is
  late because the one before took long counts as long, too;
- look-ups of near duplicates, the first (which reads every hash) and the following ones, for one
  hash and for the eight of a picture that may have been turned or mirrored;
- registrations of one thread and of 32, all synced to the disk before they are acknowledged;
- bytes for each picture. Manifest stores are those of a real picture, signed by a development
  identity (7.6 kB with the reference that is signed into it), and random bytes (3.3 kB).
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import random
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from benchmarks._running import main
from indelible import protect
from indelible.credentials import create_identity
from indelible.registry import Record, StoredFingerprint, open_registry, sqlite_url
from indelible.registry._kernels.hamming import find_near
from indelible.registry.hash_blocks import Hashes
from indelible.registry.similar import HashIndex
from indelible.registry.sql import SqlRegistry
from indelible.watermark import Key
from tests.registry.servers import PostgresServer, programs

__all__ = ["run"]

_ALGORITHM = "org.indelible.dft.2"
_THREADS = 32
_GROUP = 1000  # records of one transaction while filling


def run(argv: Sequence[str] | None) -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.registry",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--records", type=int, default=20_000, help="records to fill in")
    add("--databases", nargs="*", default=["sqlite", "postgresql"], help="which to measure")
    add(
        "--more",
        type=int,
        default=3_300,
        help="random bytes in a manifest store, besides a real one of the development identity: "
        "a longer chain and a time stamp",
    )
    add(
        "--reference",
        type=int,
        default=0,
        help="bytes of a reference beside the manifest; `protect` keeps it in the manifest alone",
    )
    add("--hashes", type=int, default=1_000_000, help="hashes to look for near duplicates among")
    add("--rate", type=int, default=500, help="look-ups a second")
    add("--seconds", type=float, default=20, help="for how long")
    add("--registrations", type=int, default=5_000, help="records that 32 threads register")
    add("--folder", type=Path, default=None, help="where to fill; by default a temporary folder")
    add("--out", type=Path, default=Path(__file__).parent / "results" / "registry")
    given = parser.parse_args(argv)
    console = Console()
    results: dict[str, dict[str, float]] = {}
    for name in given.databases:
        if name == "postgresql" and programs() is None:
            console.print("PostgreSQL was not found.")
            continue
        with _registry(name, given.folder) as (registry, size, limits):
            results[name] = {**limits(), **_measure(registry, size, given, console)}
            console.print(_table(name, results[name]))
    if given.hashes:
        name = f"{given.hashes:,} hashes, no database"
        results[name] = _near_alone(given.hashes)
        console.print(_table(name, results[name]))
    given.out.mkdir(parents=True, exist_ok=True)
    settings = {
        "settings": {k: str(v) for k, v in vars(given).items()},
        "python": platform.python_version(),
    }
    (given.out / "result.json").write_text(json.dumps({**settings, "results": results}, indent=1))


@contextmanager
def _registry(
    name: str, folder: Path | None
) -> Iterator[tuple[SqlRegistry, Callable[[], int], Callable[[], dict[str, float]]]]:
    """Yield a registry, what measures its size in bytes, and what measures the limits."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as place:
            path = Path(place) / "registry.sqlite3"
            yield (
                open_registry(sqlite_url(path)),
                lambda: path.stat().st_size,
                lambda: _limits_of_sqlite(Path(place)),
            )
        return
    if folder is not None:
        tempfile.tempdir = str(folder)
    server = PostgresServer(durable=True)
    try:
        url = server.new_url()
        yield (
            open_registry(url),
            lambda: int(server.execute("SELECT pg_database_size('postgres')")[0][0]),
            lambda: _limits_of_postgres(server),
        )
    finally:
        server.remove()


# --- limits --------------------------------------------------------------------------------------


def _limits_of_sqlite(folder: Path) -> dict[str, float]:
    """Return what a bare file and a bare table do: the least that a durable write can cost."""
    with (folder / "bare").open("wb") as file:

        def sync() -> None:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

        syncs = _rate(sync, 200)
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, value BLOB)")
    inserts = _rate(
        lambda: connection.execute("INSERT INTO bare (value) VALUES (?)", [bytes(9000)]), 200
    )
    connection.close()
    return {"bare fsync, /s": syncs, "bare INSERT of 9 kB, /s": inserts}


def _limits_of_postgres(server: PostgresServer) -> dict[str, float]:
    registry = open_registry(server.new_url())
    database = registry._database  # noqa: SLF001
    database.write(lambda c: c.exec_driver_sql("CREATE TABLE bare (id serial, value bytea)"))
    bare = sa.text("INSERT INTO bare (value) VALUES (:value)")
    inserts = _rate(lambda: database.write(lambda c: c.execute(bare, {"value": bytes(9000)})), 200)
    return {"bare INSERT of 9 kB, /s": inserts}


def _rate(act: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        act()
    return times / (time.perf_counter() - start)


# --- measuring -----------------------------------------------------------------------------------


def _measure(
    registry: SqlRegistry, size: Callable[[], int], given: argparse.Namespace, console: Console
) -> dict[str, float]:
    draw = random.Random(1)
    registry.put(_record(draw, given))
    found = {
        "registrations of 1 thread, /s": _registrations(registry, draw, given, 1, 100),
        f"registrations of {_THREADS} threads, /s": _registrations(
            registry, draw, given, _THREADS, given.registrations
        ),
    }
    empty, before = size(), registry.count()
    start = time.perf_counter()
    payloads = _fill(registry, draw, given, console)
    found["filling in groups of 1000, /s"] = len(payloads) / (time.perf_counter() - start)
    found["bytes for each picture"] = (size() - empty) / max(1, registry.count() - before)
    found |= _look_up(registry, payloads, given)
    found |= _near(registry.find_similar, draw)
    found[f"registrations of {_THREADS} threads at the end, /s"] = _registrations(
        registry, draw, given, _THREADS, given.registrations
    )
    return found


def _record(draw: random.Random, given: argparse.Namespace) -> Record:
    return Record(
        manifest_id=f"urn:c2pa:{uuid.UUID(int=draw.getrandbits(128), version=4)}",
        algorithm=_ALGORITHM,
        payload=draw.randbytes(8),
        manifest_store=_real_store() + draw.randbytes(given.more),
        media_type="image/jpeg",
        generator="Acme Images 2.1",
        picture_sha256=draw.randbytes(32).hex(),
        width=1024,
        height=1024,
        fingerprint=StoredFingerprint(draw.randbytes(32), 80, draw.randbytes(given.reference)),
    )


@functools.cache
def _real_store() -> bytes:
    """Return what `protect` registers of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        registry = open_registry(sqlite_url(Path(folder) / "registry.sqlite3"))
        picture = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
        identity = create_identity(Path(folder) / "identity")
        made = protect(
            picture,
            signer=identity.signer,
            key=Key.generate(),
            registry=registry,
            generator="Acme Images 2.1",
        )
        record = registry.get(made.manifest_id)
    return b"" if record is None else record.manifest_store


def _registrations(
    registry: SqlRegistry, draw: random.Random, given: argparse.Namespace, threads: int, count: int
) -> float:
    records = [_record(draw, given) for _ in range(count)]
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(registry.put, records))
    return count / (time.perf_counter() - start)


def _fill(
    registry: SqlRegistry, draw: random.Random, given: argparse.Namespace, console: Console
) -> list[bytes]:
    payloads: list[bytes] = []
    with console.status("filling"):
        while len(payloads) < given.records:
            records = [_record(draw, given) for _ in range(_GROUP)]
            group = [registry.registration(one) for one in records]
            registry._group._commit(group)  # noqa: SLF001
            payloads += [one.payload for one in records]
    return payloads


def _look_up(
    registry: SqlRegistry, payloads: list[bytes], given: argparse.Namespace
) -> dict[str, float]:
    """Ask by a clock, whatever became of the question before."""
    waits: list[float] = []
    lock = threading.Lock()
    start = time.perf_counter() + 0.5

    def ask(number: int) -> None:
        due = start + number / given.rate
        time.sleep(max(0.0, due - time.perf_counter()))
        (_,) = registry.find(_ALGORITHM, random.choice(payloads))
        with lock:
            waits.append(time.perf_counter() - due)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(int(given.rate * given.seconds))))
    return _quantiles(f"look-up by binding at {given.rate}/s", waits)


def _near_alone(count: int) -> dict[str, float]:
    """Measure the scan of so many hashes, which is quicker to fill than a database."""
    hashes = np.frombuffer(np.random.default_rng(1).bytes(32 * count), np.uint64).reshape(-1, 4)
    index = HashIndex()
    index.add(lambda _: [Hashes(np.arange(count), hashes, 1)])
    nothing = Hashes(np.arange(0), hashes[:0])
    return _near(lambda queries: index.search(queries, 31, nothing), random.Random(2))


def _near(search: Callable[[list[bytes]], object], draw: random.Random) -> dict[str, float]:
    find_near.compile()  # or read from the cache: once for each process
    start = time.perf_counter()
    search([draw.randbytes(32)])
    found = {"near duplicates, the first time, ms": 1000 * (time.perf_counter() - start)}
    for hashes in (1, 8):
        waits = []
        for _ in range(50):
            queries = [draw.randbytes(32) for _ in range(hashes)]
            start = time.perf_counter()
            search(queries)
            waits.append(time.perf_counter() - start)
        found |= _quantiles(f"near duplicates of {hashes} hash{'es' * (hashes > 1)}", waits)
    return found


def _quantiles(what: str, waits: list[float]) -> dict[str, float]:
    p50, p99 = np.quantile(waits, [0.5, 0.99]) * 1000
    return {f"{what}, p50 ms": float(p50), f"{what}, p99 ms": float(p99)}


def _table(name: str, found: dict[str, Any]) -> Table:
    table = Table("", name)
    for what, value in found.items():
        table.add_row(what, f"{value:,.0f}" if value >= 100 else f"{value:.1f}")
    return table


if __name__ == "__main__":
    main(run)
