"""``POST /v1/verify/url``: only what the operator lists, only for the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indelible import Verifier
from indelible.errors import NetworkError
from indelible.network import Fetcher
from indelible.service import Parts, create_app
from indelible.settings import ServiceSettings
from indelible.settings.values import HostNames

URL = "https://pictures.example.org/a.png"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, photograph_path: dict[str, Path]) -> list[str]:
    """Stand for the network: one picture; what was asked for."""
    asked: list[str] = []

    def get(fetcher: Fetcher, url: str, **_: Any) -> bytes:
        asked.append(url)
        assert fetcher.hosts == ("pictures.example.org",)
        assert not fetcher.allow_private
        if url != URL:
            raise NetworkError("the host lies on a private network (10.0.0.7)")
        return photograph_path["chelsea"].read_bytes()

    monkeypatch.setattr(Fetcher, "get", get)
    return asked


def client(*hosts: str, **settings: Any) -> TestClient:
    given = ServiceSettings(url_hosts=HostNames(hosts), **settings)
    verifier = Verifier(keys=(), registry=None, trust=None)
    return TestClient(create_app(Parts(verifier, None, given)))


def test_a_picture_is_fetched_and_verified(fetched: list[str]) -> None:
    answer = client("pictures.example.org").post("/v1/verify/url?language=de", json={"url": URL})
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "unchecked"
    assert answer.json()["language"] == "de"
    assert fetched == [URL]


def test_the_answer_is_in_the_browsers_language(fetched: list[str]) -> None:
    browser = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    answer = client("pictures.example.org").post(
        "/v1/verify/url", json={"url": URL}, headers=browser
    )
    assert answer.json()["language"] == "de"


def test_what_went_wrong_over_there_is_not_told(fetched: list[str]) -> None:
    answer = client("pictures.example.org").post("/v1/verify/url", json={"url": "http://x/"})
    assert (answer.status_code, answer.json()["code"]) == (502, "not_fetched")
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"url": 1}', b"[" * 5000, b"x" * 10_000])
def test_other_bodies_are_refused(fetched: list[str], body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client("pictures.example.org").post("/v1/verify/url", content=body, headers=headers)
    assert answer.status_code in (400, 413)
    assert fetched == []


def test_who_may_not_ask(fetched: list[str]) -> None:
    asked = client("pictures.example.org")
    form = {"Content-Type": "text/plain"}
    assert asked.post("/v1/verify/url", content=b"{}", headers=form).status_code == 415
    other = {"Sec-Fetch-Site": "cross-site"}
    assert asked.post("/v1/verify/url", json={"url": URL}, headers=other).status_code == 403
    assert client().post("/v1/verify/url", json={"url": URL}).status_code == 404
    closed = client("pictures.example.org", public_verify=False)
    assert closed.post("/v1/verify/url", json={"url": URL}).status_code == 401
    assert fetched == []
