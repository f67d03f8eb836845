"""What the public conformance suite of C2PA's API asks of a server, in words of our own.

Each of its 17 checks stands here once (softbinding-api-conformance 1.0.0, MIT, Cognitive Proof),
for a sandbox as it is, for a service that only reads, and for one that takes real manifest stores.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from tests.service.asking import STORES, Service, service_at

VERSION = re.compile(r"\d+\.\d+\.\d+")
C2PA = {"Content-Type": "application/c2pa"}
UNKNOWN = "urn:c2pa:conformance-does-not-exist"
Store = Callable[[], bytes]


@pytest.fixture(params=["sandbox", "production", "read-only"])
def shape(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def service(shape: str, tmp_path: Path) -> Service:
    if shape == "read-only":
        return service_at(tmp_path, writable=False, public_manifests=True)
    return service_at(tmp_path, sandbox=shape == "sandbox")


@pytest.fixture
def client(service: Service, shape: str) -> TestClient:
    return service.client() if shape == "read-only" else service.client(*STORES)


@pytest.fixture
def writable(shape: str) -> None:
    if shape == "read-only":
        pytest.skip("as the suite does where a service announces that it stores nothing")


@pytest.fixture
def store(shape: str, new_store: Callable[[], tuple[str, bytes]]) -> Store:
    """What is stored: text for a sandbox, as the suite sends it, else a signed manifest store."""
    if shape == "sandbox":
        return lambda: b"marker %d" % time.time_ns()
    return lambda: new_store()[1]


@pytest.fixture
def binding(shape: str) -> dict[str, str]:
    """A binding's value, and its algorithm, which the suite leaves out."""
    value = f"conformance-binding-{time.time_ns()}"
    if shape == "sandbox":
        return {"bindingValue": value}
    return {"bindingValue": base64.b64encode(value.encode()).decode(), "alg": "org.example.mark.1"}


def stored(client: TestClient, data: bytes) -> str:
    answer = client.post("/v1/manifests", content=data, headers=C2PA)
    assert answer.status_code == 200
    manifest_id = answer.json()["manifestId"]
    assert isinstance(manifest_id, str)
    assert manifest_id
    return manifest_id


@pytest.mark.usefixtures("writable")
class TestAuthorization:
    def test_storing_without_a_token(self, service: Service) -> None:
        answer = service.client().post("/v1/manifests", content=b"x", headers=C2PA)
        assert answer.status_code == 401

    def test_storing_with_a_wrong_token(self, service: Service) -> None:
        headers = C2PA | {"Authorization": "Bearer not-a-real-token"}
        assert (
            service.client().post("/v1/manifests", content=b"x", headers=headers).status_code == 401
        )

    def test_erasing_without_a_token(self, service: Service) -> None:
        assert service.client().delete(f"/v1/manifests/{UNKNOWN}").status_code == 401


def test_reading_without_a_token(service: Service) -> None:
    assert service.client().get(f"/v1/manifests/{UNKNOWN}").status_code in (200, 401, 403, 404)


@pytest.mark.usefixtures("writable")
class TestBindings:
    def test_a_binding_is_found_and_moved(
        self, client: TestClient, store: Store, binding: dict[str, str]
    ) -> None:
        first, second = stored(client, store()), stored(client, store())
        assert client.post("/v1/bindings", json={**binding, "manifestId": first}).status_code == 204
        query = {"value": binding["bindingValue"], "alg": binding.get("alg", "conformance-test")}
        found = client.get("/v1/matches/byBinding", params=query)
        assert found.status_code == 200
        assert first in [match["manifestId"] for match in found.json()["matches"]]
        assert client.put("/v1/bindings", json={**binding, "manifestId": second}).status_code == 204
        found = client.get("/v1/matches/byBinding", params=query)
        assert [match["manifestId"] for match in found.json()["matches"]] == [second]

    def test_an_unknown_manifest(self, client: TestClient, binding: dict[str, str]) -> None:
        answer = client.post("/v1/bindings", json={**binding, "manifestId": UNKNOWN})
        assert answer.status_code == 404

    def test_an_unknown_manifest_comes_before_a_missing_algorithm(self, client: TestClient) -> None:
        answer = client.post("/v1/bindings", json={"bindingValue": "AAAA", "manifestId": UNKNOWN})
        assert answer.status_code == 404


class TestDiscovery:
    def test_capabilities(self, client: TestClient, shape: str) -> None:
        answer = client.get("/v1/services/capabilities")
        assert answer.status_code == 200
        assert VERSION.fullmatch(answer.json()["c2paSpecificationVersion"])
        stores = {"storeManifests", "storeBindings"}
        told = set(answer.json()["supportedCapabilities"])
        assert told == {"queryByContent"} | (set() if shape == "read-only" else stores)

    def test_status(self, client: TestClient) -> None:
        answer = client.get("/v1/services/status")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")

    def test_algorithms(self, client: TestClient) -> None:
        answer = client.get("/v1/services/supportedAlgorithms")
        assert answer.status_code == 200
        assert isinstance(answer.json()["watermarks"], list)
        assert isinstance(answer.json()["fingerprints"], list)

    def test_the_well_known_address(self, client: TestClient) -> None:
        answer = client.get("/.well-known/c2pa-soft-binding-resolution")
        assert answer.status_code == 200
        assert answer.json()["apiEndpoint"] == "http://testserver/v1"

    def test_algorithms_have_names(self, client: TestClient) -> None:
        told = client.get("/v1/services/supportedAlgorithms").json()
        assert all(one["alg"] for one in told["watermarks"] + told["fingerprints"])

    def test_both_name_one_version(self, client: TestClient) -> None:
        one = client.get("/v1/services/capabilities").json()
        other = client.get("/.well-known/c2pa-soft-binding-resolution").json()
        assert one["c2paSpecificationVersion"] == other["c2paSpecificationVersion"]


def test_an_unknown_id(client: TestClient) -> None:
    assert client.get(f"/v1/manifests/{UNKNOWN}").status_code == 404


@pytest.mark.usefixtures("writable")
class TestManifests:
    def test_storing(self, client: TestClient, store: Store) -> None:
        stored(client, store())

    def test_the_same_bytes_come_back(self, client: TestClient, store: Store) -> None:
        data = store()
        manifest_id = stored(client, data)
        for address in (manifest_id, quote(manifest_id, safe="")):
            answer = client.get(f"/v1/manifests/{address}")
            assert (answer.status_code, answer.content) == (200, data)
            assert answer.headers["content-type"] == "application/c2pa"

    def test_erasing(self, client: TestClient, store: Store) -> None:
        manifest_id = stored(client, store())
        assert client.delete(f"/v1/manifests/{quote(manifest_id, safe='')}").status_code == 204
        assert client.get(f"/v1/manifests/{quote(manifest_id, safe='')}").status_code == 404

    def test_a_receipt(self, client: TestClient, store: Store) -> None:
        answer = client.post("/v1/manifests?returnReceipt=true", content=store(), headers=C2PA)
        manifest_id, receipt = answer.json()["manifestId"], answer.json()["receipt"]
        assert receipt["@type"] == "org.c2pa.manifest-receipt"
        address = f"/v1/manifests/{quote(manifest_id, safe='')}/receipts"
        read = client.get(address)
        assert read.json()["repository"]["manifestId"] == manifest_id
        checked = client.post(address, json=receipt)
        assert (checked.status_code, checked.json()["verified"]) == (200, True)
