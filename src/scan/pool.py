"""The local engine's workers: what a picture does to one of them costs that picture's row alone.

Each worker has a thread here, which hands a few pictures over at a time and takes their rows as
they come, so that it is known at which one a worker died. One that kills a worker is tried once
more by itself, as the system may have ended the worker for another's memory; then it is given up.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from indelible.errors import WorkerDiedError
from indelible.scan import working
from indelible.scan.options import ScanOptions
from indelible.scan.rows import Row, error_row, plain
from indelible.scan.schema import fits
from indelible.scan.working import TAKEN, Told
from indelible.worker_process import WorkerProcess, preload, watch

__all__ = ["Done", "Pool", "Task"]

_log: Final = logging.getLogger("indelible.scan")

_MOST_TASKS: Final = 16  # that a worker is handed at a time
_MOST_BYTES: Final = 4 << 20
_MOST_ANSWER: Final = 1 << 20  # bytes of a row: a worker that a picture took over may send anything
_RECYCLE: Final = 5000  # pictures after which a worker is replaced: leaks of codecs end with it
_TRIES: Final = 2  # of a picture at which a worker crashed
_STARTS: Final = 3  # in vain, before the scan is given up


@dataclass(eq=False, slots=True)
class Task:
    """A picture for a worker.

    Attributes
    ----------
    told : Told
    content : bytes
    sha256 : str
    tag : object
        What the scan knows it by.
    tries : int
        How many workers died of it.
    """

    told: Told
    content: bytes = field(repr=False)
    sha256: str
    tag: Any
    tries: int = 0


Done: TypeAlias = Callable[[Task | None, Row | Exception], None]
"""Called in any thread with a task and its row, or with why the whole scan has to end."""


class Pool:
    """Worker processes.

    Parameters
    ----------
    options : ScanOptions
        Sent to each worker through a pipe.
    done : callable
        See `Done`.
    workers : int
    memory : int
        Bytes that a picture may take in its worker.
    seconds : float
        How long a picture may take.
    """

    def __init__(
        self, options: ScanOptions, done: Done, *, workers: int, memory: int, seconds: float
    ) -> None:
        self._options = options
        self._done = done
        self._memory = memory
        self._seconds = seconds
        self._waiting: deque[Task] = deque()
        self._change = threading.Condition()
        self._stop = threading.Event()
        self._slots = [WorkerProcess() for _ in range(workers)]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the workers; tasks may be given before they are up."""
        # With kernels compiled, unless nobody will look at pixels.
        decodes = self._options.only != "credentials"
        preload(f"indelible.scan.{'_preloaded' if decodes else 'working'}")
        for slot in self._slots:
            self._begin_thread(self._serve, slot)
        self._begin_thread(watch, self._slots, self._memory, self._stop)

    def submit(self, task: Task) -> None:
        """Have a picture looked at."""
        with self._change:
            self._waiting.append(task)
            self._change.notify()

    def pids(self) -> list[int]:
        """Return the process ids of the workers that are up."""
        found = [slot.process.pid for slot in self._slots if slot.up and slot.process is not None]
        return [pid for pid in found if pid is not None]

    def close(self) -> None:
        """End the workers at once."""
        self._stop.set()
        with self._change:
            self._waiting.clear()
            self._change.notify_all()
        for slot in self._slots:
            slot.kill("shutdown")
        for thread in self._threads:
            thread.join(5.0)
        for slot in self._slots:
            slot.end()

    # --- in the threads --------------------------------------------------------------------------

    def _begin_thread(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="indelible-scan", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _serve(self, slot: WorkerProcess) -> None:
        """Give one worker its pictures, until the pool is closed."""
        handed = 0
        try:
            while tasks := self._take():
                handed += len(tasks)
                while tasks and not self._stop.is_set():
                    tasks = self._perform(slot, tasks)
                if handed >= _RECYCLE:
                    slot.end()
                    handed = 0
        except Exception as error:  # noqa: BLE001 - the scan raises it, and does not wait for ever
            self._done(None, error)

    def _take(self) -> list[Task]:
        """Wait for pictures; none once the pool is closed.

        Few at a time where few are waiting, so that no worker has many while another has none.
        """
        with self._change:
            while not self._waiting and not self._stop.is_set():
                self._change.wait()
            most = min(_MOST_TASKS, 1 + len(self._waiting) // (4 * len(self._slots)))
            tasks: list[Task] = []
            size = 0
            while self._waiting and len(tasks) < most and size < _MOST_BYTES:
                if tasks and self._waiting[0].tries:
                    break
                tasks.append(self._waiting.popleft())
                size += len(tasks[-1].content)
                if tasks[0].tries:
                    break  # one that a worker died of is tried by itself
            return [] if self._stop.is_set() else tasks

    def _perform(self, slot: WorkerProcess, tasks: list[Task]) -> list[Task]:
        """Have pictures looked at; return those that are still to be, where a worker ended."""
        if not slot.alive() and not self._begin(slot):
            return []
        left = deque(tasks)
        try:
            with slot.at_work(time.monotonic() + self._seconds) as connection:
                connection.send([task.told for task in tasks])
                for task in tasks:
                    connection.send_bytes(task.content)
                if connection.recv_bytes(len(TAKEN)) != TAKEN:
                    raise EOFError  # noqa: TRY301 - as if it had died: it speaks nonsense
                while left:
                    slot.deadline = time.monotonic() + self._seconds
                    row = _row(connection.recv_bytes(_MOST_ANSWER), left[0], self._options)
                    self._done(left.popleft(), row)
                    if row["error_type"] == "MemoryError":
                        break  # it ends itself
                else:
                    return []
        except (EOFError, OSError):
            if not self._stop.is_set():
                self._blame(left.popleft(), slot.killed or "crash")
        slot.end()
        return list(left)

    def _blame(self, task: Task, reason: str) -> None:
        """Give up the picture that a worker died of, or put it aside to be tried by itself."""
        _log.info("a worker died at work (%s): %s", reason, task.told.uri)
        task.tries += 1
        if reason == "crash" and task.tries < _TRIES:
            with self._change:
                self._waiting.appendleft(task)
                self._change.notify()
            return
        self._done(task, _death(task, reason, self._seconds, self._options))

    def _begin(self, slot: WorkerProcess) -> bool:
        """Start a worker; where that fails again and again, the scan has to end."""
        for attempt in range(_STARTS):
            if self._stop.wait(0.5 * attempt):
                return False
            if slot.begin(
                working.work,
                self._options,
                self._memory,
                self._seconds,
                name="indelible-scan-worker",
            ):
                return True
        error = WorkerDiedError(
            "The processes that look at pictures cannot be started.",
            hint="What they said is above. The same command goes on from here.",
        )
        self._done(None, error)
        return False


def _row(answer: bytes, task: Task, options: ScanOptions) -> Row:
    """Return the row that a worker sent; whatever else it sent, its picture took it over."""
    try:
        row: Any = json.loads(answer)
        told = task.told
        if (
            isinstance(row, dict)
            and fits(row)
            and (row["uri"], row["member"], row["sha256"])
            == (plain(told.uri), plain(told.member), task.sha256)
        ):
            return row
    except (RecursionError, ValueError):
        pass
    return _death(task, "crash", 0.0, options)


def _death(task: Task, reason: str, seconds: float, options: ScanOptions) -> Row:
    """Return the row of a picture whose worker ended."""
    error, kind = _DEATHS[reason]
    row = error_row(
        task.told.uri,
        task.told.member,
        WorkerDiedError(error.format(seconds=seconds), hint=_HINT),
        scan_id=options.scan_id,
        size=len(task.content),
        sha256=task.sha256,
    )
    return row | {"error_type": kind}


_HINT: Final = "Verify it alone, with more time and memory."
_DEATHS: Final = {
    "crash": ("The process that looked at the picture died.", "WorkerDiedError"),
    "time": ("The picture took longer than the {seconds:g} s that it may take.", "TimeoutError"),
    "memory": ("The picture takes more memory than it may take.", "MemoryError"),
    "shutdown": ("The scan was ended.", "WorkerDiedError"),
}
