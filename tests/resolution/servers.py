"""A server of the Resolution API that somebody else wrote, in three versions, and one that lies.

It answers as the examples of the public document do, and notes every byte that it is sent.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

WELL_KNOWN = "/.well-known/c2pa-soft-binding-resolution"
JSON = "application/json"


@dataclass
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Sent:
    """An answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: bool = False  # a byte now and then, without an end
    endless: bool = False


Route = Callable[[Seen], Sent]


def as_json(value: Any, status: int = 200) -> Sent:
    return Sent(status, json.dumps(value).encode())


class ForeignServer:
    """Answers on this machine until it is closed.

    Attributes
    ----------
    version : str
        "1.0.0", "2.3.0" or "2.4.0": what it offers.
    manifests : dict of str to bytes
        What it holds.
    bindings : dict of (str, bytes) to list of str
        Where ids lead, as the document's byBinding answers.
    by_content : list of str
        What it answers about any picture.
    overrides : dict of str to Route
        What it does instead, by the path below the API's base ("/matches/byBinding"), or by the
        whole path.
    """

    def __init__(self, version: str = "2.4.0", base: str = "/v1") -> None:
        self.version = version
        self.base = base
        self.manifests: dict[str, bytes] = {}
        self.bindings: dict[tuple[str, bytes], list[str]] = {}
        self.by_content: list[str] = []
        self.capabilities = ["queryByContent", "someFutureCapability"]
        self.overrides: dict[str, Route] = {}
        self.seen: list[Seen] = []
        self._stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(
                    self.command,
                    parts.path,
                    parse_qs(parts.query),
                    headers,
                    self.rfile.read(length),
                )
                outer.seen.append(seen)
                with suppress(OSError):
                    self._send(outer.answer(seen))

            def do_POST(self) -> None:
                self.do_GET()

            def _send(self, sent: Sent) -> None:
                self.send_response(sent.status)
                self.send_header("Content-Type", sent.content_type)
                if not (sent.drip or sent.endless):
                    self.send_header("Content-Length", str(len(sent.body)))
                for name, value in sent.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body)
                while sent.endless and not outer._stop.is_set():
                    self.wfile.write(bytes(1 << 20))
                while sent.drip and not outer._stop.wait(0.02):
                    self.wfile.write(b" ")
                    self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.address}{self.base}"

    @property
    def bytes_received(self) -> int:
        """How much of anybody's picture may have reached it."""
        return sum(len(one.body) for one in self.seen)

    def asked(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path == f"{self.base}{path}"]

    def hold(self, manifest_id: str, store: bytes, *bindings: tuple[str, bytes]) -> None:
        """Hold a manifest, under these ids."""
        self.manifests[manifest_id] = store
        for binding in bindings:
            self.bindings.setdefault(binding, []).append(manifest_id)

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, seen: Seen) -> Sent:  # noqa: PLR0911 - one for each path
        below = seen.path.removeprefix(self.base)
        override = self.overrides.get(below) or self.overrides.get(seen.path)
        if override is None and below.startswith("/manifests/"):
            override = self.overrides.get("/manifests/")
        if override is not None:
            return override(seen)
        if seen.path == WELL_KNOWN:
            return self._well_known()
        if not seen.path.startswith(self.base):
            return Sent(404)
        if below == "/matches/byBinding":
            return self._by_binding(seen)
        if below == "/matches/byContent" and seen.method == "POST":
            return self._matches(self.by_content)
        if below.startswith("/manifests/") and seen.method == "GET":
            store = self.manifests.get(unquote(below.removeprefix("/manifests/")))
            return Sent(404) if store is None else Sent(200, store, "application/c2pa")
        if below == "/services/supportedAlgorithms":
            return as_json({"watermarks": [{"alg": "foo.bar.watermark.1"}], "fingerprints": []})
        if below == "/services/capabilities" and self.version == "2.4.0":
            return as_json({
                "c2paSpecificationVersion": self.version,
                "supportedCapabilities": self.capabilities,
            })  # fmt: skip
        return as_json({"detail": "Not Found"}, 404)

    def _well_known(self) -> Sent:
        if self.version != "2.4.0":
            return Sent(404, b"<html>not here</html>", "text/html")
        return as_json({
            "apiEndpoint": self.api,
            "c2paSpecificationVersion": self.version,
            "capabilitiesEndpoint": f"{self.api}/services/capabilities",
        })  # fmt: skip

    def _by_binding(self, seen: Seen) -> Sent:
        asked = (
            json.loads(seen.body)
            if seen.method == "POST"
            else {name: seen.query[name][0] for name in ("alg", "value")}
        )
        value = base64.b64decode(asked["value"], validate=True)
        return self._matches(self.bindings.get((asked["alg"], value), []))

    def _matches(self, ids: list[str]) -> Sent:
        return as_json({"matches": [{"manifestId": one, "similarityScore": 100} for one in ids]})
