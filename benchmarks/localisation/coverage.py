"""How much of a picture is said to carry the mark: honest edits, pastes, and collages.

What `indelible.verification.coverage` is tuned for: no honest edit is called altered, and of
pastes and collages as many as that allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks
from benchmarks._report import Report
from benchmarks._running import Record
from benchmarks.attacks import Pixels, codecs
from indelible import watermark
from indelible.verification.coverage import measure_coverage
from indelible.watermark import View

__all__ = ["HONEST", "Edit", "edits", "measure", "table"]

HONEST = (
    "jpeg 75", "jpeg 50", "webp 50", "resize 0.5", "resize 1.5", "crop 50 %", "rotate 5", "blur 1",
    "sharpen 3", "noise 5", "brightness 1.5", "contrast 1.5", "border 5 %", "social 1080", "meme",
)  # fmt: skip
"""Names of attacks after which the whole picture is still the marked one."""

_PASTES = (128, 192, 256)  # px a side
_BOXES = (140, 200)  # px a side; of one colour, which only the presence map can notice
_COLLAGES = (0.25, 0.5)  # of the area
_QUALITY = 85  # of the JPEG file that a forgery is saved as


@dataclass(frozen=True)
class Edit:
    """What became of a marked picture.

    Attributes
    ----------
    name : str
        Of the row in the table.
    pixels : Pixels
        The picture.
    marked : float
        Share of it that is still the marked picture.
    """

    name: str
    pixels: Pixels
    marked: float


def edits(marked: Pixels, stranger: Pixels, name: str, seed: int) -> Iterator[Edit]:
    """Yield the honest edits of a marked picture, and forgeries: a stranger's picture, a box."""
    for honest in HONEST:
        yield Edit("honest edit", attacks.get(honest)(marked, seed).pixels, 1.0)
    rng = attacks.generator(seed, f"coverage {name}")
    for side in _PASTES:
        yield Edit(f"paste of {side} px", *_pasted(marked, stranger, side, rng))
    for share in _COLLAGES:
        yield Edit(f"{100 * share:.0f} % of a collage", *_collage(marked, stranger, share, rng))
    for side in _BOXES:
        colour = rng.integers(0, 256, 3).astype(np.uint8)
        box = np.broadcast_to(colour, (side, side, 3))
        yield Edit(f"plain box of {side} px", *_pasted(marked, box, side, rng))


def _pasted(
    marked: Pixels, stranger: Pixels, side: int, rng: np.random.Generator
) -> tuple[Pixels, float]:
    height, width = marked.shape[:2]
    side = min(side, height // 2, width // 2, *stranger.shape[:2])
    top, left = int(rng.integers(0, height - side)), int(rng.integers(0, width - side))
    pasted = marked.copy()
    pasted[top : top + side, left : left + side] = stranger[:side, :side]
    return codecs.jpeg(pasted, rng, quality=_QUALITY).pixels, 1 - side**2 / (height * width)


def _collage(
    marked: Pixels, stranger: Pixels, share: float, rng: np.random.Generator
) -> tuple[Pixels, float]:
    """Lay the middle of a marked picture over a stranger's of the same size."""
    height, width = marked.shape[:2]
    rows, columns = round(height * share**0.5), round(width * share**0.5)
    top, left = (height - rows) // 2, (width - columns) // 2
    sheet = np.array(_repeated(stranger, height, width))
    inside = slice(top, top + rows), slice(left, left + columns)
    sheet[inside] = marked[inside]
    return codecs.jpeg(sheet, rng, quality=_QUALITY).pixels, share


def _repeated(picture: Pixels, height: int, width: int) -> Pixels:
    """Return a picture of this size, repeated where it is smaller."""
    rows, columns = -(-height // picture.shape[0]), -(-width // picture.shape[1])
    return np.tile(picture, (rows, columns, 1))[:height, :width]


def measure(
    marked: Pixels, stranger: Pixels, key: watermark.Key, name: str, seed: int
) -> list[Record]:
    """Measure the coverage of every edit in which the mark is found."""
    records: list[Record] = []
    for edit in edits(marked, stranger, name, seed):
        found = watermark.detect(edit.pixels, key)
        if found.found:
            seen = measure_coverage(View(edit.pixels), key, found)
            called = {"called": seen.regions_gone, "area": seen.area}
            records.append({"edit": edit.name, "marked": edit.marked, **called})
    return records


def table(records: Sequence[Record]) -> Report:
    """Return how often each kind is called altered, and how far the area is from the truth."""
    columns = ("edit", "n", "called altered", "share of it marked", "mean area", "mean error")
    report = Report("Coverage", columns)
    for name in dict.fromkeys(record["edit"] for record in records):
        mine = [record for record in records if record["edit"] == name]
        known = [record for record in mine if record["area"] is not None]
        report.rows.append(
            [
                name,
                len(mine),
                sum(bool(record["called"]) for record in mine),
                measures.mean([record["marked"] for record in mine]),
                measures.mean([record["area"] for record in known]),
                measures.mean([abs(record["area"] - record["marked"]) for record in known]),
            ]
        )
    report.notes.append("No honest edit may be called altered.")
    return report
