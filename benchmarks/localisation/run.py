"""How exactly the original's pixels are located, and where and how far the mark still stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import stats

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Cell, Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes, payload_for
from benchmarks.attacks import Pixels, codecs, geometry
from benchmarks.localisation import coverage
from indelible import watermark
from indelible.errors import UnmarkableImageError

__all__ = ["area_under_curve", "run"]

_BLOCK = 96  # pixels
_MOVES: dict[str, attacks.Operation] = {
    "rotate 10": partial(geometry.rotate, degrees=10),
    "rotate 137 expanded": partial(geometry.rotate, degrees=137, expand=True),
    "resize 0.5": partial(geometry.resize, x=0.5),
    "resize 1.2 x 0.9": partial(geometry.resize, x=1.2, y=0.9),
    "shear 8": partial(geometry.shear, degrees_x=8),
    "perspective 0.05": partial(geometry.perspective, strength=0.05),
}
_MOST_ERROR = 1.5  # pixels, at a megapixel
_LEAST_AREA = 0.97


@dataclass(frozen=True)
class Locating(Task):
    """One picture, moved in every way, edited, and with a part of its mark taken back."""

    source: images.Source
    stranger: images.Source  # the picture that is pasted into it
    root: float
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options(
        "localisation",
        "Corner errors of the geometry; the presence map's accuracy; edits called altered.",
    )
    picture_options(parser)
    parser.add_argument(
        "--root", type=float, default=1000, help="square root of the pictures' area, pixels"
    )
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "root": given.root,
        "block": _BLOCK,
        "edits": coverage.HONEST,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Locating(source.name, source, stranger, given.root, given.seed)
        for source, stranger in zip(sources, [*sources[1:], sources[0]], strict=True)
    ]
    records = run_tasks(work, locate, store, jobs=given.jobs, label="locating")
    located = [record for record in records if "move" in record]
    _plot(located, given.out)
    edited = [record for record in records if "edit" in record]
    show([table(located), coverage.table(edited)], given.out, settings)


def locate(task: Locating) -> list[Record]:
    """Measure the corner error of every move, every edit's coverage, every block's presence."""
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    original = images.resize_area(task.source.load(), task.root)
    try:
        marked = watermark.embed(original, payload_for(task.source.name, task.seed), key)
    except UnmarkableImageError:
        return []
    height, width = marked.shape[:2]
    records: list[Record] = []
    for name, operation in _MOVES.items():
        received = attacks.Attack(f"{name} {task.source.name}", "", (operation,))(marked, task.seed)
        found = watermark.detect(received.pixels, key).geometry
        error = math.nan
        if found is not None and received.homography is not None:
            error = measures.corner_error(found, received.homography, height, width)
        records.append({"move": name, "error": error})
    stranger = images.resize_area(task.stranger.load(), task.root)
    records += coverage.measure(marked, stranger, key, task.source.name, task.seed)
    return [*records, {"move": "", **_presence(original, marked, key, task)}]


def _presence(original: Pixels, marked: Pixels, key: watermark.Key, task: Locating) -> Record:
    """Take the mark back in two fifths of the blocks; return the map's mean in either kind."""
    rng = attacks.generator(task.seed, f"presence {task.source.name}")
    rows, columns = marked.shape[0] // _BLOCK, marked.shape[1] // _BLOCK
    removed = rng.random((rows, columns)) < 0.4
    mask = np.repeat(np.repeat(removed, _BLOCK, axis=0), _BLOCK, axis=1)
    mixed = marked.copy()
    part = mixed[: mask.shape[0], : mask.shape[1]]
    part[mask] = original[: mask.shape[0], : mask.shape[1]][mask]
    received = codecs.jpeg(mixed, rng, quality=75).pixels
    found = watermark.detect(received, key)
    if not found.found:
        return {"present": [], "absent": []}
    presence = watermark.presence(received, key, found)
    means = _block_means(presence, marked.shape[0], marked.shape[1])
    return {"present": means[~removed].tolist(), "absent": means[removed].tolist()}


def _block_means(
    presence: npt.NDArray[np.float32], height: int, width: int
) -> npt.NDArray[np.float64]:
    """Average a map of any size over the picture's blocks of 96 pixels."""
    rows, columns = height // _BLOCK, width // _BLOCK
    y = (np.arange(rows * _BLOCK) * presence.shape[0]) // height
    x = (np.arange(columns * _BLOCK) * presence.shape[1]) // width
    full = presence[np.ix_(y, x)].astype(np.float64)
    means: npt.NDArray[np.float64] = full.reshape(rows, _BLOCK, columns, _BLOCK).mean(axis=(1, 3))
    return means


def area_under_curve(present: Sequence[float], absent: Sequence[float]) -> float:
    """Return the chance that a block with the mark scores above one without (ROC's area)."""
    if not present or not absent:
        return math.nan
    ranks = stats.rankdata([*present, *absent])[: len(present)]
    least = len(present) * (len(present) + 1) / 2
    return float((ranks.sum() - least) / (len(present) * len(absent)))


def _blocks(records: Sequence[Record], kind: str) -> list[float]:
    return [value for record in records if not record["move"] for value in record[kind]]


def table(records: Sequence[Record]) -> Report:
    """Return the table of corner errors and of the presence map."""
    columns = ("measure", "n", "found", "mean", "worst", "at most", "at least", "kept")
    report = Report("Geometry and presence", columns)
    for name in _MOVES:
        mine = [record["error"] for record in records if record["move"] == name]
        errors = [error for error in mine if math.isfinite(error)]
        row: list[Cell] = [f"corner error after {name}, px", len(mine), len(errors)]
        mean, worst = measures.mean(errors), max(errors, default=math.nan)
        row += [mean, worst, _MOST_ERROR, None, mean <= _MOST_ERROR]
        report.rows.append(row)
    present, absent = _blocks(records, "present"), _blocks(records, "absent")
    area = area_under_curve(present, absent)
    title = f"presence on blocks of {_BLOCK} px after JPEG 75, area under the ROC curve"
    n = len(present) + len(absent)
    report.rows.append([title, n, n, area, None, None, _LEAST_AREA, area >= _LEAST_AREA])
    return report


def _plot(records: Sequence[Record], folder: Path) -> None:
    present, absent = _blocks(records, "present"), _blocks(records, "absent")
    with axes(folder / "presence.png", "Presence of the mark, by block") as (plot,):
        edges = np.linspace(0, 1, 41).tolist()
        plot.hist(present, edges, alpha=0.6, label="mark in place")
        plot.hist(absent, edges, alpha=0.6, label="mark taken back")
        plot.set_xlabel("mean of the presence map")
        plot.set_ylabel("blocks")
        plot.legend(fontsize=8)
