"""The command line of the benchmark of change maps, its trials and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks import attacks, images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import key_bytes, package_fingerprint, payload_for
from benchmarks.attacks import Pixels
from benchmarks.changes.alterations import ALTERATIONS, PATHS, Mask
from indelible import fingerprint, watermark
from indelible.errors import UnmarkableImageError
from indelible.fingerprint import Reference
from indelible.watermark.carrier import TILES_PER_SUPER
from indelible.watermark.pattern import period_of, size_class_for

__all__ = ["run"]

_THUMBNAIL = 512  # longest side, pixels
_GOALS: dict[str, float] = {"jpeg 75, resize 0.7": 0.75, "rotate 10, crop 50 %, jpeg 50": 0.65}
_UNALTERED = "unaltered"
_LEAST_VISIBLE = 0.02  # of what is seen: a region that a crop cut off is no region


@dataclass(frozen=True)
class Altered(Task):
    """A picture with one region altered, or none, after what follows."""

    source: images.Source
    kind: str
    path: str
    number: int
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("changes", "Changed regions, found in pictures that went on changing.")
    picture_options(parser)
    parser.add_argument("--trials", type=int, default=25, help="of each alteration and path")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in sources],
        "trials": given.trials,
        "seed": given.seed,
        "fingerprint": package_fingerprint("indelible.fingerprint"),
        "watermark": package_fingerprint("indelible.watermark"),
    }
    print_settings(settings | {"pictures": len(sources), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    work = [
        Altered(
            f"{kind} {path} {number}",
            sources[number % len(sources)],
            kind,
            path,
            number,
            given.seed,
        )
        for number in range(given.trials)
        for kind in (*ALTERATIONS, _UNALTERED)
        for path in PATHS
    ]
    records = run_tasks(work, attempt, store, jobs=given.jobs, label="mapping")
    show([table(records)], given.out, settings)


def attempt(task: Altered) -> list[Record]:
    """Do a trial; none where the mark is lost."""
    rng = attacks.generator(task.seed, task.id)
    key = watermark.Key.from_bytes(key_bytes(task.seed))
    payload = payload_for(task.id, task.seed)
    try:
        marked = watermark.embed(task.source.load(), payload, key)
    except UnmarkableImageError:
        return []
    mask = _region(marked, rng)
    altered = marked
    if task.kind == _UNALTERED:
        mask[:] = False
    else:
        altered = ALTERATIONS[task.kind](marked, mask, rng)
    received = PATHS[task.path](altered, rng).pixels
    found = watermark.detect(received, key)
    if found.payload != payload or found.geometry is None:
        return []
    height, width = marked.shape[:2]
    period = TILES_PER_SUPER * period_of(size_class_for(height, width))
    placed = fingerprint.compare(
        Reference.from_image(marked), received, found.geometry, period=period
    )
    if placed.geometry is None:
        return []
    thumbnail = images.resize_side(marked, _THUMBNAIL)
    mapped = fingerprint.changes(thumbnail, (height, width), received, placed.geometry)
    rows, columns = mapped.mask.shape
    small = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    truth: Mask = (np.asarray(small) > 0.5) & mapped.compared
    seen = np.count_nonzero(mapped.compared)
    if task.kind != _UNALTERED and np.count_nonzero(truth) < _LEAST_VISIBLE * seen:
        return []
    union = np.count_nonzero(truth | mapped.mask)
    iou = np.count_nonzero(truth & mapped.mask) / union if union else 1.0
    return [
        {
            "kind": task.kind,
            "path": task.path,
            "picture": task.source.name,
            "iou": iou,
            "share": mapped.share,
            "altered": np.count_nonzero(truth) / seen,
        }
    ]


def _region(image: Pixels, rng: np.random.Generator) -> Mask:
    """Draw a box or an ellipse of 5 to 30 % of the area."""
    height, width = image.shape[:2]
    share, aspect = float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.7, 1.4))
    ellipse = bool(rng.random() < 0.5)
    area = share * height * width * (4 / np.pi if ellipse else 1)
    across = int(min(width - 2, np.sqrt(area * aspect)))
    down = int(min(height - 2, area / across))
    top, left = int(rng.integers(0, height - down)), int(rng.integers(0, width - across))
    mask = np.zeros((height, width), np.uint8)
    if ellipse:
        centre = (left + across // 2, top + down // 2)
        cv2.ellipse(mask, centre, (across // 2, down // 2), 0, 0, 360, (1.0,), -1)
    else:
        mask[top : top + down, left : left + across] = 1
    return mask.astype(bool)


def table(records: Sequence[Record]) -> Report:
    """Return the mean overlap of each alteration and path."""
    columns = ("path", "alteration", "n", "mean IoU", "median", "IoU < .5", "share found", "goal")
    report = Report("Changed regions", columns)
    for path in PATHS:
        mine = [record for record in records if record["path"] == path]
        altered = [record for record in mine if record["kind"] != _UNALTERED]
        groups = {kind: [r for r in mine if r["kind"] == kind] for kind in ALTERATIONS}
        groups["all"] = altered
        groups[_UNALTERED] = [record for record in mine if record["kind"] == _UNALTERED]
        for kind, members in groups.items():
            if not members:
                continue
            ious = [record["iou"] for record in members]
            share = float(np.mean([record["share"] for record in members]))
            if kind == _UNALTERED:
                report.rows.append([path, kind, len(members), None, None, None, share, 0.01])
                continue
            below = sum(iou < 0.5 for iou in ious) / len(ious)
            goal = _GOALS.get(path) if kind == "all" else None
            mean, median = float(np.mean(ious)), float(np.median(ious))
            report.rows.append([path, kind, len(ious), mean, median, below, share, goal])
        report.rows.append(None)
    report.notes.append(
        "The geometry is the detector's, its origin that of the comparison; the thumbnail has "
        f"{_THUMBNAIL} pixels. Of unaltered pictures the share found is the false one."
    )
    return report
