"""What the fingerprint costs, in multiples of decoding a JPEG of the same picture.

``pdqhash``, the package of PDQ's reference, stands beside it where it is installed (it is built
from source, and no dependency of this project).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import _measures as measures
from benchmarks import images
from benchmarks._report import Report, print_settings, show
from benchmarks._running import main, options, single_thread
from benchmarks.attacks import Pixels
from benchmarks.speed.timings import picture
from indelible import fingerprint
from indelible.fingerprint import Reference

__all__ = ["run", "table"]

_SIZES = ("512", "1024", "2048")
_PERIOD = 512.0


def run(argv: Sequence[str] | None) -> None:
    """Run the benchmark as the command line asks."""
    parser = options("speed.fingerprint", "What the fingerprint costs.", jobs=False)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args(argv)
    single_thread()
    settings = {"rounds": given.rounds, "pdqhash": importlib.util.find_spec("pdqhash") is not None}
    print_settings(settings)
    given.out.mkdir(parents=True, exist_ok=True)
    show([table(given.rounds)], given.out, settings)


def table(rounds: int) -> Report:
    """Return the least time of each operation at each size."""
    columns = ("size", "operation", "ms", "JPEG decodes")
    report = Report("The fingerprint's cost", columns)
    for name in _SIZES:
        image = picture(name, 0)
        decode = measures.decode_seconds(image, rounds)
        report.rows.append([name, "JPEG decode", 1e3 * decode, 1.0])
        for operation, call in _operations(image).items():
            call()
            least = min(measures.timed(call)[1] for _ in range(rounds))
            report.rows.append([name, operation, 1e3 * least, least / decode])
        report.rows.append(None)
    report.notes.append(
        "Processor time of one thread, the least of so many rounds. Another picture is compared at "
        "every place that is tried; the same at the first."
    )
    return report


def _operations(image: Pixels) -> dict[str, Callable[[], object]]:
    reference = Reference.from_image(image)
    other = np.ascontiguousarray(image[::-1, ::-1].transpose(1, 0, 2))
    other = np.roll(other, other.shape[0] // 3, axis=0)
    small = images.resize_side(image, 512)
    size = (image.shape[0], image.shape[1])
    still = np.eye(3)
    operations: dict[str, Callable[[], object]] = {
        "PDQ": lambda: fingerprint.pdq(image),
        "PDQ, eight forms": lambda: fingerprint.dihedral(image),
        "reference": lambda: Reference.from_image(image),
        "compare, the same": lambda: fingerprint.compare(reference, image, still, period=_PERIOD),
        "compare, another": lambda: fingerprint.compare(reference, other, still, period=_PERIOD),
        "change map": lambda: fingerprint.changes(small, size, image, still),
    }
    if importlib.util.find_spec("pdqhash") is not None:
        pdqhash = importlib.import_module("pdqhash")
        operations["pdqhash"] = lambda: pdqhash.compute(image)
    return operations


if __name__ == "__main__":
    main(run)
