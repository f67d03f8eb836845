"""What changed between the answers of two versions to the same pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks._report import Report
from benchmarks._running import Record, SettingsError

__all__ = ["Comparison", "Difference", "compared", "difference_table", "summary_table"]

_MOVED: Final = 1.0  # px between a corner's two places: marks tell places better than that


@dataclass(frozen=True)
class Difference:
    """What differs in the answers about one picture.

    Attributes
    ----------
    before, after : Record
        Both answers.
    kinds : tuple of str
        What differs, the worst first: ``"wrong payload"``, ``"lost"``, ``"worse verdict"``,
        ``"verdict"``, ``"gained"``, ``"moved"``.
    """

    before: Record
    after: Record
    kinds: tuple[str, ...]


@dataclass
class Comparison:
    """All differences between two runs.

    Attributes
    ----------
    pictures : int
        That both answered.
    differences : list of Difference
        One for each picture of which anything differs, or whose payload is wrong.
    counts : Counter
        How many pictures each kind concerns.
    """

    pictures: int
    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def fails(self) -> bool:
        """Whether a payload is wrong now, or a verdict got worse."""
        return any(self.counts[kind] for kind in ("wrong payload", "lost", "worse verdict"))


def compared(before: Mapping[int, Record], after: Mapping[int, Record]) -> Comparison:
    """Compare the answers of two runs, by the number of the picture.

    Raises
    ------
    SettingsError
        If they are not about the same pictures.
    """
    both = sorted(before.keys() & after.keys())
    result = Comparison(len(both))
    for number in both:
        old, new = before[number], after[number]
        if any(old[name] != new[name] for name in ("picture", "treatment")):
            raise SettingsError("These runs drew other pictures: compare runs of the same options.")
        kinds = tuple(_kinds(old, new))
        if kinds:
            result.differences.append(Difference(old, new, kinds))
            result.counts.update(kinds)
    return result


def _kinds(old: Record, new: Record) -> list[str]:
    kinds: list[str] = []
    if new["payload"] not in (None, new["true_payload"]):
        kinds.append("wrong payload")
    if old["payload"] is not None and new["payload"] is None:
        kinds.append("lost")
    if old["payload"] is None and new["payload"] is not None:
        kinds.append("gained")
    if old["verdict"] != new["verdict"]:
        good = old["verdict"] == old["expected"]
        kinds.append("worse verdict" if good else "verdict")
    if None not in (old["geometry"], new["geometry"]) and _moved(old, new) > _MOVED:
        kinds.append("moved")
    return kinds


def _moved(old: Record, new: Record) -> float:
    """Return the farthest distance of the original's corners under both maps, px.

    After a crop the origin is known up to the mark's period only: it may have moved as well.
    """
    height, width = old["size"]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float).T
    places = []
    for one in (old, new):
        mapped = np.reshape(one["geometry"], (3, 3)) @ corners
        places.append(mapped[:2] / mapped[2])
    return float(np.hypot(*(places[0] - places[1])).max())


def summary_table(
    result: Comparison, before: Mapping[int, Record], after: Mapping[int, Record]
) -> Report:
    """Return what each run got right, and how many answers differ."""
    report = Report("Two versions, the same pictures", ("what", "before", "after"))
    runs = (list(before.values()), list(after.values()))
    report.rows.append(["pictures", *(len(run) for run in runs)])
    report.rows.append(["marked", *(sum(_marked(one) for one in run) for run in runs)])
    report.rows.append(["found", *(sum(one["payload"] is not None for one in run) for run in runs)])
    report.rows.append(["payload wrong", *(sum(_wrong(one) for one in run) for run in runs)])
    expected = (sum(one["verdict"] == one["expected"] for one in run) for run in runs)
    report.rows.append(["verdict as expected", *expected])
    report.rows.append(None)
    for kind in ("wrong payload", "lost", "gained", "worse verdict", "verdict", "moved"):
        report.rows.append([f"differs: {kind}", None, result.counts[kind]])
    report.notes.append(f"{result.pictures} pictures are in both.")
    report.notes.append("FAILS: see the differences." if result.fails else "No answer got worse.")
    return report


def _marked(one: Record) -> bool:
    return one["true_payload"] is not None


def _wrong(one: Record) -> bool:
    return one["payload"] not in (None, one["true_payload"])


def difference_table(result: Comparison) -> Report:
    """Return one row for each picture about which the answers differ."""
    columns = ("picture", "treatment", "kinds", "before", "after", "log10 before", "log10 after")
    report = Report("Differences", columns)
    for one in result.differences:
        old, new = one.before, one.after
        report.rows.append(
            [
                f"{old['number']} {old['picture']}",
                old["treatment"],
                ", ".join(one.kinds),
                old["verdict"],
                new["verdict"],
                _logarithm(old),
                _logarithm(new),
            ]
        )
    return report


def _logarithm(one: Record) -> float | None:
    probability = one["probability"]
    if one["payload"] is None or probability is None:
        return None
    return float(np.log10(max(probability, 1e-300)))
