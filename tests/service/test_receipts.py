"""Receipts: what they show, and what they keep to themselves."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from tests.service.asking import STORES, Service

C2PA = {"Content-Type": "application/c2pa"}


def stored(service: Service, content: bytes = b"x") -> tuple[str, dict[str, Any]]:
    client = service.client(*STORES)
    answer = client.post("/v1/manifests?returnReceipt=true", content=content, headers=C2PA).json()
    return answer["manifestId"], answer["receipt"]


def checked(service: Service, manifest_id: str, receipt: dict[str, Any]) -> dict[str, Any]:
    client = service.client("fetch:manifests")
    answer = client.post(f"/v1/manifests/{manifest_id}/receipts", json=receipt)
    assert answer.status_code == 200
    value: dict[str, Any] = answer.json()
    return value


def test_it_has_the_fields_of_the_public_document(sandbox: Service) -> None:
    manifest_id, receipt = stored(sandbox)
    assert set(receipt) == {"@context", "@type", "repository", "anchor"}
    assert set(receipt["repository"]) == {"uri", "manifestId"}
    assert set(receipt["anchor"]) == {"uri", "proof"}
    verified = checked(sandbox, manifest_id, receipt)
    assert verified == {**receipt, "verified": True}


def test_it_says_nothing_of_how_many_there_are(sandbox: Service) -> None:
    """Two receipts differ in hash and time; the entry's hash is of what nobody else knows."""
    (_, one), (second, other) = stored(sandbox), stored(sandbox)
    for receipt in (one, other):
        assert set(receipt["anchor"]["proof"]) == {"type", "hash", "time"}
    entry = sandbox.registry.audit.find("store manifest", second)
    assert entry is not None
    assert entry.number == 2
    assert entry.reason is not None
    assert len(entry.reason) == len("receipt ") + 32  # 128 random bits are hashed, too


def test_what_was_changed_does_not_hold(sandbox: Service) -> None:
    first, receipt = stored(sandbox)
    second, other = stored(sandbox)
    assert not checked(sandbox, second, receipt)["verified"]
    for name, value in {"hash": other["anchor"]["proof"]["hash"], "time": "now", "type": 1}.items():
        proof = {**receipt["anchor"]["proof"], name: value}
        wrong = {**receipt, "anchor": {**receipt["anchor"], "proof": proof}}
        answer = checked(sandbox, first, wrong)
        assert not answer["verified"]
        assert answer["error"]


def test_a_log_that_was_changed_verifies_nothing(sandbox: Service, tmp_path: Path) -> None:
    manifest_id, receipt = stored(sandbox)
    sandbox.registry.close()
    with sqlite3.connect(tmp_path / "registry.sqlite3") as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = 'somebody'")
    connection.close()
    # Without its trigger it is not taken for a registry any more, or its entry does not hold.
    client = sandbox.client("fetch:manifests")
    answer = client.post(f"/v1/manifests/{manifest_id}/receipts", json=receipt)
    assert answer.status_code == 503 or not answer.json()["verified"]


def test_what_is_no_receipt(sandbox: Service) -> None:
    manifest_id, receipt = stored(sandbox)
    client = sandbox.client("fetch:manifests")
    path = f"/v1/manifests/{manifest_id}/receipts"
    wrongs: list[Any] = [{}, [], {**receipt, "more": 1}, {**receipt, "@type": "another"}]
    for wrong in wrongs:
        assert client.post(path, json=wrong).status_code == 400
    assert client.get("/v1/manifests/urn:c2pa:x/receipts").status_code == 404
