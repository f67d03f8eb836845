"""A process that may crash: it is started, watched and replaced."""

from __future__ import annotations

import os
import threading
import time
from multiprocessing.connection import Connection

import pytest

from indelible.worker_process import (
    READY,
    WorkerProcess,
    end_after,
    limit_memory,
    settle,
    watch,
)

MIB = 1 << 20


def obey(connection: Connection, memory: int) -> None:
    """Do what is asked: die, sleep, take memory, or send back."""
    settle()
    limit_memory(memory)
    connection.send_bytes(READY)
    kept = []
    while True:
        try:
            asked = connection.recv()
        except (EOFError, OSError):
            return
        if asked == "die":
            os._exit(3)
        elif asked == "alarm":
            end_after(0.05)
            time.sleep(60)
        elif asked == "sleep":
            time.sleep(60)
        elif isinstance(asked, int):
            try:
                kept.append(b"x" * asked)
                time.sleep(0.3)
            except MemoryError:
                connection.send_bytes(b"no memory")
                continue
        connection.send_bytes(b"done")


def refuse(connection: Connection) -> None:
    connection.close()


def asked(worker: WorkerProcess, what: object, seconds: float = 60.0) -> bytes:
    with worker.at_work(time.monotonic() + seconds) as connection:
        connection.send(what)
        return connection.recv_bytes()


def test_it_works_dies_and_is_replaced() -> None:
    worker = WorkerProcess()
    assert not worker.alive()
    assert worker.begin(obey, 64 * MIB, name="test")
    assert asked(worker, "hello") == b"done"
    assert worker.jobs == 1
    for death in ("die", "alarm"):
        with pytest.raises((EOFError, OSError)):
            asked(worker, death)
        assert not worker.busy
        assert worker.begin(obey, 64 * MIB, name="test")
        assert asked(worker, "hello") == b"done"
    worker.end()
    assert not worker.alive()
    with pytest.raises(EOFError), worker.at_work(0.0):
        pass


def test_an_allocation_beyond_the_limit_fails() -> None:
    worker = WorkerProcess()
    worker.begin(obey, 64 * MIB, name="test")
    assert asked(worker, 200 * MIB) == b"no memory"
    assert asked(worker, "hello") == b"done"
    worker.end()


def test_who_takes_too_long_or_too_much_is_killed() -> None:
    slow, greedy = WorkerProcess(), WorkerProcess()
    stop = threading.Event()
    watcher = threading.Thread(target=watch, args=([slow, greedy], 32 * MIB, stop))
    watcher.start()
    try:
        slow.begin(obey, 1 << 40, name="slow")
        greedy.begin(obey, 1 << 40, name="greedy")
        with pytest.raises((EOFError, OSError)):
            asked(slow, "sleep", seconds=0.1)
        with pytest.raises((EOFError, OSError)):
            asked(greedy, 100 * MIB)
        assert (slow.killed, greedy.killed) == ("time", "memory")
    finally:
        stop.set()
        watcher.join()
        slow.end()
        greedy.end()


def test_one_that_does_not_start_says_so() -> None:
    assert not WorkerProcess().begin(refuse, name="test")
