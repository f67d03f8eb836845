"""What is around every request: an id, safe headers, one line in the log, one count."""

from __future__ import annotations

import logging
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indelible.service import logs
from indelible.service.arriving import drain
from indelible.service.failures import RefusedError
from indelible.service.runtime import Runtime

__all__ = ["SAFE_HEADERS", "Around"]

_log: Final = logging.getLogger("indelible.service")

SAFE_HEADERS: Final = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer is sent with, unless it says something else."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    **SAFE_HEADERS,
}

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Around:
    """ASGI middleware.

    Parameters
    ----------
    app : ASGI application
        What it is around.
    runtime : Runtime
        Where requests are counted.
    """

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        request_id = logs.request_id(Headers(scope=scope).get("x-request-id"))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0
        arrived = False

        async def take() -> Message:
            nonlocal arrived
            message = await receive()
            arrived = not message.get("more_body", False)
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= 400 and status != 408 and not arrived:
                    await drain(take)
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, take, answer)
        except Exception:  # noqa: BLE001 - one request's failure, logged
            _log.exception("a request failed")
            if status == 0:
                failed = RefusedError(500, "internal", "The service failed.")
                await failed.response(request_id)(scope, take, answer)
        finally:
            self._count(scope, status, time.monotonic() - began, request_id)

    def _count(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = str(getattr(scope.get("route"), "path", "unknown"))
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._runtime.metrics.request(method, route, status, seconds)
        if route in ("/livez", "/readyz", "/metrics") and status == 200:
            return  # they come every few seconds
        state = scope["state"]
        logs.request_line(
            id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(1000 * seconds, 1),
            client=logs.obscured(self._runtime.address(Request(scope))),
            token=state.get("token_id"),
            verdict=state.get("verdict"),
            code=state.get("code"),
        )
