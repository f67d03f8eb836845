"""Server-sent events: read as they come, in bounded memory, and written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from indelible.gateway.errors import GatewayError, unprotected

__all__ = ["DONE", "Event", "Reader", "failure", "written"]

DONE: Final = "[DONE]"
"""What the last event says, in some dialects."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_.]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes
    ----------
    name : str or None
        Of the event, where it is one that is known as such.
    data : str
        What it says.
    """

    name: str | None
    data: str


class Reader:
    """Makes events of pieces of a stream, wherever it is cut.

    Comments, ids and times are left out, and so is what has no end. Lines may end in any of the
    three ways.

    Parameters
    ----------
    most : int
        Longest event, bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line = bytearray()  # that has not ended
        self._after_return = False
        self._name: str | None = None
        self._data: list[str] = []
        self._size = 0
        self._first = True

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield the events that end in a piece.

        Raises
        ------
        GatewayError
            502, if an event is too long, or no text.
        """
        start = 0
        for found in re.finditer(rb"\r\n|\n|\r", piece):
            if self._after_return and found.start() == 0 and found.group() == b"\n":
                self._after_return = False
                start = 1
                continue
            self._after_return = found.group() == b"\r" and found.end() == len(piece)
            self._line += piece[start : found.start()]
            start = found.end()
            line, self._line = bytes(self._line), bytearray()
            event = self._take(line)
            if event is not None:
                yield event
        if start < len(piece):
            self._after_return = False
            self._line += piece[start:]
            self._check(len(self._line))

    def _take(self, line: bytes) -> Event | None:
        """Take one line; a blank one ends an event."""
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            name, data = self._name, self._data
            self._name, self._data, self._size = None, [], 0
            return Event(name, "\n".join(data)) if data else None
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        self._check(len(value))
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            raise unprotected("an event of it is no text") from None
        if field == b"data":
            self._size += len(value)
            self._check(self._size)
            self._data.append(text)
        elif field == b"event":
            self._name = text if _NAME.fullmatch(text) else None
        return None

    def _check(self, size: int) -> None:
        if size > self._most:
            raise GatewayError(
                502, "answer_too_large", "The server sent a longer event than the gateway takes."
            )


def written(value: object, name: str | None = None) -> bytes:
    """Return an event as it is sent; a text is sent as it is, everything else as JSON."""
    data = value if isinstance(value, str) else json.dumps(value)
    head = f"event: {name}\n" if name is not None and _NAME.fullmatch(name) else ""
    return f"{head}data: {data}\n\n".encode()


def failure(error: GatewayError) -> bytes:
    """Return the event with which a stream ends that fails in its midst."""
    return written({"type": "error", **error.body()}, "error")
