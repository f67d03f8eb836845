"""What a constant of the engine is worth: the same pictures with other values of it.

    python -m benchmarks.constants detection.LEAST_SCORE 5.0 6.2 --images FOLDER

Each value is put into the source of its module as that is imported, in a process of its own. Marked
pictures (at the default strength) meet draws of every promised row. Of these only the hard ones
count: those that are found with the present value at a score (minus the decimal logarithm of the
bound) below ``--below``, or not at all. Unmarked pictures are searched as they are. ``--times``
multiplies the present value instead.

A row says how many of the marks were found, the mean score with 0 where nothing was found, the mean
PSNR of the marked pictures, and the processor time of a search.
"""

from __future__ import annotations

import ast
import importlib.machinery
import multiprocessing
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import attacks, images
from benchmarks._measures import mean, psnr
from benchmarks._running import SettingsError, main, single_thread

__all__ = ["run"]

_PACKAGE = "indelible.watermark"
_FOLDER = Path(__file__).parents[1] / "src" / "watermark"
# Modules that marks depend on.
_MARKING = {"carrier", "coding", "embedding", "need", "pattern", "visibility"}
_KEY, _PAYLOAD = bytes(range(32)), b"8 bytes."

T = TypeVar("T")
Changes = tuple[str, str, str]
"""Module, constant and the source of its new value; the value is empty for the present one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A picture to search, and the PSNR of its mark before the attack."""

    pixels: images.Pixels
    psnr: float


class _Loader(importlib.machinery.SourceFileLoader):
    """Load a module with another value of one constant, leaving no compiled file behind."""

    def __init__(self, fullname: str, path: str, name: str, value: str) -> None:
        super().__init__(fullname, path)
        self._name, self._value = name, value

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(
            changed(Path(path).read_text("utf-8"), self._name, self._value), path, "exec"
        )


class _Finder:
    """Find that one module."""

    def __init__(self, change: Changes) -> None:
        self._module, self._name, self._value = change

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the module's spec with a loader that changes it; None for every other."""
        if fullname != f"{_PACKAGE}.{self._module}":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._name, self._value)
        return spec


def changed(source: str, name: str, value: str) -> str:
    """Return a module's source with another value of a constant.

    Raises
    ------
    SettingsError
        If the module has no such constant.
    """
    node = _assigned(source, name)
    lines = source.splitlines(keepends=True)
    last = node.end_lineno or node.lineno
    before = lines[node.lineno - 1].encode()[: node.col_offset].decode()
    after = lines[last - 1].encode()[node.end_col_offset :].decode()
    return "".join([*lines[: node.lineno - 1], f"{before}{value}{after}", *lines[last:]])


def _assigned(source: str, name: str) -> ast.expr:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == name:
                return node.value
    raise SettingsError(f"There is no constant {name}.")


def run(argv: Sequence[str] | None) -> None:
    """Measure each value and print a row of it."""
    parser = ArgumentParser(prog="python -m benchmarks.constants", description=__doc__)
    parser.add_argument("constant", help="MODULE.NAME, a module of src/watermark")
    parser.add_argument("values", nargs="*", help="Python expressions")
    parser.add_argument("--times", nargs="+", type=float, default=[], help="factors instead")
    parser.add_argument("--images", type=Path, default=None, help="folder of pictures")
    parser.add_argument("--limit", type=int, default=None, help="use so many of the pictures")
    parser.add_argument("--side", type=float, default=384, help="root of the pictures' area, px")
    parser.add_argument("--draws", type=int, default=40, help="of each promised row")
    parser.add_argument("--below", type=float, default=60, help="score of the draws that count")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    module, _, name = given.constant.rpartition(".")
    path = _FOLDER / f"{module}.py"
    if not path.is_file():
        raise SettingsError(f"There is no module {module!r} in {_FOLDER.name}.")
    present = ast.unparse(_assigned(path.read_text("utf-8"), name))
    values = [*given.values, *(f"({present}) * {factor}" for factor in given.times)]
    table = Table("value", "found", "mean score", "PSNR", "ms marked", "ms unmarked", title=name)
    unchanged = (module, name, "")
    every = alone(unchanged, marked_pictures, given)
    scores = alone(unchanged, scores_of, every)
    hard = [index for index, score in enumerate(scores) if score < given.below]
    for value in ["", *values]:
        change = (module, name, value)
        if value and module in _MARKING:
            every = alone(change, marked_pictures, given)
        row = alone(change, measured, given, [every[index] for index in hard])
        table.add_row(value or f"{present} (present)", *row)
    Console().print(table)


def alone(change: Changes, work: Callable[..., T], *arguments: object) -> T:
    """Do work in a process of its own, in which the change is made."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, _begin, (change,)) as pool:
        return pool.submit(work, *arguments).result()


def _begin(change: Changes) -> None:
    single_thread()
    if change[2]:
        sys.meta_path.insert(0, _Finder(change))


def marked_pictures(given: Namespace) -> list[Trial]:
    """Mark and attack: draws of every promised row, over the pictures in turn."""
    from indelible import watermark  # noqa: PLC0415 -- after the change

    key = watermark.Key.from_bytes(_KEY)
    sources = images.from_argument(given.images, given.limit)
    rng = np.random.default_rng(given.seed)
    trials: list[Trial] = []
    originals: Mapping[str, images.Pixels] = {
        source.name: images.resize_area(source.load(), given.side) for source in sources
    }
    for row in attacks.WORKLOADS:
        for _ in range(given.draws):
            original = originals[sources[len(trials) % len(sources)].name]
            pixels = watermark.embed(original, _PAYLOAD, key)
            attacked = attacks.draw(row, rng)(pixels, given.seed)
            trials.append(Trial(attacked.pixels, psnr(original, pixels)))
    return trials


def scores_of(marked: Sequence[Trial]) -> list[float]:
    """Search marked pictures; 0 where the payload is not found."""
    from indelible import watermark  # noqa: PLC0415 -- after the change

    key = watermark.Key.from_bytes(_KEY)
    scores: list[float] = []
    for trial in marked:
        found = watermark.detect(trial.pixels, key)
        right = found.payload == _PAYLOAD
        scores.append(-np.log10(found.false_positive_probability) if right else 0.0)
    return scores


def measured(given: Namespace, marked: Sequence[Trial]) -> list[str]:
    """Search marked and unmarked pictures, and return a row of the table."""
    from indelible import watermark  # noqa: PLC0415 -- after the change

    key = watermark.Key.from_bytes(_KEY)
    sources = images.from_argument(given.images, given.limit)
    unmarked = [images.resize_area(source.load(), given.side) for source in sources]
    watermark.detect(unmarked[0], key)  # compiled and imported before the clock runs
    begun = time.process_time()
    scores = scores_of(marked)
    middle = time.process_time()
    for pixels in unmarked:
        watermark.detect(pixels, key)
    end = time.process_time()
    return [
        f"{np.count_nonzero(scores)} of {len(scores)}",
        f"{mean(scores):.2f}",
        f"{mean([trial.psnr for trial in marked]):.2f}",
        f"{1000 * (middle - begun) / max(len(marked), 1):.0f}",
        f"{1000 * (end - middle) / len(unmarked):.0f}",
    ]


if __name__ == "__main__":
    main(run)
