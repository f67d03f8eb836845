"""Who had a picture made is sealed with it: a hash of the prompt, a digest of the key."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from starlette.requests import Request

from indelible import credentials
from indelible.gateway import Options
from indelible.gateway.records import account_of, prompt_of, record_of
from indelible.registry.private import Tracer
from tests.gateway.conftest import Build
from tests.gateway.houses import House
from tests.gateway.upstream import Upstream, encode


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs})


def test_accounts() -> None:
    digest = hashlib.sha256(b"sk-1").hexdigest()[:32]
    assert account_of(request(authorization="Bearer sk-1"), Options()) == f"key-{digest}"
    assert account_of(request(api_key="sk-1"), Options()) == f"key-{digest}"
    assert account_of(request(), Options()) is None
    own = Options(account_header="X-Account")
    assert account_of(request(authorization="Bearer sk-1", x_account="42"), own) == "42"
    assert account_of(request(authorization="Bearer sk-1"), own) is None


def test_prompts() -> None:
    messages: list[Any] = [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "image_url"}]},
    ]
    assert prompt_of({"prompt": "a"}) == "a"
    assert prompt_of({"messages": messages}) == "a\nb"
    assert prompt_of({"instructions": "i", "input": "a"}) == "i\na"
    assert prompt_of({}) is None
    odd = {"prompt": "\ud800", "model": "\ud800"}
    record = record_of(odd, account=None, request_id="r", inputs=())
    assert record.model is None
    assert record.prompt_sha256 is not None


@pytest.mark.compiled
def test_what_is_sealed(build: Build, upstream: Upstream, house: House) -> None:
    face = encode(upstream.pixels(1))
    answer = build().client.post(
        "/v1/images/edits",
        data={"prompt": "older", "model": "painter-1"},
        files={"image": ("a.png", face, "image/png")},
        headers={"Authorization": "Bearer sk-1", "X-Request-ID": "request-0002"},
    )
    made = base64.b64decode(answer.json()["data"][0]["b64_json"])
    manifest_id = credentials.read(made).manifest_id
    assert manifest_id is not None
    tracer = Tracer(house.registry, house.record_keys)
    record = tracer.trace(manifest_id, reason="a test", actor="pytest").record
    assert record is not None
    assert (record.request_id, record.model) == ("request-0002", "painter-1")
    assert record.account == f"key-{hashlib.sha256(b'sk-1').hexdigest()[:32]}"
    assert record.prompt_sha256 == hashlib.sha256(b"older").digest()
    (one,) = record.inputs
    assert one.sha256 == hashlib.sha256(face).digest()
    assert one.pdq is not None
    assert b"sk-1" not in record.encode()
