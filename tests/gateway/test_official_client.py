"""OpenAI's own client through the gateway, over a socket, before servers of three dialects."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image

from indelible import credentials
from tests.gateway.canaries import pictures_in
from tests.gateway.conftest import Build
from tests.gateway.houses import Gateway, House
from tests.gateway.serving import served
from tests.gateway.upstream import HOST, Answer, Dialect, Upstream, b64, data_url, encode, sse

pytestmark = pytest.mark.compiled

KEY = "sk-caller-1"


@pytest.fixture(scope="module")
def behind(build: Build) -> Gateway:
    return build(rehost=True)


@pytest.fixture(scope="module")
def address(behind: Gateway) -> Iterator[str]:
    with served(behind.app) as address:
        yield address


@pytest.fixture(scope="module")
def shared_client(address: str) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{address}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
def client(shared_client: OpenAI, upstream: Upstream) -> OpenAI:
    return shared_client


def checked(house: House, text: str | None) -> Image.Image:
    """Return a picture from base64, which is what it says of itself that it is."""
    assert text is not None
    data = base64.b64decode(text)
    assert house.verdict(data) == "authentic"
    opened = Image.open(io.BytesIO(data))
    opened.load()
    return opened


@pytest.mark.parametrize("dialect", ["openai", "vllm-omni", "sglang"])
def test_generate(client: OpenAI, upstream: Upstream, house: House, dialect: Dialect) -> None:
    upstream.dialect = dialect
    made = client.images.generate(
        model="painter-1", prompt="a face", n=2, response_format="b64_json"
    )
    assert isinstance(made, openai.types.ImagesResponse)
    assert made.data is not None
    assert len(made.data) == 2
    first, second = (checked(house, one.b64_json) for one in made.data)
    assert first.size == second.size == (192, 192)
    assert np.abs(np.asarray(first, int) - np.asarray(second, int)).mean() > 5
    asked = upstream.received[-1]
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.json["prompt"] == "a face"


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_formats(client: OpenAI, house: House, kind: Any) -> None:
    made = client.images.generate(prompt="a face", output_format=kind)
    assert made.data is not None
    assert checked(house, made.data[0].b64_json).format == kind.upper()
    assert made.output_format == kind
    assert made.usage is not None
    assert made.usage.total_tokens == 281


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_transparent(client: OpenAI, house: House, kind: Any) -> None:
    made = client.images.generate(prompt="x", background="transparent", output_format=kind)
    assert made.data is not None
    assert made.background == "transparent"
    shown = np.asarray(checked(house, made.data[0].b64_json).convert("RGBA"))
    assert (shown[:20, :, 3] == 0).all()
    assert (shown[60:, :, 3] == 255).all()


@pytest.mark.parametrize("dialect", ["openai", "sglang"])
def test_addresses(
    client: OpenAI, upstream: Upstream, house: House, address: str, dialect: Dialect
) -> None:
    upstream.dialect = dialect
    made = client.images.generate(prompt="a face", n=2, response_format="url")
    assert made.data is not None
    urls = [str(one.url) for one in made.data]
    assert len(set(urls)) == 2
    for url in urls:
        assert HOST not in url
        assert url.startswith(address)
        answer = httpx2.get(url)
        assert answer.headers["content-type"] == "image/png"
        assert house.verdict(answer.content) == "authentic"
        assert httpx2.get(url).content == answer.content  # each time the same mark


def test_addresses_as_data(build: Build, upstream: Upstream, house: House) -> None:
    gateway = build()
    for dialect in ("openai", "sglang"):
        upstream.reset()
        upstream.dialect = dialect
        body = {"prompt": "a face", "response_format": "url"}
        made = gateway.client.post("/v1/images/generations", json=body).json()["data"][0]
        checked(house, made["b64_json"])
        assert not made.get("url")


def test_files_and_archives(behind: Gateway, upstream: Upstream, house: House) -> None:
    upstream.dialect = "vllm-omni"
    for count in (1, 3):
        body = {"prompt": "a face", "response_format": "file", "n": count}
        answer = behind.client.post("/v1/images/generations", json=body)
        kind = "image/png" if count == 1 else "application/zip"
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-length"] == str(len(answer.content))
        assert len(pictures_in(answer.content)) >= count
        assert behind.leaks(answer) == []


def test_content(behind: Gateway, upstream: Upstream, house: House) -> None:
    upstream.dialect = "sglang"
    upstream.kept["img-7"] = [upstream.picture("webp"), upstream.picture()]
    first = behind.client.get("/v1/images/img-7/content")
    assert first.headers["content-type"] == "image/webp"
    second = behind.client.get("/v1/images/img-7/content?variant=1")
    for answer in (first, second):
        assert house.verdict(answer.content) == "authentic"
    assert behind.client.get("/v1/images/img-7/content").content == first.content
    assert behind.client.get("/v1/images/img-8/content").status_code == 404


@pytest.mark.parametrize("dialect", ["openai", "vllm-omni", "sglang"])
def test_edit(client: OpenAI, upstream: Upstream, house: House, dialect: Dialect) -> None:
    upstream.dialect = dialect
    plain, mask = (
        encode(upstream.pixels(1), "jpeg"),
        encode(upstream.pixels(2)[:, :, :1].repeat(3, 2)),
    )
    made = client.images.edit(
        image=[("a.jpg", plain), ("b.jpg", plain)],
        mask=("mask.png", mask),
        prompt="bluer",
        response_format="b64_json",
    )
    assert made.data is not None
    checked(house, made.data[0].b64_json)
    data = base64.b64decode(made.data[0].b64_json or "")
    assert credentials.read(data).source_type == "compositeWithTrainedAlgorithmicMedia"
    asked = upstream.received[-1]
    assert asked.files == {"image[]": [plain, plain], "mask": [mask]}
    assert asked.fields["prompt"] == ["bluer"]


def test_edit_of_one(client: OpenAI, upstream: Upstream, house: House) -> None:
    plain = encode(upstream.pixels(1))
    made = client.images.edit(image=plain, prompt="bluer", n=2, output_format="webp")
    assert made.data is not None
    assert [checked(house, one.b64_json).format for one in made.data] == ["WEBP", "WEBP"]
    assert upstream.received[-1].files == {"image": [plain]}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_variation(client: OpenAI, upstream: Upstream, house: House) -> None:
    made = client.images.create_variation(image=encode(upstream.pixels(1)), n=2)
    assert made.data is not None
    assert len(made.data) == 2
    for one in made.data:
        checked(house, one.b64_json)


def test_streamed(client: OpenAI, upstream: Upstream, house: House) -> None:
    stream = client.images.generate(prompt="a face", stream=True, partial_images=2)
    events = list(stream)
    assert [event.type for event in events] == ["image_generation.completed"]
    checked(house, events[0].b64_json)
    assert upstream.received[-1].json["stream"] is True


def test_streamed_edit(client: OpenAI, upstream: Upstream, house: House) -> None:
    stream = client.images.edit(
        image=encode(upstream.pixels(1)), prompt="x", stream=True, partial_images=1
    )
    events = list(stream)
    assert [event.type for event in events] == ["image_edit.completed"]
    checked(house, events[0].b64_json)


def test_streamed_with_partial_pictures(build: Build, upstream: Upstream, house: House) -> None:
    gateway = build(partial="mark")
    with served(gateway.app) as address, OpenAI(api_key=KEY, base_url=f"{address}/v1") as client:
        events = list(client.images.generate(prompt="a face", stream=True, partial_images=2))
        names = [event.type.partition(".")[2] for event in events]
        assert names == ["partial_image", "partial_image", "completed"]
        for event in events:
            checked(house, event.b64_json)
        stream = client.responses.create(model="m", input="a face", stream=True)
        kind = "response.image_generation_call.partial_image"
        partial = [event for event in stream if event.type == kind]
        assert len(partial) == 2
        for one in partial:
            checked(house, getattr(one, "partial_image_b64", None))


def test_streamed_by_vllm_omni(behind: Gateway, upstream: Upstream, house: House) -> None:
    upstream.dialect = "vllm-omni"
    answer = behind.client.post(
        "/v1/images/edits",
        data={"prompt": "x", "stream": "true"},
        files={"image": ("a.png", encode(upstream.pixels(1)), "image/png")},
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    assert len(lines) == 4
    assert lines[-1] == "data: [DONE]"
    assert '"ar_delta"' in lines[0]
    assert behind.leaks(answer) == []
    assert pictures_in(answer.content)


def test_response(client: OpenAI, upstream: Upstream, house: House) -> None:
    made = client.responses.create(
        model="painter-1", input="a face", tools=[{"type": "image_generation"}]
    )
    (call,) = [one for one in made.output if one.type == "image_generation_call"]
    checked(house, call.result)
    assert made.output_text == "here"


def test_response_with_a_picture(client: OpenAI, upstream: Upstream, house: House) -> None:
    plain = encode(upstream.pixels(1))
    made = client.responses.create(
        model="painter-1",
        tools=[{"type": "image_generation"}],
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "bluer"},
                    {"type": "input_image", "image_url": data_url(plain), "detail": "auto"},
                ],
            }
        ],
    )
    assert made.output_text == "here"
    sent = upstream.received[-1].json["input"][0]["content"][1]
    assert sent["image_url"] == data_url(plain)


def test_streamed_response(client: OpenAI, upstream: Upstream, house: House) -> None:
    stream = client.responses.create(
        model="painter-1", input="a face", tools=[{"type": "image_generation"}], stream=True
    )
    events = list(stream)
    names = [event.type for event in events]
    assert "response.image_generation_call.partial_image" not in names
    assert names[0] == "response.created"
    assert names[-1] == "response.completed"
    last: Any = events[-1]
    whole = last.response.output[0].result
    checked(house, whole)
    items: list[Any] = [event for event in events if event.type == "response.output_item.done"]
    assert items[0].item.result == whole  # one picture, one mark
    with client.responses.stream(model="painter-1", input="a face") as helper:
        assert helper.get_final_response().output_text == "here"


@pytest.mark.parametrize("dialect", ["openai", "vllm-omni"])
def test_chat(client: OpenAI, upstream: Upstream, house: House, dialect: Dialect) -> None:
    upstream.dialect = dialect
    made = client.chat.completions.create(
        model="painter-1", messages=[{"role": "user", "content": "a face"}]
    )
    message: Any = made.choices[0].message
    parts = message.content if dialect == "vllm-omni" else message.model_extra["images"]
    checked(house, parts[0]["image_url"]["url"].partition(",")[2])


def test_streamed_chat(client: OpenAI, upstream: Upstream, house: House) -> None:
    stream = client.chat.completions.create(
        model="painter-1", messages=[{"role": "user", "content": "a face"}], stream=True
    )
    words, images = "", []
    for chunk in stream:
        delta: Any = chunk.choices[0].delta
        words += delta.content or ""
        images += (delta.model_extra or {}).get("images", [])
    assert words == "here"
    assert len(images) == 1
    checked(house, images[0]["image_url"]["url"].partition(",")[2])


def test_words_alone(client: OpenAI) -> None:
    text: Any = ["text"]
    made = client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hello"}], modalities=text
    )
    assert made.choices[0].message.content == "only words"


def test_models(client: OpenAI) -> None:
    assert [one.id for one in client.models.list()] == ["painter-1"]


def test_async(address: str, upstream: Upstream, house: House) -> None:
    async def asked() -> list[str | None]:
        async with AsyncOpenAI(api_key=KEY, base_url=f"{address}/v1") as client:
            made = await asyncio.gather(
                *(client.images.generate(prompt=f"face {at}") for at in range(3))
            )
            found = [one.data[0].b64_json for one in made if one.data]
            stream = await client.images.generate(prompt="a face", stream=True)
            found += [event.b64_json async for event in stream]
            response = await client.responses.create(model="m", input="a face")
            return [*found, getattr(response.output[0], "result", None)]

    found = asyncio.run(asked())
    assert len(found) == 5
    for one in found:
        checked(house, one)


# --- errors ---------------------------------------------------------------------------------------


def told(error: openai.APIStatusError) -> dict[str, Any]:
    """Return the parts of an error that OpenAI's clients expect, all of them."""
    body: Any = error.response.json()["error"]
    assert {"message", "type", "param", "code"} <= set(body)
    assert error.message
    assert isinstance(body["message"], str)
    return dict(body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_the_servers_errors(
    client: OpenAI, upstream: Upstream, status: int, kind: type[openai.APIStatusError]
) -> None:
    error = {"message": "no such style", "type": "invalid_request_error", "code": "bad_style"}
    upstream.scripts["*"] = Answer.of({"error": {**error, "param": "style"}}, status)
    with pytest.raises(kind) as caught:
        client.images.generate(prompt="a face")
    assert told(caught.value) == {**error, "param": "style"}
    assert caught.value.code == "bad_style"


def test_errors_of_other_dialects(client: OpenAI, upstream: Upstream) -> None:
    upstream.scripts["*"] = Answer.of({"detail": "Field 'image' or 'url' is required"}, 422)
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.images.generate(prompt="a face")
    assert "required" in told(caught.value)["message"]
    upstream.scripts["*"] = Answer(b"<html>oops</html>", 502, media_type="text/html")
    with pytest.raises(openai.InternalServerError) as caught_too:
        client.images.generate(prompt="a face")
    assert "html" not in told(caught_too.value)["message"]


def test_errors_of_the_gateway(client: OpenAI, upstream: Upstream) -> None:
    upstream.scripts["*"] = Answer.of({"data": [{"b64_json": "no base64"}]})
    with pytest.raises(openai.InternalServerError) as caught:
        client.images.generate(prompt="a face")
    assert told(caught.value)["type"] == "server_error"
    with pytest.raises(openai.NotFoundError) as missing:
        client.embeddings.create(model="m", input="x")
    assert told(missing.value)["code"] == "unknown_url"
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.edit(image=b"this is no picture", prompt="x")
    assert told(refused.value)["param"] == "image"
    with pytest.raises(openai.BadRequestError):
        client.images.generate(prompt="x", extra_body={"output_format": "svg"})


def test_a_stream_that_fails(client: OpenAI, upstream: Upstream) -> None:
    small = encode(np.ascontiguousarray(upstream.pixels()[:24, :24]))
    kind = "image_generation.completed"
    event = {"type": kind, "b64_json": b64(small), "created_at": 1}
    upstream.scripts["*"] = Answer.events(sse(event, kind))
    with pytest.raises(openai.APIError):
        list(client.images.generate(prompt="a face", stream=True))


def test_the_server_is_gone(build: Build, upstream: Upstream) -> None:
    def broken(_: object) -> Answer:
        raise httpx2.ConnectError("nobody there")

    gateway = build()
    upstream.scripts["*"] = broken
    answer = gateway.client.post("/v1/images/generations", json={"prompt": "x"})
    assert answer.status_code in (502, 503)
    assert "nobody" not in answer.text
