"""The command line of the security benchmark, its trials and its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Cell, Report, bars, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes, payload_for
from benchmarks.attacks import Pixels
from benchmarks.security import adversary
from indelible import watermark
from indelible.choices import DEFAULT_STRENGTH, Strength
from indelible.errors import UnmarkableImageError

__all__ = ["run"]

_PSNRS = (46.0, 43.0, 40.0)
"""What the adversary is willing to spend; the mark must survive each."""

_PROMISES = {
    "average of 1000": 0.95,
    "fold one picture: pilots": 0.5,
    "fold one picture: data": 0.5,
    "fold one picture: both": 0.5,
    "notch the pilots": 0.9,
}


@dataclass(frozen=True)
class Averaging(Task):
    """Average `count` marked pictures, and subtract the result from others."""

    count: int
    sources: tuple[images.Source, ...]
    targets: int
    side: int
    strength: Strength
    seed: int


@dataclass(frozen=True)
class Single(Task):
    """Everything that is done to one marked picture alone."""

    source: images.Source
    other: images.Source
    strength: Strength
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("security", "What somebody can do who knows the algorithm but not the key.")
    picture_options(parser)
    parser.add_argument(
        "--averages", type=int, nargs="*", default=[1, 10, 100, 1000], help="pictures to average"
    )
    parser.add_argument(
        "--targets", type=int, default=20, help="pictures that the average is subtracted from"
    )
    parser.add_argument("--side", type=int, default=512, help="side of averaged crops, pixels")
    parser.add_argument("--strength", choices=get_args(Strength), default=DEFAULT_STRENGTH)
    given = parser.parse_args(argv)
    sources = tuple(images.from_argument(given.images, given.limit))
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "averages": given.averages,
        "targets": given.targets,
        "side": given.side,
        "cost": [f"{psnr:g} dB" for psnr in _PSNRS],
        "strength": given.strength,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    work: list[Task] = [
        Averaging(
            f"average of {count}",
            count,
            sources,
            given.targets,
            given.side,
            given.strength,
            given.seed,
        )
        for count in given.averages
    ]
    for source, other in zip(sources, (*sources[1:], sources[0]), strict=True):
        work.append(Single(f"single {source.name}", source, other, given.strength, given.seed))
    records = run_tasks(work, attack, store, jobs=given.jobs, label="attacking")
    report = table(records)
    _plot(report, given.out)
    show([report], given.out, settings)


def attack(task: Averaging | Single) -> list[Record]:
    """Do the trials of a task."""
    return _average(task) if isinstance(task, Averaging) else list(_single(task))


def _marked_crops(
    task: Averaging, label: str, count: int
) -> Iterator[tuple[Pixels, Pixels, bytes]]:
    """Yield (original, marked, payload) of random crops, except where no mark can be carried."""
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    rng = attacks.generator(task.seed, label)
    for index in range(count):
        source = task.sources[index % len(task.sources)]
        original = images.random_square(source.load(), task.side, rng)
        payload = rng.bytes(8)
        try:
            marked = watermark.embed(original, payload, key, strength=task.strength)
            yield original, marked, payload
        except UnmarkableImageError:
            continue


def _average(task: Averaging) -> list[Record]:
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    crops = _marked_crops(task, "averaged", task.count)
    estimate = adversary.averaged(marked for _, marked, _ in crops)
    records: list[Record] = []
    for original, marked, payload in _marked_crops(task, "targets", task.targets):
        shaped = adversary.shaped(estimate, marked)
        records.append(_judged(task.id, original, marked, shaped, partial(_reads, key, payload)))
    return records


def _reads(key: watermark.Key, payload: bytes, image: Pixels) -> bool:
    return watermark.detect(image, key).payload == payload


def _judged(
    name: str,
    original: Pixels,
    marked: Pixels,
    estimate: adversary.Plane,
    reads: Callable[[Pixels], bool],
) -> Record:
    """Subtract an estimate at every cost; the mark survives if it is read after each."""
    mark = adversary.luminance(marked) - adversary.luminance(original)
    survives = all(reads(adversary.subtracted(marked, estimate, psnr)) for psnr in _PSNRS)
    return {
        "attack": name,
        "success": survives,
        "correlation": adversary.correlation(estimate, mark),
        "psnr": min(_PSNRS),
    }


def _single(task: Single) -> Iterator[Record]:
    key, other_key = (watermark.Key.from_bytes(key_bytes(task.seed + n)) for n in (0, 1))
    original = task.source.load()
    payload = payload_for(task.source.name, task.seed)
    try:
        marked = watermark.embed(original, payload, key, strength=task.strength)
    except UnmarkableImageError:
        return

    reads = partial(_reads, key, payload)

    def record(name: str, image: Pixels, *, success: bool) -> Record:
        psnr = measures.psnr(marked, image) if image.shape == marked.shape else math.nan
        return {"attack": name, "success": success, "correlation": math.nan, "psnr": psnr}

    pilots, data = adversary.folded(marked)
    for name, estimate in (
        ("fold one picture: pilots", pilots),
        ("fold one picture: data", data),
        ("fold one picture: both", pilots + data),
    ):
        yield _judged(name, original, marked, adversary.shaped(estimate, marked), reads)
    notched = adversary.notched(marked)
    yield record("notch the pilots", notched, success=reads(notched))
    twice = watermark.embed(marked, bytes(8), other_key, strength=task.strength)
    yield record("mark again with another key", twice, success=reads(twice))
    onto = _like(task.other.load(), marked)
    copied = adversary.transplanted(marked, onto, 40)
    yield record("copy to another picture, 40 dB", copied, success=reads(copied)) | {"psnr": 40.0}
    found = watermark.detect(marked, other_key).found
    yield record("look with another key", marked, success=found)


def _like(image: Pixels, model: Pixels) -> Pixels:
    """Cut and resize a picture to the size of another."""
    height, width = model.shape[:2]
    scale = max(height / image.shape[0], width / image.shape[1])
    resized = images.resize_side(image, math.ceil(scale * max(image.shape[:2])) + 1)
    return np.ascontiguousarray(resized[:height, :width])


def table(records: Sequence[Record]) -> Report:
    """Return the table of attacks: how often the mark, or the forgery, is read."""
    columns = ("attack", "n", "payload read", "95 % from", "promised", "correlation", "PSNR")
    report = Report("Attacks by somebody who knows everything but the key", columns)
    for name in dict.fromkeys(record["attack"] for record in records):
        mine = [record for record in records if record["attack"] == name]
        read = sum(record["success"] for record in mine)
        correlation, psnr = (
            measures.mean([r[field] for r in mine if math.isfinite(r[field])])
            for field in ("correlation", "psnr")
        )
        low = measures.wilson(read, len(mine))[0]
        row: list[Cell] = [name, len(mine), read / len(mine), low, _PROMISES.get(name)]
        report.rows.append([*row, correlation, psnr])
    report.notes.append(
        "Averages and folds are subtracted at each cost that the settings name; the payload counts "
        "as read only if it is read after each. For the last two rows read means that the forgery, "
        "or the wrong key, succeeds. correlation: of the estimate with the true mark. PSNR: of the "
        "attacked against the marked picture."
    )
    return report


def _plot(report: Report, folder: Path) -> None:
    rows = [row for row in report.rows if row is not None]
    series = {"payload read": [float(row[2] or 0) for row in rows]}
    floors = [None if row[4] is None else float(row[4]) for row in rows]
    labels = [str(row[0]) for row in rows]
    title = "Payloads read after informed attacks"
    bars(folder / "security.png", title, labels, series, axis="share of pictures", marks=floors)
