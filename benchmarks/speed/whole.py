"""Protecting and verifying pictures end to end, in multiples of a JPEG of the same picture.

Times are least processor times, and memory is the peak above what the process held before, in
multiples of the decoded picture. Each measurement of memory has a process of its own.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks._measures import timed
from benchmarks._report import Cell, Report
from benchmarks._running import Record, Task, single_thread
from benchmarks._systems import key_bytes
from benchmarks.attacks import Pixels
from benchmarks.hosts.pages import DOCUMENTS
from benchmarks.speed.timings import JPEG_Q90, mosaic
from indelible import imaging
from indelible.credentials import load_or_create_identity
from indelible.protection import Protector
from indelible.registry import open_registry, sqlite_url
from indelible.verification import Verifier
from indelible.watermark import Key

__all__ = [
    "WHOLE_SIZES",
    "House",
    "WholeTimings",
    "peak_picture_bytes",
    "time_whole",
    "whole_promises",
    "whole_table",
]

WHOLE_SIZES = {"1 MP": (1024, 1024), "12 MP": (3000, 4000), "48 MP": (6000, 8000)}
"""Measured sizes (height, width)."""

_TILE = 48  # px of the wallpaper: its lines are the pilots' worst company
_REPOST = [cv2.IMWRITE_JPEG_QUALITY, 80]
# What a call may cost, by operation and size: in encodes (protect) or decodes (verify).
_LIMITS = {
    ("protect, file", "1 MP"): 10.0,
    ("protect, array", "1 MP"): 6.0,
    ("verify, reposted", "1 MP"): 7.0,
    ("verify, reposted", "12 MP"): 1.8,
}
_MOST_MEMORY = 3.0  # pictures

Probe = Callable[[str, str, str, str], dict[str, float]]


@dataclass(frozen=True)
class WholeTimings(Task):
    """Every call at one size."""

    size: str
    rounds: int
    seed: int


class House:
    """An owner's protector and verifier, with what they need in one folder.

    Parameters
    ----------
    folder : Path
        Identity and registry are made in it, unless they are there.
    seed : int
        Of the watermark key.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        identity, _ = load_or_create_identity(folder / "identity")
        key = Key.from_bytes(key_bytes(seed))
        registry = open_registry(sqlite_url(folder / "registry.sqlite3"))
        trust = identity.trust()
        self.protector = Protector(
            signer=identity.signer, key=key, registry=registry, generator="Benchmark", trust=trust
        )
        self.verifier = Verifier(keys=key, registry=registry, trust=trust)

    def call(self, operation: str, image: Path | Pixels) -> str:
        """Protect or verify a picture; return the verdict, or its format."""
        if operation == "protect":
            return self.protector.protect(image, format="jpeg").format
        return str(self.verifier.verify(image).verdict)  # type: ignore[arg-type]


def _wallpaper(height: int, width: int, seed: int) -> Pixels:
    tile = mosaic(_TILE, _TILE, seed)
    tiled = np.tile(tile, (-(-height // _TILE), -(-width // _TILE), 1))
    return np.ascontiguousarray(tiled[:height, :width])


@contextlib.contextmanager
def _pictures(task: WholeTimings) -> Iterator[tuple[House, Pixels, dict[str, Path]]]:
    """Yield an owner, a picture, and files of it and others, by name."""
    height, width = WHOLE_SIZES[task.size]
    image = mosaic(height, width, task.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        house = House(folder, task.seed)
        authentic = house.protector.protect(image, format="jpeg").data
        shown = _shown(authentic)
        cut = shown[height // 9 : height * 8 // 9, width // 7 : width * 8 // 9]
        page = DOCUMENTS["page of text"].draw(height, width, np.random.default_rng(task.seed))
        files = {
            "authentic": authentic,
            "reposted": _jpeg(shown, _REPOST),
            "reposted, cropped": _jpeg(cut, _REPOST),
            # Parted elsewhere, so that it resembles none that is registered.
            "unmarked": _jpeg(np.roll(image, (height // 3, width // 3), (0, 1)), JPEG_Q90),
            "wallpaper": _jpeg(_wallpaper(height, width, task.seed), JPEG_Q90),
            "page of text": _jpeg(page, JPEG_Q90),
        }
        paths = {name: folder / f"{name}.jpg" for name in files}
        for kind, path in paths.items():
            path.write_bytes(files[kind])
        yield house, image, paths


def _shown(jpeg: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def _jpeg(image: Pixels, options: list[int]) -> bytes:
    return cv2.imencode(".jpg", image, options)[1].tobytes()


def time_whole(task: WholeTimings, probe: Probe | None) -> list[Record]:
    """Time every call at one size; measure its memory where there is a `probe` to do it."""
    single_thread()
    records: list[Record] = []
    with _pictures(task) as (house, image, paths):
        folder, seed = str(next(iter(paths.values())).parent), str(task.seed)
        raw = Path(folder) / "array.npy"
        np.save(raw, image)
        given = {"verify, " + name: path for name, path in paths.items()}
        given |= {"protect, file": paths["unmarked"], "protect, array": raw}
        for name, path in given.items():
            operation = name.partition(",")[0]
            argument = image if path is raw else path
            file = paths["unmarked"] if path is raw else path
            jpeg = file.read_bytes()
            unit: Callable[[], object] = partial(_shown, jpeg)
            if operation == "protect":
                unit = partial(_jpeg, _shown(jpeg), JPEG_Q90)
            call = partial(house.call, operation, argument)
            answer = call()
            # In turns: a busy machine slows neighbours alike.
            turns = [(timed(call)[1], timed(unit)[1]) for _ in range(task.rounds)]
            ours, units = (min(times) for times in zip(*turns, strict=True))
            peak = None if probe is None else probe(operation, folder, seed, str(path))
            records.append(
                {
                    "whole": name,
                    "size": task.size,
                    "answer": answer,
                    "cpu_ms": 1e3 * ours,
                    "unit_ms": 1e3 * units,
                    "ratio": ours / units,
                    "memory": None if peak is None else peak["times_picture"],
                }
            )
    return records


def peak_picture_bytes(image: Path) -> int:
    """Return the bytes of a picture when it is decoded."""
    if image.suffix == ".npy":
        return int(np.load(image, mmap_mode="r").nbytes)
    header = imaging.open_image(image).header
    return header.width * header.height * header.decoded_channels


def whole_table(records: Sequence[Record]) -> Report:
    """Return the table of calls."""
    columns = ("call", "size", "answer", "ms", "JPEG ms", "x JPEG", "peak memory, pictures")
    report = Report("Protecting and verifying, end to end", columns)
    report.notes.append("x JPEG: encodes for protect, decodes of the same file for verify.")
    for record in records:
        if "whole" in record:
            row: list[Cell] = [record["whole"], record["size"], record["answer"]]
            row += [record["cpu_ms"], record["unit_ms"], record["ratio"], record["memory"]]
            report.rows.append(row)
    return report


def whole_promises(records: Sequence[Record]) -> Iterator[tuple[str, float, float]]:
    """Yield what is promised of a call, what was measured, and the limit."""
    for record in records:
        if "whole" not in record:
            continue
        name, size = record["whole"], record["size"]
        unit = "encode" if name.startswith("protect") else "decode"
        limit = _LIMITS.get((name, size))
        if limit is not None:
            yield f"{name}, {size} / JPEG {unit}", record["ratio"], limit
        if record["memory"] is not None and size != "1 MP":
            yield f"peak memory of {name}, {size} / picture", record["memory"], _MOST_MEMORY
