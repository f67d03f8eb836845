"""The rows of hosts and sizes that are hard to mark, and the trials that fill each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import attacks, images
from benchmarks.attacks import chains
from benchmarks.attacks.everyday import EVERYDAY, crop_to_half
from benchmarks.attacks.paths import PATHS
from benchmarks.attacks.workload import Workload, fixed
from benchmarks.everyday.again import AGAIN, Again
from benchmarks.hosts import pages
from benchmarks.robustness.trials import Preparation, Trials, draws, in_parts
from indelible.choices import Strength

__all__ = ["GOAL_OF_PATHS", "HARD", "NAMES", "REFUSABLE", "How", "again", "goals", "trials"]

GOAL_OF_PATHS = 18
"""Of the twenty-two paths of a document."""

_SMALL = (202.0, 288.0)  # root of the area, px
_NOTHING = fixed("nothing", chains.nothing)

_ROWS = (
    Workload("periodic", "QR, checkerboard, crossword, sheet: cropped to half", 0.9, crop_to_half),
    Workload("periodic untouched", "the same and documents: embed is sure", 1.0, _NOTHING),
    Workload("small", "photographs of 202 to 288 px: embed is sure", 1.0, _NOTHING, _SMALL),
    Workload("small square", "the same, cut square: embed is sure", 1.0, _NOTHING, _SMALL, True),
    Workload("documents", "documents through 22 paths", GOAL_OF_PATHS / len(PATHS), _NOTHING),
)

HARD: dict[str, Workload] = {row.name: row for row in _ROWS}
"""The rows of hosts and sizes that are hard to mark, in the order of the table."""

REFUSABLE = frozenset({"periodic", "periodic untouched", "small", "small square"})
"""Rows in which `embed` may raise `UnmarkableImageError`: it must not be silent."""

NAMES = (*EVERYDAY, *HARD, *AGAIN)
"""Every row."""


def goals() -> dict[str, tuple[str, float]]:
    """Return each row's title and goal, in the order of the table."""
    rows = {name: (row.title, row.floor) for name, row in (EVERYDAY | HARD).items()}
    return rows | {name: (row.title, row.floor) for name, row in AGAIN.items()}


@dataclass(frozen=True, slots=True)
class How:
    """What all trials of a run share: strength of the mark, seed, effort of the search."""

    strength: Strength
    seed: int
    effort: str | None = None


def trials(row: str, sources: Sequence[images.Source], count: int, how: How) -> list[Trials]:
    """Return the trials of a row of `EVERYDAY` or `HARD`, about `count` of them."""
    if row == "documents":
        number = max(1, count // len(pages.DOCUMENTS))
        every = pages.sources(pages.DOCUMENTS, number, seed=how.seed)
        return [
            part for source in every for part in _trials(row, source, Preparation(), PATHS, how)
        ]
    if row in {"small", "small square"}:
        return _small(row, sources, count, how)
    if row == "periodic untouched":
        sources = pages.sources(pages.PERIODIC | pages.DOCUMENTS, seed=how.seed)
        count = len(sources)
    elif row == "periodic":
        sources = pages.sources(pages.PERIODIC, max(1, count // 8), seed=how.seed)
    workload = (EVERYDAY | HARD)[row]
    return draws(
        "indelible",
        sources,
        workload,
        count,
        strength=how.strength,
        seed=how.seed,
        effort=how.effort,
    )


def _small(row: str, sources: Sequence[images.Source], count: int, how: How) -> list[Trials]:
    """Return trials of small pictures: a size of its own for each, and no attack."""
    rng = attacks.generator(how.seed, f"draws of {row}")
    work: list[Trials] = []
    for number in range(count):
        root = round(float(rng.uniform(*_SMALL)))
        preparation = Preparation("square" if HARD[row].square else "area", root)
        source, chosen = sources[number % len(sources)], (HARD[row].draw(rng),)
        work += _trials(row, source, preparation, chosen, how, number)
    return work


def _trials(
    row: str,
    source: images.Source,
    preparation: Preparation,
    chosen: tuple[attacks.Attack, ...],
    how: How,
    number: int = 0,
) -> list[Trials]:
    label = f"{row} {number}"
    whole = Trials(
        label,
        "indelible",
        source,
        preparation,
        how.strength,
        chosen,
        how.seed,
        row,
        how.effort,
    )
    return in_parts(whole)


def again(row: str, sources: Sequence[images.Source], count: int, how: How) -> list[Again]:
    """Return the tasks of a row of `AGAIN`: one for each picture, `count` at most."""
    return [
        Again(f"{row} | {source.name}", source, row, how.strength, how.seed, how.effort)
        for source in sources[:count]
    ]
