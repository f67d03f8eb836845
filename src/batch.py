"""One job over many items: ordered, bounded, streaming, in threads or in processes.

Outcomes come in the order of the items, each as soon as those before it are done. Only a window of
items is under way or waiting at any time, so that an endless iterable can be worked on, and results
do not pile up behind a slow item. An item that fails gives an outcome with its error; the others
go on.

Kernels, codecs and the C2PA library release the interpreter's lock, so threads are enough for a few
cores. Processes scale further, and outlive a crash of the code that is called.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from indelible.errors import ArgumentError, WorkerDiedError

__all__ = ["Outcome", "attempt", "run"]

Item = TypeVar("Item")
Value = TypeVar("Value")

_WINDOW: Final = 4  # items for each worker that are under way, done or waiting
_MOST_THREADS: Final = 8  # by default: beyond, memory bandwidth is what is short


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Value]):
    """What a job gave for one item: a value, or the exception that stopped it.

    Attributes
    ----------
    item : object
        What the job was given.
    value : object or None
        What it returned; None where it failed.
    error : Exception or None
        What it raised.
    """

    item: Item
    value: Value | None
    error: Exception | None


def run(
    items: Iterable[Item],
    job: Callable[[Item], Value],
    *,
    workers: int | None = None,
    processes: bool = False,
) -> Generator[Outcome[Item, Value], None, None]:
    """Do a job for every item and yield the outcomes, in the items' order.

    Parameters
    ----------
    items : iterable
        May be endless: it is read a window ahead of the outcomes, and only while these are taken.
    job : callable
        Called with one item. With `processes` it, the items and what it returns have to pickle.
    workers : int, optional
        Threads or processes; by default one for each core, but at most 8 threads.
    processes : bool
        Work in processes of their own, started afresh: nothing is shared with them. What the job
        holds (a `Verifier`, for example) is sent to each of them once for every item.

    Yields
    ------
    Outcome
        A crash of a worker process is a `WorkerDiedError` of the item that caused it.

    Raises
    ------
    ArgumentError
        If `workers` is less than one.
    Exception
        What `items` raises, after the outcomes of what came before.
    KeyboardInterrupt
        Thrown in, or raised while waiting: what is under way is finished and yielded first, because
        it may leave files and registry entries; nothing new is begun. The outcome that was just
        yielded may come again.

    Notes
    -----
    Closing the generator drops what has not begun.
    """
    if workers is not None and workers < 1:
        raise ArgumentError("workers", f"workers is {workers}.", hint="Give 1 or more.")
    cores = os.cpu_count() or 1
    if processes:
        pool: _Pool[Item, Value] = _Processes(job, workers or cores)
    else:
        pool = _Pool(job, workers or min(cores, _MOST_THREADS))
    return _run(iter(items), pool)


def attempt(item: Item, job: Callable[[Item], Value]) -> Outcome[Item, Value]:
    """Do a job for one item, here and now."""
    try:
        return Outcome(item, job(item), None)
    except Exception as error:  # noqa: BLE001 - reported where the outcome is used
        return Outcome(item, None, error)


def _run(
    items: Iterator[Item], pool: _Pool[Item, Value]
) -> Generator[Outcome[Item, Value], None, None]:
    waiting: deque[tuple[Item, Future[Value]]] = deque()
    failure: Exception | None = None  # of the iterable, once what was begun before it is done
    try:
        while True:
            failure = failure or _fill(waiting, items, pool)
            if not waiting:
                break
            yield pool.outcome(*waiting[0])
            waiting.popleft()  # not before: an interruption may come at any point
    except KeyboardInterrupt:
        pool.finish()
        yield from (pool.outcome(*one) for one in waiting if not one[1].cancelled())
        raise
    finally:
        pool.close()
    if failure is not None:
        raise failure


def _fill(
    waiting: deque[tuple[Item, Future[Value]]], items: Iterator[Item], pool: _Pool[Item, Value]
) -> Exception | None:
    """Begin items until the window is full or they end; return what the iterable raised."""
    while len(waiting) < _WINDOW * pool.workers:
        try:
            item = next(items)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - raised again, after the outcomes
            return error
        waiting.append((item, pool.submit(item)))
    return None


class _Pool(Generic[Item, Value]):
    """Workers that do one job: threads of this process."""

    def __init__(self, job: Callable[[Item], Value], workers: int) -> None:
        self.job = job
        self.workers = workers
        self.executor = self.start(workers)

    def start(self, workers: int) -> Executor:
        """Return fresh workers."""
        return ThreadPoolExecutor(workers, thread_name_prefix="indelible")

    def submit(self, item: Item) -> Future[Value]:
        """Begin an item, or queue it."""
        return self.executor.submit(self.job, item)

    def outcome(self, item: Item, future: Future[Value]) -> Outcome[Item, Value]:
        """Wait for an item."""
        return attempt(item, lambda _: future.result())

    def finish(self) -> None:
        """Wait for what is under way, and drop what has not begun."""
        self.executor.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """Drop what has not begun, without waiting for what has."""
        self.executor.shutdown(wait=False, cancel_futures=True)


class _Processes(_Pool[Item, Value]):
    """Processes that are started afresh: a fork of a program with threads may hang."""

    def start(self, workers: int) -> Executor:
        return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))

    def submit(self, item: Item) -> Future[Value]:
        try:
            return super().submit(item)
        except BrokenProcessPool:
            self.executor = self.start(self.workers)
            return super().submit(item)

    def outcome(self, item: Item, future: Future[Value]) -> Outcome[Item, Value]:
        """Wait for an item; where the pool broke, find out by trying again whether it was this one.

        A worker that dies takes along whatever the others are doing.
        """
        outcome = super().outcome(item, future)
        if not isinstance(outcome.error, BrokenProcessPool):
            return outcome
        with self.start(1) as alone:
            again = super().outcome(item, alone.submit(self.job, item))
        if isinstance(again.error, BrokenProcessPool):
            return Outcome(item, None, _died())
        return again


def _died() -> WorkerDiedError:
    return WorkerDiedError(
        "The process that worked on this died.",
        hint="It may have run out of memory, or met a fault of a codec. Try it alone, with more "
        "memory.",
    )
