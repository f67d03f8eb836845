"""What a chat's request brings is looked at, and what could lead to more is refused."""

from __future__ import annotations

from typing import Any

import pytest

from indelible import consent
from tests.gateway.conftest import Build
from tests.gateway.houses import Gateway
from tests.gateway.upstream import Answer, Upstream, data_url, encode

TOOL = {
    "type": "function",
    "function": {"name": "f", "parameters": {"properties": {"image_url": {"type": "string"}}}},
}


def chat(part: object = None, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "hello"}, *([] if part is None else [part])]
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def response(*items: object, **more: Any) -> dict[str, Any]:
    return {"model": "m", "input": [{"role": "user", "content": "hello"}, *items], **more}


REFUSED = {
    "a video": chat({"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}}),
    "a file": chat({"type": "file", "file": {"file_id": "file-1"}}),
    "sound": chat({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
    "an address beside words": chat({"type": "text", "text": "a", "image_url": "https://a.test/b"}),
    "two of a kind": chat({"type": "image_url", "image_url": "data:,", "file_id": "file-1"}),
    "an address": chat({"type": "image_url", "image_url": {"url": "https://elsewhere.test/a"}}),
    "a path": chat({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}),
    "no picture": chat({"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}}),
    "a field": chat(image="https://elsewhere.test/a"),
    "fields": chat(multi_modal_data={"image": ["https://elsewhere.test/a"]}),
    "parameters": chat(parameters={"image_url": "https://elsewhere.test/a"}),
    "a type": chat(type={"image_url": "https://elsewhere.test/a"}),
    "a tool": chat(tools=[{"type": "mcp", "server_url": "https://elsewhere.test"}]),
    "embeddings": chat(prompt_embeds="AAAA"),
    "no messages": {"model": "m", "messages": "hello"},
    "no object": [],
}
REFUSED_RESPONSES = {
    "kept response": response(previous_response_id="resp_1"),
    "kept conversation": response(conversation={"id": "conv_1"}),
    "kept prompt": response(prompt={"id": "pmpt_1"}),
    "kept item": response({"type": "item_reference", "id": "msg_1"}),
    "kept call": response({"type": "image_generation_call", "id": "ig_1"}),
    "a file": response({"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}),
    "a screenshot": response({"type": "computer_call_output", "output": {"image_url": "a"}}),
    "a search": response(tools=[{"type": "web_search"}]),
    "a mask": response(
        tools=[{"type": "image_generation", "input_image_mask": {"image_url": "https://a.test/b"}}]
    ),
    "svg": response(tools=[{"type": "image_generation", "output_format": "svg"}]),
}


@pytest.fixture(scope="module")
def gated(build: Build) -> Gateway:
    return build(gate=consent.ConsentGate())


@pytest.mark.parametrize("name", REFUSED)
def test_chats(gated: Gateway, upstream: Upstream, name: str) -> None:
    answer = gated.client.post("/v1/chat/completions", json=REFUSED[name])
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert upstream.received == []


@pytest.mark.parametrize("name", REFUSED_RESPONSES)
def test_responses(gated: Gateway, upstream: Upstream, name: str) -> None:
    answer = gated.client.post("/v1/responses", json=REFUSED_RESPONSES[name])
    assert answer.status_code == 400
    assert upstream.received == []


@pytest.mark.compiled
def test_words_pass(gated: Gateway, upstream: Upstream) -> None:
    body = chat(
        tools=[TOOL],
        modalities=["text"],
        metadata={"a": "b"},
        temperature=0.5,
        stop=["\n"],
        response_format={"type": "json_schema", "json_schema": {"schema": {"url": "string"}}},
    )
    assert gated.client.post("/v1/chat/completions", json=body).status_code == 200
    assert upstream.received[0].json == body


@pytest.mark.compiled
def test_pictures_pass_as_they_were_looked_at(gated: Gateway, upstream: Upstream) -> None:
    url = data_url(encode(upstream.pixels()))
    odd = url.replace("image/png", "image/gif")  # what it says of itself is not believed
    body = chat({"type": "image_url", "image_url": {"url": odd, "detail": "high"}})
    body["messages"].append({"role": "assistant", "content": "a", "images": [
        {"index": 0, "type": "image_url", "image_url": {"url": url}}
    ]})  # fmt: skip
    assert gated.client.post("/v1/chat/completions", json=body).status_code == 200
    sent = upstream.received[0].json["messages"]
    assert sent[0]["content"][1]["image_url"] == {"url": url, "detail": "high"}
    assert sent[1]["images"][0] == {"index": 0, "type": "image_url", "image_url": {"url": url}}
    upstream.files["file-1"] = encode(upstream.pixels(1))
    part = {"type": "input_image", "file_id": "file-1", "detail": "auto"}
    body = response({"role": "user", "content": [part]})
    headers = {"Authorization": "Bearer sk-1"}
    assert gated.client.post("/v1/responses", json=body, headers=headers).status_code == 200
    fetched, asked = upstream.received[1:]
    assert fetched.headers["authorization"] == "Bearer sk-1"
    assert asked.json["input"][1]["content"] == [
        {"type": "input_image", "image_url": data_url(encode(upstream.pixels(1))), "detail": "auto"}
    ]


@pytest.mark.parametrize("odd", [1.5, True, {"a": []}, [[]], "a", [None], [{"type": []}]])
def test_odd_types_are_said(gated: Gateway, upstream: Upstream, odd: Any) -> None:
    upstream.scripts["*"] = Answer.of({"choices": odd, "output": odd, "tools": odd})
    asked = [
        ("/v1/chat/completions", chat(odd)),
        ("/v1/chat/completions", {"messages": odd}),
        ("/v1/responses", response(odd)),
        ("/v1/responses", response(tools=odd)),
        ("/v1/responses", {"input": odd}),
        ("/v1/responses", {"input": "hello"}),
        ("/v1/chat/completions", {"messages": []}),
    ]
    for path, body in asked:
        answer = gated.client.post(path, json=body)
        assert answer.status_code in (200, 400, 502)
        assert "protection_failed" not in answer.text, (path, body)
