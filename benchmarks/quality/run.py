"""What the eye sees of a mark: visibility, length of files, sheets to look at."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import _measures as measures
from benchmarks import hosts, images
from benchmarks._report import Report, axes, print_settings, show
from benchmarks._running import Record, Store, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint
from benchmarks._visibility import butteraugli_setting, has_flip, missing
from benchmarks.peers import METHODS, VERSIONS, environment
from benchmarks.quality import hard, tables
from benchmarks.quality.measuring import YARDSTICKS, Measuring, measure
from indelible.watermark.embedding import BUDGETS

__all__ = ["run"]

_FLAT_KINDS = ("sky", "flat", "gradient", "page white", "page black", "drawing", "black margin")
_SMALL_AREA = (481 * 321) ** 0.5
_GROUPS = ("photographs", "generated", "small", "flat", "hard")
_CHOICES = (*_GROUPS, "enhanced", "cut-outs")


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    given = _arguments(argv)
    subjects = [*given.strength, *YARDSTICKS]
    if given.peers:
        environment()
        subjects += METHODS
    work = list(_tasks(given, tuple(subjects)))
    settings = {
        "pictures": {
            group: [task.source.name for task in work if task.group == group] for group in _GROUPS
        },
        "groups": given.groups,
        "images": given.images or "built-in",
        "generated": given.generated,
        "small": given.small or "photographs, resized",
        "side": given.side,
        "subjects": subjects,
        "sheets": not given.no_sheets,
        "lengths": not given.no_lengths,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": butteraugli_setting(),
        "flip": "defaults" if has_flip() else "not installed",
        "ssim": measures.SSIM_SETTINGS,
    }
    if given.peers:
        settings["peers"] = VERSIONS
    note = "\n".join(missing())
    print_settings(settings | {"pictures": len(work), "jobs": given.jobs}, note)
    store = Store(given.out, settings, restart=given.restart)
    if not given.no_sheets:
        (given.out / "sheets").mkdir(exist_ok=True)
    records = run_tasks(work, measure, store, jobs=given.jobs, label="marking")
    reports = [tables.picture_table(records), tables.group_table(records)]
    on_hard = [record for record in records if record["group"] == "hard"]
    reports.append(tables.host_table(on_hard, "Hard hosts"))
    reports += _special(given, tuple(subjects), store)
    reports += [tables.length_table(records), tables.goal_table(records)]
    if records:
        _plot(records, given.out)
    show([report for report in reports if report.rows], given.out, settings)


def _arguments(argv: Sequence[str] | None) -> Namespace:
    parser = options("quality", "Visibility, length of files, and sheets of marked pictures.")
    picture_options(parser, generated=True)
    parser.add_argument(
        "--small",
        type=Path,
        default=None,
        help="folder of small pictures (default: the photographs, at the area of 481 x 321)",
    )
    parser.add_argument(
        "--groups", nargs="+", choices=_CHOICES, default=list(_CHOICES), help="what to measure"
    )
    parser.add_argument("--strength", nargs="+", choices=tuple(BUDGETS), default=list(BUDGETS))
    parser.add_argument(
        "--side", type=int, default=None, help="resize to this longest side first, in pixels"
    )
    parser.add_argument("--peers", action="store_true", help="measure other packages, too")
    parser.add_argument("--no-sheets", action="store_true", help="leave the pictures out")
    parser.add_argument("--no-lengths", action="store_true", help="write no files to compare")
    return parser.parse_args(argv)


def _tasks(given: Namespace, subjects: tuple[str, ...]) -> Iterator[Measuring]:
    sources: dict[str, list[images.Source]] = {
        "photographs": images.from_argument(given.images, given.limit),
        "hard": hosts.hard(seed=given.seed),
        "flat": images.generated(_FLAT_KINDS, height=512, width=768, seed=given.seed),
    }
    if given.generated is not None:
        sources["generated"] = images.from_argument(given.generated, given.limit)
    if given.small is None:
        sources["small"] = sources["photographs"]
    else:
        sources["small"] = images.from_argument(given.small, given.limit)
    sheets = None if given.no_sheets else given.out / "sheets"
    for group in _GROUPS:
        for source in sources.get(group, []) if group in given.groups else []:
            small = group == "small"
            yield Measuring(
                id=f"{group} {source.name}",
                source=source,
                group=group,
                subjects=subjects,
                side=given.side if group in {"photographs", "generated"} else None,
                area=_SMALL_AREA if small and given.small is None else None,
                lengths=not given.no_lengths and group in {"photographs", "generated"},
                sheets=None if small else sheets,
                seed=given.seed,
            )


def _special(given: Namespace, subjects: tuple[str, ...], store: Store) -> list[Report]:
    """Measure what is enhanced afterwards, and cut-outs."""
    sheets = None if given.no_sheets else given.out / "sheets"
    reports: list[Report] = []
    if "enhanced" in given.groups:
        lifted = [
            hard.Enhanced(f"enhanced {name}", name, subjects, sheets, given.seed)
            for name in hard.ENHANCED
        ]
        found = run_tasks(lifted, hard.measure_enhanced, store, jobs=given.jobs, label="enhancing")
        reports.append(tables.host_table(found, "Enhanced afterwards, like their originals"))
    if "cut-outs" in given.groups:
        strengths = tuple(given.strength)
        cut = [hard.CutOut(name, name, strengths, given.seed) for name in hard.CUT_OUTS]
        found = run_tasks(cut, hard.measure_cut_out, store, jobs=given.jobs, label="cutting out")
        reports.append(hard.cut_out_table(found))
    return reports


def _plot(records: Sequence[Record], folder: Path) -> None:
    """Draw the 3-norm of each picture, subject by subject: a column each."""
    usable = [record for record in records if not record["unmarkable"]]
    subjects = list(dict.fromkeys(record["subject"] for record in usable))
    title = "Visibility: Butteraugli's 3-norm of each picture"
    with axes(folder / "quality.png", title, width=1.5 + len(subjects)) as (plot,):
        for index, group in enumerate(_GROUPS):
            mine = [record for record in usable if record["group"] == group]
            if not mine:
                continue
            x = [subjects.index(record["subject"]) + 0.13 * (index - 2) for record in mine]
            y = [record["norm"] for record in mine]
            plot.plot(x, y, "ox^sd"[index], linestyle="", label=group, alpha=0.6, markersize=5)
        plot.set_xticks(range(len(subjects)), subjects, fontsize=8)
        plot.set_ylabel("3-norm")
        plot.set_ylim(bottom=0)
        plot.grid(visible=True, axis="y", alpha=0.3)
        plot.legend(fontsize=8)
