"""Whether a process that protects and verifies all day keeps its memory.

    python -m benchmarks.endurance --protects 500 --verifies 3000

One process goes round a fixed set of files: formats and sizes that differ, marked and unmarked,
whole and broken. After each round its resident memory and its Python objects are counted. Their
slope is that of a line through the means of ten stretches of rounds, once the first third, in which
pools and caches fill, is left out; its noise is the standard error. Memory that grows by more than
a kilobyte a call, and by more than three standard errors, is a leak: the exit status is 1.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks import images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import main, options, picture_options, single_thread
from benchmarks._systems import package_fingerprint
from benchmarks.attacks import Pixels
from benchmarks.speed.whole import House
from indelible import imaging
from indelible.errors import IndelibleError

__all__ = ["run", "slope_of"]

_KINDS: Final = ("jpeg", "png", "webp", "avif", "tiff")
_SIDES: Final = (96, 300, 512, 800, 1200, 1800)  # roots of the areas, px
_STRETCHES: Final = 10
_DEVIATIONS: Final = 3.0
_LIMITS: Final = {"resident memory, KB": 1.0, "Python objects": 0.5}  # a call

Values = npt.NDArray[np.float64]


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("endurance", "Whether memory stays the same over many calls.", jobs=False)
    picture_options(parser, limit=12)
    parser.add_argument("--protects", type=int, default=500, help="pictures to protect")
    parser.add_argument("--verifies", type=int, default=3000, help="files to verify")
    given = parser.parse_args(argv)
    sources = images.from_argument(given.images, given.limit)
    settings = {
        "images": [source.name for source in sources],
        "protects": given.protects,
        "verifies": given.verifies,
        "seed": given.seed,
        "package": package_fingerprint("indelible"),
    }
    print_settings(settings)
    single_thread()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), given.seed)
        pictures = [
            images.resize_area(source.load(), side)
            for source, side in zip(cycle(sources), _SIDES * 2, strict=False)
        ]
        files = list(_files(house, pictures))
        for number, data in enumerate(files):
            Path(folder, f"{number}").write_bytes(data)
        paths = [Path(folder, f"{number}") for number in range(len(files))]
        calls, samples = _endured(house, pictures, paths, given.protects, given.verifies)
    report, grows = _table(calls, samples)
    given.out.mkdir(parents=True, exist_ok=True)
    show([report], given.out, settings)
    if grows:
        sys.exit(1)


def _files(house: House, pictures: Sequence[Pixels]) -> Iterator[bytes]:
    """Yield files: of each picture a plain one and one that is protected, then broken ones."""
    whole: list[bytes] = []
    for picture, kind in zip(pictures, cycle(_KINDS), strict=False):
        plain = imaging.encode(picture, kind)
        whole.append(plain)
        yield plain
        with suppress(IndelibleError):  # the smallest may have no room for a mark
            whole.append(house.protector.protect(picture, format=kind).data)
            yield whole[-1]
    rng = np.random.default_rng(0)
    for data in whole[:4]:
        yield data[: len(data) * 2 // 3]
        spoilt = np.frombuffer(data, np.uint8).copy()
        places = rng.integers(len(spoilt) // 8, len(spoilt), 20)
        spoilt[places] ^= rng.integers(1, 256, 20, np.uint8)
        yield spoilt.tobytes()
    yield b""
    yield rng.bytes(20_000)


def _endured(
    house: House, pictures: Sequence[Pixels], files: Sequence[Path], protects: int, verifies: int
) -> tuple[list[int], dict[str, list[float]]]:
    """Go round the files; return how many calls were made before each sample, and the samples."""
    rounds = -(-verifies // len(files))
    to_protect = islice(cycle(pictures), protects)
    kinds = cycle(_KINDS)
    calls: list[int] = []
    samples: dict[str, list[float]] = {name: [] for name in _LIMITS}
    done = 0
    for number in range(rounds):
        for path in files[: verifies - number * len(files)]:
            with suppress(IndelibleError):
                house.verifier.verify(path)
            done += 1
        share = (number + 1) * protects // rounds - number * protects // rounds
        for picture in islice(to_protect, share):
            with suppress(IndelibleError):
                house.protector.protect(picture, format=next(kinds))
            done += 1
        gc.collect()
        calls.append(done)
        samples["resident memory, KB"].append(_resident_kilobytes())
        samples["Python objects"].append(float(len(gc.get_objects())))
    return calls, samples


def _resident_kilobytes() -> float:
    """Return the resident memory of this process (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return float(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


def slope_of(calls: Sequence[int], values: Sequence[float]) -> tuple[float, float]:
    """Return by how much values grow with each call, and the standard error of that.

    The first third is left out. What follows is averaged over ten stretches, since one sample says
    little that the one before it did not.

    Parameters
    ----------
    calls : sequence of int
        Calls before each value; thirty values at least, for an error that means something.
    values : sequence of float
    """
    first = len(calls) // 3
    x, y = (
        np.array([part.mean() for part in np.array_split(np.asarray(one[first:], float), n)])
        for one, n in ((calls, _stretches(calls)), (values, _stretches(calls)))
    )
    design: Values = np.column_stack([x - x.mean(), np.ones_like(x)])
    fitted = np.linalg.lstsq(design, y, rcond=None)[0]
    left = y - design @ fitted
    variance = float(left @ left) / max(len(x) - 2, 1) / float(design[:, 0] @ design[:, 0])
    return float(fitted[0]), variance**0.5


def _stretches(calls: Sequence[int]) -> int:
    return max(3, min(_STRETCHES, len(calls) - len(calls) // 3))


def _table(calls: Sequence[int], samples: dict[str, list[float]]) -> tuple[Report, bool]:
    """Return the table, and whether anything grows."""
    columns = ("what", "after a third", "at the end", "a call", "its error", "limit", "grows")
    report = Report(f"Memory over {calls[-1]} calls", columns)
    grows = False
    for name, limit in _LIMITS.items():
        values = samples[name]
        slope, error = slope_of(calls, values)
        leaks = slope > limit and slope > _DEVIATIONS * error
        grows |= leaks
        report.rows.append([name, values[len(values) // 3], values[-1], slope, error, limit, leaks])
    return report, grows


if __name__ == "__main__":
    main(run)
