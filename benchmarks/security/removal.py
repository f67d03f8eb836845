"""What removal costs: the visibility of each attack against the share of marks still read.

Each way to remove a mark comes in levels from gentle to strong. The gentlest that loses the mark is
looked for by bisection, picture by picture: what it costs is what removing that mark costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, main, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes, payload_for
from benchmarks._visibility import butteraugli, butteraugli_setting, has_butteraugli, missing
from benchmarks.attacks import Pixels
from benchmarks.security.removers import GROUPS, MOVED, Remover, removers
from indelible import watermark
from indelible.choices import DEFAULT_STRENGTH, Strength
from indelible.errors import UnmarkableImageError

__all__ = ["Removing", "cost_table", "level_table", "remove", "run"]

_STILL_READ = 0.5  # of the pictures: where a curve is at half
_LEAST_SHOWN = 0.1  # 3-norm: where the plot's logarithmic axis begins


@dataclass(frozen=True)
class Removing(Task):
    """All removers of a group on one picture."""

    source: images.Source
    group: str
    strength: Strength
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("security.removal", "What removing a mark costs in quality.")
    picture_options(parser, generated=True)
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--strength", choices=get_args(Strength), default=DEFAULT_STRENGTH)
    given = parser.parse_args(argv)
    sources = images.from_folders(given.images, given.generated, given.limit)
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "groups": given.groups,
        "strength": given.strength,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": butteraugli_setting(),
    }
    note = "" if has_butteraugli() else missing()[0]
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Removing(f"{group} | {source.name}", source, group, given.strength, given.seed)
        for source in sources
        for group in given.groups
    ]
    records = run_tasks(work, remove, store, jobs=given.jobs, label="removing")
    reports = [cost_table(records), level_table(records)]
    if not has_butteraugli():
        reports[0].notes.append(missing()[0])
    _plot(records, given.strength, given.out / "removal.png")
    show(reports, given.out, settings)


def remove(task: Removing) -> list[Record]:
    """Try each remover of the task's group, level after level until the mark is lost."""
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    original = task.source.load()
    payload = payload_for(task.source.name, task.seed)
    try:
        marked = watermark.embed(original, payload, key, strength=task.strength)
    except UnmarkableImageError:
        return []
    records: list[Record] = []
    for remover in removers(task.strength):
        if remover.group != task.group:
            continue
        read_at, lost_at = -1, len(remover.levels)
        while lost_at - read_at > 1:
            middle = (read_at + lost_at) // 2
            level = remover.levels[middle]
            label = f"{task.source.name} {remover.name} {level:g}"
            attacked = remover(marked, attacks.generator(task.seed, label), level)
            received = _cut(attacked, remover)
            read = watermark.detect(received, key).payload == payload
            read_at, lost_at = (middle, lost_at) if read else (read_at, middle)
            record: Record = {
                "remover": remover.name,
                "group": remover.group,
                "picture": task.source.name,
            }
            record |= {"level": level, "place": middle, "read": read}
            pair = _cut(marked, remover), None if read else _cut(original, remover)
            records.append(record | _costs(*pair, received))
    return records


def _cut(image: Pixels, remover: Remover) -> Pixels:
    if not remover.moved:
        return image
    top, left = MOVED
    return np.ascontiguousarray(image[top:, left:])


def _costs(marked: Pixels, original: Pixels | None, received: Pixels) -> Record:
    """Return how far a picture is from the marked one, and from the one without a mark."""
    norm = original_norm = math.nan
    if has_butteraugli():
        norm = butteraugli(marked, received).norm
        if original is not None:
            original_norm = butteraugli(original, received).norm
    psnr = measures.psnr(marked, received)
    return {"norm": norm, "psnr": psnr, "original norm": original_norm}


def _losses(records: Sequence[Record]) -> list[Record]:
    """Return, of each picture that lost its mark, the gentlest level that did it."""
    first: dict[str, Record] = {}
    for record in records:
        known = first.get(record["picture"])
        if not record["read"] and (known is None or record["place"] < known["place"]):
            first[record["picture"]] = record
    return list(first.values())


def cost_table(records: Sequence[Record]) -> Report:
    """Return what it costs, way by way, to remove the marks of a quarter, half and all."""
    columns = ["remover", "group", "n", "removed", "3-norm: a quarter", "half", "all", "PSNR: half"]
    report = Report("What removal costs", [*columns, "to the original: half"])
    for name in dict.fromkeys(record["remover"] for record in records):
        mine = [record for record in records if record["remover"] == name]
        pictures = len({record["picture"] for record in mine})
        lost = _losses(mine)
        norms, originals = (
            sorted(record[field] for record in lost) for field in ("norm", "original norm")
        )
        psnrs = sorted((record["psnr"] for record in lost), reverse=True)
        report.rows.append(
            [
                name,
                mine[0]["group"],
                pictures,
                len(lost) / pictures,
                _at(norms, 0.25, pictures),
                _at(norms, _STILL_READ, pictures),
                _at(norms, 1.0, pictures),
                _at(psnrs, _STILL_READ, pictures),
                _at(originals, _STILL_READ, pictures),
            ]
        )
    if all(math.isnan(record["norm"]) for record in records):
        _leave_out(report)
    report.notes.append(
        "3-norm: Butteraugli, of the attacked against the marked picture, at the gentlest level "
        "tried that loses the mark, where a quarter, half and all of the pictures have lost it; a "
        "dash: no level loses so many. A JPEG of quality 90 is at about .6. To the original: the "
        "same against the picture without a mark. removed: share of pictures that some level "
        "removes the mark of."
    )
    return report


def _at(costs: Sequence[float], share: float, pictures: int) -> float:
    """Return the cost at which a share of all pictures has lost its mark, NaN for none."""
    needed = math.ceil(share * pictures)
    return costs[needed - 1] if len(costs) >= needed else math.nan


def _leave_out(report: Report) -> None:
    """Take the columns out that need Butteraugli."""
    names = {"3-norm: a quarter", "half", "all", "to the original: half"}
    kept = [index for index, name in enumerate(report.columns) if name not in names]
    report.columns = [report.columns[index] for index in kept]
    report.rows = [None if row is None else [row[index] for index in kept] for row in report.rows]


def level_table(records: Sequence[Record]) -> Report:
    """Return the share still read at each level, and what the level costs on average."""
    columns = ("remover", "level", "tried", "still read", "3-norm", "PSNR")
    report = Report("Level by level", columns)
    for name in dict.fromkeys(record["remover"] for record in records):
        mine = [record for record in records if record["remover"] == name]
        pictures = len({record["picture"] for record in mine})
        lost = [record["place"] for record in _losses(mine)]
        for place in sorted({record["place"] for record in mine}):
            here = [record for record in mine if record["place"] == place]
            costs = (measures.mean([r[field] for r in here]) for field in ("norm", "psnr"))
            read = 1 - sum(other <= place for other in lost) / pictures
            report.rows.append([name, here[0]["level"], len(here), read, *costs])
        report.rows.append(None)
    report.notes.append(
        "still read: share of the pictures that no level up to this one is taken to lose: the "
        "bisection supposes that a stronger one loses whatever a gentler one does. 3-norm and PSNR "
        "to the marked picture are means over those that the level was tried on."
    )
    return report


def _plot(records: Sequence[Record], strength: str, path: Path) -> None:
    """Draw the share of marks that a budget leaves, a curve per remover."""
    title = f"What removing a mark costs ({strength})"
    groups = [group for group in GROUPS if any(record["group"] == group for record in records)]
    blind = [group for group in groups if group != "informed"]
    panels = [part for part in (blind, [group for group in groups if group == "informed"]) if part]
    field, label = "norm", "visible: Butteraugli's 3-norm to the marked picture"
    if not has_butteraugli():
        field, label = "cost", "noise-to-signal ratio to the marked picture, dB"
        records = [record | {"cost": -record["psnr"]} for record in records]
    with axes(path, title, width=13.0, height=6.0, columns=max(1, len(panels))) as plots:
        for plot, part in zip(plots, panels, strict=False):
            inside = [record for record in records if record["group"] in part]
            end = max((record[field] for record in inside), default=1.0)
            for index, name in enumerate(dict.fromkeys(r["remover"] for r in inside)):
                mine = [record for record in inside if record["remover"] == name]
                pictures = len({record["picture"] for record in mine})
                costs = sorted(record[field] for record in _losses(mine))
                start = _LEAST_SHOWN if field == "norm" else min(r[field] for r in inside)
                shares = [1 - (place + 1) / pictures for place in range(len(costs))]
                x, y = [start, *costs, end], [1.0, *shares, shares[-1] if shares else 1.0]
                style = ("-", "--", ":")[index // 10]
                plot.step(x, y, style, where="post", label=name, color=f"C{index % 10}")
            if field == "norm":
                plot.set_xscale("log")
                plot.axvline(1.0, color="0.7", linestyle=":", linewidth=1)
            plot.set_title("with knowledge of the mark" if part == ["informed"] else "by anybody")
            plot.set_ylim(-0.02, 1.05)
            plot.set_xlabel(label)
            plot.set_ylabel("share of marks still read")
            plot.legend(fontsize=7, loc="lower left")
            plot.grid(visible=True, alpha=0.3)


if __name__ == "__main__":
    main(run)
