"""Protected pictures that are held for a while: those with an address here, and those made before.

One upstream picture that is asked for again comes out as the same protected file: many marks of one
picture could be averaged away.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Kept", "Shelf"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A protected file.

    Attributes
    ----------
    data : bytes
        The file.
    format : str
        Its format's name: "png".
    ends : float
        Until when it is held, by the shelf's clock.
    """

    data: bytes = field(repr=False)
    format: str
    ends: float


class Shelf:
    """Files by their names, for so long and so many bytes; the oldest go first.

    Parameters
    ----------
    seconds : float
        How long one is held.
    size : int
        Bytes of all together.
    clock : callable
        The time, seconds.
    """

    def __init__(
        self, seconds: float, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = size
        self._clock = clock
        self._held: OrderedDict[object, Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def add(self, data: bytes, format: str) -> str:
        """Hold a file under a name that nobody can guess, and return the name."""
        name = secrets.token_urlsafe(32).replace("-", "x").replace("_", "y")
        self.put(name, data, format)
        return name

    def put(self, name: object, data: bytes, format: str) -> None:
        """Hold a file under a name; one that is larger than the whole shelf is not held."""
        with self._lock:
            self._drop(name)
            if len(data) > self._most:
                return
            self._held[name] = Kept(data, format, self._clock() + self._seconds)
            self._size += len(data)
            while self._size > self._most:
                self._drop(next(iter(self._held)))

    def get(self, name: object) -> Kept | None:
        """Return a file that is still held."""
        with self._lock:
            kept = self._held.get(name)
            if kept is not None and kept.ends <= self._clock():
                self._drop(name)
                return None
            return kept

    def _drop(self, name: object) -> None:
        kept = self._held.pop(name, None)
        if kept is not None:
            self._size -= len(kept.data)
