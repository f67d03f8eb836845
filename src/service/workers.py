"""Worker processes behind a queue: what a picture does to one of them, it does to no other request.

Each worker has a thread here, which takes jobs from the queue, hands them over through a pipe and
waits for the answer; one more thread looks at the clock and at the workers' memory, and kills one
that goes too far. A worker that dies, whatever the reason, fails the one request that it was
working on, and is replaced.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from indelible.errors import IndelibleError, WorkerDiedError
from indelible.service import worker
from indelible.service.failures import RefusedError, internal_failure
from indelible.service.queueing import FairQueue, Hold, Room
from indelible.service.worker import Job, Options, Result, Tools
from indelible.worker_process import WorkerProcess, preload, watch

__all__ = ["InProcess", "Pool", "Workers"]

_log: Final = logging.getLogger("indelible.service")

_BACK_OFF: Final = 30.0  # seconds at most between two tries to start a worker
_MOST_ANSWER: Final = 1 << 30  # bytes: a worker that a picture took over may send anything
_TRIES: Final = 3  # to hand a job to a worker that dies before it has it
_FIRST_GUESS: Final = 0.3  # seconds for a picture, before any was timed


class Workers(Protocol):
    """Whoever does jobs: processes in the service, this very process in a test."""

    room: Room
    killed: Counter[str]

    async def run(self, job: Job, data: bytes, options: Options, *, hold: Hold) -> Result:
        """Do a job and return its result.

        Parameters
        ----------
        job : callable
            A function of a module; a worker imports it.
        data : bytes
            The picture.
        options : dict
            What else it is given; pickled.
        hold : Hold
            What the request takes of the room; a place is added, and all of it given back when the
            job is done or was given up.

        Raises
        ------
        RefusedError
            Where there is no room (429, 503), where the job took too long (503), where the picture
            takes too much memory (413).
        WorkerDiedError
            If the worker died.
        IndelibleError
            What the job raised.
        """
        ...

    def state(self) -> dict[str, int]:
        """Return how many workers are ``up`` and ``busy``, and how many jobs are ``waiting``."""
        ...


@dataclass(eq=False, slots=True)
class _Task:
    """A job that was taken in."""

    job: Job
    data: bytes
    options: Options
    future: Future[Result] = field(default_factory=Future)
    begun: bool = False  # a worker has all of it, and nothing that happens before is its fault


class Pool:
    """Worker processes; see `Workers`.

    Parameters
    ----------
    tools : Tools
        What jobs work with; pickled, and sent to each worker through a pipe.
    workers : int
        How many processes.
    places, size : int
        Of the `Room`: pictures at a time, and bytes of them.
    memory : int
        Bytes that a job may take in its worker.
    seconds : float
        How long a job may take.
    recycle : int
        Jobs after which a worker is replaced: whatever leaks in a codec ends with it.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        workers: int,
        places: int = 64,
        size: int = 512 << 20,
        memory: int = 1536 << 20,
        seconds: float = 30.0,
        recycle: int = 2000,
    ) -> None:
        self._tools = tools
        self._memory = memory
        self._seconds = seconds
        self._recycle = recycle
        self._queue: FairQueue[_Task] = FairQueue()
        self._slots = [WorkerProcess() for _ in range(workers)]
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._mean = _FIRST_GUESS
        self.killed: Counter[str] = Counter()
        self.room = Room(places, size, self.expected_wait)

    # --- for the event loop ----------------------------------------------------------------------

    async def run(self, job: Job, data: bytes, options: Options, *, hold: Hold) -> Result:
        """Do a job in a worker; see `Workers.run`."""
        try:
            hold.add(places=1)
        except BaseException:
            hold.release()
            raise
        task = _Task(job, data, options)
        del data

        def over(_: object) -> None:
            task.data = b""  # of one that was given up, the queue would keep it
            hold.release()

        task.future.add_done_callback(over)
        if not self._queue.put(hold.client, task):
            task.future.cancel()
            raise _closing()
        return await asyncio.wrap_future(task.future)

    def expected_wait(self) -> float:
        """Return how long a new job would wait, seconds."""
        ahead = len(self._queue) + sum(slot.busy for slot in self._slots)
        return self._mean * (1 + ahead) / len(self._slots)

    def state(self) -> dict[str, int]:
        """Return how many workers are up and busy, and how many jobs wait."""
        return {
            "up": sum(slot.up for slot in self._slots),
            "busy": sum(slot.busy for slot in self._slots),
            "waiting": len(self._queue),
        }

    def pids(self) -> list[int]:
        """Return the process ids of the workers that are up."""
        found = [slot.process.pid for slot in self._slots if slot.up and slot.process is not None]
        return [pid for pid in found if pid is not None]

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the workers; jobs may be given before they are up."""
        preload("indelible.service._preloaded")
        for number, slot in enumerate(self._slots):
            self._threads.append(_thread(self._serve, f"indelible-worker-{number}", slot))
        self._threads.append(
            _thread(watch, "indelible-watch", self._slots, self._memory, self._stop)
        )

    def close(self, seconds: float) -> None:
        """Finish what was taken, for so long at most, and end the workers."""
        self._queue.close()
        deadline = time.monotonic() + seconds
        for thread in self._threads[:-1]:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._stop.set()
        for task in self._queue.drop():
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(_closing())
        for slot in self._slots:
            slot.kill("shutdown")
        for thread in self._threads:
            thread.join(5.0)

    # --- in the threads --------------------------------------------------------------------------

    def _serve(self, slot: WorkerProcess) -> None:
        """Give one worker its jobs, until the queue is closed and empty."""
        while not self._stop.is_set():
            if not slot.alive() and not self._begin(slot):
                break
            task = self._queue.take(1.0)
            if task is not None and task.future.set_running_or_notify_cancel():
                self._perform(slot, task)
            elif task is None and self._queue.closed:
                break
        slot.end()

    def _begin(self, slot: WorkerProcess) -> bool:
        """Start a worker, again and again where that fails; False once the pool is closed."""
        pause = 0.5
        while not self._stop.is_set():
            if slot.begin(worker.work, self._tools, self._memory, name="indelible-worker"):
                return True
            _log.error("a worker could not be started")
            self.killed["start"] += 1
            self._stop.wait(pause)
            pause = min(2 * pause, _BACK_OFF)
        return False

    def _perform(self, slot: WorkerProcess, task: _Task) -> None:
        """Have one job done, and tell who waits for it."""
        for _ in range(_TRIES):
            if not slot.alive() and not self._begin(slot):
                task.future.set_exception(_closing())
                return
            began = time.monotonic()
            try:
                meta, body = _exchange(slot, task, began + self._seconds)
                break
            except (EOFError, OSError):
                reason = slot.killed or "crash"
                slot.end()
                self.killed[reason] += 1
                _log.warning("a worker died at work: %s", reason)
                if task.begun or slot.killed:
                    task.future.set_exception(_death(reason, self._seconds))
                    return
        else:
            task.future.set_exception(_death("crash", self._seconds))
            return
        self._mean += 0.1 * (time.monotonic() - began - self._mean)
        if slot.jobs >= self._recycle:
            slot.end()
        try:
            task.future.set_result(_result(meta, body))
        except IndelibleError as error:
            task.future.set_exception(error)


def _exchange(slot: WorkerProcess, task: _Task, deadline: float) -> tuple[bytes, bytes]:
    """Hand a job over and wait for its answer.

    Raises
    ------
    EOFError, OSError
        If the worker died.
    """
    with slot.at_work(deadline) as connection:
        connection.send((task.job, task.options, max(0.0, deadline - time.monotonic())))
        connection.send_bytes(task.data)
        if connection.recv_bytes(len(worker.TAKEN)) != worker.TAKEN:
            raise EOFError
        task.data, task.begun = b"", True
        meta = connection.recv_bytes(_MOST_ANSWER)
        return meta, connection.recv_bytes(_MOST_ANSWER)


class InProcess:
    """Does jobs in threads of this very process: for tests, and for who embeds the application.

    A picture that crashes or hangs a codec takes the process with it.
    """

    def __init__(self, tools: Tools, *, places: int = 64, size: int = 512 << 20) -> None:
        self._tools = tools
        self.killed: Counter[str] = Counter()
        self.room = Room(places, size, lambda: 1.0)

    async def run(self, job: Job, data: bytes, options: Options, *, hold: Hold) -> Result:
        """Do a job; see `Workers.run`."""
        try:
            hold.add(places=1)
            told = await asyncio.to_thread(worker.do, job, self._tools, data, options)
            return _result(*told)
        finally:
            hold.release()

    def state(self) -> dict[str, int]:
        """Return that there is one worker, and that nothing waits."""
        return {"up": 1, "busy": 0, "waiting": 0}


def _thread(target: Callable[..., None], name: str, *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, name=name, daemon=True)
    thread.start()
    return thread


def _result(meta: bytes, body: bytes) -> Result:
    """Return what a worker answered, or raise what it told of."""
    try:
        told: Any = json.loads(meta)
        if isinstance(told, dict) and isinstance(told.get("ok"), dict):
            return Result(told["ok"], body)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    if told.get("error") == "MemoryError":
        raise _death("memory", 0)
    error = worker.failed(told)
    if error is not None:
        raise error
    _log.error("a job failed: %s at %s", told.get("kind"), told.get("where"))
    raise internal_failure()


def _death(reason: str, seconds: float) -> IndelibleError:
    """Return what the request is answered with whose worker ended."""
    if reason == "time":
        return RefusedError(
            503,
            "timeout",
            f"This picture took longer than the {seconds:g} s that it may take here.",
            hint="Send a smaller version of it.",
            retry_after=60,
        )
    if reason == "memory":
        return RefusedError(
            413,
            "too_much_memory",
            "This picture takes more memory than it may take here.",
            hint="Send a smaller version of it.",
        )
    if reason == "shutdown":
        return _closing()
    return WorkerDiedError(
        "The process that worked on this picture died.", hint="Try again; the service lives on."
    )


def _closing() -> RefusedError:
    return RefusedError(
        503, "closing", "The service is being shut down.", hint="Try again.", retry_after=10
    )


async def unless_gone(receive: Callable[[], Awaitable[Any]], work: Awaitable[Result]) -> Result:
    """Wait for a result, and give it up where the client goes away first.

    Parameters
    ----------
    receive : callable
        The request's; after the body it returns once the client is gone.
    work : awaitable
        What it waits for.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise RefusedError(400, "client_gone", "The client closed the connection.")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
