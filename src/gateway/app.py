"""The ASGI application: a request comes in, is looked up in the table of routes, and answered."""

from __future__ import annotations

import datetime as dt
import functools
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import anyio
import httpx2
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from indelible.consent import ConsentGate
from indelible.errors import ArgumentError
from indelible.gateway import handlers
from indelible.gateway.calls import Call, Parts
from indelible.gateway.errors import GatewayError, internal, too_long
from indelible.gateway.keeping import Shelf
from indelible.gateway.options import Options
from indelible.gateway.routes import Kind, find, query_of
from indelible.gateway.slots import Slots
from indelible.gateway.streams import ChangedStream
from indelible.gateway.upstream import Upstream
from indelible.protection import Protector

__all__ = ["Gateway", "create_app"]

_log: Final = logging.getLogger("indelible.gateway")
_requests: Final = logging.getLogger("indelible.gateway.requests")

_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,64}", re.ASCII)
_SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_QUICK: Final = ("alive", "kept")  # routes that take no place

_Handler: TypeAlias = "Callable[[Call], Awaitable[Response]]"
_HANDLERS: Final[dict[Kind, _Handler]] = {
    "generations": handlers.images,
    "edits": handlers.images,
    "variations": handlers.images,
    "chat": handlers.chat,
    "responses": handlers.responses,
    "content": handlers.content,
    "models": handlers.models,
    "health": handlers.health,
    "alive": handlers.alive,
    "kept": handlers.kept,
}


def create_app(
    *,
    upstream: str,
    protector: Protector,
    gate: ConsentGate | None,
    options: Options | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Gateway:
    """Return a gateway as an ASGI application.

    Parameters
    ----------
    upstream : str
        Address of the server behind it; its root, with or without ``/v1``. It must not be reachable
        by anybody else.
    protector : Protector
        Who marks, signs and registers. With record keys, and a registry that keeps them, each
        picture gets a generation record.
    gate : ConsentGate or None
        Who is asked about every input picture. None asks nobody.
    options : Options, optional
        How it behaves.
    transport : httpx2.AsyncBaseTransport, optional
        In the place of a network, for tests.

    Raises
    ------
    ArgumentError, ConfigurationError
        If an argument is invalid.
    """
    if not isinstance(protector, Protector):
        raise ArgumentError("protector", "protector is no Protector.")
    if gate is not None and not isinstance(gate, ConsentGate):
        raise ArgumentError("gate", "gate is no ConsentGate.", hint="Give one, or None.")
    chosen = options or Options()
    return Gateway(
        Parts(
            upstream=Upstream(upstream, chosen, transport),
            protector=protector,
            gate=gate,
            options=chosen,
            shelf=Shelf(chosen.rehost_seconds, chosen.rehost_bytes),
            made=Shelf(chosen.rehost_seconds, chosen.rehost_bytes),
            requests=Slots(chosen.concurrency, queue=chosen.queue, seconds=chosen.queue_seconds),
            workers=Slots(chosen.workers or os.cpu_count() or 1),
        )
    )


class Gateway:
    """A gateway, as an ASGI application; `create_app` makes one."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        match scope["type"]:
            case "http":
                await self._serve(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            case _:
                raise ValueError("this is no protocol that the gateway speaks")

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.parts.upstream.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        request_id = _request_id(Headers(scope=scope).get("x-request-id"))
        line: dict[str, object] = {
            "time": _now(),
            "id": request_id,
            "method": _method(scope),
            "route": "unknown",
        }
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                line["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            try:
                await self._answered(scope, receive, answer, request_id, line)
            except Exception as error:
                failed = error if isinstance(error, GatewayError) else internal()
                if failed is not error:
                    # Its words may quote a prompt or a picture; its place in the code says enough.
                    _log.error("a request failed: %s at %s", type(error).__name__, _place(error))
                line["code"] = failed.code
                if started:
                    raise
                await failed.response()(scope, receive, answer)
        finally:
            line["ms"] = round(1000 * (time.monotonic() - began), 1)
            _requests.info("%s", json.dumps(line))

    async def _answered(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        request_id: str,
        line: dict[str, object],
    ) -> None:
        """Answer a request; a client that leaves ends what was begun for it."""
        raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        found = find(scope["method"], raw_path.decode("latin-1"))
        line["route"] = found.route.name
        query = query_of(found.route, scope.get("query_string", b"").decode("latin-1"))
        request = Request(scope, receive)
        call = Call(self.parts, request, found, query, request_id)
        call.counts = line
        handler = _HANDLERS[found.route.kind]
        if found.route.kind in _QUICK:
            await (await handler(call))(scope, receive, send)
            return
        async with self.parts.requests.place():
            await handlers.take_in(call)
            try:
                with anyio.fail_after(call.options.upstream_seconds):
                    work = functools.partial(_finish, handler, call, scope, send)
                    if not await _while_connected(receive, work):
                        line["code"] = "client_gone"
            except TimeoutError:
                raise too_long() from None


async def _finish(handler: _Handler, call: Call, scope: Scope, send: Send) -> None:
    """Do a request and send its answer."""
    response = await handler(call)
    if isinstance(response, ChangedStream):
        try:
            await _stream(response, send)
        finally:
            await response.aclose()
    else:
        await response(scope, _nothing, send)


async def _stream(response: ChangedStream, send: Send) -> None:
    head = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **head})
    async for chunk in response.body_iterator:
        data = chunk.encode() if isinstance(chunk, str) else bytes(chunk)
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _while_connected(receive: Receive, work: Callable[[], Awaitable[None]]) -> bool:
    """Do something until it is done, or the client is gone; return whether it was done.

    Raises
    ------
    Exception
        What the work raises.
    """
    failures: list[Exception] = []
    done = False
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await work()
            done = True
        except Exception as error:  # noqa: BLE001 - raised again, not as one of a group
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return done


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat("T", "milliseconds")


def _request_id(given: str | None) -> str:
    return given if given and _SANE_ID.fullmatch(given) else f"req-{secrets.token_hex(12)}"


def _method(scope: Scope) -> str:
    known = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
    return scope["method"] if scope["method"] in known else "other"


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = "unknown"
    while trace is not None:
        frame = trace.tb_frame
        place = f"{frame.f_globals.get('__name__')}:{frame.f_code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
