"""PSNR, SSIM, and sheets of differences to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks._report import Cell, Report, axes, print_settings, show
from benchmarks._running import Record, Store, Task, options, picture_options, run_tasks
from benchmarks._systems import engine_fingerprint, open_system, payload_for
from benchmarks.attacks import Pixels
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError

__all__ = ["run", "sheet"]

_GAIN = 8
_SHEET_SIDE = 700
_FLAT_KINDS = ("sky", "flat", "gradient", "page white", "page black", "drawing", "black margin")
# Mean and least PSNR (dB), mean and least SSIM of each setting.
_PROMISES = {"robust": (43.0, 40.0, 0.990, 0.978), "balanced": (46.0, None, None, None)}


@dataclass(frozen=True)
class Marking(Task):
    """One picture, marked with one setting."""

    source: images.Source
    strength: Strength
    photograph: bool
    side: int | None
    sheets: Path | None
    seed: int


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("quality", "PSNR, SSIM and difference sheets of marked pictures.")
    picture_options(parser)
    parser.add_argument("--strength", nargs="+", choices=tuple(_PROMISES), default=list(_PROMISES))
    parser.add_argument(
        "--side", type=int, default=None, help="resize to this longest side first, in pixels"
    )
    parser.add_argument("--no-sheets", action="store_true", help="leave the pictures out")
    given = parser.parse_args(argv)
    photographs = images.from_argument(given.images, given.limit)
    drawn = images.generated(_FLAT_KINDS, height=512, width=768, seed=given.seed)
    settings = {
        "images": given.images or "built-in",
        "pictures": [source.name for source in photographs],
        "side": given.side,
        "strength": given.strength,
        "sheets": not given.no_sheets,
        "seed": given.seed,
        "engine": engine_fingerprint(),
        "ssim": measures.SSIM_SETTINGS,
    }
    print_settings(settings | {"pictures": len(photographs), "jobs": given.jobs})
    store = Store(given.out, settings, restart=given.restart)
    sheets = None if given.no_sheets else given.out / "sheets"
    if sheets is not None:
        sheets.mkdir(exist_ok=True)
    work = [
        Marking(f"{strength} {source.name}", source, strength, real, given.side, sheets, given.seed)
        for strength in given.strength
        for real, sources in ((True, photographs), (False, drawn))
        for source in sources
    ]
    records = run_tasks(work, mark, store, jobs=given.jobs, label="marking")
    _plot(records, given.out)
    show([promise_table(records), picture_table(records)], given.out, settings)


def mark(task: Marking) -> list[Record]:
    """Mark a picture, measure what it costs, and draw its sheet."""
    image = task.source.load()
    if task.side is not None:
        image = images.resize_side(image, task.side)
    payload = payload_for(task.source.name, task.seed)
    system = open_system("indelible", task.seed, task.strength)
    record: Record = {
        "picture": task.source.name,
        "strength": task.strength,
        "photograph": task.photograph,
        "unmarkable": False,
    }
    try:
        marked, _ = system.embed(image, payload)
    except UnmarkableImageError:
        return [record | {"unmarkable": True}]
    local = measures.ssim_map(image, marked)
    if task.sheets is not None:
        name = task.id.replace("/", "_").replace(".", "_").replace(" ", "-")
        Image.fromarray(sheet(image, marked)).save(task.sheets / f"{name}.png")
    record |= {
        "psnr": measures.psnr(image, marked),
        "ssim": float(local.mean()),
        "worst_ssim": float(_worst_window(local)),
        "largest": int(np.abs(marked.astype(np.int16) - image).max()),
        "read": system.detect(marked).payload == payload,
    }
    return [record]


def _worst_window(local: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Return the least mean over windows of 32 x 32 pixels: a visible patch hides in no average."""
    rows, columns = max(1, local.shape[0] // 32), max(1, local.shape[1] // 32)
    cut = local[: 32 * rows, : 32 * columns]
    return float(cut.reshape(rows, -1, columns, cut.shape[1] // columns).mean(axis=(1, 3)).min())


def sheet(image: Pixels, marked: Pixels) -> Pixels:
    """Return the original, the marked picture and their difference, eightfold, side by side.

    Pictures are cut to their middle, never resized: resizing hides what one should see.
    """
    height, width = (min(side, _SHEET_SIDE) for side in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    parts = [part[top : top + height, left : left + width] for part in (image, marked)]
    difference = parts[1].astype(np.int16) - parts[0]
    parts.append(np.clip(128 + _GAIN * difference, 0, 255).astype(np.uint8))
    return np.concatenate(parts, axis=1)


def promise_table(records: Sequence[Record]) -> Report:
    """Return the table of what is promised for photographs, setting by setting."""
    report = Report("Photographs", ("setting", "measure", "measured", "at least", "kept"))
    for strength, promises in _PROMISES.items():
        mine = [r for r in records if r["strength"] == strength and r["photograph"]]
        usable = [record for record in mine if not record["unmarkable"]]
        if not usable:
            continue
        psnr, ssim = ([record[name] for record in usable] for name in ("psnr", "ssim"))
        measured = (measures.mean(psnr), min(psnr), measures.mean(ssim), min(ssim))
        titles = ("PSNR mean, dB", "PSNR least, dB", "SSIM mean", "SSIM least")
        for title, value, promise in zip(titles, measured, promises, strict=True):
            kept = None if promise is None else value >= promise
            report.rows.append([strength, title, value, promise, kept])
        report.rows.append(None)
    report.notes.append(f"PSNR over R, G and B. SSIM: {measures.SSIM_SETTINGS}.")
    return report


def picture_table(records: Sequence[Record]) -> Report:
    """Return the table of every picture."""
    columns = ("picture", "setting", "PSNR", "SSIM", "worst 32 x 32", "largest change", "read")
    report = Report("Pictures", columns)
    for record in records:
        row: list[Cell] = [record["picture"], record["strength"]]
        if record["unmarkable"]:
            row += [None, None, None, None, "unmarkable"]
        else:
            row += [record["psnr"], record["ssim"], record["worst_ssim"], record["largest"]]
            row.append(record["read"])
        report.rows.append(row)
    return report


def _plot(records: Sequence[Record], folder: Path) -> None:
    usable = [record for record in records if not record["unmarkable"]]
    with axes(folder / "quality.png", "Quality of marked pictures") as (plot,):
        for strength in _PROMISES:
            for photograph, marker in ((True, "o"), (False, "x")):
                mine = [
                    record
                    for record in usable
                    if (record["strength"], record["photograph"]) == (strength, photograph)
                ]
                if not mine:
                    continue
                kind = "photographs" if photograph else "flat and drawn"
                x, y = ([record[name] for record in mine] for name in ("psnr", "ssim"))
                plot.plot(x, y, marker, linestyle="", label=f"{strength}: {kind}", alpha=0.7)
        plot.set_xlabel("PSNR, dB")
        plot.set_ylabel("SSIM")
        plot.grid(visible=True, alpha=0.3)
        plot.legend(fontsize=8)
