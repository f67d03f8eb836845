"""What goes wrong is said in one form, in the codes of C2PA's document, and without the inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indelible.errors import RegistryUnavailableError
from tests.service.asking import STORES, Service, service_at

C2PA = {"Content-Type": "application/c2pa"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/matches/byBinding", None, 400),
        ("GET", "/v1/matches/byBinding?alg=a&value=%00", None, 400),
        ("GET", "/v1/matches/byBinding?alg=a&value=A", None, 400),
        ("GET", "/v1/matches/byBinding?alg=&value=AAAA", None, 400),
        ("GET", "/v1/matches/byBinding?alg=%2A&value=AAAA", None, 400),
        ("GET", "/v1/matches/byBinding?alg=a&value=AAAA&maxResults=0", None, 400),
        ("GET", "/v1/matches/byBinding?alg=a&value=AAAA&maxResults=x", None, 400),
        ("GET", "/v1/matches/byBinding?alg=a&value=" + "A" * 5000, None, 414),
        ("GET", "/v1/matches/byBinding?alg=" + "a" * 5000 + "&value=AAAA", None, 400),
        ("POST", "/v1/matches/byBinding", b"", 400),
        ("POST", "/v1/matches/byBinding", b"[" * 60_000, 400),
        ("POST", "/v1/matches/byBinding", b'{"alg": "a", "alg": "b", "value": "AAAA"}', 400),
        ("POST", "/v1/matches/byBinding", b'{"alg": "a", "value": NaN}', 400),
        ("POST", "/v1/matches/byBinding", b'{"alg": 1, "value": "AAAA"}', 400),
        ("POST", "/v1/matches/byBinding", b'{"alg": "a", "value": "' + b"A" * 70_000, 413),
        ("POST", "/v1/bindings", b'{"bindingValue": "AAAA", "manifestId": "\\ud800"}', 400),
        ("POST", "/v1/bindings", b'{"bindingValue": "AAAA", "manifestId": ""}', 400),
        ("GET", "/v1/manifests/", None, 400),
        ("GET", "/v1/manifests/" + "x" * 60_000, None, 400),
        ("GET", "/v1/manifests/%00", None, 400),
        ("GET", "/v1/manifests/../../etc/passwd", None, 404),
        ("GET", "/v1/manifests/..%2F..%2F..%2Fetc%2Fpasswd", None, 404),
        ("GET", "/v1/manifests/x?returnActiveManifest=maybe", None, 400),
        ("GET", "/v2/manifests/x", None, 404),
        ("POST", "/v1/matches/byReference", b"{}", 404),
        ("PATCH", "/v1/manifests/x", None, 405),
        ("GET", "/v1/bindings", None, 405),
        ("POST", "/v1/manifests", b"no store", 400),
        ("POST", "/v1/manifests", b"", 400),
    ],
)  # fmt: skip
def test_a_wrong_request_ends_in_a_problem(
    production: Service, method: str, path: str, body: bytes | None, status: int
) -> None:
    client = production.client(*STORES)
    headers = C2PA if path == "/v1/manifests" else {"Content-Type": "application/json"}
    answer = client.request(method, path, content=body, headers=headers if body is not None else {})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert all(problem[name] for name in ("title", "detail", "code"))
    assert len(answer.content) < 1000  # nothing long of the request comes back
    if status == 405:
        allowed = {"/v1/manifests/x": "DELETE, GET, HEAD", "/v1/bindings": "POST, PUT"}
        assert answer.headers["allow"] == allowed[path]


def test_bodies_are_bounded(production: Service) -> None:
    client = production.client(*STORES)
    answer = client.post("/v1/manifests", content=bytes(64 << 20), headers=C2PA)
    assert answer.status_code == 413
    squeezed = {**C2PA, "Content-Encoding": "gzip"}
    assert client.post("/v1/manifests", content=b"x", headers=squeezed).status_code == 415


def test_a_body_of_another_type(production: Service) -> None:
    client = production.client(*STORES)
    assert client.post("/v1/manifests", content=b"x").status_code == 400
    text = {"Content-Type": "text/plain"}
    assert client.post("/v1/matches/byBinding", content=b"{}", headers=text).status_code == 400
    assert client.post("/v1/matches/byContent", content=b"x", headers=text).status_code == 415


def test_the_inside_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service = service_at(tmp_path, public_manifests=True)
    client = service.client()

    def fails(error: Exception) -> Any:
        def get(*_: object) -> None:
            raise error

        return get

    secret = RegistryUnavailableError("postgresql://user:secret@10.0.0.1 is down", hint="secret")
    monkeypatch.setattr(type(service.registry), "get", fails(secret))
    answer = client.get("/v1/manifests/x")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "secret" not in answer.text
    monkeypatch.setattr(type(service.registry), "get", fails(KeyError("secret")))
    answer = client.get("/v1/manifests/x")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
