"""The tables of the everyday benchmark."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import _measures as measures
from benchmarks._report import Cell, Report
from benchmarks._running import Record
from benchmarks.attacks.paths import PATHS
from benchmarks.everyday.rows import GOAL_OF_PATHS, REFUSABLE, goals

__all__ = ["document_table", "miss_table", "path_table", "row_table"]


def row_table(records: Sequence[Record]) -> Report:
    """Return one line for each row: what was found, and whether the goal is kept."""
    columns = ("row", "covers", "n", "found", "95 % from", "goal", "kept", "refused", "another")
    report = Report("Everyday paths", columns)
    for name, (title, goal) in goals().items():
        mine = [record for record in records if record["row"] == name]
        if not mine:
            continue
        refused = sum(record["unmarkable"] for record in mine)
        found = sum(record["exact"] for record in mine)
        n = len(mine)
        if name in REFUSABLE:
            found += refused
        else:
            n -= refused
        share = found / n if n else float("nan")
        aim: list[Cell] = [goal, share >= goal] if goal else [None, None]
        another = sum(record["wrong"] for record in mine)
        least = measures.wilson(found, n)[0]
        report.rows.append([name, title, n, share, least, *aim, refused, another])
    report.notes.append(
        "found: share whose whole payload was recovered; refused: embed raised "
        "UnmarkableImageError, which counts as found where the row says that embed is sure, and "
        "for cropped periodic hosts, and is left out elsewhere. another: another payload than the "
        "newest mark's was answered. No goal: published only."
    )
    return report


def document_table(records: Sequence[Record]) -> Report:
    """Return how many of the twenty-two paths each document survives."""
    columns = ("document", "paths found", "of", "goal", "kept", "refused")
    report = Report("Documents", columns)
    mine = [record for record in records if record["row"] == "documents"]
    for name in dict.fromkeys(record["picture"] for record in mine):
        its = [record for record in mine if record["picture"] == name]
        found = sum(record["exact"] for record in its)
        refused = all(record["unmarkable"] for record in its)
        kept = found >= GOAL_OF_PATHS
        report.rows.append([name, found, len(its), GOAL_OF_PATHS, kept, refused])
    return report


def path_table(records: Sequence[Record]) -> Report:
    """Return how many documents survive each of the twenty-two paths."""
    report = Report("Documents by path", ("path", "n", "found"))
    mine = [r for r in records if r["row"] == "documents" and not r["unmarkable"]]
    for path in PATHS if mine else ():
        its = [float(record["exact"]) for record in mine if record["attack"] == path.name]
        report.rows.append([path.name, len(its), measures.mean(its)])
    return report


def miss_table(records: Sequence[Record]) -> Report:
    """Return the list of what was not recovered, but for documents, which have their tables."""
    report = Report("Not recovered", ("row", "attack", "picture", "why"))
    for record in records:
        if record["exact"] or record["row"] == "documents":
            continue
        why = "another payload" if record["wrong"] else "nothing found"
        why = "refused" if record["unmarkable"] else why
        report.rows.append([record["row"], record["attack"], record["picture"], why])
    return report
