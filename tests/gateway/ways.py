"""The ways by which a picture gets into a server, each as a request through the gateway."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

import httpx2

from tests.gateway.houses import Gateway
from tests.gateway.upstream import b64, data_url

__all__ = ["SIX", "WAYS_IN", "FileServer", "Way", "file_server"]

Way: TypeAlias = "Callable[[Gateway, bytes, FileServer], httpx2.Response]"


@dataclass
class FileServer:
    """A server of files on this machine: what lies there, and what was asked for."""

    address: str = ""
    files: dict[str, list[bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def lay(self, *versions: bytes) -> str:
        """Put a file there, the later versions for later requests; return its address."""
        name = f"/picture-{len(self.files)}.png"
        self.files[name] = list(versions)
        return self.address + name


@contextlib.contextmanager
def file_server() -> Iterator[FileServer]:
    """Serve files while the context is open."""
    served = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            versions = served.files.get(self.path)
            if versions is None:
                self.send_error(404)
                return
            body = versions.pop(0) if len(versions) > 1 else versions[0]
            if body.startswith(b"redirect "):
                self.send_response(302)
                self.send_header("Location", body[9:].decode())
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _form(gateway: Gateway, files: Any, **fields: Any) -> httpx2.Response:
    data = {"prompt": "bluer", **fields}
    return gateway.client.post("/v1/images/edits", data=data, files=files)


def _json(gateway: Gateway, path: str, **fields: Any) -> httpx2.Response:
    return gateway.client.post(path, json={"model": "m", **fields})


def _edit(gateway: Gateway, **fields: Any) -> httpx2.Response:
    return _json(gateway, "/v1/images/edits", prompt="bluer", **fields)


def _chat(gateway: Gateway, message: Any) -> httpx2.Response:
    return _json(gateway, "/v1/chat/completions", messages=[message])


def _response(gateway: Gateway, item: Any, **more: Any) -> httpx2.Response:
    return _json(gateway, "/v1/responses", input=[item], **more)


def _lay(gateway: Gateway, data: bytes) -> str:
    """Keep a file at the upstream, as clients upload it; return its id."""
    name = f"file-{len(gateway.upstream.files)}"
    gateway.upstream.files[name] = data
    return name


def _part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def _said(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": "bluer"}, *parts]}


def _file(data: bytes, name: str = "a.png") -> tuple[str, bytes, str]:
    return (name, data, "image/png")


SIX: Final[dict[str, Way]] = {
    "a form's image": lambda g, d, _: _form(g, {"image": _file(d)}),
    "an address": lambda g, d, s: _form(g, {"x": (None, "")}, url=s.lay(d)),
    "a data URL": lambda g, d, _: _edit(g, images=[{"image_url": data_url(d)}]),
    "a file's id": lambda g, d, _: _edit(g, images=[{"file_id": _lay(g, d)}]),
    "chat": lambda g, d, _: _chat(g, _said(_part(data_url(d)))),
    "responses": lambda g, d, _: _response(
        g, {"role": "user", "content": [{"type": "input_image", "image_url": data_url(d)}]}
    ),
}
"""Six of them, as different as they are."""

WAYS_IN: Final[dict[str, Way]] = {
    **SIX,
    "a form's image[]": lambda g, d, _: _form(
        g, [("image[]", _file(g.upstream.plain)), ("image[]", _file(d))]
    ),
    "a form's mask": lambda g, d, _: _form(g, {"image": _file(g.upstream.plain), "mask": _file(d)}),
    "a form's mask_image": lambda g, d, _: _form(
        g, {"image": _file(g.upstream.plain), "mask_image": _file(d)}
    ),
    "a form's markup": lambda g, d, _: _form(
        g, {"image": _file(g.upstream.plain), "markup": _file(d)}
    ),
    "a form's reference_image": lambda g, d, _: _form(
        g, {"image": _file(g.upstream.plain), "reference_image": _file(d)}
    ),
    "a form's data URL": lambda g, d, _: _form(g, {"x": (None, "")}, url=data_url(d)),
    "a form's url[]": lambda g, d, s: _form(
        g, {"x": (None, "")}, **{"url[]": [data_url(g.upstream.plain), s.lay(d)]}
    ),
    "a form's mask by address": lambda g, d, s: _form(
        g, {"image": _file(g.upstream.plain)}, mask_image=s.lay(d)
    ),
    "variations": lambda g, d, _: g.client.post(
        "/v1/images/variations", files={"image": _file(d)}, data={"n": "1"}
    ),
    "base64 in JSON": lambda g, d, _: _edit(g, image=b64(d)),
    "a list of base64": lambda g, d, _: _edit(g, image=[b64(g.upstream.plain), b64(d)]),
    "a mask in JSON": lambda g, d, _: _edit(
        g, images=[{"image_url": data_url(g.upstream.plain)}], mask={"image_url": data_url(d)}
    ),
    "generations": lambda g, d, _: _json(
        g, "/v1/images/generations", prompt="bluer", image=data_url(d)
    ),
    "chat by address": lambda g, d, s: _chat(g, _said(_part(s.lay(d)))),
    "chat, the second": lambda g, d, _: _chat(
        g, _said(_part(data_url(g.upstream.plain)), _part(data_url(d)))
    ),
    "chat, an earlier answer": lambda g, d, _: _json(
        g,
        "/v1/chat/completions",
        messages=[
            {"role": "assistant", "content": "here", "images": [_part(data_url(d))]},
            {"role": "user", "content": "bluer"},
        ],
    ),
    "chat, a tool's answer": lambda g, d, _: _chat(
        g, {"role": "tool", "tool_call_id": "a", "content": [_part(data_url(d))]}
    ),
    "responses by address": lambda g, d, s: _response(
        g, {"role": "user", "content": [{"type": "input_image", "image_url": s.lay(d)}]}
    ),
    "responses by a file's id": lambda g, d, _: _response(
        g, {"role": "user", "content": [{"type": "input_image", "file_id": _lay(g, d)}]}
    ),
    "responses, an earlier answer": lambda g, d, _: _response(
        g,
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": b64(d)},
    ),
    "responses, a function's answer": lambda g, d, _: _response(
        g,
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [{"type": "input_image", "image_url": data_url(d)}],
        },
    ),
    "responses, the tool's mask": lambda g, d, _: _response(
        g,
        {"role": "user", "content": "bluer"},
        tools=[{"type": "image_generation", "input_image_mask": {"image_url": data_url(d)}}],
    ),
    "responses, the tool's mask by id": lambda g, d, _: _response(
        g,
        {"role": "user", "content": "bluer"},
        tools=[{"type": "image_generation", "input_image_mask": {"file_id": _lay(g, d)}}],
    ),
}
"""All of them, of three servers' documents."""
