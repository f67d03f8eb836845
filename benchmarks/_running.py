"""Running a benchmark: options, tasks over several processes, progress, resumption."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import cv2
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from indelible.errors import IndelibleError

__all__ = [
    "Record",
    "SettingsError",
    "Store",
    "Task",
    "main",
    "options",
    "picture_options",
    "run_tasks",
    "single_thread",
    "write_text",
]

Record: TypeAlias = dict[str, Any]
"""One measurement, ready for JSON."""

_RESULTS = Path(__file__).parent / "results"
_PROGRESS = Console(stderr=True)
_Result = TypeVar("_Result")


class SettingsError(ValueError):
    """The benchmark cannot run as asked; the message says what to do."""


@dataclass(frozen=True)
class Task:
    """A piece of work that is recorded as a whole; subclasses add what the work needs.

    Attributes
    ----------
    id : str
        Unique within a run and the same in every run of the same settings.
    """

    id: str


class Store:
    """The records of a run, kept in a folder so that an interrupted run resumes.

    Parameters
    ----------
    folder : Path
        Holds ``settings.json`` and ``records.jsonl`` (one finished task a line).
    settings : mapping
        Everything that the results depend on. A folder with other settings is refused.
    restart : bool, optional
        Forget what the folder holds.

    Raises
    ------
    SettingsError
        If the folder holds a run with other settings.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, object], *, restart: bool = False
    ) -> None:
        self.folder = folder
        self.settings = json.loads(json.dumps(settings, default=str))
        self._finished: dict[str, list[Record]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        known, lines = folder / "settings.json", folder / "records.jsonl"
        if restart:
            known.unlink(missing_ok=True)
            lines.unlink(missing_ok=True)
        if known.exists() and json.loads(known.read_text("utf-8")) != self.settings:
            raise SettingsError(
                f"{folder} holds a run with other settings. "
                "Give another folder with --out, or start over with --restart."
            )
        write_text(known, json.dumps(self.settings, indent=2))
        if lines.exists():
            # An interruption may leave half a line at the end; that task is done again.
            for line in lines.read_text("utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                self._finished[entry["id"]] = entry["records"]
            kept = (_line(task, records) for task, records in self._finished.items())
            write_text(lines, "".join(kept))
        self._lines = lines

    def __contains__(self, task: Task) -> bool:
        return task.id in self._finished

    def add(self, task: Task, records: list[Record]) -> None:
        """Keep the records of a finished task."""
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(_line(task.id, records))
        self._finished[task.id] = records

    def records(self, tasks: Sequence[Task]) -> list[Record]:
        """Return the records of these tasks, in their order."""
        return [record for task in tasks for record in self._finished.get(task.id, [])]


def _line(task: str, records: list[Record]) -> str:
    return json.dumps({"id": task, "records": records}) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file in one step, so that no reader meets half of it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def options(name: str, description: str, *, jobs: bool = True) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark, and `jobs` where it may."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--out", type=Path, default=_RESULTS / name, help="folder for records, JSON and plots"
    )
    parser.add_argument("--seed", type=int, default=0, help="source of every random choice")
    parser.add_argument(
        "--restart", action="store_true", help="forget an interrupted run instead of resuming it"
    )
    if jobs:
        parser.add_argument(
            "--jobs", type=_positive, default=os.cpu_count() or 1, help="processes at once"
        )
    return parser


def picture_options(
    parser: argparse.ArgumentParser, *, limit: int | None = None, generated: bool = False
) -> None:
    """Add the options that choose pictures: of one folder, or of a second one, too."""
    parser.add_argument(
        "--images",
        type=Path,
        default=None,
        help="folder of pictures (default: the photographs inside scikit-image's wheel)",
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        default=limit,
        help="at most so many pictures, spread over the folder",
    )
    if generated:
        parser.add_argument(
            "--generated",
            type=Path,
            default=None,
            help="folder of generated pictures (default: none)",
        )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def main(run: Callable[[Sequence[str] | None], None]) -> None:
    """Run a benchmark from the command line, turning expected failures into messages."""
    try:
        run(None)
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command resumes where this one stopped.")
    except (SettingsError, FileNotFoundError, NotADirectoryError) as error:
        sys.exit(str(error))
    except IndelibleError as error:
        sys.exit(error.diagnostics())


def run_tasks(
    tasks: Sequence[Task],
    work: Callable[[Any], list[Record]],
    store: Store,
    *,
    jobs: int = 1,
    label: str = "measuring",
) -> list[Record]:
    """Do the tasks that are not done yet, and return the records of all.

    Parameters
    ----------
    tasks : sequence of Task
        Work to do; those in `store` already are skipped.
    work : callable
        Takes a task and returns its records; a module-level function where `jobs` is above 1.
    store : Store
        Where records are kept.
    jobs : int, optional
        Processes. Each works on one core.
    label : str, optional
        Shown beside the progress bar.
    """
    waiting = [task for task in tasks if task not in store]
    with _bar(label, len(tasks), len(tasks) - len(waiting)) as advance:
        if jobs == 1 or len(waiting) < 2:
            for task in waiting:
                store.add(task, work(task))
                advance()
        else:
            with _pool(min(jobs, len(waiting))) as pool:
                for task, records in _completed(pool, work, waiting):
                    store.add(task, records)
                    advance()
    return store.records(tasks)


def _completed(
    pool: Executor, work: Callable[[Any], _Result], tasks: Sequence[Task]
) -> Iterator[tuple[Task, _Result]]:
    futures: dict[Future[_Result], Task] = {pool.submit(work, task): task for task in tasks}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _pool(jobs: int) -> ProcessPoolExecutor:
    # A fresh interpreter per process: neither numba nor OpenCV likes to be forked with threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=single_thread)


def single_thread() -> None:
    """Keep OpenCV to one thread, so that times compare and jobs do not fight."""
    cv2.setNumThreads(1)


@contextmanager
def _bar(label: str, total: int, done: int) -> Iterator[Callable[[], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_PROGRESS) as progress:
        bar = progress.add_task(label, total=total, completed=done)
        yield lambda: progress.advance(bar)
