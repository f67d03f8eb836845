"""Records on their way: what leads to them, without their manifests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from indelible.errors import RegistryUnavailableError
from indelible.registry import StoredFingerprint, open_registry
from indelible.registry.transfers import outlines, transfers_of
from tests.registry.records import ALGORITHM, execute, make_record, open_at

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_records_come_with_what_leads_and_once_led_to_them(url: str) -> None:
    registry = open_registry(url)
    first, second = (
        make_record(bytes([number]) * 8, created=START + dt.timedelta(number), owner="studio")
        for number in (1, 2)
    )
    seen = StoredFingerprint(bytes(32), 50, b"reference")
    third = make_record(b"3" * 8, created=START + dt.timedelta(3), fingerprint=seen)
    for record in (third, second, first):
        registry.put(record)
    registry.move_binding(ALGORITHM, first.payload, second.manifest_id, owner="studio")
    registry.set_status(third.manifest_id, "withdrawn", reason="a mistake")

    found = list(transfers_of(registry))
    assert [one.record.manifest_id for one in found] == [
        one.manifest_id for one in (first, second, third)
    ]
    assert all(one.record.manifest_store == b"" for one in found)
    assert [one.size for one in found] == [len(first.manifest_store)] * 3
    assert found[0].current == ()
    (led,) = found[0].bindings
    assert led.moved is not None
    assert (led.key, led.moved_by) == ((ALGORITHM, first.payload), "studio")
    assert {one.value for one in found[1].current} == {first.payload, second.payload}
    assert found[2].record.fingerprint == seen
    assert found[2].status_changed is not None
    assert found[0].load() == first
    assert list(outlines(registry, [second.manifest_id, "urn:c2pa:x"])) == [second.manifest_id]
    later = transfers_of(registry, since=second.created)
    assert [one.record.manifest_id for one in later] == [second.manifest_id, third.manifest_id]


def test_what_is_withdrawn_meanwhile_is_none(url: str) -> None:
    registry = open_registry(url)
    record = make_record()
    registry.put(record)
    (found,) = transfers_of(registry)
    registry.withdraw(record.manifest_id)
    assert found.load() is None


def test_more_than_a_page(registry_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indelible.registry.transfers._PAGE", 3)
    registry = open_at(registry_path)
    for number in range(10):
        registry.put(make_record(bytes([number]) * 8, created=START))  # all at one moment
    ids = [one.record.manifest_id for one in transfers_of(registry)]
    assert len(set(ids)) == 10
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE manifests SET created = 'yesterday'",
        "UPDATE manifests SET size = 'large'",
        "UPDATE bindings SET created = 'yesterday'",
        "UPDATE bindings SET value = 'text'",
        "UPDATE manifests SET status = 'lost'",
    ],
)
def test_a_damaged_registry_is_said_to_be(registry_path: Path, damage: str) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    registry.close()
    execute(registry_path, damage)
    with pytest.raises(RegistryUnavailableError, match="damaged"):
        list(transfers_of(registry))


def test_a_manifest_that_has_not_its_hash_is_not_handed_on(registry_path: Path) -> None:
    registry = open_at(registry_path)
    registry.put(make_record())
    registry.close()
    execute(registry_path, "UPDATE manifests SET store_sha256 = 'ab'")
    (found,) = transfers_of(registry)
    with pytest.raises(RegistryUnavailableError, match="hash"):
        found.load()
