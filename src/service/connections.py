"""Connections: one whose request does not come in time is closed.

uvicorn waits for the first line and the headers of a request as long as the client likes, which
costs a client nothing and holds a connection here. Bodies have limits of their own
(`indelible.service.arriving`).
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["PatientProtocol"]

_HEADER_SECONDS: Final = 10.0
_STALLED_SECONDS: Final = 60.0  # until a client that reads none of its answer is let go


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which closes connections that keep it waiting for a request's headers."""

    _waiting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; what is no whole head of a request yet does not win more time."""
        super().data_received(data)
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way:
            self._stop_waiting()
        elif self._waiting is None and not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """Leave the time until the next request to uvicorn's own timer."""
        super().on_response_complete()
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way:  # it came while the last one was answered
            self._stop_waiting()

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
        """Forget the timers."""
        super().connection_lost(exc)
        self._stop_waiting()
        if self._stalled is not None:
            self._stalled.cancel()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(_HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        self.transport.abort()
