"""What waits for a worker: bounded by number and by bytes, and shared fairly between clients.

Nobody waits for a place: who finds the queue full is told so at once. Clients are served in turn,
one job each, and no client may take more than its share of the places and of the bytes, so that one
that sends without end delays itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from indelible.service.failures import RefusedError

__all__ = ["FairQueue", "Hold", "Room"]

Item = TypeVar("Item")

_SHARE: Final = 4  # one client may take a quarter of the places, and of the bytes


@dataclass(slots=True)
class _Taken:
    places: int = 0
    size: int = 0


class Room:
    """How much the service takes in at a time; threads share it.

    Parameters
    ----------
    places : int
        Pictures that wait or are worked on.
    size : int
        Bytes of their bodies, including those that are still arriving.
    wait : callable
        How long a new picture would have to wait, seconds; told to who is refused.
    """

    def __init__(self, places: int, size: int, wait: Callable[[], float]) -> None:
        self._most = _Taken(places, size)
        self._most_of_one = _Taken(max(1, places // _SHARE), max(1, size // _SHARE))
        self._wait = wait
        self._lock = threading.Lock()
        self._all = _Taken()
        self._clients: dict[str, _Taken] = {}

    @property
    def places(self) -> int:
        """How many places are taken."""
        return self._all.places

    @property
    def size(self) -> int:
        """How many bytes are held."""
        return self._all.size

    def hold(self, client: str) -> Hold:
        """Return a hold of one client, empty."""
        return Hold(self, client)

    def check(self, client: str) -> None:
        """Raise where a picture of this client would find no place now.

        Raises
        ------
        RefusedError
            429 where the client has its share, 503 where everybody has.
        """
        with self._lock:
            self._check(client, 1, 0)

    def take(self, client: str, places: int, size: int) -> None:
        """Take places and bytes, or raise as `check`."""
        with self._lock:
            self._check(client, places, size)
            for taken in (self._all, self._clients.setdefault(client, _Taken())):
                taken.places += places
                taken.size += size

    def give_back(self, client: str, places: int, size: int) -> None:
        """Give back what was taken."""
        with self._lock:
            own = self._clients[client]
            for taken in (self._all, own):
                taken.places -= places
                taken.size -= size
            if own == _Taken():
                del self._clients[client]

    def _check(self, client: str, places: int, size: int) -> None:
        own = self._clients.get(client, _Taken())
        if (
            own.places + places > self._most_of_one.places
            or own.size + size > self._most_of_one.size
        ):
            raise RefusedError(
                429,
                "too_many_at_once",
                "You have as many pictures under way here as one client may have.",
                hint="Wait for their answers, then send the next.",
                retry_after=self._wait(),
            )
        if self._all.places + places > self._most.places or self._all.size + size > self._most.size:
            raise RefusedError(
                503,
                "busy",
                "The service has as much to do as it can hold.",
                hint="Try again a little later.",
                retry_after=self._wait(),
            )


class Hold:
    """What one request takes of the room; given back once, whoever comes first."""

    def __init__(self, room: Room, client: str) -> None:
        self._room = room
        self.client = client
        self._places = 0
        self._size = 0
        self._lock = threading.Lock()

    def add(self, *, places: int = 0, size: int = 0) -> None:
        """Take more.

        Raises
        ------
        RefusedError
            As `Room.check`.
        """
        self._room.take(self.client, places, size)
        self._places += places
        self._size += size

    def release(self) -> None:
        """Give everything back."""
        with self._lock:
            places, self._places = self._places, 0
            size, self._size = self._size, 0
        if places or size:
            self._room.give_back(self.client, places, size)


@dataclass(slots=True)
class FairQueue(Generic[Item]):
    """Items of several clients, taken in turn; threads share it."""

    _ready: threading.Condition = field(default_factory=threading.Condition)
    _lines: OrderedDict[str, deque[Item]] = field(default_factory=OrderedDict)
    _closed: bool = False
    _length: int = 0

    def __len__(self) -> int:
        return self._length

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken in."""
        return self._closed

    def put(self, client: str, item: Item) -> bool:
        """Add an item; return False where the queue is closed."""
        with self._ready:
            if self._closed:
                return False
            self._lines.setdefault(client, deque()).append(item)
            self._length += 1
            self._ready.notify()
            return True

    def take(self, seconds: float) -> Item | None:
        """Return the next item; None where none came in time, or the queue is closed and empty."""
        with self._ready:
            if not self._length and not self._closed:
                self._ready.wait(seconds)
            if not self._length:
                return None
            client, line = self._lines.popitem(last=False)
            item = line.popleft()
            if line:
                self._lines[client] = line  # at the end: the others come first
            self._length -= 1
            return item

    def close(self) -> None:
        """Take nothing in any more; what is there can still be taken out."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    def drop(self) -> list[Item]:
        """Take out everything that is left."""
        with self._ready:
            items = [item for line in self._lines.values() for item in line]
            self._lines.clear()
            self._length = 0
            return items
