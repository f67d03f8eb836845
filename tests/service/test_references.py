"""Queries by reference: where they exist at all, and what is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indelible import imaging
from indelible.errors import NetworkError
from indelible.network import Fetcher
from tests.service.asking import Service, service_at

URL = "https://pictures.example/a.png"
PNG = imaging.encode(np.zeros((8, 8, 3), np.uint8), "png")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return service_at(tmp_path, reference_hosts=("pictures.example",))


def ask(service: Service, **body: Any) -> Any:
    return service.client("fetch:manifests").post("/v1/matches/byReference", json=body)


def test_it_is_not_there_unless_hosts_are_listed(production: Service) -> None:
    assert ask(production, referenceUrl=URL, assetLength=10).status_code == 404
    told = production.client().get("/v1/services/capabilities").json()
    assert "queryByReference" not in told["supportedCapabilities"]


def test_it_is_announced_where_it_is(service: Service) -> None:
    told = service.client().get("/v1/services/capabilities").json()
    assert "queryByReference" in told["supportedCapabilities"]


def test_a_picture_is_fetched_within_its_announced_length(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def get(self: Fetcher, url: str, *, accept: str = "*/*") -> bytes:
        asked.append((url, self.max_bytes))
        return PNG

    monkeypatch.setattr(Fetcher, "get", get)
    answer = ask(service, referenceUrl=URL, assetLength=len(PNG), assetType="image/png")
    assert (answer.status_code, answer.json()) == (200, {"matches": []})
    assert asked == [(URL, len(PNG))]
    ask(service, referenceUrl=URL, assetLength=10**12)
    assert asked[-1] == (URL, 32 << 20)
    wrong = ask(service, referenceUrl=URL, assetLength=len(PNG), assetType="image/jpeg")
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example/a.png",
        "https://localhost/a.png",
        "https://127.0.0.1/a.png",
        "https://pictures.example.evil.example/a.png",
        "https://pictures.example@evil.example/a.png",
        "https://pictures.example:8443/a.png",
        "file:///etc/passwd",
        "https://" + "x" * 3000,
    ],
)
def test_other_places_are_not_asked(service: Service, url: str) -> None:
    answer = ask(service, referenceUrl=url, assetLength=10)
    assert answer.status_code == 400


def test_why_it_failed_is_for_the_operator(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(self: Fetcher, url: str, *, accept: str = "*/*") -> bytes:
        raise NetworkError("the host lies at 10.0.0.1")

    monkeypatch.setattr(Fetcher, "get", get)
    answer = ask(service, referenceUrl=URL, assetLength=10)
    assert answer.status_code == 400
    assert "10.0" not in answer.text
    regions = ask(service, referenceUrl=URL, assetLength=10, region=[{"type": "spatial"}])
    assert regions.status_code == 400
