"""One job over many files, for people: a progress bar, JSON lines, errors, the worst exit code."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import typer

from indelible import batch
from indelible.cli._console import answer_json, clean, is_terminal, problem, remark, stderr
from indelible.cli._errors import INTERRUPTED, exit_code_of, report
from indelible.cli._inputs import Input

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Outcome", "collect", "each", "summarise", "worst"]

T = TypeVar("T")


Outcome: TypeAlias = batch.Outcome[Input, T]


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
        if not any(known.item is outcome.item for known in done[-1:]):
            done.append(outcome)
            if as_json is not None:
                answer_json(as_json(outcome))

    results = each(inputs, job, jobs=jobs, title=title)
    try:
        for outcome in results:
            take(outcome)
    except KeyboardInterrupt:
        # It may have come here as well as in there: either way what was under way is reported, too.
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
            report(outcome.error, about=outcome.item.name)


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
    """Do `job` for every input and yield the outcomes in their order, above a progress bar."""
    if len(inputs) <= 1:
        yield from (batch.attempt(item, job) for item in inputs)
        return
    outcomes = batch.run(inputs, job, workers=None if jobs is None else min(jobs, len(inputs)))
    with _progress() as progress:
        task = progress.add_task(title, total=len(inputs))
        try:
            for outcome in outcomes:
                progress.update(task, advance=1, description=clean(outcome.item.name))
                yield outcome
        except KeyboardInterrupt:
            # It may have come here as well as in there: either way what was under way is reported.
            with contextlib.suppress(StopIteration):
                yield outcomes.throw(KeyboardInterrupt)
            yield from outcomes
            raise


def _progress() -> Progress:
    from rich.progress import (  # one file has no bar
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

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
