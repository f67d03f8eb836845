"""One job over many files: threads, a progress bar on terminals, the worst exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from indelible.cli._console import answer_json, clean, is_terminal, problem, remark, stderr
from indelible.cli._errors import INTERRUPTED, exit_code_of, report
from indelible.cli._inputs import Input

__all__ = ["Outcome", "collect", "each", "summarise", "worst"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a job gave for one input: a value, or the exception that stopped it."""

    input: Input
    value: T | None
    error: Exception | None


def collect(
    inputs: Sequence[Input],
    job: Callable[[Input], T],
    *,
    jobs: int | None,
    title: str,
    as_json: Callable[[Outcome[T]], Mapping[str, Any]] | None,
) -> list[Outcome[T]]:
    """Do `job` for every input: JSON lines as they come, then the errors on stderr.

    Parameters
    ----------
    inputs, job, jobs, title
        As for `each`.
    as_json : callable or None
        Makes an outcome's JSON object; None prints none.

    Raises
    ------
    typer.Exit
        After Ctrl-C, when what was under way is finished and it was said how much is done.
    """
    done: list[Outcome[T]] = []

    def take(outcome: Outcome[T]) -> None:
        if not any(known is outcome for known in done[-1:]):
            done.append(outcome)
            if as_json is not None:
                answer_json(as_json(outcome))

    results = each(inputs, job, jobs=jobs, title=title)
    try:
        for outcome in results:
            take(outcome)
    except KeyboardInterrupt:
        # It may have come here as well as in there: either way what was under way is told, too.
        with contextlib.suppress(KeyboardInterrupt, StopIteration):
            take(results.throw(KeyboardInterrupt))
            for outcome in results:
                take(outcome)
        _report_errors(done)
        if len(inputs) > 1:
            bad = sum(outcome.error is not None for outcome in done)
            failed = f" ({bad} of them failed)" if bad else ""
            left = len(inputs) - len(done)
            problem(f"Interrupted: {len(done)} of {len(inputs)} done{failed}, {left} left.")
            raise typer.Exit(INTERRUPTED) from None
        raise
    _report_errors(done)
    return done


def summarise(done: Sequence[Outcome[T]], verb: str, *, skipped: int = 0) -> None:
    """Say on stderr how many of several files went well; of one file there is nothing to say."""
    if len(done) + skipped < 2:
        return
    good = sum(outcome.error is None for outcome in done)
    counts = [f"{good} {verb}"]
    if good < len(done):
        counts.append(f"{len(done) - good} failed")
    if skipped:
        counts.append(f"{skipped} skipped (done before)")
    remark(f"{', '.join(counts)}.")


def _report_errors(done: Iterable[Outcome[T]]) -> None:
    for outcome in done:
        if outcome.error is not None:
            report(outcome.error, about=outcome.input.name)


def worst(outcomes: Iterable[Outcome[T]], code: Callable[[T], int] = lambda _: 0) -> int:
    """Return the worst exit code: that of each error, and what `code` makes of each value."""
    codes = [0]
    for outcome in outcomes:
        if outcome.error is not None:
            codes.append(exit_code_of(outcome.error))
        elif outcome.value is not None:
            codes.append(code(outcome.value))
    return max(codes)


def each(
    inputs: Sequence[Input], job: Callable[[Input], T], *, jobs: int | None = None, title: str = ""
) -> Generator[Outcome[T], None, None]:
    """Do `job` for every input, in threads, and yield the outcomes in the inputs' order.

    Kernels, codecs and the C2PA library release the interpreter's lock, so threads are enough.
    """
    workers = min(len(inputs), jobs or min(8, os.cpu_count() or 1))
    if workers <= 1 and len(inputs) <= 1:
        yield from (_attempt(item, job) for item in inputs)
        return
    with _progress() as progress:
        task = progress.add_task(title, total=len(inputs))
        with ThreadPoolExecutor(max(1, workers), thread_name_prefix="indelible") as pool:
            waiting: deque[Future[Outcome[T]]] = deque()
            remaining = iter(inputs)
            try:
                # A bounded window: results of a slow first file do not pile up behind it.
                for item in remaining:
                    waiting.append(pool.submit(_attempt, item, job))
                    if len(waiting) > 4 * workers:
                        break
                while waiting:
                    outcome = waiting[0].result()
                    for item in remaining:
                        waiting.append(pool.submit(_attempt, item, job))
                        break
                    progress.update(task, advance=1, description=clean(outcome.input.name))
                    yield outcome
                    waiting.popleft()  # not before: an interruption may come at any point
            except KeyboardInterrupt:
                # What is under way is finished and told, for it leaves files and registry entries.
                pool.shutdown(wait=True, cancel_futures=True)
                yield from (f.result() for f in waiting if not f.cancelled())
                raise
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _attempt(item: Input, job: Callable[[Input], T]) -> Outcome[T]:
    try:
        return Outcome(item, job(item), None)
    except Exception as error:  # noqa: BLE001 - told where the outcome is used
        return Outcome(item, None, error)


def _progress() -> Progress:
    terminal = is_terminal(sys.stderr)
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.description}", markup=False),
        console=stderr(),
        transient=True,
        disable=not terminal,
        # JSON lines go above the bar on a shared terminal, and never into the bar's stream else.
        redirect_stdout=is_terminal(sys.stdout),
        redirect_stderr=False,
    )
