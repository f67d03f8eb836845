"""HEAD, and pages of other origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.asking import service_at

ORIGIN = {"Origin": "https://page.example"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "POST"}


def test_head_is_get_without_a_body(tmp_path: Path) -> None:
    client = service_at(tmp_path, public_manifests=True).client()
    for path in ("/v1/services/status", "/v1/manifests/x", "/livez"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
    assert client.head("/v1/bindings").status_code == 405


@pytest.mark.parametrize(
    ("path", "opened", "closed"),
    [
        ("/v1/services/status", True, True),
        ("/.well-known/c2pa-soft-binding-resolution", True, True),
        ("/v1/matches/byBinding", True, False),
        ("/v1/manifests/x", True, False),
        ("/v1/manifests", False, False),
        ("/v1/bindings", False, False),
        ("/v1/records/x", False, False),
    ],
)
def test_pages_of_others_ask_what_strangers_may(
    tmp_path: Path, path: str, opened: bool, closed: bool
) -> None:
    for public, allowed in ((True, opened), (False, closed)):
        service = service_at(tmp_path, public_manifests=public)
        answer = service.client().get(path, headers=ORIGIN)
        assert (answer.headers.get("access-control-allow-origin") == "*") == allowed
        preflight = service.client().options(path, headers=PREFLIGHT)
        assert (preflight.status_code == 200) == allowed
        assert "access-control-allow-credentials" not in preflight.headers
        token = {**PREFLIGHT, "Access-Control-Request-Headers": "authorization"}
        assert service.client().options(path, headers=token).status_code != 200
