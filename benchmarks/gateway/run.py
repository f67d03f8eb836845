"""What the gateway costs beside a bare proxy, or with ``--consent``, which pictures it refuses.

    python -m benchmarks.gateway --sides 512 1024
    python -m benchmarks.gateway --consent --pictures my/photographs --count 40

Both proxies stand before the same server, which has its pictures ready, and are asked in turns, so
that whatever else runs on the machine slows both down.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import numpy as np

from benchmarks._report import Report, print_settings, show
from benchmarks._running import options, single_thread
from benchmarks._systems import package_fingerprint
from benchmarks.gateway import consent
from benchmarks.gateway.servers import pictures, protector

__all__ = ["run"]

_TURNS: Final = 3
_ROUTES: Final = ("words", "generations", "edits")
_PATHS: Final = {
    "words": "/v1/chat/completions",
    "generations": "/v1/images/generations",
    "edits": "/v1/images/edits",
}
_KINDS: Final = ("bare", "gateway", "gate")


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("gateway", __doc__ or "", jobs=False)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024], help="of pictures, px")
    parser.add_argument("--format", choices=("png", "jpeg", "webp"), default="png")
    parser.add_argument("--clients", type=int, default=4, help="who ask at a time, for requests/s")
    parser.add_argument("--seconds", type=float, default=6.0, help="for each number")
    parser.add_argument("--consent", action="store_true", help="measure what is refused instead")
    parser.add_argument("--pictures", type=Path, default=None, help="folder of photographs")
    parser.add_argument("--count", type=int, default=40, help="photographs that are signed")
    parser.add_argument("--unmarked", type=int, default=300, help="pictures that are not")
    given = parser.parse_args(argv)
    single_thread()
    given.out.mkdir(parents=True, exist_ok=True)
    settings = {name: str(value) for name, value in vars(given).items()}
    settings["package"] = package_fingerprint("indelible")
    settings["machine_load_before"] = f"{os.getloadavg()[0]:.1f}"
    print_settings(settings)
    if given.consent:
        reports = consent.refusals(given.pictures, given.count, given.unmarked, given.seed)
    else:
        reports = [_cost(side, given.format, given.clients, given.seconds) for side in given.sides]
    settings["machine_load_after"] = f"{os.getloadavg()[0]:.1f}"
    show(reports, given.out, settings)


@dataclass
class _Found:
    """What was measured of one server on one route."""

    alone: list[float] = field(default_factory=list)  # ms, one client
    rates: list[float] = field(default_factory=list)  # requests a second, several
    failed: int = 0


def _cost(side: int, format: str, clients: int, seconds: float) -> Report:
    """Ask three proxies in turns, for words, pictures and edits."""
    report = Report(
        f"{format.upper()} of {side} x {side} px",
        ("route", "server", "ms", "times bare", "added ms", "of which protecting", "requests/s",
         "times bare ", "failed"),
    )  # fmt: skip
    alone = _protecting(side, format)
    body = _bodies(side, format)
    with _servers(side, format) as addresses:
        for route in _ROUTES:
            found = {kind: _Found() for kind in _KINDS}
            for turn in range(_TURNS + 1):
                for kind, address in addresses.items():
                    one = _Found() if turn == 0 else found[kind]  # the first warms up
                    asyncio.run(
                        _ask(one, address + _PATHS[route], body[route], clients, seconds / _TURNS)
                    )
            bare = found["bare"]
            for kind, one in found.items():
                ms, rate = float(np.median(one.alone)), float(np.median(one.rates))
                base, most = float(np.median(bare.alone)), float(np.median(bare.rates))
                added = ms - base
                share = alone / added if added > 0 and route != "words" else float("nan")
                report.rows.append(
                    [route, kind, ms, ms / base, added, share, rate, rate / most, one.failed]
                )
            report.rows.append(None)
    report.notes.append(
        f"Protecting one of these pictures alone took {alone:.0f} ms. ms: median of one client; "
        f"requests/s: {clients} clients. bare: a proxy that looks at nothing; gate: with a consent "
        "gate, which looks for marks in each input of an edit."
    )
    return report


def _protecting(side: int, format: str) -> float:
    """Return what protecting a picture takes without any server, ms."""
    with tempfile.TemporaryDirectory() as folder:
        tool, times = protector(Path(folder)), []
        for data in pictures(side, format):
            began = time.perf_counter()
            tool.protect(data, strip=True)
            times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[1:]))


def _bodies(side: int, format: str) -> dict[str, bytes]:
    encoded = base64.b64encode(pictures(side, format)[0]).decode()
    edit = {"prompt": "bluer", "images": [{"image_url": f"data:image/{format};base64,{encoded}"}]}
    words = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    asked = {"words": words, "generations": {"prompt": "a face"}, "edits": edit}
    return {name: json.dumps(value).encode() for name, value in asked.items()}


async def _ask(found: _Found, url: str, body: bytes, clients: int, seconds: float) -> None:
    """Ask as one client, then as several."""
    headers = {"Content-Type": "application/json"}
    async with httpx2.AsyncClient(timeout=120, headers=headers) as client:

        async def once() -> float | None:
            began = time.perf_counter()
            answer = await client.post(url, content=body)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                found.failed += 1
                return None
            return 1000 * took

        until = time.perf_counter() + seconds / 2
        while time.perf_counter() < until:
            took = await once()
            if took is not None:
                found.alone.append(took)
        done, began = 0, time.perf_counter()

        async def again_and_again() -> None:
            nonlocal done
            while time.perf_counter() < began + seconds / 2:
                done += await once() is not None

        await asyncio.gather(*(again_and_again() for _ in range(clients)))
        found.rates.append(done / (time.perf_counter() - began))


@contextlib.contextmanager
def _servers(side: int, format: str) -> Iterator[dict[str, str]]:
    """Start the server and the three proxies before it; give the proxies' addresses."""
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(_server("upstream", str(side), format))
        yield {kind: stack.enter_context(_server(kind, upstream)) for kind in _KINDS}


@contextlib.contextmanager
def _server(kind: str, *rest: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - this benchmark
        [sys.executable, "-m", "benchmarks.gateway.servers", kind, str(port), *rest]
    )
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > until:
                raise TimeoutError(f"{kind} did not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
