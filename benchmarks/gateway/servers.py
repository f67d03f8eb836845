"""What is measured, each in a process of its own: ``python -m benchmarks.gateway.servers ...``.

``upstream PORT SIDE FORMAT`` answers with pictures that were made before it was asked; ``bare PORT
UPSTREAM`` passes requests and answers on and looks at nothing; ``gateway`` and ``gate PORT
UPSTREAM`` are the gateway, without and with a consent gate.
"""

from __future__ import annotations

import base64
import itertools
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx2
import uvicorn
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from benchmarks import images
from indelible import Protector, imaging
from indelible.consent import ConsentGate
from indelible.credentials import create_identity
from indelible.gateway import Options, create_app
from indelible.registry import open_registry, sqlite_url
from indelible.watermark import Key

__all__ = ["pictures", "protector"]

_COUNT: Final = 6  # distinct pictures
_HOP_BY_HOP: Final = ("connection", "content-length", "host", "transfer-encoding")


def pictures(side: int, format: str) -> list[bytes]:
    """Return photographs as files, `side` pixels square."""
    return [
        imaging.encode(images.square(images.photograph(at), side), format, quality=90)
        if format == "jpeg"
        else imaging.encode(images.square(images.photograph(at), side), format, fast=True)
        for at in range(_COUNT)
    ]


def protector(folder: Path) -> Protector:
    """Return what both the gateway and the bare loop protect with."""
    identity = create_identity(folder / "identity")
    return Protector(
        signer=identity.signer,
        key=Key.from_bytes(bytes(range(32))),
        registry=open_registry(sqlite_url(folder / "registry.sqlite3")),
        generator="Acme Images",
        trust=identity.trust(),
    )


def _upstream(side: int, format: str) -> Any:  # noqa: ANN401 - an ASGI application
    answers = [
        json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(one).decode()}]}).encode()
        for one in pictures(side, format)
    ]
    turns = itertools.cycle(answers)
    message = {"role": "assistant", "content": "words " * 200}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    words = json.dumps({"id": "c", "object": "chat.completion", "choices": [choice]}).encode()

    async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        body = words if scope["path"].endswith("completions") else next(turns)
        await Response(body, media_type="application/json")(scope, receive, send)

    return application


def _bare(upstream: str) -> Any:  # noqa: ANN401 - an ASGI application
    client = httpx2.AsyncClient(base_url=upstream, timeout=60)

    async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        headers = {
            name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP
        }
        asked = client.build_request(
            request.method, request.url.path, headers=headers, content=await request.body()
        )
        answer = await client.send(asked, stream=True)

        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in answer.aiter_raw():
                yield chunk
            await answer.aclose()

        kept = {name: value for name, value in answer.headers.items() if name not in _HOP_BY_HOP}
        await StreamingResponse(chunks(), answer.status_code, kept)(scope, receive, send)

    return application


def _main(kind: str, port: int, *rest: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        match kind:
            case "upstream":
                application = _upstream(int(rest[0]), rest[1])
            case "bare":
                application = _bare(rest[0])
            case _:
                gate = ConsentGate(audit=lambda _: None) if kind == "gate" else None
                application = create_app(
                    upstream=rest[0],
                    protector=protector(Path(folder)),
                    gate=gate,
                    options=Options(),
                )
        uvicorn.run(application, port=port, log_level="critical", access_log=False)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
