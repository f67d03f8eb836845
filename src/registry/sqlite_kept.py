"""Connections to an SQLite file that stay open while calls follow each other."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy import exc

__all__ = ["FileId", "KeptConnections"]

FileId: TypeAlias = tuple[int, int]
"""Which file it is: its device and its inode."""

_MOST_KEPT: Final = 16
_IDLE_SECONDS: Final = 1.0


class KeptConnections:
    """Connections that the threads of one process keep while calls follow each other.

    To open a file in write-ahead-log mode, and to close it as the last one, costs a hundred times
    what a look-up does. But a file that is open has two others beside it, and is not to be copied
    or replaced. So it is closed once nobody has used it for a second.
    """

    def __init__(self) -> None:
        self.writing = threading.Lock()  # whose holder has the connection that writes
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._idle: defaultdict[str, list[tuple[FileId, sa.Connection]]] = defaultdict(list)
        self._users = 0
        self._left = 0.0  # when the last one left
        self._watched = False

    @contextmanager
    def connection(
        self, mode: str, file_id: FileId, make: Callable[[], sa.Connection]
    ) -> Iterator[sa.Connection]:
        """Yield a connection to this very file; one that fails is not kept."""
        with self._lock:
            self._users += 1
            idle = self._idle[mode]
            stale = [connection for known, connection in idle if known != file_id]
            idle[:] = [pair for pair in idle if pair[0] == file_id]
            connection = idle.pop()[1] if idle else None
        try:
            _close_all(stale)
            connection = connection or make()
            try:
                yield connection
                connection.rollback()
            except BaseException:
                _close_all([connection])
                raise
            with self._lock:
                if len(idle) < _MOST_KEPT:
                    idle.append((file_id, connection))
                    connection = None
            if connection is not None:
                _close_all([connection])
        finally:
            with self._lock:
                self._users -= 1
                self._left = time.monotonic()
                watch, self._watched = not self._watched, True
            if watch:
                threading.Thread(target=self._watch, name="indelible-idle", daemon=True).start()

    def close(self) -> None:
        """Close those that nobody uses; a child process does nothing to those of its parent."""
        if self._process != os.getpid():
            return
        with self._lock:
            idle = [connection for pairs in self._idle.values() for _, connection in pairs]
            for pairs in self._idle.values():
                pairs.clear()
        _close_all(idle)

    def _watch(self) -> None:
        while True:
            time.sleep(_IDLE_SECONDS)
            with self._lock:
                if not self._users and time.monotonic() - self._left >= _IDLE_SECONDS:
                    self._watched = False
                    break
        self.close()


def _close_all(connections: Iterable[sa.Connection]) -> None:
    for connection in connections:
        with suppress(exc.SQLAlchemyError, sqlite3.Error):
            connection.close()
