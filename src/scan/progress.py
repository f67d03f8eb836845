"""How far a scan is, how fast it goes, and how long it will take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Progress"]

_LEAST_ROWS: Final = 20  # before anybody is told how long it will take


@dataclass(slots=True)
class Progress:
    """How far a scan is.

    Attributes
    ----------
    lines, size : int
        Files, archives and tables in the list, and their bytes as far as known.
    before : int
        Rows of shards that were finished by an earlier run.
    size_before : int
        Bytes of these.
    rows, errors, duplicates, passed_over, found : int
        What this run did: rows in all; those with an error; those of bytes that came before; files
        that are no pictures; pictures with a manifest or a mark.
    size_done : int
        Bytes of the pictures of this run.
    published : int
        Shards that this run finished.
    """

    lines: int = 0
    size: int = 0
    before: int = 0
    size_before: int = 0
    rows: int = 0
    errors: int = 0
    duplicates: int = 0
    passed_over: int = 0
    found: int = 0
    size_done: int = 0
    published: int = 0
    _began: float = field(default_factory=time.monotonic)
    _first: float | None = None  # workers take a while to start, and that is no picture's time

    def count(self, row: dict[str, Any] | None, size: int | None) -> None:
        """Count a picture; None is one that was passed over."""
        self._first = self._first or time.monotonic()
        self.size_done += size or 0
        if row is None:
            self.passed_over += 1
            return
        self.rows += 1
        self.errors += row["error_type"] is not None
        self.duplicates += row["duplicate_of"] is not None
        manifest = row["credential_state"] not in (None, "absent")
        self.found += manifest or bool(row["watermark_found"])

    @property
    def seconds(self) -> float:
        """How long this run has taken."""
        return time.monotonic() - self._began

    @property
    def rate(self) -> float:
        """Pictures in a second, since the first one."""
        return self.rows / max(self._working, 1e-3)

    @property
    def _working(self) -> float:
        return 0.0 if self._first is None else time.monotonic() - self._first

    @property
    def share(self) -> float:
        """How much of all is done, 0 to 1: by bytes or by files, whichever is less.

        Small pictures take longer for their bytes. Files of an archive are more than its one line.
        """
        files = (self.before + self.rows + self.passed_over) / max(1, self.lines)
        if not self.size:
            return min(1.0, files)
        size = min(1.0, (self.size_before + self.size_done) / self.size)
        return min(size, files) if files <= 1.0 else size

    @property
    def _share_before(self) -> float:
        earlier = Progress(self.lines, self.size, self.before, self.size_before)
        return earlier.share

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take; None where it cannot be told yet."""
        done = self.share - self._share_before
        if done <= 0 or self.rows < _LEAST_ROWS:
            return None
        return self._working * (1.0 - self.share) / done
