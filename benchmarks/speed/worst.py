"""The pictures that are dearest to reject: lines where pilots may be, and none of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from benchmarks import hosts
from benchmarks._measures import timed
from benchmarks._report import Report
from benchmarks._running import Record, Task, single_thread
from benchmarks._systems import key_bytes
from benchmarks.attacks import Pixels, get
from benchmarks.hosts import pages
from benchmarks.speed.timings import JPEG_Q90, mosaic
from indelible import watermark

__all__ = ["WorstTimings", "time_worst", "worst_promises", "worst_table"]

_SIDE = 1024
_RING = 64
_PAGES = ("QR code", "crossword")  # as they are drawn, 800 px a side
_TILES = (32, 48, 64, 96, 128, 200)  # pixels a side, of a wallpaper


@dataclass(frozen=True)
class WorstTimings(Task):
    """Rejections of periodic pictures, by one key and by a ring."""

    rounds: int
    seed: int


def _wallpaper(photograph: Pixels, tile: int, noise: float, seed: int) -> Pixels:
    count = _SIDE // tile + 1
    repeated = np.tile(photograph[100 : 100 + tile, 200 : 200 + tile], (count, count, 1))
    cut = repeated[:_SIDE, :_SIDE]
    grain = np.random.default_rng(seed).normal(0, noise, cut.shape)
    return np.clip(cut + grain, 0, 255).astype(np.uint8)


def _lines_of_text() -> Pixels:
    page = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    for y in range(20, _SIDE, 22):
        words = "the quick brown fox jumps over the lazy dog and runs"
        cv2.putText(page, words, (10, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    return page


def _grating(period: float, degrees: float) -> Pixels:
    y, x = np.mgrid[:_SIDE, :_SIDE]
    angle = np.deg2rad(degrees)
    wave = np.sign(np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period))
    return np.repeat((128 + 100 * wave).astype(np.uint8)[..., None], 3, axis=2)


def _gratings(count: int, seed: int) -> Pixels:
    """Return the sum of gratings of 4 to 40 px in all directions."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:_SIDE, :_SIDE]
    total = np.zeros((_SIDE, _SIDE))
    for _ in range(count):
        period, angle, phase = rng.uniform((4, 0, 0), (40, np.pi, 2 * np.pi))
        across = x * np.cos(angle) + y * np.sin(angle)
        total += np.sin(2 * np.pi * across / period + phase)
    grey = 128 + 110 * total / np.abs(total).max()
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


def _ramp() -> Pixels:
    grey = np.linspace(0, 255, _SIDE).astype(np.uint8)  # steps of four pixels
    return np.repeat(np.tile(grey, (_SIDE, 1))[..., None], 3, axis=2)


def _checkerboard(field: int) -> Pixels:
    y, x = np.mgrid[:_SIDE, :_SIDE]
    return np.repeat(((x // field + y // field) % 2 * 200 + 20).astype(np.uint8)[..., None], 3, 2)


def _halftone(photograph: Pixels, period: float) -> Pixels:
    y, x = np.mgrid[:_SIDE, :_SIDE]
    wave = 2 * np.pi / (period * np.sqrt(2))
    screen = (np.cos(wave * (x + y)) + np.cos(wave * (x - y))) / 4 + 0.5
    dots = photograph.mean(axis=2) / 255 > screen
    return np.repeat(np.where(dots, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def _pictures(seed: int) -> Iterator[tuple[str, Pixels]]:
    """Yield each picture with its name, ordinary ones first."""
    photograph = mosaic(_SIDE, _SIDE, seed)
    yield "photographs", photograph
    rng = np.random.default_rng(seed)
    yield "noise", rng.integers(0, 256, photograph.shape).astype(np.uint8)
    for tile in _TILES:
        yield f"wallpaper, tiles of {tile} px", _wallpaper(photograph, tile, 0, seed)
    yield "wallpaper, tiles of 48 px, grain", _wallpaper(photograph, 48, 4, seed)
    yield "lines of text", _lines_of_text()
    (page,) = hosts.hard(("page of text",), side=_SIDE, seed=seed)
    yield "page of text", page.load()
    for source in pages.sources({name: pages.PERIODIC[name] for name in _PAGES}, seed=seed):
        yield source.name.removesuffix(" 0"), source.load()
    yield "grating of 7 px", _grating(7, 10)
    yield "grating of 13 px", _grating(13, 27)
    yield "grating of 23 px", _grating(23, 0)
    yield "sum of 40 gratings", _gratings(40, seed)
    yield "ramp", _ramp()
    yield "checkerboard of 16 px", _checkerboard(16)
    yield "checkerboard of 37 px", _checkerboard(37)
    yield "halftone of 6 px", _halftone(photograph, 6)
    stranger = watermark.Key.from_bytes(key_bytes(seed + _RING))
    others = watermark.embed(photograph, b"another.", stranger, strength="robust")
    yield "another key's mark", others
    yield "another key's mark, turned", get("rotate 30")(others).pixels


def time_worst(task: WorstTimings) -> list[Record]:
    """Time a rejection of each picture by one key, and by a ring; least of `rounds`."""
    single_thread()
    ring = [watermark.Key.from_bytes(key_bytes(task.seed + index)) for index in range(_RING)]
    records: list[Record] = []
    for name, pixels in _pictures(task.seed):
        jpeg = cv2.imencode(".jpg", pixels, JPEG_Q90)[1]
        calls: tuple[Callable[[], object], ...] = (
            partial(cv2.imdecode, jpeg, cv2.IMREAD_COLOR),
            partial(watermark.detect, pixels, ring[0]),
            partial(watermark.detect, pixels, ring),
        )
        # in turns, so that a busy machine slows all alike
        seconds = [[timed(call)[1] for call in calls] for _ in range(task.rounds)]
        decode, one, many = np.min(seconds, axis=0).tolist()
        records.append({"worst": name, "one": one / decode, "ring": many / one})
    return records


def worst_table(records: Sequence[Record]) -> Report:
    """Return the table of what each picture costs."""
    columns = ("picture, about 1 MP", "one key, x its JPEG decode", f"ring of {_RING}, x one key")
    report = Report("Rejecting periodic pictures", columns)
    report.rows += [[r["worst"], r["one"], r["ring"]] for r in records if "worst" in r]
    return report


def worst_promises(records: Sequence[Record]) -> list[tuple[str, float, float]]:
    """Return promises: title, what was measured, the most that is promised."""
    mine = [record for record in records if "worst" in record]
    if not mine:
        return []
    dearest = max(float(record["one"]) for record in mine)
    ring = max(float(record["ring"]) for record in mine)
    return [
        ("reject the dearest picture / JPEG decode", dearest, 30),
        (f"ring of {_RING} keys / one key, the largest", ring, 3),
    ]
