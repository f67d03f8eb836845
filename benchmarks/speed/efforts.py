"""What each effort of a search costs on unmarked pictures, one by one.

Run it as ``python -m benchmarks.speed.efforts --images my/photographs --generated my/generated``.
A search ends early where a mark is found, so that an unmarked picture costs most. Pictures are
resized to a megapixel, as they are. In each round short searches are repeated, so that a busy
machine slows all alike; the table shows the round of the median ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, get_args

from benchmarks import images
from benchmarks._measures import mean, timed
from benchmarks._report import Report, print_settings, show
from benchmarks._running import (
    Record,
    Store,
    Task,
    main,
    options,
    picture_options,
    run_tasks,
    single_thread,
)
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.images import Source
from indelible import watermark
from indelible.choices import Effort

__all__ = ["PROMISES", "effort_table", "measure", "run"]

PROMISES: Final = {"quick": 0.7, "thorough": 25.0}
"""At most so many times a standard search, where nothing is found."""

_SIDE = 1024.0
_REPEATS: Final = {"quick": 20, "standard": 20, "thorough": 1}


@dataclass(frozen=True)
class Efforts(Task):
    """One picture, searched with each effort, `rounds` times."""

    source: Source
    rounds: int
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("speed.efforts", "What each effort costs on unmarked pictures.", jobs=False)
    picture_options(parser, limit=6, generated=True)
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median counts")
    given = parser.parse_args(argv)
    sources = images.from_folders(given.images, given.generated, given.limit)
    settings = {
        "images": [source.name for source in sources],
        "rounds": given.rounds,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "clock": "processor time of one process; the median round",
    }
    print_settings(settings)
    tasks = [Efforts(source.name, source, given.rounds, given.seed) for source in sources]
    records = run_tasks(tasks, measure, Store(given.out, settings, restart=given.restart))
    show([effort_table(records)], given.out, settings)


def measure(task: Efforts) -> list[Record]:
    """Search one picture with each effort."""
    single_thread()
    picture = images.resize_area(task.source.load(), _SIDE)
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    searches = {
        effort: partial(watermark.detect, picture, key, effort=effort)
        for effort in get_args(Effort)
    }
    found = any(search().found for search in searches.values())
    rounds = [
        {
            name: mean([timed(call)[1] for _ in range(_REPEATS[name])])
            for name, call in searches.items()
        }
        for _ in range(task.rounds)
    ]
    rounds.sort(key=lambda one: one["thorough"] / one["standard"])
    return [{"picture": task.source.name, "found": found, "seconds": rounds[len(rounds) // 2]}]


def effort_table(records: Sequence[Record]) -> Report:
    """Return each picture's times, and whether the promises hold for all of them."""
    report = Report("Efforts, nothing found", ("picture", "standard, ms", "x quick", "x thorough"))
    ratios: dict[str, list[float]] = {effort: [] for effort in PROMISES}
    for record in records:
        seconds = record["seconds"]
        mine = [seconds[effort] / seconds["standard"] for effort in PROMISES]
        for effort, ratio in zip(PROMISES, mine, strict=True):
            ratios[effort].append(ratio)
        report.rows.append([record["picture"], 1e3 * seconds["standard"], *mine])
        if record["found"]:
            report.notes.append(f"A mark was found in {record['picture']}.")
    report.rows.append(None)
    report.rows.append(["most", None, *(max(values) for values in ratios.values())])
    report.rows.append(["at most", None, *PROMISES.values()])
    return report


if __name__ == "__main__":
    main(run)
