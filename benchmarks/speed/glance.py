"""What a glance at an unmoved picture sees of a mark that was just embedded, beside a detection.

Run it as ``python -m benchmarks.speed.glance --images my/photographs``. Pictures are marked and
written as JPEG files; ``protect`` reads the mark back with a glance at a small grey copy of the
file, and asks the detector where that is not clear. Scores are minus the decimal logarithm of the
bound, which is no less than 1e-300.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import log10
from typing import Final

from benchmarks import images
from benchmarks._measures import timed
from benchmarks._report import Report, print_settings, show
from benchmarks._running import (
    Record,
    Store,
    Task,
    main,
    options,
    picture_options,
    run_tasks,
    single_thread,
)
from benchmarks._systems import engine_fingerprint, key_bytes
from benchmarks.images import Source, resize_area
from indelible import imaging, watermark
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError
from indelible.imaging import ImageFile
from indelible.protection.markable import CLEARLY
from indelible.watermark import ENOUGH_PIXELS, READABLE_PIXELS, Detection, Key, View

__all__ = ["glance_table", "measure", "run"]

_PAYLOAD: Final = b"8 bytes."
_WAYS: Final[tuple[tuple[Strength, int | None], ...]] = (
    ("balanced", None),
    ("balanced", 60),
    ("discreet", None),
)
_SIDES: Final = (0.0, 1024.0, 2048.0)  # roots of the area; 0 is the picture's own


@dataclass(frozen=True)
class Glances(Task):
    """One picture at one size, marked in every way."""

    source: Source
    side: float
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("speed.glance", "What a glance sees of a mark, beside a detection.")
    picture_options(parser, limit=12)
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": [source.name for source in sources],
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "clock": "processor time of a process",
    }
    print_settings(settings)
    tasks = [
        Glances(f"{source.name} {side:.0f}", source, side, given.seed)
        for source, side in itertools.product(sources, _SIDES)
    ]
    store = Store(given.out, settings, restart=given.restart)
    records = run_tasks(tasks, measure, store, jobs=given.jobs)
    show([glance_table(records)], given.out, settings)


def measure(task: Glances) -> list[Record]:
    """Mark a picture in every way, and look at each file twice."""
    single_thread()
    picture = task.source.load()
    if task.side:
        picture = resize_area(picture, task.side)
    key = Key.from_bytes(key_bytes(task.seed))
    records: list[Record] = []
    for strength, quality in _WAYS:
        try:
            marked = watermark.embed(picture, _PAYLOAD, key, strength=strength)
        except UnmarkableImageError:
            continue
        data = imaging.encode(marked, "jpeg", quality=quality)
        glance, glancing = timed(partial(_glance, data, key))
        found, detecting = timed(partial(_detected, data, key))
        records.append(
            {
                "way": f"{strength}, {'usual quality' if quality is None else quality}",
                "clear": glance.payload == _PAYLOAD and glance.false_positive_probability < CLEARLY,
                "found": found.payload == _PAYLOAD,
                "glance": -log10(glance.false_positive_probability),
                "detection": -log10(found.false_positive_probability),
                "time": glancing / detecting,
            }
        )
    return records


def _glance(data: bytes, key: Key) -> Detection:
    shown = ImageFile(data).decode(enough=READABLE_PIXELS, grey=True)
    return watermark.detect_unmoved(View(shown.pixels, shown.scale), key)


def _detected(data: bytes, key: Key) -> Detection:
    shown = ImageFile(data).decode(enough=ENOUGH_PIXELS)
    return watermark.detect(View(shown.pixels, shown.scale), key)


def glance_table(records: Sequence[Record]) -> Report:
    """Return how often a glance is enough, and the lowest scores, by way of marking."""
    columns = (
        "mark, JPEG quality", "marks", "found", "clear at a glance", "clear, not found",
        "lowest clear score", "its detection", "x time of a detection",
    )  # fmt: skip
    report = Report("A glance at what was just marked", columns)
    for way in dict.fromkeys(one["way"] for one in records):
        its = [one for one in records if one["way"] == way]
        clear = [one for one in its if one["clear"]]
        lowest = min(clear, key=lambda one: float(one["glance"]), default=None)
        times = sorted(float(one["time"]) for one in its)
        report.rows.append(
            [
                way,
                len(its),
                sum(one["found"] for one in its),
                len(clear),
                sum(not one["found"] for one in clear),
                None if lowest is None else lowest["glance"],
                None if lowest is None else lowest["detection"],
                times[len(times) // 2],
            ]
        )
    return report


if __name__ == "__main__":
    main(run)
