"""Every trick behind every route: ``python -m tests.gateway.leaking`` (``make leaks``).

The tests try each trick behind one route, this tries all behind all, and prints what came out.
"""

from __future__ import annotations

import collections
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx2
from starlette.testclient import TestClient

from benchmarks import images
from indelible.credentials import create_identity
from indelible.gateway import Options, create_app
from tests.gateway.hostile import TRICKS
from tests.gateway.houses import Gateway, made_house
from tests.gateway.upstream import HOST, Upstream, encode

__all__ = ["WAYS", "ask", "natural"]

_FACE: Final = encode(images.square(images.photograph(1), 96), "png")
_PROMPT: Final = {"prompt": "a face", "model": "painter-1"}
_MESSAGES: Final = [{"role": "user", "content": "a face"}]
_EDIT: Final = {"data": _PROMPT, "files": {"image": ("a.png", _FACE, "image/png")}}

WAYS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "generations": ("POST", "/v1/images/generations", {"json": _PROMPT}),
    "generations, streamed": (
        "POST",
        "/v1/images/generations",
        {"json": {**_PROMPT, "stream": True, "partial_images": 2}},
    ),
    "edits": ("POST", "/v1/images/edits", _EDIT),
    "edits, streamed": (
        "POST",
        "/v1/images/edits",
        {**_EDIT, "data": {**_PROMPT, "stream": "true"}},
    ),
    "variations": ("POST", "/v1/images/variations", _EDIT),
    "chat": ("POST", "/v1/chat/completions", {"json": {"model": "m", "messages": _MESSAGES}}),
    "chat, streamed": (
        "POST",
        "/v1/chat/completions",
        {"json": {"model": "m", "stream": True, "messages": _MESSAGES}},
    ),
    "responses": ("POST", "/v1/responses", {"json": {"model": "m", "input": "a face"}}),
    "responses, streamed": (
        "POST",
        "/v1/responses",
        {"json": {"model": "m", "input": "a face", "stream": True}},
    ),
    "content": ("GET", "/v1/images/img-1/content", {}),
    "models": ("GET", "/v1/models", {}),
    "health": ("GET", "/health", {}),
}
"""What is asked of each route: method, path, and the request's body."""


def ask(gateway: Gateway, way: str) -> httpx2.Response:
    """Ask a route."""
    method, path, options = WAYS[way]
    return gateway.client.request(method, path, follow_redirects=False, **options)


def natural(trick: str) -> str:
    """Return a route that a trick could be expected behind."""
    kind = trick.partition(",")[0]
    streamed = [way for way in WAYS if way.endswith("streamed")]
    if kind == "stream":
        for word, way in (("chat", streamed[2]), ("response", streamed[3]), ("edit", streamed[1])):
            if word in trick:
                return way
        return streamed[len(trick) % len(streamed)]
    for word in ("responses", "models"):
        if kind == word or trick.endswith(("model", "models")):
            return word if kind == word else "models"
    if "choices" in trick or kind in ("audio", "logprobs", "tool call"):
        return "chat"
    if trick.startswith(("b64_json", "url", "raw", "header")):
        return "generations"
    plain = [way for way in WAYS if way not in streamed]
    return plain[len(trick) % len(plain)]


def main() -> int:
    """Try all; return how many pictures came out."""
    logging.disable(logging.CRITICAL)
    upstream = Upstream([images.square(images.photograph(at), 192) for at in (0, 2)])
    found = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        identity = create_identity(folder / "identity")
        house = made_house(identity, identity.trust(), folder)
        app = create_app(
            upstream=f"http://{HOST}",
            protector=house.protector,
            gate=None,
            options=Options(partial="mark"),
            transport=httpx2.ASGITransport(app=upstream),
        )
        with TestClient(
            app, base_url="http://gateway.test", raise_server_exceptions=False
        ) as client:
            gateway = Gateway(app, client, upstream, house)
            for way in WAYS:
                began = time.monotonic()
                statuses: collections.Counter[int] = collections.Counter()
                for trick, make in TRICKS.items():
                    upstream.reset()
                    upstream.scripts["*"] = make(upstream)
                    try:
                        answer = ask(gateway, way)
                    except Exception as error:  # noqa: BLE001 - a stream that was broken off
                        print(f"{way}: {trick}: broken off ({type(error).__name__})")
                        continue
                    statuses[answer.status_code] += 1
                    for leak in gateway.leaks(answer):
                        found += 1
                        print(f"LEAK {way}: {trick}: {answer.status_code}: {leak[:100]}")
                took = time.monotonic() - began
                print(f"{way}: {len(TRICKS)} tricks, {dict(statuses)}, {took:.0f} s", flush=True)
    print(f"{found} leaks")
    return found


if __name__ == "__main__":
    sys.exit(min(main(), 1))
