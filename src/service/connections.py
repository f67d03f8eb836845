"""Connections: one that keeps the service waiting, or busy, is closed.

uvicorn waits for the first line and the headers of a request as long as the client likes, which
costs a client nothing and holds a connection here; and a body in chunks of one byte each costs the
event loop a thousand times what it costs the client. What a body itself may take in is limited in
`indelible.service.arriving`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["PatientProtocol"]

_HEADER_SECONDS: Final = 10.0
_STALLED_SECONDS: Final = 60.0  # until a client that reads none of its answer is let go
_SLICE: Final = 16 * 1024  # bytes that are parsed before the time is looked at
_PARSING_SECONDS: Final = 0.1  # of this thread, beyond what ordinary bytes take
_PARSING_PACE: Final = 20e6  # bytes a second that ordinary requests are parsed at, at least
_SHARE: Final = 4  # one address may have a quarter of all connections


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, whose patience ends."""

    _waiting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _spent = 0.0
    _received = 0
    _of_addresses: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._address = "" if self.client is None else self.client[0]
        self._of_addresses[self._address] += 1
        if self._of_addresses[self._address] > (self.limit_concurrency or 1 << 30) // _SHARE:
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is no whole head of a request yet does not win more time."""
        for start in range(0, len(data), _SLICE):
            part = data[start : start + _SLICE]
            began = time.thread_time()
            super().data_received(part)
            self._spent += time.thread_time() - began
            self._received += len(part)
            if self._spent > _PARSING_SECONDS + self._received / _PARSING_PACE:
                self.transport.abort()
            if self.transport.is_closing():
                break
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way:
            self._stop_waiting()
        elif self._waiting is None and not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """Leave the time until the next request to uvicorn's own timer."""
        super().on_response_complete()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()  # the next request came while this one was answered

    def pause_writing(self) -> None:
        """Begin to wait for a client that does not read."""
        super().pause_writing()
        self._stalled = self.loop.call_later(_STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop to wait."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers, and the place of its address."""
        super().connection_lost(exc)
        self._stop_waiting()
        if self._stalled is not None:
            self._stalled.cancel()
        self._of_addresses[self._address] -= 1
        if not self._of_addresses[self._address]:
            del self._of_addresses[self._address]

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(_HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        self.transport.abort()
