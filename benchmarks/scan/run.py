"""What a scan costs, against a bare loop in the same run.

    python -m benchmarks.scan --count 300

Pictures are JPEGs of one megapixel, 95 % of them without a mark. One core's throughput is that of a
loop in one process which reads and looks, and does nothing else; a loop in as many processes as
there are cores shows what else the machine does. The decoding loop is the least that anybody can
do. What a million pictures cost is the CPU time of the loop, which others lengthen least.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from benchmarks import images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import options, picture_options, single_thread
from benchmarks._systems import package_fingerprint
from benchmarks.scan.pictures import KEY, fill, large_pairs
from indelible import Verifier, imaging, watermark
from indelible.scan import Only, Progress, ScanOptions, scan
from indelible.scan.rows import Subject, scan_picture

__all__ = ["run"]

_PLACES: Final = ("images", "out", "restart")
_LEAST_SHARE: Final = 0.9  # of cores x one core's throughput
_ENOUGH: Final = watermark.ENOUGH_PIXELS


class Way(NamedTuple):
    """What is looked at."""

    name: str
    only: Only | None
    verifier: Verifier


def _ways() -> list[Way]:
    whole = Verifier(keys=KEY, registry=None, trust=None)
    headers = Verifier(keys=(), registry=None, trust=None, pixels=False)
    return [
        Way("everything", None, whole),
        Way("--only watermark", "watermark", whole),
        Way("--only credentials", "credentials", headers),
    ]


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("scan", "What a scan costs.", jobs=False)
    picture_options(parser, limit=8)
    parser.add_argument("--count", type=int, default=200, help="pictures of a scan")
    parser.add_argument("--counts", type=int, nargs="*", default=[], help="further, larger scans")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--marked", type=float, default=0.05, help="share of marked pictures")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each loop")
    parser.add_argument("--turns", type=int, default=3, help="of loops and scans; 0: CPU time only")
    parser.add_argument("--large", type=int, default=4, help="large pictures, in four versions")
    parser.add_argument("--root", type=int, default=3464, help="of their pixels, px: 12 megapixels")
    given = parser.parse_args(argv)
    settings = {name: value for name, value in vars(given).items() if name not in _PLACES}
    settings |= {
        "machine_load_before": round(os.getloadavg()[0], 1),
        "package": package_fingerprint("indelible"),
    }
    print_settings(settings)
    sources = images.from_argument(given.images, given.limit)
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.out) as folder:
        names = fill(Path(folder) / "in", given.count, sources, marked=given.marked)
        reports = [_costs(names, given)]
        if given.turns:
            reports += [_throughput(names, Path(folder), given), _legs(Path(folder) / "scan-0")]
        reports += [_sizes(sources, Path(folder), given)] if given.counts else []
    if given.large:
        reports.append(_scaled(sources, given.large, given.root))
    settings["machine_load_after"] = round(os.getloadavg()[0], 1)
    show(reports, given.out, settings)


# --- throughput -----------------------------------------------------------------------------------


def _throughput(names: list[str], folder: Path, given: argparse.Namespace) -> Report:
    """Compare the engine with loops, in turns: what else runs then slows all down alike."""
    report = Report(
        f"Pictures a second, {given.workers} cores",
        ["what", "loop, 1 core", "loop, all cores", "scan, all cores", "scan / (cores x 1 core)",
         "scan / loop", "its own process, CPU ms a picture"],
    )  # fmt: skip
    for number, way in enumerate(_ways()):
        found: dict[str, list[float]] = {"one": [], "all": [], "scan": [], "own": []}
        for _ in range(given.turns):
            seconds = given.seconds / given.turns
            found["one"] += [rate for rate, _ in _loops(way, names, 1, seconds)]
            every = _loops(way, names, given.workers, seconds)
            found["all"].append(sum(rate for rate, _ in every))
            rate, own = _scanned(way, names, folder / f"scan-{number}", given.workers)
            found["scan"].append(rate)
            found["own"].append(own)
        one, every_, engine, own = (float(np.median(each)) for each in found.values())
        share = engine / (given.workers * one)
        report.rows.append([way.name, one, every_, engine, share, engine / every_, own])
    report.notes.append(f"Wanted: scan / (cores x 1 core) >= {_LEAST_SHARE}, on quiet cores.")
    return report


def _costs(names: list[str], given: argparse.Namespace) -> Report:
    """Measure CPU time, which others on the machine lengthen less than time."""
    report = Report(
        "CPU time of a picture, one process",
        ["what", "ms", "times decoding", "decoding's share %", "core hours a million"],
    )
    decoding = _loops(None, names, 1, given.seconds)[0][1]
    report.rows.append(["decoding alone", 1000 * decoding, 1.0, 100.0, 1e6 * decoding / 3600])
    for way in _ways():
        took = _loops(way, names, 1, given.seconds)[0][1]
        share = float("nan") if way.only == "credentials" else 100 * decoding / took
        report.rows.append([way.name, 1000 * took, took / decoding, share, 1e6 * took / 3600])
    return report


def _loops(
    way: Way | None, names: list[str], count: int, seconds: float
) -> list[tuple[float, float]]:
    """Return of loops in so many processes pictures a second, and CPU seconds of a picture."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, single_thread) as pool:
        shares = [names[number::count] for number in range(count)]
        jobs = [pool.submit(_loop, way, share, seconds) for share in shares]
        return [job.result() for job in jobs]


def _loop(way: Way | None, names: list[str], seconds: float) -> tuple[float, float]:
    chosen = None if way is None else ScanOptions(way.verifier, only=way.only)
    _once(chosen, names[0])
    began, cpu, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        _once(chosen, names[done % len(names)])
        done += 1
    cpu = time.process_time() - cpu
    return done / (time.perf_counter() - began), cpu / done


def _once(chosen: ScanOptions | None, name: str) -> None:
    data = Path(name).read_bytes()
    if chosen is None:
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        return
    scan_picture(Subject(name, data), chosen)


def _scanned(way: Way, names: list[str], output: Path, workers: int) -> tuple[float, float]:
    """Return pictures a second of a scan, and its own process's share of the cores."""
    began = time.process_time()
    done = scan(
        names, output, verifier=way.verifier, only=way.only, workers=workers, force=True,
        shard_size=100,
    )  # fmt: skip
    return done.rate, 1000 * (time.process_time() - began) / len(names)


# --- where the time goes --------------------------------------------------------------------------


def _legs(output: Path) -> Report:
    """Say what the time of a picture goes to, by the rows of a scan of everything."""
    table = pq.read_table(output / "parquet")
    legs = ("read", "credential", "watermark", "registry", "fingerprint", "total")
    times = {leg: np.nanmean(np.asarray(table[f"{leg}_ms"], float)) for leg in legs}
    decode = np.median([_decoding_ms(name) for name in table["uri"].to_pylist()[:50]])
    report = Report("Milliseconds of a picture, everything", ["leg", "ms", "% of all"])
    rows = [(f"{leg}", times[leg]) for leg in legs[:-1]]
    rows += [("of the watermark: decoding", float(decode)), ("all but reading", times["total"])]
    for name, value in rows:
        report.rows.append([name, float(value), float(100 * value / times["total"])])
    return report


def _decoding_ms(name: str) -> float:
    data = Path(name).read_bytes()
    began = time.perf_counter()
    imaging.open_image(data).decode(tolerant=True, enough=_ENOUGH)
    return 1000 * (time.perf_counter() - began)


# --- many -----------------------------------------------------------------------------------------


def _sizes(sources: Sequence[images.Source], folder: Path, given: argparse.Namespace) -> Report:
    """Scan more and more pictures: the rate and the memory have to stay."""
    report = Report("Size", ["pictures", "a second", "memory of its own process, MiB"])
    way = _ways()[0]
    for count in given.counts:
        names = fill(folder / f"in-{count}", count, sources, marked=given.marked)
        last: list[tuple[Progress, int]] = []

        def tell(progress: Progress, last: list[tuple[Progress, int]] = last) -> None:
            last[:] = [(progress, _resident())]

        scan(
            [str(folder / f"in-{count}")], folder / f"out-{count}", verifier=way.verifier,
            workers=given.workers, progress=tell,
        )  # fmt: skip
        report.rows.append([len(names), last[-1][0].rate, last[-1][1] / 2**20])
    return report


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# --- scaled decoding ------------------------------------------------------------------------------


def _scaled(sources: Sequence[images.Source], count: int, root: int) -> Report:
    """Find marks in large pictures that are decoded whole, and at a fraction of the sides."""
    found: dict[str, dict[bool, list[tuple[bool, float, float]]]] = {}
    for name, data in large_pairs(sources, count, root):
        for whole in (True, False):
            began = time.perf_counter()
            enough = None if whole else _ENOUGH
            picture = imaging.open_image(data).decode(tolerant=True, enough=enough)
            decoded = time.perf_counter()
            mark = watermark.detect(watermark.View(picture.pixels, picture.scale), KEY)
            ended = time.perf_counter()
            entry = (mark.found, 1000 * (decoded - began), 1000 * (ended - decoded))
            found.setdefault(name, {}).setdefault(whole, []).append(entry)
    report = Report(
        f"Large pictures ({root * root / 1e6:.0f} MP), decoded whole and scaled",
        ["version", "found, whole", "found, scaled", "decode ms, whole", "decode ms, scaled",
         "detect ms, whole", "detect ms, scaled"],
    )  # fmt: skip
    for name, ways in found.items():
        both = [np.array(ways[way], float) for way in (True, False)]
        report.rows.append(
            [name, *(f"{int(each[:, 0].sum())}/{len(each)}" for each in both),
             *(float(np.median(each[:, column])) for column in (1, 2) for each in both)]
        )  # fmt: skip
    return report
