"""Hosts on which a mark shows by other means: cut-outs, and pictures that somebody enhances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks._report import Cell, Report
from benchmarks._running import Record, Task
from benchmarks._systems import OURS, open_system, payload_for
from benchmarks._visibility import visibility
from benchmarks.attacks import Pixels
from benchmarks.hosts import Painter, paint, smooth
from benchmarks.quality.measuring import altered
from benchmarks.quality.sheets import save_sheet
from benchmarks.quality.tables import seen
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError
from indelible.watermark.embedding import BUDGETS

__all__ = [
    "CUT_OUTS",
    "ENHANCED",
    "CutOut",
    "Enhanced",
    "cut_out",
    "cut_out_table",
    "measure_cut_out",
    "measure_enhanced",
]

_SIDE = 1024
_CANVAS = 800
Enhancement: TypeAlias = Callable[[Pixels], Pixels]


def _lifted(image: Pixels) -> Pixels:
    """Raise the dark to a power of .4, as a "brighten" slider at its end does."""
    levels = np.rint(255 * (np.arange(256) / 255) ** 0.4).astype(np.uint8)
    lifted: Pixels = levels[image]
    return lifted


def _equalised(image: Pixels) -> Pixels:
    """Raise local contrast: CLAHE of the lightness, limit 3, 8 x 8 tiles."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(3.0, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def _as_it_is(image: Pixels) -> Pixels:
    return image


ENHANCED: Mapping[str, tuple[Painter, Enhancement]] = {
    "near black, gamma .4": (smooth.near_black, _lifted),
    "night, gamma .4": (smooth.night, _lifted),
    "dark red": (smooth.dark_red, _as_it_is),
    "dark red, gamma .4": (smooth.dark_red, _lifted),
    "clear sky, CLAHE": (smooth.clear_sky, _equalised),
    "dusk sky, CLAHE": (smooth.dusk_sky, _equalised),
}
"""What is painted, and what somebody does to it: by name."""

CUT_OUTS: Mapping[str, tuple[int, bool]] = {
    "disc of 100 px, black behind": (100, False),
    "disc of 200 px, black behind": (200, False),
    "disc of 200 px, picture behind": (200, True),
    "disc of 400 px, picture behind": (400, True),
}
"""Diameter in a canvas of 800 px, and whether the picture goes on under alpha 0: by name."""


@dataclass(frozen=True)
class Enhanced(Task):
    """A picture that is marked, and then enhanced like its original."""

    name: str
    subjects: tuple[str, ...]
    sheets: Path | None
    seed: int


@dataclass(frozen=True)
class CutOut(Task):
    """An RGBA picture of which a disc is opaque, marked at several strengths."""

    name: str
    strengths: tuple[Strength, ...]
    seed: int


def measure_enhanced(task: Enhanced) -> list[Record]:
    """Compare the enhanced original with what each subject made of it, enhanced."""
    painter, enhance = ENHANCED[task.name]
    image = paint(painter, task.name.split(",")[0], _SIDE, task.seed)
    records: list[Record] = []
    for subject in task.subjects:
        record: Record = {"picture": task.name, "subject": subject, "unmarkable": False}
        try:
            after = altered(subject, image, task.name, task.seed)
        except UnmarkableImageError:
            records.append(record | {"unmarkable": True})
            continue
        before, pixels = enhance(image), enhance(after.pixels)
        if task.sheets is not None and subject in BUDGETS:
            save_sheet(task.sheets, f"{subject}-{task.name}", before, pixels)
        records.append(record | visibility(before, pixels))
    return records


def cut_out(diameter: int, *, behind: bool) -> npt.NDArray[np.uint8]:
    """Return a photograph of 800 px of which a disc is opaque, uint8 (800, 800, 4).

    Parameters
    ----------
    diameter : int
        Of the disc in pixels; its edge is smooth.
    behind : bool
        Whether the photograph goes on under alpha 0, as cut-out tools leave it; else it is black.
    """
    canvas = images.square(images.photograph(0), _CANVAS)
    y, x = np.mgrid[:_CANVAS, :_CANVAS] - (_CANVAS - 1) / 2
    edge = diameter / 2 - np.hypot(x, y)
    alpha = np.clip(np.rint(255 * (edge + 0.5)), 0, 255).astype(np.uint8)
    if not behind:
        canvas = np.where(alpha[..., None] > 0, canvas, 0).astype(np.uint8)
    return np.concatenate([canvas, alpha[..., None]], axis=2)


def measure_cut_out(task: CutOut) -> list[Record]:
    """Mark a cut-out: what that costs inside, and what changes where nothing is to be seen."""
    diameter, behind = CUT_OUTS[task.name]
    image = cut_out(diameter, behind=behind)
    records: list[Record] = []
    for strength in task.strengths:
        record: Record = {"picture": task.name, "subject": strength, "unmarkable": False}
        system = open_system(OURS, task.seed, strength)
        payload = payload_for(task.name, task.seed)
        try:
            marked, _ = system.embed(image, payload)
        except UnmarkableImageError:
            records.append(record | {"unmarkable": True})
            continue
        hidden, opaque = image[..., 3] == 0, image[..., 3] == 255
        change = np.abs(marked[..., :3].astype(np.int16) - image[..., :3]).max(axis=2)
        record |= visibility(_on_white(image), _on_white(marked)) | {
            "psnr": measures.psnr(image[opaque][:, :3], marked[opaque][:, :3]),
            "hidden": int(change[hidden].max()),
            "read": system.detect(marked).payload == payload,
        }
        records.append(record)
    return records


def _on_white(image: npt.NDArray[np.uint8]) -> Pixels:
    alpha = image[..., 3:].astype(np.float32) / 255
    laid = np.rint(image[..., :3] * alpha + 255 * (1 - alpha))
    pixels: Pixels = laid.astype(np.uint8)
    return pixels


def cut_out_table(records: Sequence[Record]) -> Report:
    """Return the table of cut-outs."""
    columns = ("cut-out", "strength", "PSNR inside", "3-norm (spot)", "under alpha 0", "at most")
    report = Report("Cut-outs", (*columns, "kept", "read"))
    for record in records:
        row: list[Cell] = [record["picture"], record["subject"]]
        if record["unmarkable"]:
            row += [None, "-", None, 0, None, "unmarkable"]
        else:
            row += [record["psnr"], seen(record), record["hidden"], 0, record["hidden"] == 0]
            row.append(record["read"])
        report.rows.append(row)
    report.notes.append(
        "PSNR inside: of the opaque pixels. 3-norm: of both on white. under alpha 0: the largest "
        "change in levels where nothing is to be seen."
    )
    return report
