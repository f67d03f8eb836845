"""Places: so many at a time, so many who wait, and nobody for long."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio

from indelible.gateway.errors import GatewayError

__all__ = ["Slots"]

_SOON: Final = 2.0


class Slots:
    """Places for work.

    Parameters
    ----------
    places : int
        How many at a time.
    queue : int, optional
        How many may wait; by default as many as like.
    seconds : float, optional
        How long one may wait; by default as long as it takes.

    Notes
    -----
    For one event loop at a time, whichever it is: nothing is bound to a loop before somebody waits.
    """

    def __init__(
        self, places: int, *, queue: int | None = None, seconds: float | None = None
    ) -> None:
        self._free = places
        self._queue = queue
        self._seconds = seconds
        self._waiting: deque[anyio.Event] = deque()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Have a place while the context is open.

        Raises
        ------
        GatewayError
            503, if there is none, nor will be soon.
        """
        await self._take()
        try:
            yield
        finally:
            self._give()

    async def _take(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        if self._queue is not None and len(self._waiting) >= self._queue:
            raise _busy()
        event = anyio.Event()
        self._waiting.append(event)
        try:
            with anyio.fail_after(self._seconds):
                await event.wait()
        except BaseException as end:
            if event.is_set():  # it was given a place that it does not take
                self._give()
            else:
                self._waiting.remove(event)
            if isinstance(end, TimeoutError):
                raise _busy() from None
            raise

    def _give(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1


def _busy() -> GatewayError:
    return GatewayError(
        503,
        "busy",
        "The gateway has too much to do.",
        hint="Try again in a moment.",
        retry_after=_SOON,
    )
