"""A fake image server in three dialects, which can be told to answer anything: the gateway's foe.

It is written from the public types of openai-python, and from what vLLM-Omni's and SGLang's sources
answer. Every picture that it makes is a *canary*: known, so that a copy of it is recognised in
whatever comes out on the other side.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.requests import Request

__all__ = [
    "Answer",
    "Dialect",
    "Received",
    "Upstream",
    "b64",
    "data_url",
    "encode",
    "sse",
    "zipped",
]

Pixels: TypeAlias = "NDArray[np.uint8]"
Dialect: TypeAlias = Literal["openai", "vllm-omni", "sglang"]

HOST = "upstream.test"
_MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
_USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 9},
    "output_tokens": 272,
    "total_tokens": 281,
}


@dataclass
class Answer:
    """What the server says: a body in pieces, as they are sent."""

    body: bytes | Sequence[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    raw_headers: Sequence[tuple[bytes, bytes]] = ()

    @classmethod
    def of(cls, value: object, status: int = 200) -> Answer:
        """Return an answer in JSON."""
        return cls(json.dumps(value).encode(), status)

    @classmethod
    def events(cls, *events: bytes) -> Answer:
        """Return a stream of server-sent events, each sent by itself."""
        return cls(events, media_type="text/event-stream")


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Script: TypeAlias = "Answer | Callable[[Received], Answer]"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def data_url(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{b64(data)}"


def encode(pixels: Pixels, kind: str = "png", **options: Any) -> bytes:
    """Return a plain file of pixels, by Pillow."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def sse(value: object, event: str | None = None) -> bytes:
    """Return one server-sent event."""
    name = f"event: {event}\n" if event else ""
    said = value if isinstance(value, str) else json.dumps(value)
    return f"{name}data: {said}\n\n".encode()


class Upstream:
    """An ASGI application that makes pictures.

    Attributes
    ----------
    dialect
        Whose routes and names it speaks.
    scripts
        What to answer instead, by path; ``"*"`` for every path.
    received
        All requests, in order.
    canaries
        The files of all pictures that it made.
    files
        What lies at ``/files/NAME``, and under a file id; a list is answered one after another.
    """

    def __init__(self, photographs: Sequence[Pixels], dialect: Dialect = "openai") -> None:
        self._photographs = photographs
        self.dialect: Dialect = dialect
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.dialect = "openai"
        self.scripts: dict[str, Script] = {}
        self.received: list[Received] = []
        self.canaries: list[bytes] = []
        self.files: dict[str, bytes | list[bytes]] = {}
        self.kept: dict[str, list[bytes]] = {}
        self.repaint = False

    @property
    def plain(self) -> bytes:
        """A photograph of nobody in particular, as a client sends it."""
        return encode(self._photographs[-1])

    # --- pictures ---------------------------------------------------------------------------------

    def pixels(self, number: int = 0, *, transparent: bool = False) -> Pixels:
        """Return the pixels of a picture; each number has its own."""
        shown = self._photographs[number % len(self._photographs)]
        shown = np.roll(shown, 7 * (number // len(self._photographs)), axis=1)
        if not transparent:
            return shown
        alpha = np.full(shown.shape[:2], 255, np.uint8)
        alpha[: len(alpha) // 5] = 0
        return np.dstack([shown, alpha])

    def picture(self, kind: str = "png", *, transparent: bool = False, **options: Any) -> bytes:
        """Make a picture that nobody has seen."""
        pixels = self.pixels(len(self.canaries), transparent=transparent)
        return self.canary(encode(pixels, kind, **options))

    def canary(self, data: bytes) -> bytes:
        """Note a file that must not come out."""
        self.canaries.append(data)
        return data

    def edited(self, data: bytes, kind: str = "png") -> bytes:
        """Return an edit of a picture: a part of it painted over, the rest as it was."""
        with Image.open(io.BytesIO(data)) as opened:
            pixels = np.array(opened.convert("RGB"))
        height, width = pixels.shape[:2]
        number = len(self.canaries)
        top, left = (number * 13) % (height // 2), (number * 29) % (width // 2)
        part = np.s_[top : top + height // 4, left : left + width // 4]
        pixels[part] = 255 - pixels[part]
        if self.repaint:  # nothing of what was in the pixels stays
            shown = Image.fromarray(pixels).resize((width // 6, height // 6))
            pixels = np.array(shown.resize((width, height)))
            noise = np.random.default_rng(number).normal(0, 20, (height // 4, width // 4, 3))
            rough = np.kron(noise, np.ones((4, 4, 1)))[:height, :width]
            pixels[: rough.shape[0], : rough.shape[1]] = np.clip(
                pixels[: rough.shape[0], : rough.shape[1]] + rough, 0, 255
            ).astype(np.uint8)
        return self.canary(encode(pixels, kind))

    # --- the server -------------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        seen = await _received(request)
        self.received.append(seen)
        answer = self._answer(seen)
        pieces = [answer.body] if isinstance(answer.body, bytes) else answer.body
        headers = {"content-type": answer.media_type, "x-request-id": "req_upstream"}
        headers |= {name.lower(): value for name, value in answer.headers.items()}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        raw = [*raw, *answer.raw_headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _answer(self, seen: Received) -> Answer:  # noqa: PLR0911 - one for each route
        script = self.scripts.get(seen.path, self.scripts.get("*"))
        if script is not None:
            return script if isinstance(script, Answer) else script(seen)
        path = seen.path.removeprefix("/v1")
        match path.strip("/").split("/"):
            case ["images", "generations" | "edits" | "variations" as verb]:
                return self._images(seen, verb)
            case ["chat", "completions"] | ["chat", "completions", "batch"]:
                return self._chat(seen)
            case ["responses"]:
                return self._responses(seen)
            case ["images", name, "content"] if name in self.kept:
                variant = dict(part.split("=") for part in seen.query.split("&") if part)
                data = self.kept[name][int(variant.get("variant", "0"))]
                return Answer(data, media_type=_media_type(data))
            case ["files", name] | ["files", name, "content"] if name in self.files:
                return self._file(name)
            case ["models"]:
                model = {"id": "painter-1", "object": "model", "created": 1, "owned_by": "acme"}
                return Answer.of({"object": "list", "data": [model]})
            case ["health"]:
                return Answer(b"", media_type="text/plain")
            case _:
                return Answer.of({"detail": "Not Found"}, 404)

    def _file(self, name: str) -> Answer:
        held = self.files[name]
        several = held if isinstance(held, list) else [held]
        data = several.pop(0) if len(several) > 1 else several[0]
        return Answer(data, media_type=_media_type(data))

    def _images(self, seen: Received, verb: str) -> Answer:
        asked = _asked(seen)
        kind = str(asked.get("output_format") or "png").replace("jpg", "jpeg")
        transparent = asked.get("background") == "transparent"
        count = int(asked.get("n") or 1)
        inputs = [data for name, all_ in seen.files.items() if "mask" not in name for data in all_]
        if verb != "generations" and inputs:
            made = [self.edited(inputs[0], kind) for _ in range(count)]
        else:
            made = [self.picture(kind, transparent=transparent) for _ in range(count)]
        stream = str(asked.get("stream", "")).lower() == "true"
        match self.dialect:
            case "openai":
                return self._openai_images(asked, made, kind, verb, stream=stream)
            case "vllm-omni":
                return self._vllm_images(asked, made, kind, stream=stream)
            case "sglang":
                return self._sglang_images(asked, made)

    def _openai_images(
        self, asked: Mapping[str, Any], made: list[bytes], kind: str, verb: str, *, stream: bool
    ) -> Answer:
        common = {
            "background": "transparent" if asked.get("background") == "transparent" else "opaque",
            "output_format": kind,
            "quality": "high",
            "size": "192x192",
        }
        if stream:
            name = "image_edit" if verb == "edits" else "image_generation"
            events = []
            for index in range(int(asked.get("partial_images") or 0)):
                partial = {
                    "type": f"{name}.partial_image",
                    "b64_json": b64(self.picture(kind)),
                    "partial_image_index": index,
                    "created_at": 1,
                    **common,
                }
                events.append(sse(partial, f"{name}.partial_image"))
            for data in made:
                done = {"type": f"{name}.completed", "b64_json": b64(data), "created_at": 1}
                events.append(sse({**done, **common, "usage": _USAGE}, f"{name}.completed"))
            return Answer.events(*events)
        if asked.get("response_format") == "url":
            found = [{"url": f"http://{HOST}/files/{self._lay(one, kind)}"} for one in made]
        else:
            found = [{"b64_json": b64(one), "revised_prompt": "a face"} for one in made]
        return Answer.of({"created": 1, "data": found, **common, "usage": _USAGE})

    def _lay(self, data: bytes, kind: str) -> str:
        name = f"made-{len(self.files)}.{kind}"
        self.files[name] = data
        return name

    def _vllm_images(
        self, asked: Mapping[str, Any], made: list[bytes], kind: str, *, stream: bool
    ) -> Answer:
        data = [{"b64_json": b64(one), "url": None, "revised_prompt": None} for one in made]
        if stream:
            chunk = {"object": "image.edit.chunk", "created": 1, "model": "painter-1"}
            words = [
                {**chunk, "type": "ar_delta", "delta": word, "index": 0} for word in ("a", "b")
            ]
            last = {
                **chunk,
                "type": "image",
                "data": data,
                "output_format": kind,
                "size": "192x192",
            }
            return Answer.events(*(sse(one) for one in (*words, last, "[DONE]")))
        if asked.get("response_format") == "file":
            if len(made) == 1:
                name = {"Content-Disposition": 'attachment; filename="image_0.png"'}
                return Answer(made[0], headers=name, media_type="image/png")
            name = {"Content-Disposition": 'attachment; filename="images.zip"'}
            body = zipped({f"image_{at}.png": one for at, one in enumerate(made)})
            return Answer(body, headers=name, media_type="application/zip")
        more = {"cot_output": "thinking", "metrics": {"seconds": 1.0}}
        return Answer.of({"created": 1, "data": data, "output_format": kind, "size": "x", **more})

    def _sglang_images(self, asked: Mapping[str, Any], made: list[bytes]) -> Answer:
        name = f"img-{len(self.kept)}"
        self.kept[name] = made
        data: list[dict[str, Any]] = []
        for at, one in enumerate(made):
            place = {"revised_prompt": "a face", "file_path": f"/srv/outputs/{name}_{at}.png"}
            if asked.get("response_format", "url") == "b64_json":
                data.append({"b64_json": b64(one), **place})
            else:
                query = f"?variant={at}" if len(made) > 1 else ""
                data.append({"url": f"/v1/images/{name}/content{query}", **place})
        more = {"peak_memory_mb": 1.0, "inference_time_s": 0.5}
        return Answer.of({"id": name, "created": 1, "data": data, **more})

    def _chat(self, seen: Received) -> Answer:
        asked = seen.json
        data = self.picture()
        image = {"type": "image_url", "image_url": {"url": data_url(data)}}
        if asked.get("modalities") == ["text"]:
            message: dict[str, Any] = {"role": "assistant", "content": "only words"}
        elif self.dialect == "vllm-omni":
            message = {"role": "assistant", "content": [image]}
        else:
            message = {"role": "assistant", "content": "here", "images": [{"index": 0, **image}]}
        common = {"id": "chatcmpl-1", "created": 1, "model": "painter-1"}
        if asked.get("stream"):

            def piece(delta: object, end: str | None = None) -> bytes:
                choice = {"index": 0, "delta": delta, "finish_reason": end}
                return sse({**common, "object": "chat.completion.chunk", "choices": [choice]})

            pictures = {"images": message["images"]} if "images" in message else message
            parts = [{"role": "assistant", "content": "he"}, {"content": "re"}]
            parts = [*parts, pictures] if asked.get("modalities") != ["text"] else parts
            return Answer.events(*map(piece, parts), piece({}, "stop"), sse("[DONE]"))
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return Answer.of({**common, "object": "chat.completion", "choices": [choice]})

    def _responses(self, seen: Received) -> Answer:
        asked = seen.json
        data = self.picture()
        call = {
            "id": "ig_1",
            "type": "image_generation_call",
            "status": "completed",
            "result": b64(data),
            "output_format": "png",
            "revised_prompt": "a face",
        }
        text = {"type": "output_text", "text": "here", "annotations": []}
        said = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [text],
        }
        whole: dict[str, Any] = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "model": "painter-1",
            "output": [call, said],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [{"type": "image_generation"}],
        }
        if not asked.get("stream"):
            return Answer.of(whole)
        waiting = {**call, "status": "in_progress", "result": None}
        at = {"item_id": "ig_1", "output_index": 0}
        kind = "response.image_generation_call"
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": {**whole, "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": waiting},
            {"type": f"{kind}.in_progress", **at},
            *(
                {
                    "type": f"{kind}.partial_image",
                    **at,
                    "partial_image_index": index,
                    "partial_image_b64": b64(self.picture()),
                }
                for index in range(2)
            ),
            {"type": f"{kind}.completed", **at},
            {"type": "response.output_item.done", "output_index": 0, "item": call},
            {
                "type": "response.output_item.added",
                "output_index": 1,
                "item": {**said, "status": "in_progress", "content": []},
            },
            {
                "type": "response.content_part.added",
                "item_id": "msg_1",
                "output_index": 1,
                "content_index": 0,
                "part": {**text, "text": ""},
            },
            {
                "type": "response.output_text.delta",
                "item_id": "msg_1",
                "output_index": 1,
                "content_index": 0,
                "delta": "here",
                "logprobs": [],
            },
            {"type": "response.completed", "response": whole},
        ]
        numbered = ({**one, "sequence_number": at} for at, one in enumerate(events))
        return Answer.events(*(sse(one, one["type"]) for one in numbered))


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _media_type(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as opened:
        return _MEDIA.get((opened.format or "").lower(), "application/octet-stream")


def _asked(seen: Received) -> dict[str, Any]:
    if seen.headers.get("content-type", "").startswith("application/json"):
        value = seen.json
        return value if isinstance(value, dict) else {}
    return {name: values[-1] for name, values in seen.fields.items()}


async def _received(request: Request) -> Received:
    body = await request.body()
    seen = Received(
        request.method,
        request.url.path,
        request.url.query,
        dict(request.headers),
        body,
    )
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    seen.files.setdefault(name, []).append(await value.read())
                else:
                    seen.fields.setdefault(name, []).append(value)
    return seen


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
