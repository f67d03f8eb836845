"""The command line of the false-positive benchmark, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks import images
from benchmarks._report import Cell, Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.false_positives import scores
from benchmarks.false_positives.corpus import KINDS, unmarked
from benchmarks.peers import VERSIONS, environment
from indelible import watermark

__all__ = ["run"]

_BATCH = 20
_NOBODY = 500_000  # the ring's keys begin here: no other benchmark marks with them


@dataclass(frozen=True)
class Batch(Task):
    """Pictures number `first` to `last` - 1 of a run."""

    first: int
    last: int
    sources: tuple[images.Source, ...]
    ring: int
    forced_every: int
    peers: bool
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("false_positives", "Detections in pictures that carry no mark of the keys.")
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=None,
        help="folders of pictures (default: all inside scikit-image's wheel)",
    )
    parser.add_argument("--count", type=int, default=2000, help="pictures to look at")
    parser.add_argument("--ring", type=int, default=16, help="keys that each picture is tried with")
    parser.add_argument(
        "--forced-every",
        type=int,
        default=10,
        help="force decodings in every so-manieth picture, for the histogram; 0: in none",
    )
    parser.add_argument(
        "--peers", action="store_true", help="include pictures that other packages marked"
    )
    given = parser.parse_args(argv)
    sources = images.built_in(images.PHOTOGRAPHS + images.TEXTURES)
    if given.images:
        sources = [source for folder in given.images for source in images.folder(folder)]
    if given.peers:
        environment()
    # The number of pictures is no setting: a longer run goes on where a shorter one ended.
    settings = {
        "images": [str(folder) for folder in given.images or ["built-in"]],
        "pictures": len(sources),
        "ring": given.ring,
        "forced_every": given.forced_every,
        "peers": given.peers and VERSIONS,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"count": given.count, "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    shared = (given.ring, given.forced_every, given.peers, given.seed)
    work = [
        Batch(f"{first}-{last}", first, last, tuple(sources), *shared)
        for first in range(0, given.count, _BATCH)
        for last in [min(first + _BATCH, given.count)]
    ]
    records = run_tasks(work, look, store, jobs=given.jobs, label="looking")
    forced = [score for record in records for score in record["forced"]]
    reports = [count_table(records)]
    if len(forced) >= 20:
        reports.append(score_table(forced, given.ring))
        _plot(forced, given.ring, given.out)
    show(reports, given.out, settings | {"count": given.count})


@lru_cache(maxsize=4)
def _ring(size: int, seed: int) -> tuple[watermark.Key, ...]:
    first = _NOBODY + seed * size
    return tuple(watermark.Key.from_bytes(key_bytes(first + index)) for index in range(size))


def look(batch: Batch) -> list[Record]:
    """Look for the ring's keys in a batch of pictures."""
    ring = _ring(batch.ring, batch.seed)
    records: list[Record] = []
    for index in range(batch.first, batch.last):
        kind, picture = unmarked(index, batch.sources, batch.seed, peers=batch.peers)
        found = watermark.detect(picture, ring)
        force = batch.forced_every > 0 and index % batch.forced_every == 0
        record: Record = {"index": index, "kind": kind, "found": found.found}
        record["probability"] = found.false_positive_probability
        record["forced"] = scores.forced_scores(picture, ring[0]) if force else []
        records.append(record)
    return records


def count_table(records: Sequence[Record]) -> Report:
    """Return the table of what was found, kind by kind."""
    columns = ("kind", "pictures", "found", "95 % below")
    report = Report("Found in unmarked pictures", columns)
    for kind in [*KINDS, None]:
        mine = [record for record in records if kind in {None, record["kind"]}]
        if not mine:
            continue
        found = sum(record["found"] for record in mine)
        # Clopper and Pearson's one-sided bound: the "rule of three" where nothing was found.
        bound = float(stats.beta.ppf(0.95, found + 1, max(1, len(mine) - found)))
        if kind is None:
            report.rows.append(None)
        report.rows.append([kind or "all", len(mine), found, bound])
    wrong = [record["index"] for record in records if record["found"]]
    if wrong:
        report.notes.append(f"Found in pictures number {wrong}: each is a defect to look into.")
    return report


def score_table(forced: Sequence[float], ring: int) -> Report:
    """Return the table of forced decodings' scores, and what their fitted tail predicts."""
    limit = scores.threshold(ring)
    location, scale = stats.gumbel_r.fit(forced)
    report = Report("Scores of forced decodings", ("quantity", "value"))
    rows: list[list[Cell]] = [
        ["decodings", len(forced)],
        ["mean", float(np.mean(forced))],
        ["standard deviation", float(np.std(forced))],
        ["highest", float(np.max(forced))],
        ["score that counts as found", limit],
        ["fitted tail (Gumbel) at that score", float(stats.gumbel_r.sf(limit, location, scale))],
        ["bound at that score, whole search and ring", 1e-9],
    ]
    report.rows.extend(rows)
    report.notes.append(
        "Forced: the early rejection is off and the payload's check ignored, so that the likeliest "
        "of all code words is scored. A result counts as found only if the check holds too."
    )
    return report


def _plot(forced: Sequence[float], ring: int, folder: Path) -> None:
    limit = scores.threshold(ring)
    location, scale = stats.gumbel_r.fit(forced)
    with axes(folder / "scores.png", "Scores in unmarked pictures") as (plot,):
        edges = np.linspace(min(forced) - 0.5, max(limit, *forced) + 0.5, 80)
        plot.hist(forced, edges.tolist(), density=True, label=f"{len(forced)} forced decodings")
        grid = np.linspace(edges[0], edges[-1], 400)
        plot.plot(grid, stats.gumbel_r.pdf(grid, location, scale), label="fitted tail (Gumbel)")
        plot.axvline(limit, color="black", label="found from here, if the check holds")
        plot.set_yscale("log")
        plot.set_ylim(bottom=1e-9)
        plot.set_xlabel("score")
        plot.set_ylabel("density")
        plot.legend(fontsize=8)
