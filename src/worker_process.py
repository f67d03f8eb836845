"""One process that works on strangers' bytes, and who watches over it.

A codec that crashes, hangs or fills the memory takes its process with it and nothing else. The
process has no secrets of its maker's beyond what it was given, and what it answers is plain bytes,
which nobody unpickles. The service and the scan each have a pool of these, with a queue that suits
them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

__all__ = ["READY", "WorkerProcess", "end_after", "limit_memory", "preload", "settle", "watch"]

READY: Final = b"ready"
"""What a process says first, once it is warm."""

_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_LOOK: Final = 0.05  # seconds between two looks at clock and memory
_START_SECONDS: Final = 600.0  # the first start on a machine compiles the kernels


def preload(module: str) -> None:
    """Have a module imported once, in the process that workers are forked from.

    A worker is then there in a fraction of a second, and shares that memory with the others. The
    first start of a program decides.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload([module])


class WorkerProcess:
    """The place of one worker: a process now, its replacement later.

    Attributes
    ----------
    connection : Connection or None
        To the process.
    jobs : int
        How many pieces of work it was given.
    busy, up : bool
        Whether it is at work, and whether it was started.
    killed : str or None
        Why it was ended from here.
    """

    def __init__(self) -> None:
        self.process: BaseProcess | None = None
        self.connection: Connection | None = None
        self.deadline = 0.0
        self.idle_memory = 0
        self.jobs = 0
        self.busy = False
        self.up = False
        self.killed: str | None = None

    def begin(self, target: Callable[..., None], *args: Any, name: str) -> bool:  # noqa: ANN401
        """Start a process and wait until it says `READY`; return whether it did.

        Parameters
        ----------
        target : callable
            A function of a module; it is given its end of the pipe first.
        args : object
            What else it is given; pickled.
        name : str
            Of the process.
        """
        self.end()
        self.killed = None
        self.jobs = 0
        context = multiprocessing.get_context("forkserver")
        self.connection, other = context.Pipe()
        try:
            process = context.Process(target=target, args=(other, *args), name=name)
            process.daemon = True
            process.start()
            self.process = process
            other.close()
            if not self.connection.poll(_START_SECONDS):
                self.end()
                return False
            self.up = self.connection.recv_bytes(len(READY)) == READY
        except (EOFError, OSError):
            self.end()
            return False
        finally:
            other.close()
        self.idle_memory = self.resident()
        return self.up

    def alive(self) -> bool:
        """Whether there is a process that can be given something to do."""
        alive = self.up and self.process is not None and self.process.is_alive()
        self.up = alive
        return alive

    @contextlib.contextmanager
    def at_work(self, deadline: float) -> Iterator[Connection]:
        """Have it watched until a moment of the monotonic clock, while it is talked with.

        Raises
        ------
        EOFError
            If there is none.
        """
        connection = self.connection
        if connection is None:
            raise EOFError
        self.deadline = deadline
        self.busy = True
        self.jobs += 1
        try:
            yield connection
        finally:
            self.busy = False

    def resident(self) -> int:
        """Return the memory that the process has, bytes; 0 where the system does not say."""
        process = self.process
        if process is None:
            return 0
        try:
            return int(Path(f"/proc/{process.pid}/statm").read_bytes().split()[1]) * _PAGE
        except (OSError, ValueError, IndexError):
            return 0

    def kill(self, reason: str) -> None:
        """End the process at once, and remember why."""
        process = self.process
        if process is not None and self.killed is None:
            self.killed = reason
            process.kill()

    def end(self) -> None:
        """End the process, which is idle or dead."""
        process, connection = self.process, self.connection
        self.process = self.connection = None
        self.up = False
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.join(5.0)
            process.close()


def watch(workers: Sequence[WorkerProcess], memory: int, stop: threading.Event) -> None:
    """Kill workers that take too long (``"time"``) or too much (``"memory"``), until told to stop.

    Parameters
    ----------
    workers : sequence of WorkerProcess
    memory : int
        Bytes that each may take beyond what it took when it was warm.
    stop : threading.Event
    """
    while not stop.wait(_LOOK):
        now = time.monotonic()
        for one in workers:
            if not one.busy:
                continue
            if now > one.deadline:
                one.kill("time")
            elif one.resident() > one.idle_memory + memory:
                one.kill("memory")


# --- in the process itself ------------------------------------------------------------------------


def settle() -> None:
    """Leave signals to the maker, who ends the workers; dump no core."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(memory: int) -> None:
    """Let an allocation fail that goes beyond; the maker ends a worker that grows otherwise.

    Parameters
    ----------
    memory : int
        Bytes that may be taken beyond what the process takes now.
    """
    taken = _data_size()
    if resource is None or taken is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = taken + memory
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def end_after(seconds: float) -> None:
    """Let the system end this process, even inside of a codec; 0 takes that back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _data_size() -> int | None:
    """Return how much private memory this process has mapped, bytes; None where nobody says."""
    try:
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmData:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None
