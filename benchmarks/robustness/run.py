"""The command line of the robustness benchmark, and its tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Cell, Report, bars, print_settings, show
from benchmarks._running import (
    Record,
    SettingsError,
    Store,
    options,
    picture_options,
    run_tasks,
)
from benchmarks._systems import engine_fingerprint
from benchmarks.peers import METHODS, environment
from benchmarks.robustness import trials

__all__ = ["run"]

_OURS = "indelible"
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
        help="run other packages too, in an environment of their own",
    )
    options_given = parser.parse_args(argv)
    try:
        chosen = attacks.select(options_given.groups)
    except KeyError as error:
        raise SettingsError(f"There is no attack or group named {error}.") from None
    sources = images.from_argument(options_given.images, options_given.limit)
    systems = [_OURS]
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
    print_settings(settings | {"pictures": len(sources), "jobs": options_given.jobs})
    store = Store(options_given.out, settings, restart=options_given.restart)
    how = {"quality": options_given.quality, "seed": options_given.seed}
    work = [task for system in systems for task in trials.named(system, sources, chosen, **how)]
    for name in options_given.workloads if options_given.draws else ():
        row = attacks.WORKLOADS[name]
        # Peers meet the named attacks only: their rows are zeros, and they are slow.
        work += trials.draws(_OURS, sources, row, options_given.draws, **how)
    records = run_tasks(work, trials.try_attacks, store, jobs=options_given.jobs, label="attacking")
    reports = [attack_table(records, systems), row_table(records), cost_table(records, systems)]
    reports.append(miss_table(records))
    _plot(reports[0], reports[1], systems, options_given.out)
    show([report for report in reports if report.rows], options_given.out, settings)


def attack_table(records: Sequence[Record], systems: Sequence[str]) -> Report:
    """Return the table of named attacks: ours in full, the peers' recovery and right bits."""
    columns = ["attack", "n", "exact", "95 % from", "bits", "score", "corners px"]
    for system in systems[1:]:
        columns += [system, f"{system}, bits"]
    report = Report("Named attacks", columns)
    named = [record for record in records if not record["row"]]
    group = ""
    for attack in attacks.SUITE.values():
        mine = _of(named, _OURS, "attack", attack.name)
        if not mine:
            continue
        if group not in {"", attack.group}:
            report.rows.append(None)
        group = attack.group
        row: list[Cell] = [attack.name, *_recovery(mine)]
        row += [_mean(mine, "bits"), _mean(mine, "score"), _median(mine, "corners")]
        for system in systems[1:]:
            theirs = _of(named, system, "attack", attack.name)
            row += [_share(theirs, "exact"), _mean(theirs, "bits")]
        report.rows.append(row)
    report.notes.append(
        "exact: share of pictures whose whole payload was recovered. bits: share of right bits in "
        "what was answered. score: -log10 of the false-positive bound. corners: median error of "
        "the estimated geometry. A dash: nothing was answered."
    )
    return report


def row_table(records: Sequence[Record]) -> Report:
    """Return the table of random draws: one line per promised row."""
    columns = ("row", "n", "exact", "95 % from", "promised", "kept", "corners px", "PSNR", "SSIM")
    report = Report("Random draws", columns)
    for row in attacks.WORKLOADS.values():
        mine = _of(records, _OURS, "row", row.name)
        if not mine:
            continue
        recovery = _recovery(mine)
        kept = _share(mine, "exact") >= row.floor
        corners = _median(mine, "corners")
        quality = (_mean(mine, "psnr"), _mean(mine, "ssim"))
        report.rows.append(
            [f"{row.name}: {row.title}", *recovery, row.floor, kept, corners, *quality]
        )
    return report


def cost_table(records: Sequence[Record], systems: Sequence[str]) -> Report:
    """Return the table of quality, cost and wrong answers over everything that was run."""
    columns = ["system", "setting", "pictures", "PSNR mean", "PSNR min", "SSIM mean", "SSIM min"]
    columns += ["embed x JPEG", "detect x JPEG", "wrong payloads", "unmarkable"]
    report = Report("Quality and cost", columns)
    for system in systems:
        for setting in ("standard", "high"):
            mine = [r for r in records if (r["system"], r["quality"]) == (system, setting)]
            usable = [record for record in mine if not record["unmarkable"]]
            if not usable:
                continue
            # One value per marked picture, however many attacks it met.
            marked = {(r["picture"], r["preparation"]): r for r in usable}.values()
            row: list[Cell] = [system, setting, len(marked)]
            for measure in ("psnr", "ssim"):
                values = [record[measure] for record in marked]
                row += [measures.mean(values), min(values)]
            row += [_median(usable, "embed"), _median(usable, "detect")]
            row += [sum(record["wrong"] for record in usable), len(mine) - len(usable)]
            report.rows.append(row)
    report.notes.append(
        f"SSIM: {measures.SSIM_SETTINGS}. Times: median processor time, as multiples of an OpenCV "
        "JPEG q90 encode and decode of the same picture. A peer that cannot tell whether a mark is "
        "there answers always, so that whatever it fails to recover is a wrong payload."
    )
    return report


def miss_table(records: Sequence[Record]) -> Report:
    """Return the list of what was not recovered, by attack and picture."""
    report = Report("Not recovered", ("attack", "row", "picture", "why"))
    for record in records:
        if record["system"] != _OURS or record["exact"]:
            continue
        why = "wrong payload" if record["wrong"] else "nothing found"
        why = "unmarkable" if record["unmarkable"] else why
        report.rows.append([record["attack"], record["row"] or "named", record["picture"], why])
    return report


def _of(records: Iterable[Record], system: str, key: str, value: str) -> list[Record]:
    return [
        record
        for record in records
        if record["system"] == system and record[key] == value and not record["unmarkable"]
    ]


def _values(records: Iterable[Record], key: str) -> list[float]:
    return [record[key] for record in records if not math.isnan(record[key])]


def _mean(records: Iterable[Record], key: str) -> float:
    return measures.mean(_values(records, key))


def _median(records: Iterable[Record], key: str) -> float:
    values = _values(records, key)
    return float(np.median(values)) if values else math.nan


def _share(records: Sequence[Record], key: str) -> float:
    return measures.mean([float(record[key]) for record in records])


def _recovery(records: Sequence[Record]) -> list[Cell]:
    exact = sum(record["exact"] for record in records)
    return [len(records), _share(records, "exact"), measures.wilson(exact, len(records))[0]]


def _plot(named: Report, drawn: Report, systems: Sequence[str], folder: Path) -> None:
    rows = [row for row in named.rows if row is not None]
    if rows:
        series = {_OURS: [_number(row[2]) for row in rows]}
        for index, system in enumerate(systems[1:]):
            series[system] = [_number(row[7 + 2 * index]) for row in rows]
        labels = [str(row[0]) for row in rows]
        title = "Payloads recovered exactly after an attack"
        bars(folder / "attacks.png", title, labels, series, axis="share of pictures")
    rows = [row for row in drawn.rows if row is not None]
    if rows:
        series = {_OURS: [_number(row[2]) for row in rows]}
        labels, floors = [str(row[0]) for row in rows], [_number(row[4]) for row in rows]
        title = "Payloads recovered exactly after random draws"
        bars(folder / "draws.png", title, labels, series, axis="share of draws", marks=floors)


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, (int, float)) else math.nan
