"""A server for the page's tests, with a detector that answers as it is told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from indelible import Protector, Verifier
from indelible.service import Parts
from indelible.service.pages import router
from indelible.settings import ServiceSettings
from indelible.settings.values import HostNames
from tests.service.page.reports import answer

__all__ = ["Fake", "serving"]

LIMIT = 2_000_000
HOSTS = "pictures.example.org"


@dataclass
class Fake:
    """A detector that says what the first bytes of a picture ask for (``recovered``, ``busy``).

    Attributes
    ----------
    address : str
        Of the page.
    views : dict
        What goes with every answer that has an original.
    seen : list of (str, str)
        Language, and what was asked for, in order.
    bundles : list of (str, bool, str)
        Of each bundle that was asked for: language, whether a minor may be shown, and name.
    gate : threading.Event
        While it is clear, answers wait.
    most : int
        How many requests there were at one time.
    """

    address: str = ""
    views: dict[str, str] | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)
    bundles: list[tuple[str, bool, str]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    most: int = 0
    now: int = 0

    def reset(self) -> None:
        """Forget what was asked."""
        self.seen.clear()
        self.bundles.clear()
        self.most = self.now = 0
        self.gate.set()

    def answer(self, what: str, language: str) -> Response:
        """Return the answer that some bytes ask for."""
        self.seen.append((language, what))
        if what == "once" and self.seen.count((language, what)) == 1:
            return _refused(503, {"Retry-After": "1"})
        what = "recovered" if what == "once" else what
        if what.isdigit():
            return _refused(int(what), {})
        if what == "pace" and self.seen.count((language, what)) == 1:
            return _refused(429, {"Retry-After": "60"})
        what = "recovered" if what == "pace" else what
        if what == "quota":
            return _refused(429, {"Retry-After": "600"})
        if what == "busy":
            return _refused(503, {"Retry-After": "30"})
        verdict, _, name = what.partition(" ")
        views = self.views if verdict in {"recovered", "altered"} else None
        said = answer(verdict, language=language, views=views, **({"name": name} if name else {}))
        return JSONResponse(said)


def _refused(status: int, headers: dict[str, str]) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "status": status}
    if status == 502:
        body["code"] = "not_fetched"
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def fake_app(fake: Fake) -> FastAPI:
    """Return the page with a detector of that kind behind it."""
    app = FastAPI()
    settings = ServiceSettings(max_bytes=LIMIT, url_hosts=HostNames((HOSTS,)))
    signing = cast("Protector", object())  # that there is one is all that the page looks at
    verifier = Verifier(keys=(), registry=None, trust=None)
    app.state.parts = Parts(verifier, None, settings, signing)
    app.include_router(router)

    def waited(what: str, language: str) -> Response:
        fake.gate.wait(20)
        return fake.answer(what, language)

    async def asked(what: str, language: str) -> Response:
        fake.now += 1
        fake.most = max(fake.most, fake.now)
        try:
            return await run_in_threadpool(waited, what, language)
        finally:
            fake.now -= 1

    @app.post("/v1/verify")
    async def verify(request: Request, language: str) -> Response:
        body = await request.body()
        return await asked(body[:200].partition(b"\n")[0].decode("ascii", "replace"), language)

    @app.post("/v1/verify/url")
    async def verify_url(request: Request, language: str) -> Response:
        url: str = (await request.json())["url"]
        return await asked("recovered" if HOSTS in url else "502", language)

    @app.post("/v1/evidence")
    async def evidence(request: Request, language: str, *, minor: bool, name: str) -> Response:
        what = (await request.body())[:200].decode("ascii", "replace")
        fake.bundles.append((language, minor, name))
        if what.startswith("suspect"):
            return _refused(429, {"Retry-After": "600"})
        return Response(b"PK a bundle", media_type="application/wacz")

    return app


@contextlib.contextmanager
def serving(app: Callable[..., Any]) -> Iterator[str]:
    """Serve an application on this machine; give its address."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="auto")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
