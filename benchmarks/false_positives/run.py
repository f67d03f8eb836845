"""The command line of the false-positive benchmark, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scipy import stats

from benchmarks import images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import Record, Store, Task, options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.false_positives import scores, tails
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
        reports.append(tails.score_table(forced, given.ring))
        tails.plot_scores(
            forced,
            given.out / "scores.png",
            ring=given.ring,
            pictures=len(records),
            forced_in=sum(bool(record["forced"]) for record in records),
            found=sum(record["found"] for record in records),
        )
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
