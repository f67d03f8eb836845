"""Whether the service lives, is ready, and how it does."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indelible import Verifier
from indelible.choices import Scope
from indelible.errors import RegistryUnavailableError
from indelible.registry import Registry, open_registry, sqlite_url
from indelible.service import Parts, create_app
from indelible.service.probing import RegistryProbe
from tests.service.asking import service_at

LOCAL = ("127.0.0.1", 50_000)


class Broken:
    """A registry that fails, or hangs."""

    def __init__(self, registry: Registry, seconds: float = 0.0) -> None:
        self._registry = registry
        self._seconds = seconds
        self.asked = 0

    def has(self, algorithm: str, payload: bytes) -> bool:
        self.asked += 1
        time.sleep(self._seconds)
        raise RegistryUnavailableError("it is gone")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def client(registry: Any = None, address: tuple[str, int] = LOCAL) -> TestClient:
    app = create_app(Parts(Verifier(keys=(), registry=None, trust=None), registry))
    return TestClient(app, client=address)


def test_it_lives_and_is_ready() -> None:
    assert client().get("/livez").text == "ok"
    answer = client().get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_it_is_not_ready_without_its_registry_and_says_so_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(sqlite_url(tmp_path / "r.sqlite3"))
    answer = client(Broken(registry)).get("/readyz")
    assert (answer.status_code, answer.json()["registry"]) == (503, False)
    monkeypatch.setattr("indelible.service.probing._PROBE_SECONDS", 0.1)
    hanging = Broken(registry, seconds=1.0)
    began = time.monotonic()
    with client(hanging) as asking:
        for _ in range(3):
            assert asking.get("/readyz").status_code == 503
            assert asking.get("/livez").status_code == 200
        assert time.monotonic() - began < 1.0
    assert hanging.asked == 1


def test_metrics_are_for_this_machine_and_for_tokens(tmp_path: Path) -> None:
    assert client().get("/metrics").status_code == 200
    assert client(address=("192.0.2.1", 1)).get("/metrics").status_code == 401
    proxied = client().get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
    assert proxied.status_code == 401
    service = service_at(tmp_path)
    scopes: tuple[tuple[Scope, int], ...] = (("metrics", 200), ("verify", 403))
    for scope, status in scopes:
        headers = service.headers(scope)
        assert TestClient(service.app).get("/metrics", headers=headers).status_code == status


def test_metrics_count_requests_by_their_templates() -> None:
    asking = client()
    for path in ("/livez", "/livez", "/nothing/here", "/nothing/there"):
        asking.get(path)
    text = asking.get("/metrics").text
    assert 'indelible_requests_total{method="GET",route="/livez",status="200"} 2.0' in text
    assert 'route="unknown",status="404"} 2.0' in text
    assert "nothing" not in text
    assert "indelible_workers_up 1.0" in text


def test_no_registry_is_always_there() -> None:
    assert asyncio.run(RegistryProbe(None).is_there())
