"""An address is one of the table, as it is written there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indelible.gateway.errors import GatewayError
from indelible.gateway.routes import ROUTES, find, query_of

PAGE = Path(__file__).parents[2] / "docs" / "gateway.md"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/v1/images/generations", "generations"),
        ("POST", "/openai/deployments/gpt-image-1/images/edits", "edits"),
        ("GET", "/v1/images/img_1/content", "content"),
        ("GET", "/v1/models/black-forest-labs/FLUX.1-dev", "models"),
        ("GET", "/v1/models/black-forest-labs%2FFLUX.1-dev", "models"),
        ("GET", "/health", "health"),
    ],
)
def test_known(method: str, path: str, kind: str) -> None:
    found = find(method, path)
    assert found.route.kind == kind
    assert found.path == path


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "//v1/models", "/v1/models/", "/v1/models/..", "/v1/models/a/../b", "/V1/models",
        "/v1/models/%2e%2e", "/v1/images/a/b/content", "/v1/images/%61/content", "/v1/models\n",
        "/v1/models/a%2F..", "/v1/images/\u0661/content", "http://x/v1/models",
    ],
)  # fmt: skip
def test_unknown(path: str) -> None:
    with pytest.raises(GatewayError) as caught:
        find("GET", path)
    assert caught.value.status == 404


def test_methods() -> None:
    with pytest.raises(GatewayError) as caught:
        find("GET", "/v1/images/edits")
    assert caught.value.status == 405


def test_queries() -> None:
    content = find("GET", "/v1/images/a/content").route
    assert query_of(content, "") == ""
    assert query_of(content, "variant=1") == "variant=1"
    for query in ("a=b", "variant=1&variant=2", "variant=%31", "variant", "variant=", "&"):
        with pytest.raises(GatewayError):
            query_of(content, query)
    azure = find("POST", "/openai/deployments/m/images/generations").route
    assert query_of(azure, "api-version=2025-04-01-preview")


def test_the_page_has_all_of_them() -> None:
    page = set(re.findall(r"`((?:GET|POST) /[^`]*)`", PAGE.read_text("utf-8")))
    assert page == {f"{one.method} {one.name}" for one in ROUTES}
