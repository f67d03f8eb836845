"""The service within a test's process, and those who ask it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from indelible import Verifier
from indelible.choices import Scope
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.registry.private import TokenStore, open_tokens
from indelible.service import Parts, create_app
from indelible.settings import ServiceSettings
from indelible.watermark import Key

PATIENT = ServiceSettings(public_quota="100000/second", token_quota="100000/second")
STORES: tuple[Scope, ...] = ("fetch:manifests", "store:manifests", "store:bindings")


@dataclass
class Service:
    """A service over a registry of its own."""

    app: FastAPI
    registry: SqlRegistry
    tokens: TokenStore

    def headers(self, *scopes: Scope, owner: str = "acme") -> dict[str, str]:
        """Return the header with a token that allows something."""
        _, secret = self.tokens.new(owner, scopes)
        return {"Authorization": f"Bearer {secret.reveal().decode()}"}

    def client(self, *scopes: Scope, owner: str = "acme") -> TestClient:
        """Return a client with such a token; without scopes, one that has none."""
        headers = self.headers(*scopes, owner=owner) if scopes else {}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)


def service_at(
    folder: Path,
    *,
    sandbox: bool = False,
    keys: Key | Iterable[Key] = (),
    url: str | None = None,
    writable: bool = True,
    **settings: Any,
) -> Service:
    """Make a service, over a registry in a folder where no URL is given."""
    url = sqlite_url(folder / "registry.sqlite3") if url is None else url
    registry, tokens = open_registry(url), open_tokens(url)
    ring = keys if isinstance(keys, Key) else tuple(keys)
    parts = Parts(
        Verifier(keys=ring, registry=registry, trust=None),
        registry,
        replace(PATIENT, **settings),
        tokens=tokens if writable else None,
        sandbox=sandbox,
    )
    return Service(create_app(parts), registry, tokens)
