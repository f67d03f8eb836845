"""A service with a registry behind it, made by hand, that can fail at every moment."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from indelible.errors import BindingConflictError, NoRecordError, NotOwnerError, RegistryError
from indelible.registry.consent_wire import (
    consent_from_json,
    consent_to_json,
    consents_to_json,
)
from indelible.registry.sql import SqlRegistry
from indelible.registry.wire import (
    ids_to_json,
    record_from_json,
    record_to_json,
    records_to_json,
)

Fault = Callable[[str], Any]
TOKEN = "the-token-of-a-worker"


class RemoteServer:
    """Serves a registry on this machine.

    Attributes
    ----------
    faults : list of (str, int or None)
        What goes wrong with the next requests, in their order: "before" (the connection ends before
        anything was done), "after" (it ends after all was done), or a status; "" for nothing.
    puts : int
        How many registrations arrived.
    """

    def __init__(self, registry: SqlRegistry) -> None:
        self.registry = registry
        self.faults: list[str | int] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.requests.append((self.command, self.path, headers))
                fault = outer.faults.pop(0) if outer.faults else ""
                if fault == "before":
                    self.close_connection = True
                    return
                if isinstance(fault, int):
                    self._send(fault, b"{}", {"Retry-After": "0"})
                    return
                if headers.get("authorization") != f"Bearer {TOKEN}":
                    self._send(401 if "authorization" not in headers else 403, b"")
                    return
                status, answer = outer.answer(self.command, self.path, body)
                if fault == "after":
                    self.close_connection = True
                    return
                self._send(status, answer)

            def do_PUT(self) -> None:
                self.do_GET()

            def do_POST(self) -> None:
                self.do_GET()

            def do_DELETE(self) -> None:
                self.do_GET()

            def _send(
                self, status: int, body: bytes, headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    @property
    def puts(self) -> int:
        return sum(method == "PUT" for method, _, _ in self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        manifest_id = unquote(parts.path.removeprefix("/v1/records/"))
        if parts.path == "/v1/records" and method == "GET":
            return 200, self._find({name: one[0] for name, one in parse_qs(parts.query).items()})
        if parts.path.startswith("/v1/consents/"):
            return self._consents(method, parts.path, body)
        if not parts.path.startswith("/v1/records/"):
            return 404, b""
        if method == "PUT":
            return self._put(manifest_id, body), b""
        if method == "DELETE":
            return (204 if self.registry.withdraw(manifest_id) else 404), b""
        found = self.registry.get(manifest_id)
        return (404, b"") if found is None else (200, record_to_json(found))

    def _find(self, asked: dict[str, str]) -> bytes:
        value = base64.b64decode(asked["value"], validate=True)
        if asked.get("ids") == "true":
            return ids_to_json(self.registry.find_ids(asked["alg"], value, limit=1))
        found = self.registry.find(asked["alg"], value, limit=int(asked["limit"]))
        return records_to_json(found)

    def _consents(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        algorithm, value, *rest = path.removeprefix("/v1/consents/").split("/")
        named = unquote(algorithm), bytes.fromhex(value)
        consents = self.registry.consents
        try:
            if method == "PUT":
                record, account = consent_from_json(body)
                consents.put(record, account=account)
                return 204, b""
            if rest == ["withdrawal"]:
                return 200, consent_to_json(consents.withdraw(*named, **json.loads(body)))
        except BindingConflictError:
            return 409, b""
        except NoRecordError:
            return 404, b""
        except NotOwnerError:
            return 403, b""
        return 200, consents_to_json(consents.find(*named))

    def _put(self, manifest_id: str, body: bytes) -> int:
        try:
            record, private = record_from_json(body)
            if record.manifest_id != manifest_id:
                return 400
            self.registry.put(replace(record, owner="worker"), private=private)
        except BindingConflictError:
            return 409
        except RegistryError:
            return 400
        return 204
