"""Collages of marked pictures, pictures pasted into others, marks over marks: what is found where.

Each picture is beside, in or under another one, and then saved as a JPEG of quality 75.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.attacks import Pixels, codecs
from indelible.verification.coverage import measure_together
from indelible.watermark import Key, LocatedMark, View, detect, detect_all, detect_superposed, embed
from indelible.watermark.several import REGION_CELL

__all__ = ["run"]

_QUALITY: Final = 75
_HEIGHT, _WIDTH = 640, 960  # of every collage
_IDS: Final = (b"mark one", b"mark two")
_GOAL: Final = 0.95

Mask = NDArray[np.bool_]
Made = tuple[Pixels, list[Mask]]
"""A collage, and where each mark is."""


@dataclass(frozen=True)
class Collage(Task):
    """Pictures put together in one way."""

    sources: tuple[images.Source, images.Source, images.Source]
    kind: str
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("several", "Several marks in one picture: found, and where.")
    picture_options(parser)
    parser.add_argument("--draws", type=int, default=24, help="pictures of each kind")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": len(sources),
        "size": f"{_WIDTH} x {_HEIGHT}",
        "quality": _QUALITY,
        "draws": given.draws,
        "seed": given.seed,
        "engine": engine_fingerprint(),
    }
    print_settings(settings | {"jobs": given.jobs})
    rng = attacks.generator(given.seed, "several")
    work = []
    for number in range(given.draws):
        order = rng.permutation(len(sources))
        three = tuple(sources[order[i % len(sources)]] for i in range(3))
        work += [
            Collage(f"{kind} {number}", (three[0], three[1], three[2]), kind, given.seed + number)
            for kind in _KINDS
        ]
    store = Store(given.out, settings, restart=given.restart)
    records = run_tasks(work, _look, store, jobs=given.jobs, label="looking")
    show([_table(records)], given.out, settings)


def _look(task: Collage) -> list[Record]:
    """Make one picture and look for all its marks."""
    rng = attacks.generator(task.seed, task.id)
    key = Key.from_bytes(key_bytes(task.seed))
    first, second, third = (_sized(source.load()) for source in task.sources)
    made, masks = _KINDS[task.kind](
        embed(first, _IDS[0], key), embed(second, _IDS[1], key), third, rng
    )
    if task.kind == "one over the other":
        made = embed(embed(first, _IDS[0], key), _IDS[1], key)
    made = attacks.Attack(task.kind, "", (partial(codecs.jpeg, quality=_QUALITY),))(
        made, task.seed
    ).pixels
    started = time.process_time()
    found = detect_all(made, key)
    took = time.process_time() - started
    view = View(made)
    started = time.process_time()
    strongest = detect(view, key)
    once = time.process_time() - started
    started = time.process_time()
    over = detect_superposed(view, key, strongest) if strongest.found else ()
    again = time.process_time() - started
    together = [(key, one.detection) for one in found[:2]]
    by_id = {one.detection.payload: one for one in found}
    wanted = _IDS[: len(masks)]
    return [
        {
            "kind": task.kind,
            "wanted": len(wanted),
            "found": sum(one in by_id for one in wanted),
            "wrong": sum(one not in wanted for one in by_id),
            "overlap": found[0].overlap(found[1]) if len(found) > 1 else None,
            "union": [
                _union(by_id[one], mask)
                for one, mask in zip(wanted, masks, strict=True)
                if one in by_id
            ],
            "cost": took / once,
            "over": len(over),
            "gone": measure_together(view, together).regions_gone if len(found) > 1 else None,
            "again": again / once,
        }
    ]


def _union(one: LocatedMark, mask: Mask) -> float:
    """Return the intersection of a region and the truth over their union."""
    middle = REGION_CELL // 2
    rows, columns = one.region.shape
    truth = mask[middle::REGION_CELL, middle::REGION_CELL][:rows, :columns]
    return float((one.region & truth).sum() / max((one.region | truth).sum(), 1))


def _sized(picture: Pixels) -> Pixels:
    """Return a picture as it fills the collage: turned to lie, scaled, and cut in the middle."""
    if picture.shape[0] > picture.shape[1]:
        picture = np.ascontiguousarray(np.rot90(picture))
    height, width = picture.shape[:2]
    scale = max(_HEIGHT / height, _WIDTH / width)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (round(width * scale + 0.5), round(height * scale + 0.5))
    larger = np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
    top, left = (larger.shape[0] - _HEIGHT) // 2, (larger.shape[1] - _WIDTH) // 2
    return np.ascontiguousarray(larger[top : top + _HEIGHT, left : left + _WIDTH])


def _halves(first: Pixels, second: Pixels, _: Pixels, __: np.random.Generator) -> Made:
    mask = np.zeros((_HEIGHT, _WIDTH), bool)
    mask[:, : _WIDTH // 2] = True
    return np.where(mask[:, :, None], first, second), [mask, ~mask]


def _quarters(first: Pixels, second: Pixels, third: Pixels, rng: np.random.Generator) -> Made:
    """Paste a part of a quarter of the area of each into opposite corners of a third picture."""
    height, width = _HEIGHT // 2, _WIDTH // 2
    made, masks = third.copy(), []
    for picture, top, left in ((first, 0, 0), (second, _HEIGHT - height, _WIDTH - width)):
        y, x = int(rng.integers(_HEIGHT - height)), int(rng.integers(_WIDTH - width))
        mask = np.zeros((_HEIGHT, _WIDTH), bool)
        mask[top : top + height, left : left + width] = True
        made[top : top + height, left : left + width] = picture[y : y + height, x : x + width]
        masks.append(mask)
    return made, masks


def _pasted(first: Pixels, second: Pixels, _: Pixels, rng: np.random.Generator) -> Made:
    """Paste a whole picture, half as high and wide, into another marked one."""
    height, width = _HEIGHT // 2, _WIDTH // 2
    top, left = int(rng.integers(_HEIGHT - height)), int(rng.integers(_WIDTH - width))
    mask = np.zeros((_HEIGHT, _WIDTH), bool)
    mask[top : top + height, left : left + width] = True
    made = first.copy()
    small = cv2.resize(second, (width, height), interpolation=cv2.INTER_AREA)
    made[top : top + height, left : left + width] = small
    return made, [~mask, mask]


def _over(first: Pixels, _: Pixels, __: Pixels, ___: np.random.Generator) -> Made:
    whole = np.ones((_HEIGHT, _WIDTH), bool)
    return first, [whole, whole]


def _one(first: Pixels, _: Pixels, __: Pixels, ___: np.random.Generator) -> Made:
    return first, [np.ones((_HEIGHT, _WIDTH), bool)]


def _none(_: Pixels, __: Pixels, third: Pixels, ___: np.random.Generator) -> Made:
    return third, []


_KINDS: Final[dict[str, Callable[[Pixels, Pixels, Pixels, np.random.Generator], Made]]] = {
    "two halves": _halves,
    "two quarters of the area": _quarters,
    "one pasted into the other": _pasted,
    "one over the other": _over,
    "one mark": _one,
    "no mark": _none,
}


def _table(records: Sequence[Record]) -> Report:
    columns = ["kind", "n", "all found", "95 % from", "marks found", "wrong", "overlap"]
    columns += [
        "IoU",
        "cost / detect",
        f">= {_GOAL}",
        "on its grid",
        "its cost / detect",
        "gone together",
    ]
    report = Report("Several marks in one picture", columns)
    for kind in _KINDS:
        mine = [record for record in records if record["kind"] == kind]
        n, wanted = len(mine), sum(record["wanted"] for record in mine)
        full = sum(record["found"] == record["wanted"] for record in mine)
        overlaps = [record["overlap"] for record in mine if record["overlap"] is not None]
        spread = f"{min(overlaps):.2f} to {max(overlaps):.2f}" if overlaps else None
        union = [value for record in mine for value in record["union"]]
        report.rows.append(
            [
                kind,
                n,
                full / n,
                measures.wilson(full, n)[0],
                sum(record["found"] for record in mine) / wanted if wanted else None,
                sum(record["wrong"] for record in mine),
                spread,
                measures.mean(union) if union else None,
                measures.mean([record["cost"] for record in mine]),
                full >= _GOAL * n,
                sum(record["over"] > 0 for record in mine) / n,
                measures.mean([record["again"] for record in mine]),
                sum(bool(record["gone"]) for record in mine),
            ]
        )
    report.notes.append(
        "overlap: smallest to largest, of the two largest regions; IoU: of a region and where the "
        "mark is, intersection over union; cost: processor time in units of one detection; on its "
        "grid: another id was found by detect_superposed, at the place of the strongest mark; gone "
        "together: both marks together are reliably missing somewhere, as verify has it."
    )
    return report
