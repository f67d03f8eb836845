"""The command line of the speed benchmark, and its tables."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._report import Cell, Report, axes, print_settings, show
from benchmarks._running import Record, SettingsError, Store, Task, options, run_tasks
from benchmarks._systems import engine_fingerprint, package_fingerprint
from benchmarks.peers import METHODS, VERSIONS, environment
from benchmarks.speed.credentials import (
    SIZE,
    CredentialTimings,
    available,
    time_credentials,
)
from benchmarks.speed.startup import COMMANDS, process_ratios
from benchmarks.speed.threads import Threads, thread_promises, thread_table, time_threads
from benchmarks.speed.timings import SIZES, PeerTimings, Timings, time_operations
from benchmarks.speed.whole import (
    WHOLE_SIZES,
    WholeTimings,
    time_whole,
    whole_promises,
    whole_table,
)
from benchmarks.speed.worst import WorstTimings, time_worst, worst_promises, worst_table

__all__ = ["run"]

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class _Fresh(Task):
    """Probes in fresh processes."""

    rounds: int


@dataclass(frozen=True)
class _Processes(Task):
    """Commands from the start of their process to its end."""

    rounds: int
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("speed", "Times as multiples of a JPEG of the same picture.", jobs=False)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=9, help="rounds; the table shows medians")
    parser.add_argument(
        "--no-fresh", action="store_true", help="leave out what needs fresh processes"
    )
    parser.add_argument(
        "--whole",
        nargs="*",
        choices=list(WHOLE_SIZES),
        default=["1 MP", "12 MP"],
        help="sizes at which protect and verify are timed from end to end",
    )
    parser.add_argument(
        "--only-whole", action="store_true", help="time protect and verify, and nothing else"
    )
    parser.add_argument("--peers", action="store_true", help="time other packages too, at 1024")
    given = parser.parse_args(argv)
    settings = {
        "sizes": given.sizes,
        "rounds": given.rounds,
        "fresh": not given.no_fresh,
        "whole": given.whole,
        "only_whole": given.only_whole,
        "peers": given.peers and VERSIONS,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "credentials": package_fingerprint("indelible.credentials") if available() else None,
        "package": package_fingerprint("indelible") if given.whole else None,
        "clock": "processor time of one process, OpenCV on one thread; medians",
    }
    print_settings(settings)
    store = Store(given.out, settings, restart=given.restart)
    work = [] if given.only_whole else _parts(given)
    if available():  # without the C2PA library nothing is signed
        work += [
            WholeTimings(f"whole, {size}", size, given.rounds, given.seed) for size in given.whole
        ]
    probe = None if given.no_fresh else _memory_of_a_call
    records = run_tasks(work, partial(_measure, probe=probe), store, label="timing")
    reports = [whole_table(records), promise_table(records)]
    if not given.only_whole:
        reports.insert(0, time_table(records))
        reports += [worst_table(records), thread_table(records), process_table(records)]
        _plot(records, given.out)
    show([report for report in reports if report.rows], given.out, settings)


def _parts(given: argparse.Namespace) -> list[Task]:
    """Return the work on the engine, the credentials, peers, and in fresh processes."""
    work: list[Task] = [Timings(size, size, given.rounds, given.seed) for size in given.sizes]
    work.append(WorstTimings("dearest pictures", min(5, given.rounds), given.seed))
    if available():
        work.append(Threads("two threads", min(5, given.rounds), given.seed))
        work.append(CredentialTimings("credentials", given.rounds, given.seed))
    if given.peers:
        environment()
        work += [PeerTimings(method, method, "1024", given.seed) for method in METHODS]
    if not given.no_fresh:
        work.append(_Fresh("fresh processes", min(5, given.rounds)))
        work.append(_Processes("whole processes", given.rounds, given.seed))
    return work


def _memory_of_a_call(*arguments: str) -> dict[str, float]:
    return _probe("memory of a call", *arguments)


def _measure(task: Task, probe: Callable[..., dict[str, float]] | None) -> list[Record]:
    match task:
        case WholeTimings():
            records = time_whole(task, probe)
        case WorstTimings():
            records = time_worst(task)
        case _Fresh():
            records = [{"operation": "fresh processes", **_fresh(task.rounds)}]
        case _Processes():
            ratios = process_ratios(task.rounds, task.seed)
            records = [{"operation": f"process: {name}", **ratios[name]} for name in COMMANDS]
        case CredentialTimings():
            records = time_credentials(task)
        case Threads():
            records = time_threads(task)
        case Timings() | PeerTimings():
            records = time_operations(task)
        case _:
            raise TypeError(task)
    return records


def _fresh(rounds: int) -> dict[str, float]:
    """Run the probes; imports are timed in turns, after one that warms the disk's cache."""
    with tempfile.TemporaryDirectory() as cache:
        cold = _probe("first call", numba_cache=cache)
        warm = [_probe("first call", numba_cache=cache) for _ in range(rounds)]
    _probe("imports alone")
    pairs = [(_probe("imports alone"), _probe("import engine")) for _ in range(rounds)]
    alone = statistics.median(trio["seconds"] for trio, _ in pairs)
    first = statistics.median(probe["imports"] + probe["calls"] for probe in warm)
    return {
        "import_ratio": statistics.median(
            engine["seconds"] / trio["seconds"] for trio, engine in pairs
        ),
        "imports_seconds": alone,
        "first_call_ratio": first / alone,
        "compile_seconds": cold["processor"] - min(probe["processor"] for probe in warm),
        "memory_embed": _probe("memory of embed")["times_picture"],
        "memory_detect": _probe("memory of detect")["times_picture"],
    }


def _probe(name: str, *arguments: str, numba_cache: str | None = None) -> dict[str, float]:
    surroundings = os.environ | ({"NUMBA_CACHE_DIR": numba_cache} if numba_cache else {})
    command = [sys.executable, "-m", "benchmarks.speed.probe", name, *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=_ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SettingsError(f"The probe {name!r} failed:\n{done.stderr}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def time_table(records: Sequence[Record]) -> Report:
    """Return the table of times, size by size."""
    columns = ("operation", "size", "ms", "x JPEG encode", "x JPEG decode")
    report = Report("Times", columns)
    size = ""
    for record in records:
        if "milliseconds" not in record:
            continue
        if size not in {"", record["size"]}:
            report.rows.append(None)
        size = record["size"]
        row: list[Cell] = [record["operation"], size, record["milliseconds"]]
        report.rows.append([*row, record["per_encode"], record["per_decode"]])
    return report


def process_table(records: Sequence[Record]) -> Report:
    """Return the table of whole processes of the command line."""
    columns = ("command", "x imports of numpy, numba and scipy.fft", "x empty Python")
    report = Report("Whole processes, JPEGs of 1024 x 1024 px", columns)
    for record in records:
        if "per_python" in record:
            name = record["operation"].removeprefix("process: ")
            report.rows.append([name, record["per_imports"], record["per_python"]])
    return report


def promise_table(records: Sequence[Record]) -> Report:
    """Return the table of promises: what was measured, what is promised, whether it is kept."""
    by_key = {(r["operation"], r.get("size", "")): r for r in records if "operation" in r}
    report = Report("Promises", ("promise", "measured", "at most", "at least", "kept"))

    def value(operation: str, size: str, field: str) -> float | None:
        record: dict[str, Any] = by_key.get((operation, size), {})
        found = record.get(field)
        return None if found is None else float(found)

    def ratio(above: float | None, below: float | None) -> float | None:
        return None if above is None or below is None else above / below

    def add(title: str, measured: float | None, limit: float, *, least: bool = False) -> None:
        if measured is not None:
            kept = measured >= limit if least else measured <= limit
            limits: list[Cell] = [None, limit] if least else [limit, None]
            report.rows.append([title, measured, *limits, kept])

    fresh, warm_ms, per_decode = "fresh processes", "milliseconds", "per_decode"
    add("embed / JPEG encode, 1024", value("embed", "1024", "per_encode"), 3)
    for operation in ("detect, upright", "detect, turned 30 degrees", "reject, unmarked"):
        title = f"{operation} / JPEG decode, 1024"
        add(title, value(operation, "1024", per_decode), 12)
    large = value("detect, upright", "12 MP", warm_ms)
    small = value("detect, upright", "1024", warm_ms)
    add("detect at 12 MP / at 1 MP", ratio(large, small), 2.5)
    ring = value("reject, ring of 16", "1024", warm_ms)
    one = value("reject, unmarked", "1024", warm_ms)
    add("ring of 16 keys / one key, unmarked", ratio(ring, one), 2.5)
    add("peak memory of embed at 12 MP / picture", value(fresh, "", "memory_embed"), 6)
    for title, found, least in thread_promises(records):
        add(title, found, least, least=True)
    add("import / numpy, numba and scipy.fft", value(fresh, "", "import_ratio"), 1.5)
    add("first embed and detect / imports, warm", value(fresh, "", "first_call_ratio"), 3)
    for name, limit in (("--version", 0.4), ("verify, unmarked", 2.4), ("verify, protected", 2.4)):
        title = f"process of {name} / process of the imports"
        add(title, value(f"process: {name}", "", "per_imports"), limit)
    add("compiling without a cache, s of one core", value(fresh, "", "compile_seconds"), 30)
    for name, limit in (("sign", 2), ("read", 3)):
        measured = value(f"credentials: {name}", SIZE, "per_bare")
        add(f"{name} credentials / bare C2PA library", measured, limit)
    for title, found, most in (*worst_promises(records), *whole_promises(records)):
        add(title, found, most)
    if not available():
        report.notes.append("Credentials were not timed: c2pa-python is not installed.")
    return report


def _plot(records: Sequence[Record], folder: Path) -> None:
    measured = [r for r in records if "milliseconds" in r and ":" not in r["operation"]]
    with axes(folder / "speed.png", "Processor time by size of the picture") as (plot,):
        for operation in dict.fromkeys(record["operation"] for record in measured):
            mine = [record for record in measured if record["operation"] == operation]
            pixels = [SIZES[r["size"]][0] * SIZES[r["size"]][1] / 1e6 for r in mine]
            dashed = "JPEG" in operation or "FFT" in operation
            style = "--" if dashed else "-"
            plot.plot(pixels, [r["milliseconds"] for r in mine], style, marker="o", label=operation)
        plot.set_xscale("log")
        plot.set_yscale("log")
        plot.set_xlabel("megapixels")
        plot.set_ylabel("milliseconds")
        plot.grid(visible=True, which="both", alpha=0.3)
        plot.legend(fontsize=8)
