"""The command line of the everyday benchmark."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from benchmarks import images
from benchmarks._report import print_settings, show
from benchmarks._running import Record, Store, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint
from benchmarks.attacks.everyday import EVERYDAY
from benchmarks.everyday import rows, tables
from benchmarks.everyday.again import AGAIN, Again, mark_again
from benchmarks.robustness.trials import Trials, try_attacks
from indelible.choices import DEFAULT_STRENGTH, Strength

__all__ = ["run"]


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("everyday", "Exact recovery after everyday paths beyond the promised rows.")
    picture_options(parser)
    parser.add_argument(
        "--generated",
        type=Path,
        default=None,
        help="a second folder, of generated pictures: they take turns with the others",
    )
    parser.add_argument("--draws", type=int, default=8, help="trials of each row, about")
    parser.add_argument(
        "--rows",
        nargs="*",
        default=list(rows.NAMES),
        choices=rows.NAMES,
        metavar="NAME",
        help=f"rows to fill: {'; '.join(rows.NAMES)}",
    )
    parser.add_argument("--strength", choices=get_args(Strength), default=DEFAULT_STRENGTH)
    parser.add_argument("--effort", default=None, help="of the search (default: the detector's)")
    given = parser.parse_args(argv)
    sources = images.from_folders(given.images, given.generated, given.limit)
    skipped = [name for name in given.rows if _lacks(name)]
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "rows": given.rows,
        "skipped": skipped,
        "draws": given.draws,
        "strength": given.strength,
        "effort": given.effort,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    note = f"SKIPPED, for there is no ffmpeg on PATH: {'; '.join(skipped)}." if skipped else ""
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    how = rows.How(given.strength, given.seed, given.effort)
    work: list[Trials | Again] = []
    for name in given.rows:
        if name in AGAIN:
            work += rows.again(name, sources, given.draws, how)
        elif name not in skipped:
            work += rows.trials(name, sources, given.draws, how)
    records = run_tasks(work, measure, store, jobs=given.jobs, label="attacking")
    reports = [tables.row_table(records), tables.document_table(records)]
    reports += [tables.path_table(records), tables.miss_table(records)]
    if note:
        reports[0].notes.append(note)
    show([report for report in reports if report.rows], given.out, settings)


def measure(task: Trials | Again) -> list[Record]:
    """Do a task of either kind."""
    return mark_again(task) if isinstance(task, Again) else try_attacks(task)


def _lacks(name: str) -> bool:
    """Return whether a row needs a program that is not here."""
    tool = EVERYDAY[name].tool if name in EVERYDAY else None
    return tool is not None and shutil.which(tool) is None
