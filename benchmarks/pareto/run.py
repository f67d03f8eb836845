"""Visibility against the share recovered over the suite: ours at several strengths, and peers."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Report, axes, print_settings, show
from benchmarks._running import (
    Record,
    SettingsError,
    Store,
    Task,
    options,
    picture_options,
    run_tasks,
)
from benchmarks._systems import OURS, engine_fingerprint
from benchmarks._visibility import BUTTERAUGLI_SETTINGS, butteraugli, has_butteraugli, missing
from benchmarks.peers import METHODS, VERSIONS, environment
from benchmarks.quality.measuring import YARDSTICKS, altered
from benchmarks.robustness import trials
from benchmarks.robustness.tables import payload_bits
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError
from indelible.watermark.embedding import BUDGETS, Budget

__all__ = ["SETTINGS", "Attacking", "Point", "Seeing", "attack", "run", "see"]

# Removal knows the residual: it says nothing about a system.
_GROUPS = [name for name in attacks.groups() if name != "removal"]

SETTINGS: Sequence[tuple[str, Budget]] = (
    *BUDGETS.items(),
    ("between robust and balanced", Budget(1.35, 0.73, 0.98)),
    ("between balanced and discreet", Budget(0.89, 0.48, 0.65)),
)
"""Our points of the curve: a label and what a mark may cost."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the plot.

    Attributes
    ----------
    label : str
        Its name: a strength, a peer's method, or one of `YARDSTICKS`.
    system : str
        What marks: `OURS`, a peer's method, or nothing, which has no share.
    budget : Budget or None
        Of ours.
    """

    label: str
    system: str
    budget: Budget | None = None

    def prepare(self) -> None:
        """Teach the engine of this process the label as a strength."""
        if self.budget is not None:
            BUDGETS[cast("Strength", self.label)] = self.budget


@dataclass(frozen=True)
class Seeing(Task):
    """How visible a point is on a picture."""

    point: Point
    source: images.Source
    seed: int


@dataclass(frozen=True)
class Attacking(Task):
    """Some attacks on one picture that a point has marked."""

    point: Point
    trials: trials.Trials


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    given = _arguments(argv)
    if not has_butteraugli():
        raise SettingsError(missing()[0])
    try:
        chosen = attacks.select(given.attacks)
    except KeyError as error:
        raise SettingsError(f"There is no attack or group named {error}.") from None
    points = [Point(label, OURS, budget) for label, budget in SETTINGS]
    if given.peers:
        environment()
        points += [Point(name, name) for name in METHODS]
    sources = _sources(given)
    settings = {
        "images": given.images or "built-in",
        "generated": given.generated,
        "pictures": [source.name for source in sources],
        "attacks": given.attacks,
        "points": {point.label: str(point.budget or point.system) for point in points},
        "peers": VERSIONS if given.peers else None,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "butteraugli": BUTTERAUGLI_SETTINGS,
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    every = [*points, *(Point(label, "") for label in YARDSTICKS)]
    looks = [
        Seeing(f"see {point.label} | {source.name}", point, source, given.seed)
        for source in sources
        for point in every
    ]
    seen = run_tasks(looks, see, store, jobs=given.jobs, label="looking")
    # Picture by picture: what an interruption leaves is a smaller run of everything.
    work = [
        task
        for source in sources
        for point in points
        for task in _attacking(point, source, chosen, given.seed)
    ]
    attacked = run_tasks(work, attack, store, jobs=given.jobs, label="attacking")
    report = point_table(every, seen, attacked)
    _plot(report, len(sources), len(chosen), given.out / "pareto.png")
    show([report], given.out, settings)


def _arguments(argv: Sequence[str] | None) -> Namespace:
    parser = options("pareto", "Visibility against the share recovered over the suite.")
    picture_options(parser, generated=True)
    parser.add_argument(
        "--attacks",
        nargs="+",
        default=_GROUPS,
        metavar="NAME",
        help="groups of named attacks, or attacks",
    )
    parser.add_argument("--peers", action="store_true", help="run other packages, too; slow")
    return parser.parse_args(argv)


def _sources(given: Namespace) -> list[images.Source]:
    sources = images.from_argument(given.images, given.limit)
    if given.generated is not None:
        sources += images.from_argument(given.generated, given.limit)
    return sources


def _attacking(
    point: Point, source: images.Source, chosen: Sequence[attacks.Attack], seed: int
) -> Iterator[Attacking]:
    strength = cast("Strength", point.label if point.system == OURS else "robust")
    for some in trials.named(point.system, [source], chosen, strength=strength, seed=seed):
        yield Attacking(f"{point.label} | {some.id}", point, some)


def see(task: Seeing) -> list[Record]:
    """Return how visible a point is on a picture; nothing where it refuses the picture."""
    task.point.prepare()
    image = task.source.load()
    try:
        after = altered(task.point.label, image, task.source.name, task.seed)
    except UnmarkableImageError:
        return []
    found = butteraugli(image, after.pixels)
    psnr = measures.psnr(image, after.pixels)
    return [{"label": task.point.label, "norm": found.norm, "worst": found.worst, "psnr": psnr}]


def attack(task: Attacking) -> list[Record]:
    """Return whether the payload was recovered, attack by attack; a refused picture is lost."""
    task.point.prepare()
    return [
        {"label": task.point.label, "exact": record["exact"], "attack": record["attack"]}
        for record in trials.try_attacks(task.trials)
    ]


def point_table(
    points: Sequence[Point], seen: Sequence[Record], attacked: Sequence[Record]
) -> Report:
    """Return the table of the plot's points."""
    columns = ("point", "bits", "pictures", "3-norm", "worst picture", "worst spot", "PSNR")
    report = Report("Visibility and recovery", (*columns, "attacks", "recovered", "95 % from"))
    for point in points:
        mine = [record for record in seen if record["label"] == point.label]
        if not mine:
            continue
        norms = [record["norm"] for record in mine]
        bits = payload_bits(point.system) if point.system else None
        spots, psnr = ([record[name] for record in mine] for name in ("worst", "psnr"))
        hits = [record["exact"] for record in attacked if record["label"] == point.label]
        share = sum(hits) / len(hits) if hits else None
        low = measures.wilson(sum(hits), len(hits))[0] if hits else None
        row = [point.label, bits, len(mine), measures.mean(norms), max(norms)]
        row += [measures.mean(spots), measures.mean(psnr), len(hits), share, low]
        report.rows.append(row)
    report.notes.append(
        "3-norm and worst spot: Butteraugli, means over the pictures. recovered: share of attacked "
        "pictures whose whole payload was read. JPEGs carry nothing: they are what is accepted."
    )
    return report


def _plot(report: Report, pictures: int, chosen: int, path: Path) -> None:
    """Draw the points: ours joined, peers by name, JPEGs as lines."""
    title = f"Recovered after {chosen} attacks, {pictures} pictures, against visibility"
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows if row]
    places = {str(row["point"]): cast("float", row["3-norm"]) for row in rows}
    shares = {str(row["point"]): cast("float", row["recovered"]) for row in rows}
    ours = sorted((label for label, _ in SETTINGS if label in places), key=places.__getitem__)
    with axes(path, title, width=8.0, height=5.0) as (plot,):
        for label in YARDSTICKS:
            plot.axvline(places[label], color="0.7", linestyle=":", linewidth=1)
            plot.text(places[label], 0.02, f" {label}", rotation=90, color="0.45", fontsize=8)
        x, y = ([values[label] for label in ours] for values in (places, shares))
        plot.plot(
            x, y, "o-", color="C0", label=f"Indelible, by strength, {payload_bits(OURS)} bits"
        )
        for row in rows:
            label = str(row["point"])
            if label in YARDSTICKS:
                continue
            spot, beside, turn = (places[label], shares[label]), (-3, -6), -40
            if label not in ours:
                beside, turn = (8, -3), 0
                plot.plot(*spot, "s", color="C1")
                label = f"{label}, {row['bits']} bits"
            plot.annotate(
                label,
                spot,
                beside,
                textcoords="offset points",
                fontsize=8,
                rotation=turn,
                rotation_mode="anchor",
                va="top" if turn else "baseline",
            )
        plot.set_ylim(0, 1.05)
        plot.set_xlim(0, 1.3 * max(places.values()))
        plot.set_xlabel("visible: Butteraugli's 3-norm, mean (further left is better)")
        plot.set_ylabel("share of payloads recovered")
        plot.grid(visible=True, alpha=0.3)
        plot.legend(loc="lower right", fontsize=8)
