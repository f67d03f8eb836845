"""Tracing: the audit entry comes first, then the record; copies of an input are found."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from indelible.errors import ArgumentError, NoRecordError, RegistryError, RegistryUnavailableError
from indelible.registry import Record, open_registry
from indelible.registry.private import (
    GenerationRecord,
    InputPicture,
    RecordKeys,
    SealedRecord,
    Tracer,
    tracing,
)
from indelible.registry.private.log import AuditLog
from indelible.registry.sql import SqlRegistry
from tests.registry.private.test_traces import changed
from tests.registry.records import ALGORITHM, PAYLOAD, make_record

KEYS = RecordKeys.generate()
RNG = random.Random(11)


def put(
    registry: SqlRegistry, payload: bytes, *inputs: InputPicture, account: str = "a1"
) -> Record:
    record = make_record(payload)
    generation = GenerationRecord(account=account, request_id="r-1", inputs=inputs)
    registry.put(record, private=SealedRecord.of(generation, KEYS, record.manifest_id))
    return record


def test_by_manifest_and_by_watermark(url: str) -> None:
    registry = open_registry(url)
    record = put(registry, PAYLOAD, account="account-4711")
    tracer = Tracer(registry, KEYS)
    found = tracer.trace(record.manifest_id, reason="complaint", case="C-1", actor="alice")
    assert found.record is not None
    assert found.record.account == "account-4711"
    assert registry.audit.entries() == [found.entry]
    entry = found.entry
    assert (entry.action, entry.subject, entry.actor) == ("trace", record.manifest_id, "alice")
    assert (entry.reason, entry.case) == ("complaint", "C-1")
    (again,) = tracer.trace_payload(ALGORITHM, PAYLOAD, reason="complaint", actor="alice")
    assert (again.record, again.entry.number) == (found.record, 2)
    assert "4711" not in f"{found!r} {again!r} {registry.audit.entries()!r}"


def test_nothing_is_opened_without_a_reason(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = open_registry(url)
    record = put(registry, PAYLOAD)
    monkeypatch.setattr(RecordKeys, "open", None)
    tracer = Tracer(registry, KEYS)
    acts: list[Callable[..., object]] = [
        lambda **given: tracer.trace(record.manifest_id, **given),
        lambda **given: tracer.trace_payload(ALGORITHM, PAYLOAD, **given),
        lambda **given: tracer.trace_input(InputPicture(bytes(32)), **given),
    ]
    for act in acts:
        for given in ({"reason": " ", "actor": "a"}, {"reason": "r", "actor": ""}):
            with pytest.raises(ArgumentError):
                act(**given)
        with pytest.raises(ArgumentError):
            act(reason=None, actor="a")
    assert registry.audit.entries() == []


def test_the_entry_comes_first(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = open_registry(url)
    record = put(registry, PAYLOAD)
    tracer = Tracer(registry, KEYS)
    with pytest.raises(RegistryError, match="not here"):
        Tracer(registry, RecordKeys.generate()).trace(record.manifest_id, reason="r", actor="a")
    assert len(registry.audit.entries()) == 1

    def fail(*_: object, **__: object) -> None:
        raise RegistryUnavailableError("the disk is full")

    monkeypatch.setattr(AuditLog, "append", fail)
    monkeypatch.setattr(SqlRegistry, "sealed_records", None)  # would fail otherwise
    with pytest.raises(RegistryUnavailableError, match="disk is full"):
        tracer.trace(record.manifest_id, reason="r", actor="a")


def test_what_nothing_is_kept_about(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    tracer = Tracer(registry, KEYS)
    assert tracer.trace(record.manifest_id, reason="r", actor="a").record is None
    with pytest.raises(NoRecordError):
        tracer.trace("urn:c2pa:nobody", reason="r", actor="a")
    with pytest.raises(NoRecordError):
        tracer.trace_payload(ALGORITHM, b"unknown!", reason="r", actor="a")


def test_everything_made_from_a_picture(url: str) -> None:
    registry = open_registry(url)
    pdq, mirrored = RNG.randbytes(32), RNG.randbytes(32)
    photo = InputPicture(RNG.randbytes(32), pdq)
    exact = put(registry, b"exact..1", photo)
    no_hash = put(registry, b"exact..2", InputPicture(photo.sha256))
    near = put(registry, b"near...1", InputPicture(RNG.randbytes(32), changed(pdq, 12, RNG)))
    turned = put(registry, b"turned.1", InputPicture(RNG.randbytes(32), changed(mirrored, 8, RNG)))
    far = InputPicture(RNG.randbytes(32), changed(pdq, 60, RNG))
    put(registry, b"far....1", far)
    for number in range(30):
        other = InputPicture(RNG.randbytes(32), RNG.randbytes(32))
        put(registry, b"other" + number.to_bytes(3, "big"), other)
    stranger = make_record(b"stranger")
    foreign = SealedRecord.of(GenerationRecord(inputs=(photo,)), KEYS, "urn:c2pa:another")
    registry.put(stranger, private=foreign)  # copied there from elsewhere: it does not open

    tracer = Tracer(registry, KEYS.rotated())
    found = tracer.trace_input(photo, turned=[mirrored], reason="she asked", actor="alice")
    first = sorted([exact.manifest_id, no_hash.manifest_id])
    assert [one.manifest_id for one in found.matches] == [
        *first,
        turned.manifest_id,
        near.manifest_id,
    ]
    assert [(one.exact, one.distance) for one in found.matches] == [
        (True, 0), (True, 0), (False, 8), (False, 12),
    ]  # fmt: skip
    assert (found.bounded, found.unopened) == (False, 1)
    assert found.entry.action == "trace"
    assert photo.sha256.hex() not in found.entry.subject
    assert registry.audit.entries() == [found.entry]
    with pytest.raises(ArgumentError, match="32 bytes"):
        tracer.trace_input(photo, turned=[b"short"], reason="r", actor="a")


def test_a_search_is_bounded_and_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_MOST_OPENED", 3)
    monkeypatch.setattr(tracing, "_PAGE", 2)
    registry = open_registry(url)
    photo = InputPicture(RNG.randbytes(32), RNG.randbytes(32))
    tracer = Tracer(registry, KEYS)
    for number in range(5):
        put(registry, bytes([number] * 8), photo)
        found = tracer.trace_input(photo, reason="r", actor="a")
        assert len(found.matches) == min(number + 1, 3)
        assert found.bounded == (number >= 3)
