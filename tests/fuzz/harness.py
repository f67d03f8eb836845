"""Run one input against one target in a process of its own, and say what it cost.

A worker is forked once and takes many inputs. The kernel keeps its peak of resident memory and its
processor time; both are reset before each input, so that a cost belongs to one input, and a machine
that is busy with something else changes nothing. An input that never ends is ended by the kernel
(processor time) or by the parent (the clock).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from indelible.errors import IndelibleError

__all__ = ["Allowance", "Cost", "Target", "Worker", "run_all"]

MEGABYTE = 1_000_000
_ADDRESS_SPACE = 16_000 * MEGABYTE  # the machine's protection, not the limit that is judged
_WALL_SECONDS = 30.0
_MMAP_THRESHOLD = -3  # of mallopt(3)
# What `_pace` takes on the machine on which the allowances were chosen.
_USUAL_PACE = 0.06
_KEPT = 100 * MEGABYTE  # a worker that keeps so much after an input would hide the next one's cost


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one input may cost: processor time in seconds, memory in bytes."""

    seconds: float = 2.0
    memory: int = 512 * MEGABYTE


def _parser(_: bytes) -> Allowance:
    return Allowance()


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes bytes from anywhere.

    Attributes
    ----------
    name : str
        What it is.
    run : callable
        May raise Indelible's own errors, nothing else.
    allowance : callable
        What an input may cost; by default 2 s and 512 MB.
    """

    name: str
    run: Callable[[bytes], object]
    allowance: Callable[[bytes], Allowance] = _parser


@dataclass(frozen=True, slots=True)
class Cost:
    """What one input did: how it ended, what it took, and what is wrong with that, if anything."""

    outcome: str
    seconds: float
    memory: int
    kept: int = 0
    complaint: str | None = None


class Worker:
    """A process that runs the inputs it is sent, one after the other."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._deadline = math.inf

    def send(self, target: Target, data: bytes) -> None:
        """Start a run."""
        self._deadline = time.monotonic() + _WALL_SECONDS
        self.connection.send((target.name, data))

    def receive(self) -> Cost | None:
        """Return what the run cost, None while it goes on; the worker may be gone afterwards."""
        if self.connection.poll():
            try:
                cost: Cost = self.connection.recv()
            except EOFError:
                self._process.join()
                code = self._process.exitcode
                return _lost(f"the process ended with status {code} (-24: too much time)")
            return cost
        if time.monotonic() < self._deadline:
            return None
        return _lost(f"it did not end within {_WALL_SECONDS:.0f} s")

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _lost(complaint: str) -> Cost:
    return Cost("lost", math.inf, 0, _KEPT + 1, complaint)


def run_all(
    work: Iterator[tuple[Target, bytes]], *, workers: int = 2
) -> Iterator[tuple[Target, bytes, Cost]]:
    """Yield each input's cost, in the order in which they end; `work` is asked for as needed."""
    running: dict[Worker, tuple[Target, bytes]] = {}
    idle = [Worker() for _ in range(workers)]
    try:
        while True:
            while idle and (task := next(work, None)) is not None:
                worker = idle.pop()
                running[worker] = task
                worker.send(*task)
            if not running:
                return
            wait([worker.connection for worker in running], timeout=1.0)
            for worker in list(running):
                cost = worker.receive()
                if cost is None:
                    continue
                task = running.pop(worker)
                if cost.kept > _KEPT:
                    worker.end()
                    idle.append(Worker())
                else:
                    idle.append(worker)
                yield *task, cost
    finally:
        for worker in [*idle, *running]:
            worker.end()


# --- in the worker ---


def _work(connection: Connection) -> None:
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - it takes Target from here

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # codecs write warnings there
    gc.freeze()  # what came from the parent need not be looked through each time
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_AS, _ADDRESS_SPACE)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, MEGABYTE)  # else what is freed stays, and hides the next peak
    first = _status()["VmRSS"]
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            name, data = connection.recv()
            gc.collect()
            if hasattr(libc, "malloc_trim"):
                libc.malloc_trim(0)
            cost = _measure(TARGETS[name], data)
            connection.send(
                Cost(
                    cost.outcome,
                    cost.seconds,
                    cost.memory,
                    _status()["VmRSS"] - first,
                    cost.complaint,
                )
            )


def _measure(target: Target, data: bytes) -> Cost:
    allowed = target.allowance(data)
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() + 4 * allowed.seconds + 1))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before = _status()["VmRSS"]
    began = time.process_time()
    complaint = None
    try:
        target.run(data)
        outcome = "well"
    except IndelibleError as error:
        outcome = f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - finding these is the purpose
        outcome = type(error).__name__
        complaint = "".join(traceback.format_exception(error)[-4:])
    seconds = time.process_time() - began
    memory = max(0, _status()["VmHWM"] - before)
    if complaint is None and seconds > allowed.seconds:
        most = allowed.seconds * max(1.0, _pace() / _USUAL_PACE)
        if seconds > most:
            complaint = f"it took {seconds:.1f} s, {most:.1f} s are allowed on this machine"
    if complaint is None and memory > allowed.memory:
        complaint = (
            f"it took {memory / MEGABYTE:.0f} MB, {allowed.memory / MEGABYTE:.0f} MB are allowed"
        )
    return Cost(outcome, seconds, memory, 0, complaint)


def _pace() -> float:
    """Return the processor time of a fixed job like a parser's, in seconds.

    A slow or a crowded machine is slow at this, too.
    """
    began = time.process_time()
    data, total = bytes(range(256)) * 64, 0
    for at in range(0, 40 * len(data), 4):
        total += int.from_bytes(data[at % len(data) : at % len(data) + 4], "big")
    return time.process_time() - began


def _lower(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (limit if hard < 0 else min(limit, hard), hard))


def _status() -> dict[str, int]:
    """Return the process's memory figures, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    pairs = (line.partition(":") for line in lines if line.startswith("Vm"))
    return {name: int(value.split()[0]) * 1024 for name, _, value in pairs}
