"""Jobs that pictures might make of a worker's: run in real workers by the tests."""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time

from indelible.errors import ImageTooLargeError
from indelible.service.worker import Options, Result, Tools


def answer(tools: Tools, data: bytes, options: Options) -> Result:
    time.sleep(options.get("seconds", 0))
    return Result({"size": len(data), "pid": os.getpid()}, data[:16])


def crash(tools: Tools, data: bytes, options: Options) -> Result:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def hang(tools: Tools, data: bytes, options: Options) -> Result:
    while True:
        time.sleep(1)


def allocate(tools: Tools, data: bytes, options: Options) -> Result:
    """Take memory as codecs do: the system's limit makes the allocation fail."""
    return Result({"size": len(bytearray(options["size"]))})


def fill(tools: Tools, data: bytes, options: Options) -> Result:
    """Take memory that the system's limit does not count."""
    taken = mmap.mmap(-1, options["size"])
    for start in range(0, options["size"], 1 << 20):
        taken[start : start + (1 << 20)] = b"x" * (1 << 20)
    time.sleep(30)
    return Result({"size": len(taken)})


def refuse(tools: Tools, data: bytes, options: Options) -> Result:
    raise ImageTooLargeError("Too many pixels.", hint="Scale it down.")


def fail(tools: Tools, data: bytes, options: Options) -> Result:
    raise ValueError(f"quotes {data!r}")


def lie(tools: Tools, data: bytes, options: Options) -> Result:
    """Answer as a worker that a picture took over might."""
    frame = sys._getframe()
    while frame.f_code.co_name != "work":
        assert frame.f_back is not None
        frame = frame.f_back
    frame.f_locals["connection"].send_bytes(options["answer"])
    frame.f_locals["connection"].send_bytes(b"")
    os._exit(0)
