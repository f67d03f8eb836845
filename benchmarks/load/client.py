"""A client of the service: closed and open loops, over plain sockets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import numpy as np

__all__ = ["Client", "Tally"]


@dataclass
class Tally:
    """What came back.

    Attributes
    ----------
    statuses : Counter
        How often each status; 0 where no answer came.
    seconds : dict
        Times of the answers, by their status.
    without_retry : int
        Refusals (429, 503) that did not say when to try again.
    took : float
        Seconds from the first request to the last answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    without_retry: int = 0
    took: float = 0.0

    def add(self, status: int, seconds: float, *, retry: bool) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(seconds)
        self.without_retry += status in (429, 503) and not retry

    def percentile(self, share: float, status: int = 200) -> float:
        """Return a percentile of the times of one status, ms; NaN where there are none."""
        found = self.seconds.get(status)
        return float("nan") if not found else 1000 * float(np.percentile(found, share))

    @property
    def good(self) -> int:
        """How many were answered with 200."""
        return self.statuses[200]


class Client:
    """Sends pictures to a port of this machine, each as a stranger of his own.

    Parameters
    ----------
    port : int
        Where the service listens.
    pictures : sequence of bytes
        Sent in turn.
    """

    def __init__(self, port: int, pictures: Sequence[bytes]) -> None:
        self._port = port
        self._pictures = pictures
        self._numbers: Iterator[int] = count()

    async def closed(self, clients: int, seconds: float) -> Tally:
        """Let so many clients ask, each again as soon as it is answered."""
        tally = Tally()
        began = time.monotonic()
        await asyncio.gather(
            *(self._again_and_again(tally, number, began + seconds) for number in range(clients))
        )
        tally.took = time.monotonic() - began
        return tally

    async def open(self, rate: float, seconds: float) -> Tally:
        """Send so many a second, whether the service keeps up or not."""
        tally = Tally()
        began = time.monotonic()
        under_way = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            under_way.append(asyncio.create_task(self.verify(tally, number)))
        await asyncio.gather(*under_way)
        tally.took = time.monotonic() - began
        return tally

    async def watch(self, tally: Tally, path: str, pause: float) -> None:
        """Ask for a small thing again and again, until cancelled."""
        while True:
            await self._ask(tally, f"GET {path} HTTP/1.1\r\nHost: load\r\n", b"", 0)
            await asyncio.sleep(pause)

    async def verify(self, tally: Tally, stranger: int) -> None:
        """Send one picture."""
        picture = self._pictures[next(self._numbers) % len(self._pictures)]
        head = (
            "POST /v1/verify HTTP/1.1\r\nHost: load\r\nContent-Type: image/jpeg\r\n"
            f"Content-Length: {len(picture)}\r\n"
        )
        await self._ask(tally, head, picture, stranger)

    async def stall(self, number: int) -> list[asyncio.StreamWriter]:
        """Open so many connections that send the head of a request, or half of it, and no more."""
        writers = []
        for index in range(number):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, local_addr=(_address(index), 0)
            )
            head = b"POST /v1/verify HTTP/1.1\r\nHost: load\r\n"
            if index % 2:
                head += b"Content-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100
            writer.write(head)
            writers.append(writer)
        return writers

    async def _again_and_again(self, tally: Tally, stranger: int, end: float) -> None:
        while time.monotonic() < end:
            await self.verify(tally, stranger)

    async def _ask(self, tally: Tally, head: str, body: bytes, stranger: int) -> None:
        began = time.monotonic()
        status, retry = 0, False
        with suppress(OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, local_addr=(_address(stranger), 0)
            )
            try:
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
                answer = await reader.read()
                status = int(answer.split(b" ", 2)[1])
                retry = b"\r\nretry-after:" in answer.lower()
            finally:
                writer.close()
        tally.add(status, time.monotonic() - began, retry=retry)


def _address(stranger: int) -> str:
    """Return an address of this machine that stands for one stranger."""
    return f"127.1.{stranger // 250 % 250}.{1 + stranger % 250}"
