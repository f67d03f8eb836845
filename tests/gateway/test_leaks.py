"""An upstream that tries to leak: not one unmarked picture comes out, whatever breaks meanwhile."""

from __future__ import annotations

import base64
import contextlib
import gzip
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect

from indelible import consent, watermark
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.errors import CredentialError, RegistryError
from indelible.gateway.pictures import holds_picture, links_picture
from tests.gateway.canaries import leaks
from tests.gateway.conftest import Build
from tests.gateway.hostile import TRICKS
from tests.gateway.houses import Gateway, made_house
from tests.gateway.leaking import WAYS, ask, natural
from tests.gateway.upstream import Answer, Upstream, b64, encode, zipped

# Of three servers' documents: whatever could answer with a picture, or with what holds one.
ADDRESSES = (
    "/",
    "/docs",
    "/openapi.json",
    "/metrics",
    "/version",
    "/load",
    "/ping",
    "/invocations",
    "/generate",
    "/server_info",
    "/get_model_info",
    "/sdapi/v1/txt2img",
    "/files/made-0.png",
    "/outputs/made-0.png",
    "/static/made-0.png",
    "/v1",
    "/v1/images",
    "/v1/images/img-1",
    "/v1/images/img-1/content/",
    "/v1/images/img-1/content/0",
    "/v1/images/generations/img-1",
    "/v1/images/upscale",
    "/v1/completions",
    "/v1/chat/completions/batch",
    "/v1/chat/completions/chatcmpl-1",
    "/v1/chat/completions/chatcmpl-1/messages",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/input_items",
    "/v1/responses/compact",
    "/v1/conversations/conv_1/items",
    "/v1/threads/t/messages",
    "/v1/files",
    "/v1/files/file-1",
    "/v1/files/file-1/content",
    "/v1/uploads/u/parts",
    "/v1/containers/c/files/f/content",
    "/v1/batches",
    "/v1/batches/b",
    "/v1/vector_stores/v/files/f/content",
    "/v1/videos",
    "/v1/videos/v",
    "/v1/videos/v/content",
    "/v1/videos/v/content?variant=thumbnail",
    "/v1/videos/sync",
    "/v1/videos/edits",
    "/v1/videos/characters/c",
    "/v1/audio/speech",
    "/v1/audio/generate",
    "/v1/realtime",
    "/v1/realtime/calls",
    "/v1/realtime/sessions",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/evals",
    "/v1/fine_tuning/jobs",
    "/v1/meshes",
    "/v1/actions",
    "/v1/messages",
    "/v1/rerank",
    "/openai/v1/images/generations",
    "/openai/deployments/m/images/other",
    "/openai/images/generations:submit",
    "/openai/operations/images/1",
    "/inference/v1/generate",
)

PATHS = (
    "/v1/models/../files/made-0.png",
    "/v1/models/%2e%2e/files/made-0.png",
    "/v1/models/..%2f..%2ffiles%2fmade-0.png",
    "/v1/models/m%2F..%2F..%2Ffiles%2Fmade-0.png",
    "/v1/models/a/../../../files/made-0.png",
    "/v1/models/..;/files/made-0.png",
    "/v1/models/.",
    "/v1/models/..",
    "/v1/models//files/made-0.png",
    "//v1/models",
    "/v1//models",
    "/v1/images/../../files/content",
    "/v1/images/%2e%2e/content",
    "/v1/images/../content",
    "/v1/images/./content",
    "/v1/images/a%2Fb/content",
    "/v1/images/a?/content",
    "/v1/images/a%3F/content",
    "/v1/images/a%23/content",
    "/v1/images/a%00/content",
    "/v1/images/a%0d%0aX:%20b/content",
    "/v1/images/a\\b/content",
    "/V1/MODELS",
    "/v1/models/",
    "/v1/models;x=1",
    "/v1/models%20",
    "/v1/images/generations/",
    "/v1/images/img-1/content?variant=0&variant=1",
    "/v1/images/img-1/content?path=/etc/passwd",
    "/v1/images/img-1/content?variant=%2e%2e",
    "/health/../files/made-0.png",
    "/pictures/../files/made-0.png",
)


@pytest.mark.compiled
@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_gets_a_picture_out(gateway: Gateway, upstream: Upstream, trick: str) -> None:
    upstream.scripts["*"] = TRICKS[trick](upstream)
    with contextlib.suppress(ConnectionError):  # a stream that is broken off says nothing
        assert gateway.leaks(ask(gateway, natural(trick))) == []


@pytest.mark.compiled
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "trick",
    [
        "unknown field within",
        "400 with a message",
        "stream, raw bytes after an event",
        "b64_json, under transparency, png",
    ],
)
def test_no_route_is_open(gateway: Gateway, upstream: Upstream, trick: str, way: str) -> None:
    upstream.scripts["*"] = TRICKS[trick](upstream)
    assert gateway.leaks(ask(gateway, way)) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_not_known_is_refused(gateway: Gateway, upstream: Upstream, address: str) -> None:
    upstream.scripts["*"] = Answer(upstream.picture(), media_type="image/png")
    for method in ("GET", "POST"):
        answer = gateway.client.request(
            method, address, json={"prompt": "x"} if method == "POST" else None
        )
        assert answer.status_code in (404, 405)
        assert answer.json()["error"]["type"] == "invalid_request_error"
    assert upstream.received == []


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths(gateway: Gateway, upstream: Upstream, path: str) -> None:
    upstream.scripts["*"] = Answer(upstream.picture(), media_type="image/png")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"host", b"gateway.test")],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    assert gateway.client.portal is not None
    gateway.client.portal.call(gateway.app, scope, receive, send)
    assert sent[0]["status"] in (400, 404)
    assert upstream.received == []


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"])
def test_other_methods(gateway: Gateway, upstream: Upstream, method: str) -> None:
    upstream.scripts["*"] = Answer(upstream.picture(), media_type="image/png")
    for _, path, _ in WAYS.values():
        answer = gateway.client.request(method, path)
        assert answer.status_code == 405
    assert upstream.received == []


def test_no_socket_is_opened(gateway: Gateway) -> None:
    for path in ("/v1/realtime", "/v1/responses", "/v1/video/chat/stream", "/"):
        with pytest.raises(WebSocketDisconnect), gateway.client.websocket_connect(path):
            pass


def test_paths_of_the_server_stay_there(gateway: Gateway, upstream: Upstream) -> None:
    upstream.dialect = "sglang"
    body = {"prompt": "a face", "n": 2, "response_format": "b64_json"}
    answer = gateway.client.post("/v1/images/generations", json=body)
    assert answer.status_code == 200
    assert "/srv" not in answer.text
    assert "file_path" not in answer.text
    assert "upstream" not in answer.text


def test_headers_of_the_server_stay_there(gateway: Gateway, upstream: Upstream) -> None:
    good = Answer.of({"created": 1, "data": [{"b64_json": b64(upstream.picture())}]})
    good.headers = {
        "Server": "painter/3.2",
        "Set-Cookie": "a=b",
        "X-File-Path": "/srv/a.png",
        "Link": "<http://upstream.test/files/a.png>; rel=preload",
    }
    upstream.scripts["*"] = good
    answer = ask(gateway, "generations")
    assert answer.status_code == 200
    told = {name.lower() for name in answer.headers}
    assert not told & {"server", "set-cookie", "x-file-path", "link"}


LINKS = (
    "see ![it](https://cdn.example/a.png)",
    "![it][1]\n\n[1]: https://cdn.example/a.png",
    "<img src='https://cdn.example/a.png'>",
    "<picture><source srcset='https://cdn.example/a.png'></picture>",
    '<object data="//cdn.example/a.png">',
    "<svg><image href='https://cdn.example/a.png'/></svg>",
)


@pytest.mark.parametrize("text", LINKS)
@pytest.mark.parametrize("way", ["chat", "generations"])
def test_words_that_show_a_picture_by_its_address(
    gateway: Gateway, upstream: Upstream, text: str, way: str
) -> None:
    message = {"role": "assistant", "content": text}
    upstream.scripts["/v1/chat/completions"] = Answer.of({"choices": [{"message": message}]})
    image = {"b64_json": b64(upstream.picture()), "revised_prompt": text}
    upstream.scripts["/v1/images/generations"] = Answer.of({"data": [image]})
    assert ask(gateway, way).status_code == 502


def test_ids_are_not_taken_for_pictures() -> None:
    random = np.random.default_rng(0)
    for _ in range(3000):
        ids = [f"{kind}_{random.bytes(24).hex()}" for kind in ("resp", "msg", "ig")]
        assert not holds_picture({"id": ids[0], "output": [{"id": one} for one in ids]})
    rows = "vec![1, 2][0] is 1; see [1] and ![a][b]."
    assert not links_picture(rows)
    assert not links_picture("[1]: https://example.org is where to read on")


# --- when something breaks ------------------------------------------------------------------------


def failing(error: Exception) -> Any:
    def fail(*args: object, **options: object) -> Any:
        raise error

    return fail


@pytest.mark.compiled
def test_when_the_registry_is_dead(
    build: Build,
    upstream: Upstream,
    identity: DevelopmentIdentity,
    trust: Trust,
    tmp_path: Path,
) -> None:
    house = made_house(identity, trust, tmp_path)
    gateway = build(protector=house.protector)
    assert ask(gateway, "generations").status_code == 200
    house.registry.close()
    (tmp_path / "registry.sqlite3").unlink()
    (tmp_path / "registry.sqlite3").mkdir()
    for way in WAYS:
        answer = ask(gateway, way)
        assert gateway.leaks(answer) == []
        if way not in ("models", "health", "content"):
            assert answer.status_code >= 500 or "error" in answer.text, way


@pytest.mark.compiled
@pytest.mark.parametrize(
    "way", ["generations", "edits, streamed", "chat", "responses, streamed", "content"]
)
@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("indelible.credentials.sign", CredentialError("no key")),
        ("indelible.watermark.embed", ValueError("no luck")),
        ("indelible.registry.sql.SqlRegistry.put", RegistryError("gone")),
        ("indelible.imaging.encode", MemoryError()),
    ],
)
def test_when_something_fails(
    gateway: Gateway,
    upstream: Upstream,
    way: str,
    place: str,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upstream.kept["img-1"] = [upstream.picture()]
    monkeypatch.setattr(place, failing(error))
    answer = ask(gateway, way)
    assert gateway.leaks(answer) == []
    assert "no key" not in answer.text
    assert "no luck" not in answer.text


@pytest.mark.compiled
def test_when_the_gate_fails(
    build: Build, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = build(gate=consent.ConsentGate(audit=failing(OSError("disk full"))))
    for way in ("edits", "edits, streamed", "variations"):
        answer = ask(gateway, way)
        assert answer.status_code >= 400
        assert gateway.leaks(answer) == []
    assert upstream.received == []


@pytest.mark.compiled
def test_the_second_of_two_cannot_be_protected(gateway: Gateway, upstream: Upstream) -> None:
    small = upstream.canary(encode(np.ascontiguousarray(upstream.pixels()[:24, :24])))
    data = [{"b64_json": b64(upstream.picture())}, {"b64_json": b64(small)}]
    upstream.scripts["*"] = Answer.of({"created": 1, "data": data})
    answer = ask(gateway, "generations")
    assert answer.status_code == 502
    assert gateway.leaks(answer) == []


@pytest.mark.compiled
@pytest.mark.parametrize("count", [11, 60])
def test_more_pictures_than_anybody_asked_for(
    gateway: Gateway, upstream: Upstream, count: int
) -> None:
    picture = upstream.canary(encode(upstream.pixels(), "jpeg"))
    body = [b64(picture + bytes([at % 251, at // 251])) for at in range(count)]
    upstream.scripts["*"] = Answer.of({"created": 1, "data": [{"b64_json": one} for one in body]})
    answer = ask(gateway, "generations")
    assert answer.status_code == 502
    assert gateway.leaks(answer) == []


def large_png() -> bytes:
    """Return a PNG of 60,000 x 60,000 pixels, in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body)


BOMBS: dict[str, Callable[[], Answer]] = {
    "png": lambda: Answer.of({"created": 1, "data": [{"b64_json": b64(large_png())}]}),
    "zip": lambda: Answer(zipped({"a.png": bytes(150 << 20)}), media_type="application/zip"),
    "gzip": lambda: Answer(gzip.compress(bytes(8 << 20)), headers={"Content-Encoding": "gzip"}),
    "json": lambda: Answer(b"[" * 200_000 + b"]" * 200_000),
    "numbers": lambda: Answer(b'{"created":' + b"9" * 400_000 + b"}"),
    "body": lambda: Answer([bytes(1 << 20)] * 140, media_type="image/png"),
    "stream": lambda: Answer([b"data: " + b"a" * (1 << 20)] * 140, media_type="text/event-stream"),
    "events": lambda: Answer([b":\n" * (1 << 16)] * 4, media_type="text/event-stream"),
    "empty events": lambda: Answer([b"data:\n\n" * (1 << 15)], media_type="text/event-stream"),
    "lines": lambda: Answer([b"data:\n" * (1 << 16)], media_type="text/event-stream"),
}


@pytest.mark.compiled
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(gateway: Gateway, upstream: Upstream, bomb: str) -> None:
    made = BOMBS[bomb]()
    upstream.scripts["*"] = made
    streamed = made.media_type == "text/event-stream"
    began = time.process_time()
    answer = ask(gateway, "generations, streamed" if streamed else "generations")
    assert time.process_time() - began < 5
    assert answer.status_code >= 400 or "error" in answer.text or answer.text == ""
    assert len(answer.content) < 10_000


# --- what looks for leaks -------------------------------------------------------------------------


@pytest.mark.compiled
@pytest.mark.parametrize(
    "trick",
    [
        "raw webp",
        "zip in zip",
        "svg",
        "base64url",
        "base64 in lines",
        "base64 in fields",
        "numbers",
        "hexadecimal",
        "escapes",
        "b64_json, png with a text",
        "b64_json, jpeg with a thumbnail",
        "b64_json, webp with a profile",
        "stream, chat pieces",
        "stream, cut by the network",
        "content-encoding gzip of JSON",
        "header Link",
    ],
)
def test_leaks_are_seen(upstream: Upstream, trick: str) -> None:
    answer = TRICKS[trick](upstream)
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    key = watermark.Key.from_bytes(bytes(32))
    hidden = upstream.canaries[-2:] if "b64_json" in trick else upstream.canaries[-1:]
    assert [one for one in leaks(hidden, key, body, told) if one.startswith("bytes")]


@pytest.mark.compiled
def test_a_marked_picture_is_no_leak(gateway: Gateway, upstream: Upstream) -> None:
    answer = ask(gateway, "generations")
    made = base64.b64decode(answer.json()["data"][0]["b64_json"])
    assert gateway.house.verdict(made) == "authentic"
    assert gateway.leaks(answer) == []
    assert leaks([made], gateway.house.key, answer.content)
