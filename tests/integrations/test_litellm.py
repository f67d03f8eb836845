"""The callback for LiteLLM's proxy: over its real classes, where it is installed."""

# pyright: reportMissingImports=false
# What is imported here is not in the lock.

from __future__ import annotations

import asyncio
import base64
import importlib.util
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import Verdict, imaging
from indelible.credentials import read
from indelible.errors import (
    InputDeniedError,
    MissingDependencyError,
    UnmarkableImageError,
    UnreadableImageError,
    UnsupportedImageError,
)
from indelible.integrations import litellm as hook
from indelible.registry.private import GenerationRecord
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]

HAS_LITELLM = importlib.util.find_spec("litellm") is not None
real = pytest.mark.skipif(
    not HAS_LITELLM, reason="litellm is not installed here: make integrations"
)
pytestmark = pytest.mark.filterwarnings("ignore")

KEY = SimpleNamespace(user_id="user-42")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep litellm from fetching its list of prices when it is imported."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def encoded(pixels: Pixels) -> str:
    return base64.b64encode(imaging.encode(pixels, "png")).decode()


def data_url(pixels: Pixels) -> str:
    return f"data:image/png;base64,{encoded(pixels)}"


@pytest.mark.skipif(HAS_LITELLM, reason="litellm is installed here")
def test_without_litellm(house: House) -> None:
    with pytest.raises(MissingDependencyError):
        hook.callback(house.protector)


def answered(callback: Any, response: Any, data: dict[str, Any] | None = None) -> Any:
    return asyncio.run(
        callback.async_post_call_success_hook(data or {"prompt": "a face"}, KEY, response)
    )


def asked(callback: Any, data: dict[str, Any], kind: str) -> dict[str, Any]:
    changed: dict[str, Any] = asyncio.run(callback.async_pre_call_hook(KEY, None, data, kind))
    return changed


@real
def test_pictures_in_answers(house: House, photograph: Pixels) -> None:
    from litellm.types.utils import ImageObject, ImageResponse

    kept: list[Any] = []

    def record(data: Any, key: Any) -> GenerationRecord:
        kept.append((data["prompt"], key.user_id))
        return GenerationRecord.of_prompt(data["prompt"], account=key.user_id)

    callback = hook.callback(house.protector, record=record)
    data = [ImageObject(b64_json=encoded(photograph)), ImageObject(b64_json=encoded(photograph))]
    response = answered(callback, ImageResponse(created=1, data=data))
    assert kept == [("a face", "user-42")]
    for image in response.data:
        assert house.verdict(base64.b64decode(image.b64_json)) is Verdict.AUTHENTIC
    edit = ImageResponse(created=1, data=[ImageObject(b64_json=encoded(photograph))])
    made = answered(callback, edit, {"prompt": "x", "image": [io.BytesIO(b"x")]}).data[0]
    kind = read(base64.b64decode(made.b64_json)).source_type
    assert kind == "compositeWithTrainedAlgorithmicMedia"


@real
def test_it_fails_closed(house: House, photograph: Pixels) -> None:
    from litellm.types.utils import ImageObject, ImageResponse

    callback = hook.callback(house.protector)
    for image, error in (
        (ImageObject(url="https://example.com/a.png"), UnsupportedImageError),
        (ImageObject(b64_json="no base64!"), UnreadableImageError),
        (ImageObject(b64_json=encoded(photograph[:12, :12])), UnmarkableImageError),
    ):
        with pytest.raises(error):
            answered(callback, ImageResponse(created=1, data=[image]))
    for leak in (
        {"output": [{"type": "image_generation_call", "result": encoded(photograph)}]},
        {
            "choices": [
                {"message": {"content": f"![](data:image/png;base64,{encoded(photograph)})"}}
            ]
        },
    ):
        with pytest.raises(UnsupportedImageError, match="held back"):
            answered(callback, leak)
    text = {"choices": [{"message": {"content": "hello"}}]}
    assert answered(callback, text) is text

    async def chunks() -> Any:
        yield {"delta": "hello"}
        yield {"partial_image_b64": encoded(photograph)}

    async def streamed() -> list[Any]:
        hooked = callback.async_post_call_streaming_iterator_hook(KEY, chunks(), {})
        return [chunk async for chunk in hooked]

    with pytest.raises(UnsupportedImageError):
        asyncio.run(streamed())


@real
def test_pictures_in_chats(house: House, photograph: Pixels) -> None:
    from litellm.types.utils import ModelResponse

    image = {
        "index": 0,
        "type": "image_url",
        "image_url": {"url": data_url(photograph)},
    }
    message = {"role": "assistant", "content": "here", "images": [image]}
    response = ModelResponse(choices=[{"message": message}])
    made = answered(hook.callback(house.protector), response).choices[0].message.images[0]
    data = base64.b64decode(made["image_url"]["url"].partition(",")[2])
    assert house.verdict(data) is Verdict.AUTHENTIC


@real
def test_requests(house: House, photograph: Pixels) -> None:
    callback = hook.callback(house.protector)
    data = asked(callback, {"response_format": "url"}, "image_generation")
    assert data["response_format"] == "b64_json"
    with pytest.raises(UnsupportedImageError):
        asked(callback, {"stream": True}, "image_generation")

    seen: list[bytes] = []
    callback = hook.callback(house.protector, gate=seen.append)
    file = io.BytesIO(b"a picture")
    asked(callback, {"image": [file], "mask": io.BytesIO(b"a mask")}, "aimage_edit")
    assert seen == [b"a picture", b"a mask"]
    assert file.read() == b"a picture"  # goes on as it was
    part: dict[str, Any] = {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,aGVsbG8="},
    }
    asked(callback, {"messages": [{"role": "user", "content": [part]}]}, "acompletion")
    assert seen[-1] == b"hello"
    for part in (
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_image", "file_id": "file-1"},
    ):
        with pytest.raises(InputDeniedError):
            asked(callback, {"input": [{"content": [part]}]}, "aresponses")
    refusing = hook.callback(house.protector, gate=lambda _: False)
    with pytest.raises(InputDeniedError):
        asked(refusing, {"image": io.BytesIO(b"a picture")}, "aimage_edit")


@real
def test_it_is_no_parallel_guardrail(house: House) -> None:
    from litellm.integrations.custom_guardrail import CustomGuardrail

    assert not isinstance(hook.callback(house.protector), CustomGuardrail)


@real
def test_the_example() -> None:
    from litellm.integrations.custom_logger import CustomLogger

    from examples import litellm_callback

    assert isinstance(litellm_callback.protect_pictures, CustomLogger)
