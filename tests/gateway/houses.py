"""A generator behind a gateway: its upstream, what it protects with, and a client of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from indelible import Protector, Verdict, Verifier
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.registry.private import RecordKeys
from indelible.watermark import Key
from tests.gateway.canaries import leaks
from tests.gateway.upstream import Upstream

__all__ = ["Gateway", "House", "made_house"]


@dataclass(frozen=True)
class House:
    """What a generator holds."""

    protector: Protector
    verifier: Verifier
    registry: SqlRegistry
    key: Key
    identity: DevelopmentIdentity
    trust: Trust
    record_keys: RecordKeys

    def verdict(self, data: bytes) -> Verdict:
        return self.verifier.verify(data).verdict


def made_house(identity: DevelopmentIdentity, trust: Trust, folder: Path, **parts: Any) -> House:
    """Return a house with a registry of its own."""
    key = Key.from_bytes(bytes(range(32)))  # the same pattern in every run
    registry = open_registry(sqlite_url(folder / "registry.sqlite3"))
    record_keys = RecordKeys.generate()
    given: dict[str, Any] = {
        "signer": identity.signer,
        "key": key,
        "registry": registry,
        "generator": "Acme Images",
        "trust": trust,
        "record_keys": record_keys,
    }
    protector = Protector(**given | parts)
    verifier = Verifier(keys=key, registry=registry, trust=trust)
    return House(protector, verifier, registry, key, identity, trust, record_keys)


@dataclass(frozen=True)
class Gateway:
    """A gateway, its client and its upstream."""

    app: Any
    client: TestClient
    upstream: Upstream
    house: House

    def leaks(self, answer: httpx2.Response) -> list[str]:
        """Name every unmarked picture in an answer."""
        told = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
        return leaks(self.upstream.canaries, self.house.key, answer.content, told)
