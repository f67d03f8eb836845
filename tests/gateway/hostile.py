"""Answers of an upstream that tries to get a picture past the gateway, each by another trick."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

import numpy as np
from PIL import Image, PngImagePlugin

from tests.gateway.upstream import Answer, Upstream, b64, data_url, encode, sse, zipped

__all__ = ["TRICKS", "Trick"]

Trick: TypeAlias = "Callable[[Upstream], Answer]"


def _images(**image: Any) -> Answer:
    return Answer.of({"created": 1, "data": [image]})


def _beside(upstream: Upstream, **more: Any) -> Answer:
    """Return an answer as it should be, and something else in it."""
    good = upstream.picture()
    return Answer.of({"created": 1, "data": [{"b64_json": b64(good)}], **more})


def _within(upstream: Upstream, **more: Any) -> Answer:
    good = upstream.picture()
    return Answer.of({"created": 1, "data": [{"b64_json": b64(good), **more}]})


# --- bodies that are a picture --------------------------------------------------------------------

_KINDS = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "avif": "image/avif",
    "jpeg2000": "image/jp2",
}


def _raw(kind: str, media_type: str) -> Trick:
    return lambda upstream: Answer(upstream.picture(kind), media_type=media_type)


def _bodies() -> Iterator[tuple[str, Trick]]:
    for kind, media_type in _KINDS.items():
        yield f"raw {kind}", _raw(kind, media_type)
    for media_type in (
        "application/octet-stream",
        "application/json",
        "text/plain",
        "text/html",
        "text/event-stream",
        "application/zip",
        "application/x-ndjson",
        "application/pdf",
        "video/mp4",
        "audio/wav",
        "multipart/mixed; boundary=x",
        "IMAGE/PNG",
        "image/png, application/json",
        "application/json; charset=utf-16",
        "",
    ):
        yield f"png as {media_type!r}", _raw("png", media_type)
    yield "jpeg as png", _raw("jpeg", "image/png")
    yield "svg", lambda up: Answer(_svg(up.picture()), media_type="image/svg+xml")
    yield "svg as text", lambda up: Answer(_svg(up.picture()), media_type="text/plain")
    yield "html", lambda up: Answer(_html(up.picture()), media_type="text/html")
    yield (
        "multipart",
        lambda up: Answer(
            b"--x\r\nContent-Type: image/png\r\n\r\n" + up.picture() + b"\r\n--x--\r\n",
            media_type="multipart/mixed; boundary=x",
        ),
    )
    yield (
        "multipart replace",
        lambda up: Answer(
            b"--x\r\nContent-Type: image/jpeg\r\n\r\n" + up.picture("jpeg") + b"\r\n--x--\r\n",
            media_type="multipart/x-mixed-replace; boundary=x",
        ),
    )
    yield (
        "message/http",
        lambda up: Answer(
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + up.picture(),
            media_type="message/http",
        ),
    )
    yield "base64 as text", lambda up: Answer(b64(up.picture()).encode(), media_type="text/plain")
    yield (
        "base64 as a picture",
        lambda up: Answer(b64(up.picture()).encode(), media_type="image/png"),
    )
    yield "in a JSON string", lambda up: Answer.of(b64(up.picture()))
    yield "in a JSON list", lambda up: Answer.of([b64(up.picture())])
    yield (
        "words, then a picture",
        lambda up: Answer(b"once upon a time " * 90 + up.picture(), media_type="text/plain"),
    )


def _svg(picture: bytes) -> bytes:
    shown = f'<image href="{data_url(picture)}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg">{shown}</svg>'.encode()


def _html(picture: bytes) -> bytes:
    return f'<html><img src="{data_url(picture)}"></html>'.encode()


# --- archives, and what is compressed -------------------------------------------------------------


def _tar(picture: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("a.png")
        member.size = len(picture)
        archive.addfile(member, io.BytesIO(picture))
    return stream.getvalue()


def _archives() -> Iterator[tuple[str, Trick]]:
    def archive(members: Callable[[Upstream], dict[str, bytes]]) -> Trick:
        return lambda up: Answer(zipped(members(up)), media_type="application/zip")

    yield "zip in zip", archive(lambda up: {"a.zip": zipped({"a.png": up.picture()})})
    yield (
        "zip with text",
        archive(lambda up: {"image_0.png": up.picture(), "b.txt": b64(up.picture()).encode()}),
    )
    yield "zip with gzip", archive(lambda up: {"image_0.png": gzip.compress(up.picture())})
    yield "zip with a folder", archive(lambda up: {"../../image_0.png": up.picture()})
    yield (
        "zip with a name",
        archive(lambda up: {f"{b64(up.picture('jpeg', quality=20))[:60000]}.png": up.picture()}),
    )
    yield "zip with a comment", _commented_zip
    yield (
        "zip after a picture",
        lambda up: Answer(
            up.picture() + zipped({"a.png": up.picture()}), media_type="application/zip"
        ),
    )
    yield (
        "zip before a picture",
        lambda up: Answer(
            zipped({"image_0.png": up.picture()}) + up.picture(), media_type="application/zip"
        ),
    )
    yield "zip as json", lambda up: Answer(zipped({"a.png": up.picture()}))
    yield "tar", lambda up: Answer(_tar(up.picture()), media_type="application/x-tar")
    yield "gzip file", lambda up: Answer(gzip.compress(up.picture()), media_type="application/gzip")
    for name, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        yield f"content-encoding {name} of a picture", _encoded(name, pack)
        yield f"content-encoding {name} of JSON", _encoded_json(name, pack)
    yield "content-encoding of nobody", _encoded("aes128gcm", lambda data: data)
    yield (
        "content-encoding twice",
        _encoded("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    )
    yield "content-encoding that lies", _encoded("gzip", lambda data: data)


def _commented_zip(upstream: Upstream) -> Answer:
    data = bytearray(zipped({"image_0.png": upstream.picture()}))
    comment = upstream.picture("jpeg", quality=30)[:65535]
    data[-2:] = struct.pack("<H", len(comment))
    return Answer(bytes(data) + comment, media_type="application/zip")


def _encoded(name: str, pack: Callable[[bytes], bytes]) -> Trick:
    return lambda up: Answer(
        pack(up.picture()), headers={"Content-Encoding": name}, media_type="image/png"
    )


def _encoded_json(name: str, pack: Callable[[bytes], bytes]) -> Trick:
    def trick(up: Upstream) -> Answer:
        body = json.dumps({"created": 1, "data": [{"image": b64(up.picture())}]}).encode()
        return Answer(pack(body), headers={"Content-Encoding": name})

    return trick


# --- JSON -----------------------------------------------------------------------------------------


def _json() -> Iterator[tuple[str, Trick]]:
    yield "unknown field beside", lambda up: _beside(up, preview=b64(up.picture()))
    yield "unknown field within", lambda up: _within(up, thumbnail=b64(up.picture()))
    yield "data URL in the prompt", lambda up: _within(up, revised_prompt=data_url(up.picture()))
    yield (
        "markdown in the prompt",
        lambda up: _within(up, revised_prompt=f"see ![]({data_url(up.picture())}) here"),
    )
    yield (
        "base64 in the prompt",
        lambda up: _within(up, revised_prompt=f"it is {b64(up.picture())}"),
    )
    yield "cot_output", lambda up: _beside(up, cot_output=data_url(up.picture()))
    yield "metrics", lambda up: _beside(up, metrics={"a": {"b": [b64(up.picture())]}})
    yield "usage", lambda up: _beside(up, usage={"input_tokens": b64(up.picture())})
    yield "size", lambda up: _beside(up, size=b64(up.picture()))
    yield "created", lambda up: _beside(up, created=b64(up.picture()))
    yield "id", lambda up: _beside(up, id=b64(up.picture()))
    yield "output_format", lambda up: _beside(up, output_format=b64(up.picture()))
    yield "file_path", lambda up: _within(up, file_path=data_url(up.picture()))
    yield "a name", lambda up: _beside(up, **{b64(up.picture()): 1})
    yield "numbers", lambda up: _beside(up, pixels=list(up.picture()))
    yield (
        "a list of rows",
        lambda up: _beside(
            up, pixels=up.canary(up.pixels().tobytes())[:0].hex() or up.pixels()[:64].tolist()
        ),
    )
    yield (
        "a large number",
        lambda up: _beside(up, seed=int.from_bytes(up.picture("jpeg", quality=5)[:1500], "big")),
    )
    yield "base64url", lambda up: _within(up, more=base64.urlsafe_b64encode(up.picture()).decode())
    yield "base64 in lines", lambda up: _within(up, more=base64.encodebytes(up.picture()).decode())
    yield (
        "base64 in words",
        lambda up: _within(up, revised_prompt=" ".join(_cut(b64(up.picture()), 20))),
    )
    yield (
        "base64 of zlib in short words",
        lambda up: _within(up, revised_prompt=" ".join(_cut(b64(zlib.compress(up.picture())), 19))),
    )
    yield (
        "base64 of zlib in shorter words",
        lambda up: _within(up, revised_prompt=" ".join(_cut(b64(zlib.compress(up.picture())), 12))),
    )
    yield (
        "names of numbers",
        lambda up: _beside(up, usage=dict.fromkeys(_cut(b64(zlib.compress(up.picture())), 100), 1)),
    )
    yield (
        "names of names",
        lambda up: _beside(
            up,
            metrics={
                str(at): dict.fromkeys(part, 1)
                for at, part in enumerate(
                    _cut_list(_cut(b64(zlib.compress(up.picture())), 100), 60)
                )
            },
        ),
    )
    yield (
        "rows of three",
        lambda up: _beside(
            up, pixels=np.frombuffer(up.picture("bmp")[54:], np.uint8).reshape(-1, 3).tolist()
        ),
    )
    yield "chat, rows of three", lambda up: Answer.of(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "logprobs":
         np.frombuffer(up.picture("bmp")[54:], np.uint8).reshape(-1, 3).tolist()}]}
    )  # fmt: skip
    yield "ids of models", lambda up: Answer.of(
        {"object": "list", "data": [
            {"id": part, "object": "model"} for part in _cut(b64(zlib.compress(up.picture())), 100)
        ]}
    )  # fmt: skip
    yield "base64 in a list", lambda up: _beside(up, more=_cut(b64(up.picture()), 30))
    yield (
        "base64 in fields",
        lambda up: _beside(
            up, **{f"p{at}": part for at, part in enumerate(_cut(b64(up.picture()), 100))}
        ),
    )
    yield "base64 twice", lambda up: _within(up, more=b64(b64(up.picture()).encode()))
    yield "base64 of gzip", lambda up: _within(up, more=b64(gzip.compress(up.picture())))
    yield "base64 of zlib", lambda up: _within(up, more=b64(zlib.compress(up.picture())))
    yield "hexadecimal", lambda up: _within(up, more=up.picture().hex())
    yield "base85", lambda up: _within(up, more=base64.b85encode(up.picture()).decode())
    yield "base32", lambda up: _within(up, more=base64.b32encode(up.picture()).decode())
    yield "percent", lambda up: _within(up, more="data:image/png," + quote(up.picture(), safe=""))
    yield "latin-1", lambda up: _within(up, more=up.picture().decode("latin-1"))
    yield "JSON in JSON", lambda up: _within(up, more=json.dumps({"b64": b64(up.picture())}))
    yield "b64_json with a data URL", lambda up: _images(b64_json=data_url(up.picture()))
    yield "b64_json of base64", lambda up: _images(b64_json=b64(b64(up.picture()).encode()))
    yield "b64_json of zip", lambda up: _images(b64_json=b64(zipped({"a.png": up.picture()})))
    yield "b64_json of gzip", lambda up: _images(b64_json=b64(gzip.compress(up.picture())))
    yield "b64_json is a list", lambda up: _images(b64_json=[b64(up.picture())])
    yield "b64_json is an object", lambda up: _images(b64_json={"a": b64(up.picture())})
    yield "b64_json of svg", lambda up: _images(b64_json=b64(_svg(up.picture())))
    yield "b64_json of pdf", lambda up: _images(b64_json=b64(b"%PDF-1.7\n" + up.picture("jpeg")))
    yield "data is an object", lambda up: Answer.of({"data": {"b64_json": b64(up.picture())}})
    yield "data is a list of texts", lambda up: Answer.of({"data": [b64(up.picture())]})
    yield (
        "data in data",
        lambda up: _images(data=[{"b64_json": b64(up.picture())}]),
    )
    yield "images for data", lambda up: Answer.of({"images": [data_url(up.picture())]})
    yield "images in base64", lambda up: Answer.of({"images": [b64(up.picture())], "info": "{}"})
    yield "artifacts", lambda up: Answer.of({"artifacts": [{"base64": b64(up.picture())}]})
    yield (
        "choices for data",
        lambda up: Answer.of(
            {"choices": [{"message": {"role": "assistant", "content": data_url(up.picture())}}]}
        ),
    )
    yield (
        "choices with text",
        lambda up: Answer.of({"choices": [{"text": b64(up.picture()), "index": 0}]}),
    )
    yield "output for data", lambda up: Answer.of({"output": [{"result": b64(up.picture())}]})
    yield "audio", lambda up: Answer.of(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": None,
         "audio": {"id": "a", "data": b64(up.picture()), "expires_at": 1, "transcript": ""}}}]}
    )  # fmt: skip
    yield "logprobs", lambda up: Answer.of(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "logprobs":
         {"content": [{"token": "a", "logprob": 0, "top_logprobs": [],
                       "bytes": list(up.picture())}]}}]}
    )  # fmt: skip
    yield "tool call", lambda up: Answer.of(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [
            {"id": "a", "type": "function",
             "function": {"name": "f", "arguments": json.dumps({"a": b64(up.picture())})}}]}}]}
    )  # fmt: skip
    yield "two of a name, the good one last", lambda up: _two(up, good_last=True)
    yield "two of a name, the good one first", lambda up: _two(up, good_last=False)
    yield (
        "two documents",
        lambda up: Answer(
            _beside(up).body + json.dumps({"a": b64(up.picture())}).encode()  # type: ignore[operator]
        ),
    )
    yield (
        "a document, then a picture",
        lambda up: Answer(
            _beside(up).body + up.picture()  # type: ignore[operator]
        ),
    )
    yield "white space, then a picture", lambda up: Answer(b" " * 5000 + up.picture())
    yield (
        "utf-16",
        lambda up: Answer(json.dumps({"data": [{"image": b64(up.picture())}]}).encode("utf-16")),
    )
    yield (
        "a byte order mark",
        lambda up: Answer(
            b"\xef\xbb\xbf" + json.dumps({"data": [{"image": b64(up.picture())}]}).encode()
        ),
    )
    yield (
        "escapes",
        lambda up: Answer(
            (
                '{"created":1,"data":[{"b64_json":"'
                + b64(up.picture())
                + '","m":"'
                + "".join(f"\\u{ord(one):04x}" for one in b64(up.picture()))
                + '"}]}'
            ).encode()
        ),
    )
    yield "no JSON", lambda up: Answer(b'{"data": [{"b64_json": "' + b64(up.picture()).encode())
    yield (
        "NaN",
        lambda up: Answer(
            b'{"created": NaN, "m": "' + b64(up.picture()).encode() + b'", "data": []}'
        ),
    )
    yield (
        "very deep",
        lambda up: Answer(b'{"a":' * 3000 + json.dumps(b64(up.picture())).encode() + b"}" * 3000),
    )
    yield "responses, code interpreter", lambda up: _response(
        {"type": "code_interpreter_call", "id": "ci", "code": "", "container_id": "c",
         "status": "completed", "outputs": [{"type": "image", "url": data_url(up.picture())}]}
    )  # fmt: skip
    yield "responses, computer", lambda up: _response(
        {"type": "computer_call_output", "id": "cc", "call_id": "c", "status": "completed",
         "output": {"type": "computer_screenshot", "image_url": data_url(up.picture())}}
    )  # fmt: skip
    yield "responses, tool output", lambda up: _response(
        {"type": "mcp_call", "id": "m", "name": "n", "server_label": "s", "arguments": "{}",
         "output": json.dumps({"image": b64(up.picture())})}
    )  # fmt: skip
    yield (
        "responses, reasoning",
        lambda up: _response(
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": b64(up.picture())}
        ),
    )
    yield "responses, a text", lambda up: _response(
        {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": f"![]({data_url(up.picture())})", "annotations": []}]}
    )  # fmt: skip
    yield (
        "responses, a call that is no call",
        lambda up: _response({"type": "picture_call", "id": "m", "result": b64(up.picture())}),
    )
    yield (
        "responses, instructions",
        lambda up: Answer.of(
            {"id": "r", "object": "response", "output": [], "instructions": b64(up.picture())}
        ),
    )
    yield (
        "responses, metadata",
        lambda up: Answer.of(
            {"id": "r", "object": "response", "output": [], "metadata": {"a": b64(up.picture())}}
        ),
    )
    yield "responses, an input", lambda up: _response(
        {"type": "message", "role": "user", "content": [
            {"type": "input_image", "image_url": data_url(up.picture())}]}
    )  # fmt: skip
    yield (
        "a list of models",
        lambda up: Answer.of(
            {
                "object": "list",
                "data": [{"id": "m", "object": "model", "icon": data_url(up.picture())}],
            }
        ),
    )
    yield (
        "the name of a model",
        lambda up: Answer.of(
            {"object": "list", "data": [{"id": b64(up.picture()), "object": "model"}]}
        ),
    )


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _cut_list(words: list[str], size: int) -> list[list[str]]:
    return [words[at : at + size] for at in range(0, len(words), size)]


def _two(upstream: Upstream, *, good_last: bool) -> Answer:
    good = json.dumps([{"b64_json": b64(upstream.picture())}])
    bad = json.dumps([{"image": b64(upstream.picture())}])
    first, last = (bad, good) if good_last else (good, bad)
    return Answer(f'{{"created": 1, "data": {first}, "data": {last}}}'.encode())


def _response(item: object) -> Answer:
    return Answer.of(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "model": "m",
            "output": [item],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
    )


# --- pictures in pictures -------------------------------------------------------------------------


def _png_with(upstream: Upstream, chunk: Callable[[bytes], tuple[bytes, bytes]]) -> bytes:
    """Return a PNG with a chunk that holds another picture."""
    shown, hidden = upstream.picture(), upstream.picture("jpeg")
    kind, body = chunk(hidden)
    at = shown.index(b"IDAT") - 4
    piece = struct.pack(">I", len(body)) + kind + body
    piece += struct.pack(">I", zlib.crc32(kind + body))
    return upstream.canary(shown[:at] + piece + shown[at:])


def _jpeg_with(upstream: Upstream, marker: int, head: bytes) -> bytes:
    shown = upstream.picture("jpeg")
    hidden = upstream.canary(_small(upstream))
    body = head + hidden
    piece = b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
    return upstream.canary(shown[:2] + piece + shown[2:])


def _small(upstream: Upstream) -> bytes:
    shown = Image.fromarray(upstream.pixels(len(upstream.canaries)))
    return encode(np.array(shown.resize((96, 96))), "jpeg", quality=90)


def _with_exif_thumbnail(upstream: Upstream, kind: str) -> bytes:
    """Return a picture whose EXIF holds a small copy, as cameras and converters write it."""
    thumbnail = upstream.canary(_small(upstream))
    head = b"Exif\0\0MM\0*\0\0\0\x08"
    first = struct.pack(">H", 1) + struct.pack(">HHI4s", 0x0112, 3, 1, b"\0\x01\0\0")
    second_at = 8 + len(first) + 4
    second = struct.pack(">H", 3)
    body_at = second_at + 2 + 3 * 12 + 4
    second += struct.pack(">HHI4s", 0x0103, 3, 1, b"\0\x06\0\0")
    second += struct.pack(">HHII", 0x0201, 4, 1, body_at)
    second += struct.pack(">HHII", 0x0202, 4, 1, len(thumbnail))
    exif = head + first + struct.pack(">I", second_at) + second + b"\0\0\0\0" + thumbnail
    shown = upstream.pixels(len(upstream.canaries))
    return upstream.canary(encode(shown, kind, exif=exif))


def _profile(hidden: bytes) -> bytes:
    """Return an ICC profile with a private tag that holds a picture."""
    body = hidden + b"\0" * (-len(hidden) % 4)
    size = 128 + 4 + 12 + len(body)
    head = struct.pack(">I", size) + b"test\x04\x40\0\0mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    head = head.ljust(128, b"\0")
    return head + struct.pack(">I", 1) + b"tEST" + struct.pack(">II", 144, len(hidden)) + body


def _with_profile(upstream: Upstream, kind: str) -> bytes:
    profile = _profile(upstream.canary(_small(upstream)))
    shown = upstream.pixels(len(upstream.canaries))
    return upstream.canary(encode(shown, kind, icc_profile=profile))


def _with_xmp(upstream: Upstream, kind: str) -> bytes:
    hidden = b64(upstream.canary(_small(upstream)))
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
        'syntax-ns#"><rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmp:Label="{hidden}"/></rdf:RDF></x:xmpmeta>'
    )
    shown = upstream.pixels(len(upstream.canaries))
    if kind == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        return upstream.canary(encode(shown, kind, pnginfo=info))
    return upstream.canary(encode(shown, kind, xmp=packet.encode()))


def _with_text(upstream: Upstream) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", data_url(upstream.canary(_small(upstream)), "image/jpeg"))
    info.add_text("prompt", b64(upstream.canary(_small(upstream))), zip=True)
    return upstream.canary(encode(upstream.pixels(len(upstream.canaries)), "png", pnginfo=info))


def _alpha_holds_it(upstream: Upstream) -> bytes:
    shown, hidden = upstream.pixels(0), upstream.pixels(1)
    upstream.canary(encode(hidden))
    return upstream.canary(encode(np.dstack([shown, hidden[:, :, 1]]), "png"))


def _under_alpha(upstream: Upstream, kind: str) -> bytes:
    """Return a picture that is half transparent, with all of it in its pixels."""
    shown = upstream.pixels(len(upstream.canaries))
    alpha = np.zeros(shown.shape[:2], np.uint8)
    alpha[: len(alpha) // 3] = 255
    options = {"lossless": True, "exact": True} if kind == "webp" else {}
    return upstream.canary(encode(np.dstack([shown, alpha]), kind, **options))


def _frames(upstream: Upstream, kind: str) -> bytes:
    shown = [Image.fromarray(upstream.pixels(number)) for number in range(3)]
    stream = io.BytesIO()
    shown[0].save(stream, kind, save_all=True, append_images=shown[1:], duration=100)
    return upstream.canary(stream.getvalue())


def _deep(upstream: Upstream) -> bytes:
    """Return a PNG of 16 bits, whose lower eight are another picture."""
    import cv2  # noqa: PLC0415 - for this one only

    high, low = upstream.pixels(0).astype(np.uint16), upstream.pixels(1).astype(np.uint16)
    upstream.canary(encode(upstream.pixels(1)))
    done, data = cv2.imencode(".png", (high << 8 | low)[:, :, ::-1])
    assert done
    return upstream.canary(data.tobytes())


PICTURES: dict[str, Callable[[Upstream], bytes]] = {
    "png, then a jpeg": lambda up: up.picture() + up.picture("jpeg"),
    "jpeg, then a png": lambda up: up.picture("jpeg") + up.picture(),
    "jpeg, then a zip": lambda up: up.picture("jpeg") + zipped({"a.png": up.picture()}),
    "webp, then a png": lambda up: up.picture("webp") + up.picture(),
    "png with a text": _with_text,
    "png with a private chunk": lambda up: _png_with(up, lambda it: (b"prVt", it)),
    "png with a compressed chunk": lambda up: _png_with(
        up, lambda it: (b"zTXt", b"Comment\0\0" + zlib.compress(b64(it).encode()))
    ),
    "png with eXIf": lambda up: _with_exif_thumbnail(up, "png"),
    "jpeg with a thumbnail": lambda up: _with_exif_thumbnail(up, "jpeg"),
    "webp with a thumbnail": lambda up: _with_exif_thumbnail(up, "webp"),
    "jpeg with a comment": lambda up: _jpeg_with(up, 0xFE, b""),
    "jpeg with JFXX": lambda up: _jpeg_with(up, 0xE0, b"JFXX\0\x10"),
    "jpeg with APP13": lambda up: _jpeg_with(
        up, 0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x0c\0\0" + struct.pack(">I", 5000)
    ),
    "jpeg with APP11": lambda up: _jpeg_with(up, 0xEB, b"JP\0\x01\0\0\0\x01"),
    "jpeg with APP9": lambda up: _jpeg_with(up, 0xE9, b"other"),
    "several in a jpeg": lambda up: _frames(up, "mpo"),
    "png with a profile": lambda up: _with_profile(up, "png"),
    "jpeg with a profile": lambda up: _with_profile(up, "jpeg"),
    "webp with a profile": lambda up: _with_profile(up, "webp"),
    "png with XMP": lambda up: _with_xmp(up, "png"),
    "jpeg with XMP": lambda up: _with_xmp(up, "jpeg"),
    "webp with XMP": lambda up: _with_xmp(up, "webp"),
    "in the alpha channel": _alpha_holds_it,
    "under transparency, png": lambda up: _under_alpha(up, "png"),
    "under transparency, webp": lambda up: _under_alpha(up, "webp"),
    "animated gif": lambda up: _frames(up, "gif"),
    "animated png": lambda up: _frames(up, "png"),
    "animated webp": lambda up: _frames(up, "webp"),
    "several in a tiff": lambda up: _frames(up, "tiff"),
    "16 bits": _deep,
    "cut short": lambda up: up.picture()[:-4000],
    "gif": lambda up: up.picture("gif"),
    "bmp": lambda up: up.picture("bmp"),
    "tiff": lambda up: up.picture("tiff"),
    "svg": lambda up: _svg(up.picture()),
    "too small for a mark": lambda up: up.canary(encode(up.pixels()[:40, :40])),
    "black": lambda up: encode(np.zeros((192, 192, 3), np.uint8)),
}


def _pictures() -> Iterator[tuple[str, Trick]]:
    for name, make in PICTURES.items():
        yield f"b64_json, {name}", _as_b64(make)


def _as_b64(make: Callable[[Upstream], bytes]) -> Trick:
    return lambda up: _images(b64_json=b64(make(up)))


# --- status and headers ---------------------------------------------------------------------------


def _errors() -> Iterator[tuple[str, Trick]]:
    for status in (201, 203, 206, 226, 300, 304, 400, 401, 404, 422, 429, 500, 503):
        yield f"{status} with a picture", _status(status)
        yield f"{status} with a message", _message(status)
    for status in (301, 302, 303, 307, 308):
        yield f"{status} to a data URL", _redirect(status)
        yield f"{status} with a body", _redirect(status, "http://elsewhere.test/a.png")


def _redirect(status: int, to: str | None = None) -> Trick:
    def trick(up: Upstream) -> Answer:
        place = to or data_url(up.picture("jpeg", quality=10))
        body = up.picture() if to else b""
        return Answer(body, status, {"Location": place}, "image/png")

    return trick


def _status(status: int) -> Trick:
    return lambda up: Answer(up.picture(), status, media_type="image/png")


def _message(status: int) -> Trick:
    def trick(up: Upstream) -> Answer:
        told = f"failed: {data_url(up.picture())}"
        return Answer.of(
            {"error": {"message": told, "code": b64(up.picture())}, "detail": told}, status
        )

    return trick


def _headers() -> Iterator[tuple[str, Trick]]:
    for name in (
        "X-Image",
        "Set-Cookie",
        "ETag",
        "Location",
        "Link",
        "Content-Disposition",
        "Server-Timing",
        "X-Request-Id",
        "OpenAI-Processing-Ms",
        "X-Ratelimit-Remaining-Tokens",
        "WWW-Authenticate",
        "Retry-After",
        "Content-Language",
        "Warning",
    ):
        yield f"header {name}", _header(name)
    yield (
        "many headers",
        lambda up: Answer(
            _beside(up).body,
            raw_headers=[
                (f"x-ratelimit-{at}".encode(), part.encode())
                for at, part in enumerate(_cut(b64(up.picture("jpeg", quality=10)), 60))
            ],
        ),
    )
    yield (
        "media type",
        lambda up: Answer(
            _beside(up).body,
            media_type=f"application/json; a={b64(up.picture('jpeg', quality=10))}",
        ),
    )


def _header(name: str) -> Trick:
    def trick(up: Upstream) -> Answer:
        return Answer(_beside(up).body, headers={name: b64(up.picture("jpeg", quality=10))})

    return trick


# --- streams --------------------------------------------------------------------------------------

_DONE = "image_generation.completed"


def _streams() -> Iterator[tuple[str, Trick]]:
    def stream(*make: Callable[[Upstream], bytes]) -> Trick:
        return lambda up: Answer.events(*(one(up) for one in make))

    def completed(up: Upstream) -> bytes:
        return sse({"type": _DONE, "b64_json": b64(up.picture()), "created_at": 1}, _DONE)

    yield "stream, a comment", stream(lambda up: f": {b64(up.picture())}\n\n".encode(), completed)
    yield "stream, an id", stream(lambda up: f"id: {b64(up.picture())}\ndata: {{}}\n\n".encode())
    yield (
        "stream, a name",
        stream(lambda up: f"event: {b64(up.picture())}\ndata: {{}}\n\n".encode()),
    )
    yield (
        "stream, an unknown field",
        stream(lambda up: f"more: {b64(up.picture())}\ndata: {{}}\n\n".encode()),
    )
    yield "stream, retry", stream(lambda up: f"retry: {b64(up.picture())}\n\n".encode())
    yield "stream, no JSON", stream(lambda up: f"data: {b64(up.picture())}\n\n".encode())
    yield (
        "stream, after the end",
        stream(
            completed, lambda _: sse("[DONE]"), lambda up: f"data: {b64(up.picture())}\n\n".encode()
        ),
    )
    yield (
        "stream, an event of many lines",
        stream(
            lambda up: (
                b"".join(
                    f"data: {part}\n".encode()
                    for part in _cut(json.dumps({"type": "x", "b": b64(up.picture())}), 500)
                )
                + b"\n"
            )
        ),
    )
    for kind in (
        "image_generation.preview",
        "image_generation.partial_image",
        "image_edit.partial_image",
        "response.image_generation_call.partial_image",
        "response.image_generation_call.generating",
        "response.output_item.added",
        "response.created",
        "response.code_interpreter_call.completed",
        "error",
        "message",
    ):
        yield f"stream, {kind}", stream(_event(kind))
    yield (
        "stream, image.edit.chunk of no kind",
        stream(
            lambda up: sse({"object": "image.edit.chunk", "type": "other", "x": b64(up.picture())})
        ),
    )
    yield (
        "stream, ar_delta",
        stream(
            lambda up: sse(
                {"object": "image.edit.chunk", "type": "ar_delta", "delta": b64(up.picture())}
            )
        ),
    )
    yield (
        "stream, error",
        stream(lambda up: sse({"object": "error", "error": {"message": data_url(up.picture())}})),
    )
    yield "stream, chat pieces", _in_chat_pieces
    yield "stream, response pieces", _in_response_pieces
    yield "stream, ar_delta pieces", _in_ar_pieces
    yield "stream, arguments in pieces", _in_arguments
    yield (
        "stream, carriage returns",
        stream(lambda up: sse({"type": "x", "b": b64(up.picture())}).replace(b"\n", b"\r")),
    )
    yield (
        "stream, both ends",
        stream(lambda up: sse({"type": "x", "b": b64(up.picture())}).replace(b"\n", b"\r\n")),
    )
    yield "stream, no end", stream(lambda up: sse({"type": "x", "b": b64(up.picture())}).rstrip())
    yield (
        "stream, a byte order mark",
        stream(lambda up: b"\xef\xbb\xbf" + sse({"type": "x", "b": b64(up.picture())})),
    )
    yield "stream, raw bytes", stream(lambda up: up.picture())
    yield "stream, raw bytes after an event", stream(completed, lambda up: up.picture())
    yield (
        "stream, cut by the network",
        lambda up: Answer(
            [bytes([one]) for one in sse({"type": "x", "b": b64(up.picture("jpeg", quality=10))})],
            media_type="text/event-stream",
        ),
    )
    yield (
        "stream, completed with more",
        stream(
            lambda up: sse(
                {"type": _DONE, "b64_json": b64(up.picture()), "preview": b64(up.picture())}
            )
        ),
    )
    yield (
        "stream, completed of svg",
        stream(lambda up: sse({"type": _DONE, "b64_json": b64(_svg(up.picture()))})),
    )
    yield (
        "stream, completed with an address",
        stream(lambda up: sse({"type": _DONE, "url": data_url(up.picture())})),
    )
    yield "stream, a list", stream(lambda up: sse([b64(up.picture())]))
    yield "stream as JSON", lambda up: Answer(completed(up))
    yield (
        "NDJSON",
        lambda up: Answer(
            json.dumps({"type": "x", "b": b64(up.picture())}).encode() + b"\n{}\n",
            media_type="application/x-ndjson",
        ),
    )


def _event(kind: str) -> Callable[[Upstream], bytes]:
    def event(up: Upstream) -> bytes:
        item = {"type": "image_generation_call", "id": "i", "result": b64(up.picture())}
        output = {"type": "image", "url": data_url(up.picture())}
        value = {
            "type": kind,
            "b64_json": b64(up.picture()),
            "partial_image_b64": b64(up.picture()),
            "item": item,
            "output": [output],
            "response": {"output": [item]},
            "error": {"message": data_url(up.picture())},
        }
        return sse(value, kind)

    return event


def _in_chat_pieces(up: Upstream) -> Answer:
    def event(text: str) -> bytes:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        return sse({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})

    text = data_url(up.picture("jpeg", quality=20))
    return Answer.events(*(event(part) for part in _cut(text, 30)), sse("[DONE]"))


def _in_response_pieces(up: Upstream) -> Answer:
    def event(text: str) -> bytes:
        value = {"type": "response.output_text.delta", "delta": text, "item_id": "m"}
        return sse({**value, "output_index": 0, "content_index": 0, "logprobs": []})

    text = b64(up.picture("jpeg", quality=20))
    return Answer.events(*(event(part) for part in _cut(text, 30)))


def _in_ar_pieces(up: Upstream) -> Answer:
    chunk = {"object": "image.edit.chunk", "type": "ar_delta", "index": 0, "created": 1}
    text = b64(up.picture("jpeg", quality=20))
    return Answer.events(*(sse({**chunk, "delta": part}) for part in _cut(text, 30)))


def _in_arguments(up: Upstream) -> Answer:
    kind = "response.function_call_arguments.delta"
    text = b64(up.picture("jpeg", quality=20))
    value = {"type": kind, "item_id": "f", "output_index": 0}
    return Answer.events(*(sse({**value, "delta": part}) for part in _cut(text, 30)))


# --- addresses ------------------------------------------------------------------------------------


def _addresses() -> Iterator[tuple[str, Trick]]:
    def laid(address: str) -> Trick:
        def trick(up: Upstream) -> Answer:
            up.files["a.png"] = up.picture()
            return _images(url=address)

        return trick

    for address in (
        "http://elsewhere.test/files/a.png",
        "http://upstream.test@elsewhere.test/files/a.png",
        "//elsewhere.test/files/a.png",
        "https://127.0.0.1/files/a.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "ftp://upstream.test/files/a.png",
        "/../files/a.png",
        "javascript:alert(1)",
        "blob:http://upstream.test/1",
        "",
    ):
        yield f"url {address}", laid(address)
    yield "url is a data URL", lambda up: _images(url=data_url(up.picture()))
    yield "url is base64", lambda up: _images(url=b64(up.picture()))
    yield (
        "url holds it",
        lambda up: _images(
            url=f"http://upstream.test/files/a.png?x={b64(up.picture('jpeg', quality=10))}"
        ),
    )
    yield "url is a list", lambda up: _images(url=[data_url(up.picture())])


def _all() -> Iterator[tuple[str, Trick]]:
    for kind in (_bodies, _archives, _json, _pictures, _errors, _headers, _streams, _addresses):
        yield from kind()


TRICKS: dict[str, Trick] = dict(_all())
"""By name, what makes an answer of pictures that nobody has protected."""
