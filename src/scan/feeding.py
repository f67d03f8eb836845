"""Reading ahead of the workers: so many bytes, in order, with several files open at a time."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from indelible import imaging
from indelible.errors import ImageError, IndelibleError, UnsupportedImageError
from indelible.scan.items import Event, Item, ShardEnd, events, groups
from indelible.scan.output import Output
from indelible.scan.reading import Reader
from indelible.scan.sources import has_companion_name

__all__ = ["Fed", "Feeder", "Read", "Room", "looked_through"]

_READERS: Final = 8  # files that are read at a time: a store answers slowly, and often
_UNKNOWN: Final = 32 << 20  # bytes that a file is taken to have where nobody said
_HEAD: Final = 512  # bytes: enough to recognise every format


@dataclass(frozen=True, slots=True)
class Read:
    """A picture that was read, or could not be.

    Attributes
    ----------
    item : Item
        With its content, or an error.
    taken : int
        Bytes of the room that it takes.
    sha256 : str or None
    read_ms : float or None
    alone : bool
        Whether a manifest lies beside it, so that its bytes are not all there is to it.
    passed_over : bool
        Whether it is no picture by its name and its content.
    """

    item: Item
    taken: int
    sha256: str | None = None
    read_ms: float | None = None
    alone: bool = False
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class Fed:
    """That nothing more will come; or why nothing more can.

    Attributes
    ----------
    error : Exception or None
    """

    error: Exception | None = None


class Room:
    """How much is in memory: bytes of pictures, and rows that wait for their shard.

    A picture that is larger than all of it comes in when nothing else is there.
    """

    def __init__(self, size: int, rows: int) -> None:
        self._size = size
        self._rows = rows
        self._bytes_taken = self._rows_taken = 0
        self._closed = False
        self._change = threading.Condition()

    def take(self, size: int) -> bool:
        """Wait for room for a picture and its row; return False once it is closed."""
        with self._change:
            while not self._closed:
                fits = self._bytes_taken + size <= self._size or not self._bytes_taken
                if fits and self._rows_taken < self._rows:
                    self._bytes_taken += size
                    self._rows_taken += 1
                    return True
                self._change.wait()
            return False

    def give_back(self, *, size: int = 0, rows: int = 0) -> None:
        """Make room."""
        with self._change:
            self._bytes_taken -= size
            self._rows_taken -= rows
            self._change.notify()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._change:
            self._closed = True
            self._change.notify_all()


@dataclass(slots=True)
class Feeder:
    """Puts what is to be looked at into a queue: numbered, as it is read, in any order.

    Parameters
    ----------
    output : Output
        Has the list, and what is finished.
    reader : Reader
    shard_size : int
    room : Room
    inbox : queue.SimpleQueue
        Is given pairs: a number from 0 without gaps, and a `Read`, a `ShardEnd` or, once, `Fed`.
    """

    output: Output
    reader: Reader
    shard_size: int
    room: Room
    inbox: queue.SimpleQueue[tuple[int, Any]]
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> threading.Thread:
        """Begin."""
        thread = threading.Thread(target=self._run, name="indelible-feed", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End as soon as possible."""
        self._stop.set()
        self.room.close()

    def _run(self) -> None:
        number = 0
        error: Exception | None = None
        readers = ThreadPoolExecutor(_READERS, thread_name_prefix="indelible-read")
        try:
            for number, event in enumerate(self._events(), 1):
                if isinstance(event, ShardEnd):
                    self.inbox.put((number - 1, event))
                    continue
                taken = _bytes_of(event)
                if self._stop.is_set() or not self.room.take(taken):
                    return
                if event.content is None and event.error is None:
                    readers.submit(self._read, number - 1, event, taken)
                else:
                    self.inbox.put((number - 1, looked_through(event, taken, None)))
        except Exception as raised:  # noqa: BLE001 - the scan raises it
            error = raised
        finally:
            readers.shutdown(wait=False, cancel_futures=self._stop.is_set())
            self.inbox.put((number, Fed(error)))

    def _events(self) -> Iterator[Event]:
        finished = self.output.finished
        for group in groups(self.output.listed(), self.shard_size):
            yield from events(group, self.reader, size=self.shard_size, finished=finished)

    def _read(self, number: int, item: Item, taken: int) -> None:
        """Read a file: in a thread of its own."""
        began = time.perf_counter()
        content, error = None, None
        try:
            content = self.reader.read(item.uri)
        except IndelibleError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 - this file's alone
            error = UnsupportedImageError(f"It cannot be read: {type(raised).__name__}")
        took = 1000 * (time.perf_counter() - began)
        read = replace(item, content=content, error=error)
        self.inbox.put((number, looked_through(read, taken, took)))


def _bytes_of(item: Item) -> int:
    """Return how much room a picture needs, before it is read."""
    if item.error is not None:
        return 0
    if item.content is not None:
        return len(item.content)
    if item.size is None and item.path is not None:
        with suppress(OSError, ValueError):
            return os.stat(item.path).st_size  # noqa: PTH116 - names as they are
    return _UNKNOWN if item.size is None else item.size


def looked_through(item: Item, taken: int, read_ms: float | None) -> Read:
    """Hash a picture, and see whether it is one at all."""
    content = item.content
    if content is None:
        return Read(item, taken, read_ms=read_ms)
    if has_companion_name(item.name) and not _is_picture(content):
        return Read(replace(item, content=None), taken, passed_over=True)
    beside = None if item.path is None else os.path.splitext(item.path)[0] + ".c2pa"  # noqa: PTH122
    alone = beside is not None and os.path.lexists(beside)
    return Read(item, taken, hashlib.sha256(content).hexdigest(), read_ms, alone)


def _is_picture(content: bytes) -> bool:
    try:
        return bool(imaging.identify(content[:_HEAD]))
    except UnsupportedImageError:
        return True
    except ImageError:
        return False
