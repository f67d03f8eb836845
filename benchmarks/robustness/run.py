"""The command line of the robustness benchmark, and its plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Cell, Report, bars, print_settings, show
from benchmarks._running import SettingsError, Store, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint
from benchmarks.peers import METHODS, VERSIONS, environment
from benchmarks.robustness import tables, trials
from benchmarks.robustness.tables import OURS

__all__ = ["run"]

_DEFAULT_GROUPS = [name for name in attacks.groups() if name not in {"seal", "waves", "removal"}]


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("robustness", "Exact recovery of the payload, attack by attack.")
    picture_options(parser)
    parser.add_argument(
        "--groups",
        nargs="*",
        default=_DEFAULT_GROUPS,
        metavar="NAME",
        help=f"groups of named attacks, or attacks; groups: {', '.join(attacks.groups())}",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=0,
        help="random attacks to draw for each promised row",
    )
    parser.add_argument(
        "--workloads",
        nargs="*",
        default=list(attacks.WORKLOADS),
        choices=list(attacks.WORKLOADS),
        metavar="NAME",
        help=f"rows to draw for: {', '.join(attacks.WORKLOADS)}",
    )
    parser.add_argument("--quality", choices=("standard", "high"), default="standard")
    parser.add_argument(
        "--peers",
        action="store_true",
        help="run other packages too, in an environment of their own: named attacks only; slow",
    )
    options_given = parser.parse_args(argv)
    try:
        chosen = attacks.select(options_given.groups)
    except KeyError as error:
        raise SettingsError(f"There is no attack or group named {error}.") from None
    sources = images.from_argument(options_given.images, options_given.limit)
    systems = [OURS]
    if options_given.peers:
        environment()
        systems += METHODS
    settings = {
        "images": options_given.images or "built-in",
        "pictures": [source.name for source in sources],
        "groups": options_given.groups,
        "draws": options_given.draws,
        "workloads": options_given.workloads,
        "quality": options_given.quality,
        "systems": systems,
        "seed": options_given.seed,
        "engine": engine_fingerprint(),
        "ssim": measures.SSIM_SETTINGS,
    }
    if options_given.peers:
        settings["peers"] = VERSIONS
    print_settings(settings | {"pictures": len(sources), "jobs": options_given.jobs})
    store = Store(options_given.out, settings, restart=options_given.restart)
    how = {"quality": options_given.quality, "seed": options_given.seed}
    work = [task for system in systems for task in trials.named(system, sources, chosen, **how)]
    for name in options_given.workloads if options_given.draws else ():
        row = attacks.WORKLOADS[name]
        # Peers meet the named attacks only: their rows are zeros, and they are slow.
        work += trials.draws(OURS, sources, row, options_given.draws, **how)
    records = run_tasks(work, trials.try_attacks, store, jobs=options_given.jobs, label="attacking")
    named, drawn = tables.attack_table(records), tables.row_table(records)
    peers = tables.peer_tables(records, systems)
    reports = [named, *peers, drawn, tables.cost_table(records, systems)]
    reports.append(tables.miss_table(records))
    _plot(peers[0] if peers else named, drawn, options_given.out)
    show([report for report in reports if report.rows], options_given.out, settings)


def _plot(named: Report, drawn: Report, folder: Path) -> None:
    rows = [row for row in named.rows if row is not None]
    if rows:
        shares = {name: index for index, name in enumerate(named.columns[1:], 1)}
        if "exact" in shares:
            shares = {OURS: shares["exact"]}
        series = {name: [_number(row[index]) for row in rows] for name, index in shares.items()}
        labels = [str(row[0]) for row in rows]
        title = "Payloads recovered exactly after an attack"
        bars(folder / "attacks.png", title, labels, series, axis="share of pictures")
    rows = [row for row in drawn.rows if row is not None]
    if rows:
        series = {OURS: [_number(row[2]) for row in rows]}
        labels, floors = [str(row[0]) for row in rows], [_number(row[4]) for row in rows]
        title = "Payloads recovered exactly after random draws"
        bars(folder / "draws.png", title, labels, series, axis="share of draws", marks=floors)


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, (int, float)) else math.nan
