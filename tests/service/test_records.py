"""Whole records over HTTP, as a generator's workers register them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from indelible.registry import Record, StoredFingerprint
from indelible.registry.private import SealedRecord
from indelible.registry.wire import (
    ids_from_json,
    record_from_json,
    record_to_json,
    records_from_json,
)
from tests.service.asking import STORES, Service

PRIVATE = SealedRecord(b"sealed", (b"t" * 16,))
QUERY = {"alg": "org.indelible.dft.2", "value": "AAECAwQFBgc="}


@pytest.fixture
def record(new_store: Callable[[], tuple[str, bytes]]) -> Record:
    manifest_id, store = new_store()
    looks = StoredFingerprint(bytes(32), 90)
    return Record(manifest_id, QUERY["alg"], bytes(range(8)), store, "image/png", fingerprint=looks)


def put(client: Any, record: Record, private: SealedRecord | None = None) -> int:
    body = record_to_json(record, private)
    status: int = client.put(f"/v1/records/{record.manifest_id}", content=body).status_code
    return status


def test_a_record_goes_in_and_comes_out(production: Service, record: Record) -> None:
    client = production.client("store:manifests", "fetch:records")
    assert put(client, record, PRIVATE) == 204
    assert put(client, record, PRIVATE) == 204  # the very same
    path = f"/v1/records/{record.manifest_id.replace(':', '%3A')}"
    ours = replace(record, owner="acme")  # whatever the body said
    body = client.get(path).content
    assert record_from_json(body) == (ours, None)
    assert b"sealed" not in body
    assert records_from_json(client.get("/v1/records", params=QUERY).content) == [ours]
    found = client.get("/v1/records", params={**QUERY, "ids": "true"}).content
    assert ids_from_json(found) == [record.manifest_id]
    assert production.registry.sealed_records([record.manifest_id]) == {
        record.manifest_id: b"sealed"
    }
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert client.get(path).status_code == 404
    assert records_from_json(client.get("/v1/records", params=QUERY).content) == []
    actions = [(entry.actor, entry.action) for entry in production.registry.audit.entries()]
    assert ("acme", "withdraw") in actions


def test_an_id_that_is_taken(
    production: Service, record: Record, new_store: Callable[[], tuple[str, bytes]]
) -> None:
    client = production.client("store:manifests")
    other = production.client("store:manifests", owner="mallory")
    assert put(client, record) == 204
    assert put(other, record) == 409  # the same bytes, and another owner
    manifest_id, store = new_store()
    second = replace(record, manifest_id=manifest_id, manifest_store=store, store_sha256="")
    assert put(client, second) == 409  # the same watermark


def test_what_is_no_record_of_this_manifest(
    production: Service, record: Record, new_store: Callable[[], tuple[str, bytes]]
) -> None:
    client = production.client("store:manifests")
    other = new_store()[1]
    assert put(client, replace(record, manifest_store=other, store_sha256="")) == 400
    assert put(client, replace(record, manifest_store=b"none", store_sha256="")) == 400
    assert put(client, replace(record, status="withdrawn")) == 400
    assert put(client, replace(record, algorithm="*")) == 400
    path = "/v1/records/urn:c2pa:another"
    assert client.put(path, content=record_to_json(record)).status_code == 400
    for body in (b"", b"{}", b"[" * 1000, record_to_json(record)[:-1]):
        assert client.put(f"/v1/records/{record.manifest_id}", content=body).status_code == 400
    assert production.registry.count() == 0


def test_what_has_become_of_a_record_is_told_to_its_readers_alone(
    production: Service, record: Record
) -> None:
    client = production.client(*STORES, "fetch:records")
    assert put(client, record) == 204
    production.registry.set_status(record.manifest_id, "withdrawn", reason="a faulty model")
    read, _ = record_from_json(client.get(f"/v1/records/{record.manifest_id}").content)
    assert (read.status, read.status_reason) == ("withdrawn", "a faulty model")
    answer = client.get(f"/v1/manifests/{record.manifest_id}")
    assert answer.status_code == 404
    assert "withdrawn" in answer.json()["detail"]
    assert "faulty" not in answer.text
    found = client.get("/v1/matches/byBinding", params=QUERY)
    assert found.json() == {"matches": []}
