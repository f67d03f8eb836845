"""The registry's record: what is public of it, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from indelible.evidence.record import record_of
from indelible.registry import Registries
from indelible.registry.private import Anchor
from indelible.service.receipts import write_receipt
from indelible.verification import RegistryReport, Verification
from tests.evidence.owners import Owner

AT = "2026-11-26T12:00:00Z"


def found(owner: Owner) -> Verification:
    return owner.verifier.verify(owner.changed)


def test_a_record_with_its_receipt_and_its_place_in_the_log(owner: Owner) -> None:
    manifest_id = owner.protected.manifest_id or ""
    before = record_of(found(owner), owner.registry, at=AT)
    assert before["receipt"] is None
    write_receipt(owner.registry, manifest_id, actor="canary-actor")
    head = owner.registry.audit.append(actor="canary-other", action="trace", subject="canary-id")
    anchor = Anchor(head.number, head.hash, dt.datetime.now(dt.UTC))
    wrong = Anchor(head.number, bytes(32), dt.datetime.now(dt.UTC))
    said = record_of(found(owner), owner.registry, at=AT, anchors=[wrong])
    assert said["receipt"]["inclusion"]["anchor"] is None
    said = record_of(found(owner), owner.registry, at=AT, anchors=[anchor])
    entry = owner.registry.audit.find("store manifest", manifest_id)
    assert entry is not None
    receipt = said["receipt"]
    assert receipt["proof"]["hash"] == entry.hash.hex()
    assert receipt["inclusion"]["followed_and_holds"]
    assert receipt["inclusion"]["head"]["hash"] == head.hash.hex()
    assert receipt["inclusion"]["anchor"]["hash"] == head.hash.hex()
    assert said["sealed_reference"]["id"] == manifest_id
    assert said["sealed_reference"]["kept"] is False
    assert "canary" not in json.dumps(said)
    assert "number" not in json.dumps(said)


def test_of_several_registries_the_one_that_holds_it(owner: Owner) -> None:
    said = record_of(found(owner), Registries([owner.registry, owner.registry]), at=AT)
    assert said["record"]["manifest_id"] == owner.protected.manifest_id


def test_where_there_is_none(owner: Owner) -> None:
    result = found(owner)
    assert "no registry" in record_of(result, None, at=AT)["words"]
    for state, words in (
        ("unknown", "does not hold"),
        ("unavailable", "could not be asked"),
        ("not_asked", "No watermark led"),
    ):
        report = RegistryReport(state)  # type: ignore[arg-type]
        said = record_of(replace(result, registry=report), owner.registry, at=AT)
        assert words in said["words"]
        assert said["record"] is None
    gone = replace(result, registry=replace(result.registry, manifest_id="urn:c2pa:none"))
    assert "no longer" in record_of(gone, owner.registry, at=AT)["words"]
