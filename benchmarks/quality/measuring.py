"""One picture: marked at every strength, beside JPEGs and other packages' marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks._running import Record, Task
from benchmarks._systems import OURS, open_system, payload_for
from benchmarks._visibility import visibility
from benchmarks.attacks import Pixels, codecs
from benchmarks.quality.sheets import save_sheet
from indelible.errors import UnmarkableImageError
from indelible.imaging.encoding import encode
from indelible.watermark.embedding import BUDGETS

__all__ = [
    "FORMATS",
    "YARDSTICKS",
    "Altered",
    "Measuring",
    "altered",
    "measure",
    "worst_window",
]

YARDSTICKS: Mapping[str, int] = {f"JPEG {quality}": quality for quality in (95, 90, 80)}
"""JPEGs of the unmarked pictures (4:2:0): what everybody accepts. Name and quality."""

FORMATS: Mapping[str, tuple[str, int | None]] = {
    "JPEG 90": ("jpeg", 90),
    "JPEG 75": ("jpeg", 75),
    "WebP 80": ("webp", 80),
    "AVIF": ("avif", None),
    "PNG": ("png", None),
}
"""What files are written to see how much longer a mark makes them: format, quality or default."""


@dataclass(frozen=True)
class Measuring(Task):
    """One picture, altered by several subjects.

    Attributes
    ----------
    source : Source
        The picture.
    group : str
        The kind of pictures that it is counted with.
    subjects : tuple of str
        Strengths of ours, `YARDSTICKS`, names of peers.
    side, area : int or None
        Resize to this longest side, or to the square of so many pixels, first.
    lengths : bool
        Whether files are written, too.
    sheets : Path or None
        Folder for the sheets of our marks.
    seed : int
    """

    source: images.Source
    group: str
    subjects: tuple[str, ...]
    side: int | None
    area: float | None
    lengths: bool
    sheets: Path | None
    seed: int


@dataclass(frozen=True, slots=True)
class Altered:
    """A picture that a subject has altered; `read` says whether its payload is read at once."""

    pixels: Pixels
    read: bool | None


def altered(subject: str, image: Pixels, name: str, seed: int) -> Altered:
    """Mark a picture, or compress it.

    Raises
    ------
    UnmarkableImageError
        If the subject refuses the picture.
    """
    if subject in YARDSTICKS:
        quality = YARDSTICKS[subject]
        received = codecs.jpeg(image, np.random.default_rng(seed), quality=quality)
        return Altered(received.pixels, None)
    ours = (OURS, seed, subject)
    system = open_system(*ours) if subject in BUDGETS else open_system(subject, seed)
    payload = payload_for(name, seed, system.payload_bytes)
    pixels, _ = system.embed(image, payload)
    return Altered(pixels, system.detect(pixels).payload == payload)


def measure(task: Measuring) -> list[Record]:
    """Measure what each subject does to a picture, and draw the sheets of our marks."""
    image = task.source.load()
    if task.side is not None:
        image = images.resize_side(image, task.side)
    if task.area is not None:
        image = images.resize_area(image, task.area)
    lengths = _lengths(image) if task.lengths else {}
    return [_record(task, subject, image, lengths) for subject in task.subjects]


def _record(task: Measuring, subject: str, image: Pixels, lengths: Mapping[str, int]) -> Record:
    record: Record = {
        "picture": task.source.name,
        "group": task.group,
        "subject": subject,
        "unmarkable": False,
    }
    try:
        after = altered(subject, image, task.source.name, task.seed)
    except UnmarkableImageError:
        return record | {"unmarkable": True}
    if task.sheets is not None and subject in BUDGETS:
        save_sheet(task.sheets, f"{subject} {task.id}", image, after.pixels)
    local = measures.ssim_map(image, after.pixels)
    record |= visibility(image, after.pixels) | {
        "psnr": measures.psnr(image, after.pixels),
        "ssim": float(local.mean()),
        "worst_ssim": worst_window(local),
        "largest": int(np.abs(after.pixels.astype(np.int16) - image).max()),
        "read": after.read,
    }
    if lengths and subject not in YARDSTICKS:
        marked = _lengths(after.pixels)
        record["lengths"] = {name: marked[name] / lengths[name] for name in marked}
    return record


def worst_window(local: npt.NDArray[np.float64]) -> float:
    """Return the least mean over windows of 32 x 32 pixels: a visible patch hides in no average."""
    rows, columns = max(1, local.shape[0] // 32), max(1, local.shape[1] // 32)
    cut = local[: 32 * rows, : 32 * columns]
    return float(cut.reshape(rows, -1, columns, cut.shape[1] // columns).mean(axis=(1, 3)).min())


def _lengths(image: Pixels) -> dict[str, int]:
    return {
        name: len(encode(image, file_format, quality=quality))
        for name, (file_format, quality) in FORMATS.items()
    }
