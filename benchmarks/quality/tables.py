"""The tables of the quality benchmark, and the goals that they compare with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import _measures as measures
from benchmarks._report import Cell, Report
from benchmarks._running import Record
from benchmarks._visibility import BUTTERAUGLI_SETTINGS, missing
from benchmarks.quality.measuring import FORMATS, YARDSTICKS

__all__ = [
    "goal_table",
    "group_table",
    "host_table",
    "length_table",
    "picture_table",
    "seen",
]


@dataclass(frozen=True, slots=True)
class Goal:
    """Upper limits of the 3-norm's mean, of the worst picture's, and of the mean worst spot."""

    mean: float
    picture: float | None = None
    spot: float | None = None


# By strength and group; "all" is photographs and generated pictures.
_ALL = {"photographs", "generated"}
_GOALS: Mapping[str, Mapping[str, Goal]] = {
    "robust": {"all": Goal(1.1, 1.5, 3.6)},
    "balanced": {
        "all": Goal(0.9, 1.2, 2.6),
        "generated": Goal(0.75, 0.95, 2.4),
        "small": Goal(1.0),
    },
    "discreet": {"all": Goal(0.45, 0.7, 1.8)},
}
# Marked over unmarked, on average, and in the worst case.
_LENGTH_GOALS: Mapping[str, Mapping[str, float]] = {
    "balanced": {"JPEG 90": 1.06, "JPEG 75": 1.03, "WebP 80": 1.03, "AVIF": 1.04, "PNG": 1.12}
}
_WORST_LENGTH = 1.4


def goal_table(records: Sequence[Record]) -> Report:
    """Return the table of what is promised to the eye, strength by strength."""
    report = Report(
        "Goals", ("strength", "pictures", "n", "measure", "measured", "at most", "kept")
    )
    for strength, goals in _GOALS.items():
        for group, goal in goals.items():
            mine = _of(records, strength, group)
            norms = [record["norm"] for record in mine]
            if not mine or any(map(math.isnan, norms)):
                continue
            spots = measures.mean([record["worst"] for record in mine])
            wanted = (
                ("3-norm, mean", measures.mean(norms), goal.mean),
                ("3-norm, worst picture", max(norms), goal.picture),
                ("worst spot, mean", spots, goal.spot),
            )
            for title, value, limit in wanted:
                kept = None if limit is None else value <= limit
                report.rows.append([strength, group, len(mine), title, value, limit, kept])
            report.rows.append(None)
    report.notes.append(f"Butteraugli: {BUTTERAUGLI_SETTINGS}.")
    return report


def group_table(records: Sequence[Record]) -> Report:
    """Return the table of every subject on every group of pictures."""
    columns = ["subject", "pictures", "n", "3-norm", "worst picture", "worst spot", "FLIP"]
    columns += ["PSNR", "least", "SSIM", "least ", "unread", "unmarkable"]
    report = Report("Visibility", columns)
    for subject in _subjects(records):
        for group in ("all", *_groups(records)):
            every = _of(records, subject, group, unmarkable=True)
            mine = _of(records, subject, group)
            if not every or (group == "all" and {r["group"] for r in every} != _ALL):
                continue
            row: list[Cell] = [subject, group, len(mine)]
            row += [_over(mine, "norm"), _over(mine, "norm", max), _over(mine, "worst")]
            row += [_over(mine, "flip"), _over(mine, "psnr"), _over(mine, "psnr", min)]
            row += [_over(mine, "ssim"), _over(mine, "ssim", min)]
            row.append(sum(record["read"] is False for record in mine))
            row.append(len(every) - len(mine))
            report.rows.append(row)
        report.rows.append(None)
    report.notes.append(
        "3-norm: mean. worst picture: its 3-norm. worst spot: mean of each picture's largest local "
        "distance. FLIP: mean error. PSNR over R, G and B, dB. SSIM: "
        f"{measures.SSIM_SETTINGS}. JPEGs: 4:2:0, of the unmarked pictures."
    )
    report.notes += missing()
    return report


def length_table(records: Sequence[Record]) -> Report:
    """Return the table of how much longer marked files are: photographs and generated pictures."""
    columns = ("subject", "format", "n", "mean", "at most", "worst", "at most ", "kept")
    report = Report("Length of the marked file over that of the unmarked one", columns)
    for subject in _subjects(records):
        mine = [record for record in _of(records, subject, "all") if "lengths" in record]
        if not mine:
            continue
        for name in FORMATS:
            ratios = [record["lengths"][name] for record in mine]
            goal = _LENGTH_GOALS.get(subject, {}).get(name)
            worst = None if goal is None else _WORST_LENGTH
            kept: bool | None = None
            if goal is not None:
                kept = measures.mean(ratios) <= goal and max(ratios) <= _WORST_LENGTH
            row = [
                subject,
                name,
                len(ratios),
                measures.mean(ratios),
                goal,
                max(ratios),
                worst,
                kept,
            ]
            report.rows.append(row)
        report.rows.append(None)
    return report


def host_table(records: Sequence[Record], title: str) -> Report:
    """Return a table with a row per picture: 3-norm and worst spot of every subject."""
    report = Report(title, ("picture", *_subjects(records)))
    for picture in dict.fromkeys(record["picture"] for record in records):
        mine = {r["subject"]: seen(r) for r in records if r["picture"] == picture}
        report.rows.append([picture, *(mine[subject] for subject in _subjects(records))])
    report.notes.append("3-norm, and in brackets the worst spot.")
    return report


def picture_table(records: Sequence[Record]) -> Report:
    """Return the table of every picture that we mark."""
    columns = ("picture", "strength", "3-norm (spot)", "PSNR", "SSIM", "worst 32 x 32")
    report = Report("Pictures", (*columns, "largest change", "read"))
    for record in records:
        if record["subject"] in YARDSTICKS:
            continue
        row: list[Cell] = [record["picture"], record["subject"]]
        if record["unmarkable"]:
            row += ["", None, None, None, None, "unmarkable"]
        else:
            row += [seen(record), record["psnr"], record["ssim"], record["worst_ssim"]]
            row += [record["largest"], record["read"]]
        report.rows.append(row)
    return report


def seen(record: Record) -> str:
    """Return a record's 3-norm, and in brackets its worst spot."""
    if record["unmarkable"]:
        return "unmarkable"
    if math.isnan(record["norm"]):
        return "-"
    return f"{record['norm']:.2f} ({record['worst']:.1f})"


def _subjects(records: Sequence[Record]) -> Iterator[str]:
    yield from dict.fromkeys(record["subject"] for record in records)


def _groups(records: Sequence[Record]) -> Iterator[str]:
    yield from dict.fromkeys(record["group"] for record in records)


def _of(
    records: Sequence[Record], subject: str, group: str, *, unmarkable: bool = False
) -> list[Record]:
    wanted = _ALL if group == "all" else {group}
    return [
        record
        for record in records
        if record["subject"] == subject
        and record["group"] in wanted
        and (unmarkable or not record["unmarkable"])
    ]


def _over(
    records: Sequence[Record], key: str, summary: Callable[[list[float]], float] = measures.mean
) -> float:
    values = [record[key] for record in records if not math.isnan(record[key])]
    return summary(values) if values else math.nan
