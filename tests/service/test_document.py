"""Our OpenAPI document against itself, and against C2PA's.

`PUBLIC` holds facts of C2PA's document, version 2.4.0, in words of our own: paths, parameters,
statuses and scopes. C2PA publishes that document under CC BY 4.0; where a copy of an earlier one
lies beside this repository, it is compared, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from tests.service.asking import STORES, Service, service_at

SHARED: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "sbr"
QUERY: Final = ("fetch:manifests",)
# Method and path: parameters in the query, those that have to be given marked; the status of
# success; the other statuses; the scopes, of which there are none where anybody may ask.
PUBLIC: Final[dict[str, tuple[set[str], int, set[int], tuple[str, ...]]]] = {
    "GET /matches/byBinding": ({"value!", "alg!", "maxResults"}, 200, {400, 403, 414, 500}, QUERY),
    "POST /matches/byBinding": ({"maxResults"}, 200, {400, 403, 500}, QUERY),
    "POST /matches/byContent": (
        {"alg", "maxResults", "hintAlg", "hintValue"}, 200, {400, 403, 415, 500}, QUERY,
    ),
    "POST /matches/byReference": ({"alg", "maxResults"}, 200, {400, 403, 500}, QUERY),
    "GET /manifests/{}": ({"returnActiveManifest"}, 200, {400, 403, 404, 500}, QUERY),
    "POST /manifests": ({"returnReceipt"}, 200, {400, 403, 500}, ("store:manifests",)),
    "DELETE /manifests/{}": (set(), 204, {400, 403, 404, 500}, ("store:manifests",)),
    "POST /bindings": (set(), 204, {400, 403, 404, 500}, ("store:bindings",)),
    "PUT /bindings": (set(), 204, {400, 403, 404, 500}, ("store:bindings",)),
    "GET /manifests/{}/receipts": (set(), 200, {400, 404, 500}, QUERY),
    "POST /manifests/{}/receipts": (set(), 200, {400, 404, 500}, QUERY),
    "GET /services/supportedAlgorithms": (set(), 200, {400, 500}, ()),
    "GET /services/status": (set(), 200, {500}, ()),
    "GET /services/capabilities": (set(), 200, {500}, ()),
    "GET /.well-known/c2pa-soft-binding-resolution": (set(), 200, {500}, ()),
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("service")
    return service_at(folder, sandbox=True, reference_hosts=("pictures.example",))


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    answer: dict[str, Any] = service.client().get("/openapi.json").json()
    return answer


def operation(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an operation of ours by its name in `PUBLIC`."""
    method, path = name.split()
    place = path if path.startswith("/.well-known") else f"/v1{path}"
    known = {re.sub(r"\{\w+\}", "{}", one): one for one in document["paths"]}
    found: dict[str, Any] = document["paths"][known[place]][method.lower()]
    return found


def test_it_is_an_openapi_document(document: dict[str, Any]) -> None:
    validate(document)


def test_it_says_which_version_of_the_api_it_is(document: dict[str, Any]) -> None:
    assert document["info"]["version"] == "2.4.0"


@pytest.mark.parametrize("name", PUBLIC)
def test_it_has_what_the_public_document_has(document: dict[str, Any], name: str) -> None:
    parameters, success, failures, scopes = PUBLIC[name]
    ours = operation(document, name)
    given = {
        one["name"] + ("!" if one.get("required") else "")
        for one in ours.get("parameters", [])
        if one["in"] == "query"
    }
    assert given == parameters
    statuses = {int(status) for status in ours["responses"]}
    assert {success} | failures <= statuses
    assert 422 not in statuses
    assert ours["security"] == ([{"auth": list(scopes)}] if scopes else [{}])


def test_it_has_nothing_that_is_not_there(tmp_path: Path) -> None:
    document = service_at(tmp_path).client().get("/openapi.json").json()
    assert "/v1/matches/byReference" not in document["paths"]


def test_strangers_are_named_where_they_are_let_in(tmp_path: Path) -> None:
    document = service_at(tmp_path, public_manifests=True).client().get("/openapi.json").json()
    for name, (_, _, _, scopes) in PUBLIC.items():
        if "byReference" not in name:
            opened = operation(document, name)["security"]
            assert ({} in opened) == (scopes in ((), QUERY))


def test_problems_are_described(document: dict[str, Any]) -> None:
    for known in document["paths"].values():
        for ours in known.values():
            for status, answer in ours["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]


# --- C2PA's own documents, where they are --------------------------------------------------------


def public_document() -> dict[str, Any]:
    file = SHARED / "soft-binding-resolution-1.0.0.openapi.json"
    if not file.exists():
        pytest.skip("there is no copy of C2PA's document beside this repository")
    read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    # A mistake of the document: no list of algorithms would have this form.
    watermarks = read["components"]["schemas"]["c2pa.softBindingAlgList"]["properties"][
        "watermarks"
    ]
    del watermarks["items"]["oneOf"]
    return read


def test_a_client_of_the_first_version_finds_everything(document: dict[str, Any]) -> None:
    public = public_document()
    for path, methods in public["paths"].items():
        for method, theirs in methods.items():
            ours = operation(document, f"{method.upper()} {re.sub(r'{.*?}', '{}', path)}")
            names = {one["name"] for one in theirs.get("parameters", []) if one["in"] == "query"}
            assert names <= {one["name"] for one in ours.get("parameters", [])}
            assert set(theirs["responses"]) <= set(ours["responses"])
            if "image/*" in theirs.get("requestBody", {}).get("content", {}):
                assert "image/*" in ours["requestBody"]["content"]


def test_answers_have_the_forms_of_the_first_version(service: Service) -> None:
    schemas = public_document()["components"]["schemas"]
    client = service.client(*STORES)
    for path, name in {
        "/v1/matches/byBinding?alg=a&value=AAAA": "c2pa.softBindingQueryResult",
        "/v1/services/supportedAlgorithms": "c2pa.softBindingAlgList",
    }.items():
        Draft202012Validator(schemas[name]).validate(client.get(path).json())
