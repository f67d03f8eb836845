"""What was answered about bytes that may come again, in bounded memory."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from indelible.scan.rows import Row, name_of

__all__ = ["Answers", "as_duplicate"]

_MOST_BYTES: Final = 64 << 20  # some hundred thousand pictures
_OVERHEAD: Final = 300  # bytes of an entry beside its text
_OWN: Final = ("uri", "member", "read_ms", "scanned_at")
_TIMES: Final = ("credential_ms", "watermark_ms", "registry_ms", "fingerprint_ms", "total_ms")


class Answers:
    """Rows by the hash of their bytes; those that were asked for longest ago give way."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._rows: OrderedDict[bytes, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> None:
        """Remember a row, unless it is a duplicate's or has no hash."""
        if row["sha256"] is None or row["duplicate_of"] is not None:
            return
        key = bytes.fromhex(row["sha256"])
        if key in self._rows:
            return
        text = json.dumps({name: value for name, value in row.items() if value is not None})
        self._rows[key] = text.encode()
        self._size += len(text) + _OVERHEAD
        while self._size > self._most:
            _, old = self._rows.popitem(last=False)
            self._size -= len(old) + _OVERHEAD

    def add_all(self, rows: Iterable[Row]) -> None:
        """Remember several."""
        for row in rows:
            self.add(row)

    def get(self, sha256: str) -> Row | None:
        """Return what is known, without the columns that are none; None where nothing is."""
        key = bytes.fromhex(sha256)
        found = self._rows.get(key)
        if found is None:
            return None
        self._rows.move_to_end(key)
        row: Row = json.loads(found)
        return row


def as_duplicate(first: Row, own: Row) -> Row:
    """Return the row of a picture with the same bytes as one that was looked at.

    Parameters
    ----------
    first : dict
        The row of that one.
    own : dict
        A row that was begun for this one, with all columns.
    """
    answers = {name: value for name, value in first.items() if name not in (*_OWN, *_TIMES)}
    return own | answers | {"duplicate_of": name_of(first["uri"], first.get("member"))}
