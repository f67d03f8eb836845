"""What holds for methods and origins, whatever the address: HEAD, and pages of other origins."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indelible.settings import ServiceSettings

__all__ = ["CrossOrigin", "HeadAsGet"]


class HeadAsGet:
    """ASGI middleware that answers HEAD as GET, without the body.

    Parameters
    ----------
    app : ASGI application
        What it is around.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # The same state, route and so on, for whoever counts requests outside of this.
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"


class CrossOrigin:
    """ASGI middleware that lets scripts of any page ask what strangers may ask.

    Nothing that needs a token: browsers are not told that they may send one, and there are no
    cookies. A public detector is asked from other people's pages.

    Parameters
    ----------
    app : ASGI application
        What it is around.
    settings : ServiceSettings
        What strangers may ask.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._closed = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["Content-Type"],
            expose_headers=["Retry-After", "X-Request-ID"],
            max_age=3600,
        )
        places = ["/v1/services/", "/.well-known/", "/openapi.json"]
        if settings.public_manifests:
            places += ["/v1/matches/", "/v1/manifests/"]
        if settings.public_consents:
            places += ["/v1/consents/"]
        if settings.public_verify:
            places += ["/v1/verify"]
        self._places = tuple(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_open = scope["type"] == "http" and scope["path"].startswith(self._places)
        await (self._open if is_open else self._closed)(scope, receive, send)
