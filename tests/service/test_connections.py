"""Connections that keep the service waiting, or busy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Send

from indelible.service import connections
from indelible.service.connections import PatientProtocol

Talk = Callable[[int], Awaitable[None]]


async def app(_: object, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def serving(talk: Talk, connections_: int = 100) -> None:
    async def both() -> None:
        config = uvicorn.Config(
            app,
            port=0,
            http=PatientProtocol,
            lifespan="off",
            log_config=None,
            limit_concurrency=connections_,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(talk(server.servers[0].sockets[0].getsockname()[1]), 30)
        finally:
            server.should_exit = True
            await task

    asyncio.run(both())


async def exchange(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        return await reader.read(4096)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_headers_have_to_come_in_time_however_they_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_HEADER_SECONDS", 0.3)

    async def talk(port: int) -> None:
        assert b" 200 " in await exchange(
            port, b"GET / HTTP/1.1\r\n", b"Host: x\r\n\r\n", pause=0.1
        )
        assert await exchange(port) == b""
        drip = [b"GET / HTTP/1.1\r\n"] + [b"A: b\r\n"] * 20
        assert await exchange(port, *drip, pause=0.05) == b""
        # A body may take longer: it has limits of its own.
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
        assert b" 200 " in await exchange(port, head, b"a", b"b", b"c", pause=0.2)
        again = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"  # the second request of one connection
        assert b" 200 " in await exchange(port, again, again, pause=0.1)

    serving(talk)


def test_one_address_gets_a_quarter_of_the_connections() -> None:
    async def talk(port: int) -> None:
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        await asyncio.sleep(0.05)
        assert await exchange(port, request) == b""
        for _, writer in opened:
            writer.close()
        await asyncio.sleep(0.05)
        assert b" 200 " in await exchange(port, request)

    serving(talk, connections_=16)
    assert PatientProtocol._of_addresses.total() == 0


def test_a_body_in_tiny_chunks_does_not_keep_the_loop_busy() -> None:
    async def talk(port: int) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        began = time.thread_time()
        assert await exchange(port, head + b"1\r\nx\r\n" * 200_000 + b"0\r\n\r\n") == b""
        assert time.thread_time() - began < 2.0
        body = b"x" * 8_000_000
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
        assert b" 200 " in await exchange(port, head, body)

    serving(talk)
