"""What is around every request: ids, logs, limits, clients that leave, addresses that end."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
import time
from typing import Any

import anyio
import httpx2
import pytest

from indelible import Protector, Verdict
from indelible.consent import ConsentGate
from indelible.errors import ArgumentError, ConfigurationError
from indelible.gateway import Options, create_app
from tests.gateway.conftest import Build
from tests.gateway.houses import Gateway, House
from tests.gateway.upstream import HOST, Answer, Upstream, b64

ASKED = {"prompt": "a face of Ada", "model": "painter-1"}


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        json.loads(one.message)
        for one in caplog.records
        if one.name == "indelible.gateway.requests"
    ]


def test_arguments(house: House) -> None:
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"protector": "me"}, ArgumentError),
        ({"gate": lambda _: True}, ArgumentError),
        ({"upstream": "file:///srv"}, ConfigurationError),
        ({"upstream": "http://a:b@c"}, ConfigurationError),
        ({"upstream": "http://a?b"}, ConfigurationError),
    ]
    for given, error in wrong:
        known: dict[str, Any] = {
            "upstream": "http://a",
            "protector": house.protector,
            "gate": None,
            "options": Options(),
        }
        with pytest.raises(error):
            create_app(**known | given)


@pytest.mark.compiled
def test_one_line_a_request_that_tells_nobody_anything(
    gateway: Gateway, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Authorization": "Bearer sk-canary", "X-Request-ID": "request-0001"}
    answer = gateway.client.post("/v1/images/generations", json=ASKED, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "request-0001"
    assert answer.headers["cache-control"] == "no-store"
    assert upstream.received[0].headers["x-request-id"] == "request-0001"
    assert upstream.received[0].headers["authorization"] == "Bearer sk-canary"
    (line,) = lines(caplog)
    assert line["id"] == "request-0001"
    assert (line["status"], line["out"], line["route"]) == (200, 1, "/v1/images/generations")
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("indelible")]
    said = "\n".join(ours)
    assert "sk-canary" not in said
    assert "Ada" not in said
    odd = gateway.client.get("/v1/models", headers={"X-Request-ID": "a b\x7f"})
    assert odd.headers["x-request-id"].startswith("req-")


def test_hop_by_hop_and_private_headers_stay_here(gateway: Gateway, upstream: Upstream) -> None:
    headers = {
        "Cookie": "a=b",
        "X-Indelible-Override": "secret",
        "X-Forwarded-For": "10.0.0.1",
        "OpenAI-Organization": "org-1",
        "Accept-Encoding": "gzip, br",
    }
    gateway.client.get("/v1/models", headers=headers)
    (seen,) = upstream.received
    assert seen.headers["openai-organization"] == "org-1"
    assert seen.headers["accept-encoding"] == "identity"
    assert not {"cookie", "x-indelible-override", "x-forwarded-for"} & set(seen.headers)


def test_errors_of_the_server_pass_as_words(gateway: Gateway, upstream: Upstream) -> None:
    told = {"message": "No such model.", "type": "invalid_request_error", "code": "no_model"}
    upstream.scripts["*"] = Answer.of({"error": {**told, "path": "/srv"}}, 404)
    answer = gateway.client.post("/v1/images/generations", json=ASKED)
    assert answer.status_code == 404
    assert answer.json()["error"] == {**told, "param": None}
    limited = Answer.of({"error": {"message": "Slower."}}, 429)
    limited.headers = {"Retry-After": "7", "X-RateLimit-Remaining-Requests": "0"}
    upstream.scripts["*"] = limited
    answer = gateway.client.post("/v1/images/generations", json=ASKED)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    upstream.scripts["*"] = Answer(b"<html>", 500, media_type="text/html")
    assert gateway.client.post("/v1/images/generations", json=ASKED).status_code == 500
    upstream.scripts["*"] = Answer(b"", 302, {"Location": "http://elsewhere.test/a.png"})
    answer = gateway.client.post("/v1/images/generations", json=ASKED, follow_redirects=False)
    assert answer.status_code == 502
    assert "location" not in answer.headers


@pytest.mark.compiled
def test_an_address_here_that_ends(build: Build, upstream: Upstream, house: House) -> None:
    gateway = build(rehost=True, public_url="https://pictures.test/")
    body = {**ASKED, "response_format": "url", "n": 2}
    data = gateway.client.post("/v1/images/generations", json=body).json()["data"]
    assert len({one["url"] for one in data}) == 2
    for one in data:
        assert one["url"].startswith("https://pictures.test/pictures/")
        shown = gateway.client.get(one["url"].removeprefix("https://pictures.test"))
        assert shown.headers["content-type"] == "image/png"
        assert house.verdict(shown.content) is Verdict.AUTHENTIC
    assert gateway.client.get("/pictures/guessed").status_code == 404
    again = build(rehost=True)
    (one,) = again.client.post("/v1/images/generations", json={**body, "n": 1}).json()["data"]
    assert one["url"].startswith("http://gateway.test/pictures/")


@pytest.mark.compiled
def test_a_kept_picture_has_one_mark(gateway: Gateway, upstream: Upstream) -> None:
    upstream.kept["img-1"] = [upstream.picture()]
    first = gateway.client.get("/v1/images/img-1/content")
    assert first.status_code == 200
    assert gateway.client.get("/v1/images/img-1/content?variant=0").content == first.content


def test_bodies(build: Build, upstream: Upstream) -> None:
    gateway = build(max_request_bytes=1000)
    client = gateway.client
    for body, headers, status in (
        (b"x" * 2000, {}, 413),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"{", {}, 400),
        (b'{"prompt": "a", "prompt": "b"}', {}, 400),
        (b"[" * 500, {}, 400),
        (b"\xff", {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ):
        given = {"Content-Type": "application/json", **headers}
        answer = client.post("/v1/images/generations", content=body, headers=given)
        assert answer.status_code == status, body
        assert answer.json()["error"]["message"]
    assert upstream.received == []
    odd = client.get("/v1/models", headers=[(b"Authorization", b"Bearer \xfc")])
    assert odd.status_code == 400


class Slow(httpx2.AsyncBaseTransport):
    """An upstream that does not answer until it is let."""

    def __init__(self) -> None:
        self.entered = 0
        self.ended = 0
        self.arrived: anyio.Event | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.entered += 1
        if self.arrived is not None:
            self.arrived.set()
        try:
            await anyio.sleep(30)
        finally:
            self.ended += 1
        return httpx2.Response(200, json={})


def slow_gateway(house: House, slow: Slow, **options: Any) -> Any:
    return create_app(
        upstream=f"http://{HOST}",
        protector=house.protector,
        gate=None,
        options=Options(**options),
        transport=slow,
    )


def scope(path: str = "/v1/images/generations") -> dict[str, Any]:
    return {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "scheme": "http",
        "headers": [(b"content-type", b"application/json"), (b"host", b"gateway.test")],
    }  # fmt: skip


def test_a_client_that_leaves_ends_what_was_asked(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slow = Slow()
    app = slow_gateway(house, slow)

    async def work() -> None:
        slow.arrived = there = anyio.Event()
        arrived = [{"type": "http.request", "body": json.dumps(ASKED).encode(), "more_body": False}]

        async def receive() -> dict[str, Any]:
            if arrived:
                return arrived.pop()
            await there.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        with anyio.fail_after(10):
            await app(scope(), receive, send)

    anyio.run(work)
    assert (slow.entered, slow.ended) == (1, 1)
    (line,) = lines(caplog)
    assert line["code"] == "client_gone"


def test_overload_and_time(house: House) -> None:
    slow = Slow()
    app = slow_gateway(house, slow, concurrency=1, queue=1, queue_seconds=0.2, upstream_seconds=1.0)

    async def work() -> None:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://g.test") as client:
            answers: list[httpx2.Response] = []

            async def ask() -> None:
                answers.append(await client.post("/v1/images/generations", json=ASKED))

            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(ask)
            statuses = sorted(one.status_code for one in answers)
            assert statuses == [503, 503, 503, 504]
            busy = next(one for one in answers if one.status_code == 503)
            assert busy.headers["retry-after"]
            assert busy.json()["error"]["code"] == "busy"
            assert (await client.get("/livez")).status_code == 200

    began = time.monotonic()
    anyio.run(work)
    assert time.monotonic() - began < 20


@pytest.mark.compiled
def test_several_are_made_at_a_time(
    build: Build, upstream: Upstream, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = build(workers=2)
    real = Protector.protect
    now, most = [0], [0]
    lock = threading.Lock()

    def protect(self: Protector, *given: Any, **options: Any) -> Any:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return real(self, *given, **options)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(Protector, "protect", protect)
    pictures = [b64(upstream.picture()) for _ in range(3)]
    upstream.scripts["*"] = Answer.of({"data": [{"b64_json": one} for one in pictures]})
    data = gateway.client.post("/v1/images/generations", json=ASKED).json()["data"]
    assert most[0] == 2
    made = [base64.b64decode(one["b64_json"]) for one in data]
    assert len({hashlib.sha256(one).digest() for one in made}) == 3
    assert all(house.verdict(one) is Verdict.AUTHENTIC for one in made)


def test_a_gate_is_one(house: House) -> None:
    app = slow_gateway(house, Slow())
    assert app.parts.gate is None
    gate = ConsentGate()
    made = create_app(upstream="http://a/v1/", protector=house.protector, gate=gate)
    assert made.parts.gate is gate
    assert made.parts.upstream.is_own("http://a/files")
    for url in ("http://a:81/", "https://a/", "//a/", "http://b/", "http://b@a/", "http://a\\b/"):
        assert not made.parts.upstream.is_own(url)
