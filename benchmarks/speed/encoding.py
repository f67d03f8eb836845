"""What writing a picture costs: usual files beside ``fast`` ones, in time, length and quality.

Run it as ``python -m benchmarks.speed.encoding --images my/photographs``. Times are multiples of an
OpenCV JPEG (quality 90) of the same picture, lengths of the usual file of the same kind. Drawings
are hosts of ``benchmarks.hosts`` that compress well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from benchmarks import hosts, images
from benchmarks._measures import psnr, timed
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
from benchmarks._systems import package_fingerprint
from benchmarks.images import Source
from benchmarks.speed.timings import JPEG_Q90
from indelible import imaging

__all__ = ["encoding_table", "measure", "run"]

_DRAWINGS: Final = ("flat anime", "line drawing", "page of text")
_KINDS: Final = (("jpeg", False), ("png", False), ("webp", False), ("webp", True))


@dataclass(frozen=True)
class Encodings(Task):
    """One picture, written in every way, `rounds` times."""

    group: str
    source: Source
    rounds: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("speed.encoding", "What writing a picture costs.", jobs=False)
    picture_options(parser, limit=6)
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the least time counts")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": [source.name for source in sources],
        "rounds": given.rounds,
        "encoder": package_fingerprint("indelible.imaging"),
        "clock": "processor time, OpenCV on one thread; the least of the rounds",
    }
    print_settings(settings)
    tasks = [
        Encodings(f"{group} {source.name}", group, source, given.rounds)
        for group, some in (("photographs", sources), ("drawings", hosts.hard(_DRAWINGS)))
        for source in some
    ]
    records = run_tasks(tasks, measure, Store(given.out, settings, restart=given.restart))
    show([encoding_table(records)], given.out, settings)


def measure(task: Encodings) -> list[Record]:
    """Write one picture in every way."""
    single_thread()
    picture = task.source.load()
    unit = min(timed(partial(cv2.imencode, ".jpg", picture, JPEG_Q90))[1] for _ in range(9))
    records: list[Record] = []
    for kind, lossless in _KINDS:
        for fast in (False, True) if kind != "jpeg" else (False,):
            write = partial(imaging.encode, picture, kind, lossless=lossless, fast=fast)
            rounds = [timed(write) for _ in range(task.rounds)]
            data = rounds[0][0]
            records.append(
                {
                    "group": task.group,
                    "file": f"{kind}{', lossless' * lossless}",
                    "fast": fast,
                    "per_encode": min(seconds for _, seconds in rounds) / unit,
                    "bytes": len(data),
                    "psnr": psnr(picture, imaging.decode(data).pixels),
                }
            )
    return records


def encoding_table(records: Sequence[Record]) -> Report:
    """Return times and lengths by kind of picture and of file."""
    report = Report("Encoding", ("pictures", "file", "x JPEG encode", "x usual length", "PSNR, dB"))
    ways = dict.fromkeys((one["group"], one["file"], one["fast"]) for one in records)
    for way in ways:
        group, file, fast = way
        usual = _chosen(records, (group, file, False))
        mine = _chosen(records, way)
        lengths = [a["bytes"] / b["bytes"] for a, b in zip(mine, usual, strict=True)]
        report.rows.append(
            [
                group,
                f"{file}{', fast' * fast}",
                float(np.mean([one["per_encode"] for one in mine])),
                float(np.mean(lengths)),
                float(np.mean([one["psnr"] for one in mine])),
            ]
        )
    return report


def _chosen(records: Sequence[Record], way: tuple[str, str, bool]) -> list[Record]:
    return [one for one in records if (one["group"], one["file"], one["fast"]) == way]


if __name__ == "__main__":
    main(run)
