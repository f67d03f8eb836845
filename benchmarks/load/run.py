"""What the service does under load, measured from another process.

    python -m benchmarks.load --workers 2 --seconds 60

Pictures are distinct JPEGs of one megapixel. In turns with the service, a bare loop in as many
processes verifies the same pictures without any service around it: other programs on the machine
then slow both down. Every request comes from an address of its own (127.1.x.y).
"""

from __future__ import annotations

import argparse
import asyncio
import io
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from benchmarks import images
from benchmarks._report import Report, axes, print_settings, show
from benchmarks._running import options, picture_options, single_thread
from benchmarks._systems import package_fingerprint
from benchmarks.load.client import Client, Tally
from benchmarks.load.server import verifier
from indelible.watermark import warm_up

__all__ = ["run"]

_PLACES: Final = 64  # service.queue
_SHAPE: Final = (864, 1152)  # one megapixel
_NICE: Final = 5  # as the service's workers: else what else runs here would slow these down less
_TURNS: Final = 3  # between the bare loop and the service
_LOADS: Final = (0.25, 0.5, 0.75, 0.9, 1.0, 1.2, 2.0, 4.0)  # of the capacity
_LONGEST_LIVEZ: Final = 100.0  # ms, at four times the capacity
_LEAST_SHARE: Final = 0.8  # of the bare loop


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("load", "The service under load.", jobs=False)
    picture_options(parser, limit=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the phase with 64 clients")
    parser.add_argument("--pictures", type=int, default=64, help="distinct pictures")
    parser.add_argument("--requests", type=int, default=2000, help="over which memory is watched")
    given = parser.parse_args(argv)
    settings = {
        "workers": given.workers,
        "seconds": given.seconds,
        "pictures": given.pictures,
        "requests": given.requests,
        "seed": given.seed,
        "machine_load_before": round(os.getloadavg()[0], 1),
        "package": package_fingerprint("indelible"),
    }
    print_settings(settings)
    pictures = list(_pictures(images.from_argument(given.images, given.limit), given.pictures))
    with _service(given.workers) as (port, pid):
        client = Client(port, pictures)
        reports, curve = asyncio.run(_measure(client, pid, pictures, given))
    folder = given.out
    folder.mkdir(parents=True, exist_ok=True)
    _draw(folder / "latency.png", curve)
    settings["machine_load_after"] = round(os.getloadavg()[0], 1)
    show(reports, folder, settings)


async def _measure(
    client: Client, pid: int, pictures: Sequence[bytes], given: argparse.Namespace
) -> tuple[list[Report], list[tuple[float, Tally]]]:
    """Go through all phases."""
    workers, seconds = int(given.workers), float(given.seconds)
    short = max(5.0, seconds / 4)
    await client.closed(2 * workers, 3.0)
    bare, capacity = await _throughput(client, pictures, workers, short)
    goals = Report("Goals", ["what", "found", "wanted", "kept"])
    share = capacity / bare
    goals.rows.append(
        ["throughput / bare loop", share, f">= {_LEAST_SHARE}", share >= _LEAST_SHARE]
    )
    goals.notes.append(f"Bare loop {bare:.2f}, service {capacity:.2f} pictures a second.")

    many = await client.closed(64, seconds)
    failures = sum(
        number for status, number in many.statuses.items() if status >= 500 or not status
    )
    goals.rows.append(["64 clients: 5xx or no answer", failures, "0", failures == 0])
    goals.notes.append(f"64 clients: {dict(many.statuses)}, p99 {many.percentile(99):.0f} ms.")

    livez = Tally()
    probe = asyncio.create_task(client.watch(livez, "/livez", 0.05))
    # Long enough for the queue to be full for most of it.
    over = await client.open(4 * capacity, max(short, 2 * _PLACES / (3 * capacity)))
    probe.cancel()
    slowest = livez.percentile(99)
    goals.rows.append(["/livez p99 at 4 x, ms", slowest, "<= 100", slowest <= _LONGEST_LIVEZ])
    goals.rows.append(
        ["refusals without Retry-After", over.without_retry, "0", over.without_retry == 0]
    )
    others = sum(n for status, n in over.statuses.items() if status not in (200, 429, 503))
    goals.rows.append(["at 4 x: neither 200, 429 nor 503", others, "0", others == 0])
    goals.notes.append(f"At 4 x the capacity: {dict(over.statuses)}.")

    alone = await client.closed(1, 3.0)
    stalled = await client.stall(200)
    beside = await client.closed(1, 5.0)
    for writer in stalled:
        writer.close()
    slower = beside.percentile(50) / alone.percentile(50)
    goals.rows.append(["200 slow sockets: latency, times", slower, "<= 1.5", slower <= 1.5])

    memory = await _memory(client, pid, given)
    goals.rows.append(["memory, KB a request", memory, "<= 1", memory <= 1.0])
    curve = [(load, await client.open(load * capacity, short)) for load in _LOADS]
    return [goals, _latencies(curve, capacity)], curve


async def _throughput(
    client: Client, pictures: Sequence[bytes], workers: int, seconds: float
) -> tuple[float, float]:
    """Return pictures a second of the bare loop and of the service, in turns."""
    bare, served = [], []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _prepare) as pool:
        list(pool.map(_bare, [pictures[:2]] * workers, [0.1] * workers))
        for _ in range(_TURNS):
            shares = [pictures[number::workers] for number in range(workers)]
            done = await asyncio.gather(
                *(
                    asyncio.get_running_loop().run_in_executor(pool, _bare, share, seconds / _TURNS)
                    for share in shares
                )
            )
            bare.append(sum(done))
            tally = await client.closed(4 * workers, seconds / _TURNS)
            served.append(tally.good / tally.took)
    return float(np.median(bare)), float(np.median(served))


def _prepare() -> None:
    os.nice(_NICE)
    single_thread()
    warm_up()


def _bare(pictures: Sequence[bytes], seconds: float) -> float:
    """Verify in a loop, and return how many a second."""
    tool = verifier()
    began, done = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        tool.verify(pictures[done % len(pictures)])
        done += 1
    return done / (time.monotonic() - began)


async def _memory(client: Client, pid: int, given: argparse.Namespace) -> float:
    """Return by how much the service's resident memory grows with each request, KB."""
    steps = 10
    each = max(1, int(given.requests) // steps)
    found = []
    for _ in range(steps):
        tally = Tally()
        for start in range(0, each, 8):
            batch = range(start, min(each, start + 8))
            await asyncio.gather(*(client.verify(tally, number) for number in batch))
        found.append(_resident(pid) / 1024)
    rest = found[steps // 3 :]
    return float(np.polyfit(each * np.arange(len(rest)), rest, 1)[0])


def _resident(pid: int) -> int:
    """Return the memory of a process and of all that it started, bytes."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    pages = 0
    for member in family:
        with suppress(OSError):
            pages += int(Path(f"/proc/{member}/statm").read_bytes().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _latencies(curve: Sequence[tuple[float, Tally]], capacity: float) -> Report:
    columns = ["load", "offered /s", "answered /s", "refused %", "p50 ms", "p95 ms", "p99 ms"]
    report = Report("Latency against load", columns)
    for load, tally in curve:
        total = sum(tally.statuses.values())
        report.rows.append(
            [
                load,
                load * capacity,
                tally.good / tally.took,
                100 * (1 - tally.good / total),
                *(tally.percentile(share) for share in (50, 95, 99)),
            ]
        )
    return report


def _draw(path: Path, curve: Sequence[tuple[float, Tally]]) -> None:
    with axes(path, "Latency of verified pictures against offered load") as (plot,):
        loads = [load for load, _ in curve]
        for share in (50, 95, 99):
            times = [tally.percentile(share) / 1000 for _, tally in curve]
            plot.plot(loads, times, marker="o", label=f"p{share}")
        plot.axvline(1.0, color="grey", linestyle=":")
        plot.set(xlabel="offered load / capacity", ylabel="seconds", yscale="log")
        plot.legend()


def _pictures(sources: Sequence[images.Source], number: int) -> Iterator[bytes]:
    """Yield distinct JPEGs of one megapixel."""
    for index in range(number):
        pixels = sources[index % len(sources)].load()
        pixels = np.roll(pixels, 37 * index, axis=index % 2)
        large = cv2.resize(pixels, _SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
        buffer = io.BytesIO()
        Image.fromarray(large).save(buffer, "JPEG", quality=85)
        yield buffer.getvalue()


@contextmanager
def _service(workers: int) -> Iterator[tuple[int, int]]:
    """Run the service; yield its port and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.load.server", str(port), str(workers)]
    process = subprocess.Popen(  # noqa: S603 - a module of our own
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                one.sendall(b"GET /readyz HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n")
                if b" 200 " in one.recv(100):
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the service ended before it was ready")
