"""The tables of the robustness benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks
from benchmarks._report import Cell, Report
from benchmarks._running import Record
from benchmarks._systems import OURS, Indelible
from benchmarks.peers import METHODS
from indelible.choices import Strength

__all__ = [
    "attack_table",
    "cost_table",
    "marked_pictures",
    "miss_table",
    "payload_bits",
    "peer_tables",
    "row_table",
    "shares",
]


def attack_table(records: Sequence[Record]) -> Report:
    """Return the table of named attacks on our own marks."""
    columns = ("attack", "n", "exact", "95 % from", "bits", "score", "corners px")
    report = Report("Named attacks", columns)
    for name, mine in _by_attack(records):
        row: list[Cell] | None = None
        if name is not None:
            row = [name, *_recovery(mine)]
            row += [_mean(mine, "bits"), _mean(mine, "score"), _median(mine, "corners")]
        report.rows.append(row)
    report.notes.append(
        "exact: share of pictures whose whole payload was recovered. bits: share of right bits in "
        "what was answered. score: -log10 of the false-positive bound. corners: median error of "
        "the estimated geometry. A dash: nothing was answered."
    )
    return report


def peer_tables(records: Sequence[Record], systems: Sequence[str]) -> list[Report]:
    """Return two tables of named attacks beside other packages: recovery, and right bits."""
    if len(systems) < 2:
        return []
    titles = {"exact": "Other packages: exact", "bits": "Other packages: share of right bits"}
    reports: list[Report] = []
    for measure, title in titles.items():
        report = Report(title, ("attack", *systems))
        for name, _ in _by_attack(records):
            row: list[Cell] | None = None
            if name is not None:
                every = [_of(_named(records), system, "attack", name) for system in systems]
                row = [name, *(_mean(mine, measure) for mine in every)]
            report.rows.append(row)
        reports.append(report)
    sizes = ", ".join(f"{system} {payload_bits(system)}" for system in systems)
    reports[-1].notes.append(
        f"Bits of payload: {sizes}. Fewer bits are easier to carry. A system that cannot tell "
        "whether a mark is there answers always, with half of the bits right where it guesses."
    )
    return reports


def shares(records: Sequence[Record], systems: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """Return each system's share of exact recoveries by group and named attack."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, _ in _by_attack(records):
        if name is not None:
            every = [_of(_named(records), system, "attack", name) for system in systems]
            group = found.setdefault(attacks.get(name).group, {})
            group[name] = [_mean(mine, "exact") for mine in every]
    return found


def marked_pictures(records: Iterable[Record]) -> list[Record]:
    """Return one record per marked picture, however many attacks it met."""
    usable = (record for record in records if not record["unmarkable"])
    return list({(r["picture"], r["preparation"]): r for r in usable}.values())


def payload_bits(system: str) -> int:
    """Return how many bits a system's marks carry."""
    return 8 * METHODS.get(system, Indelible.payload_bytes)


def _named(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if not record["row"]]


def _by_attack(records: Sequence[Record]) -> Iterator[tuple[str | None, list[Record]]]:
    """Yield each named attack with our records of it, and None between two groups."""
    group = ""
    for attack in attacks.SUITE.values():
        mine = _of(_named(records), OURS, "attack", attack.name)
        if not mine:
            continue
        if group not in {"", attack.group}:
            yield None, []
        group = attack.group
        yield attack.name, mine


def row_table(records: Sequence[Record]) -> Report:
    """Return the table of random draws: one line per promised row."""
    columns = ("row", "n", "exact", "95 % from", "promised", "kept", "corners px", "PSNR", "SSIM")
    report = Report("Random draws", columns)
    for row in attacks.WORKLOADS.values():
        mine = _of(records, OURS, "row", row.name)
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
    columns = ["system", "setting", "n", "PSNR", "PSNR min", "SSIM", "SSIM min"]
    columns += ["embed x JPEG", "detect x JPEG", "wrong payloads", "unmarkable"]
    report = Report("Quality and cost", columns)
    for system in systems:
        for setting in get_args(Strength):
            mine = [r for r in records if (r["system"], r["strength"]) == (system, setting)]
            usable = [record for record in mine if not record["unmarkable"]]
            if not usable:
                continue
            marked = marked_pictures(mine)
            row: list[Cell] = [system, setting, len(marked)]
            for measure in ("psnr", "ssim"):
                values = [record[measure] for record in marked]
                row += [measures.mean(values), min(values)]
            row += [_median(usable, "embed"), _median(usable, "detect")]
            row += [sum(record["wrong"] for record in usable), len(mine) - len(usable)]
            report.rows.append(row)
    report.notes.append(
        "n: marked pictures. PSNR and SSIM of the marked picture: mean and least. "
        f"SSIM: {measures.SSIM_SETTINGS}. Times: median processor time, as multiples of an OpenCV "
        "JPEG q90 encode and decode of the same picture. A peer that cannot tell whether a mark is "
        "there answers always, so that whatever it fails to recover is a wrong payload."
    )
    return report


def miss_table(records: Sequence[Record]) -> Report:
    """Return the list of what was not recovered, by attack and picture."""
    report = Report("Not recovered", ("attack", "row", "picture", "why"))
    for record in records:
        if record["system"] != OURS or record["exact"]:
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
