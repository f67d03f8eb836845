"""Several registries as one."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import pytest

from indelible.errors import ArgumentError, RegistryUnavailableError
from indelible.registry import Registries, Registry, SearchableRegistry, StoredFingerprint
from tests.registry.records import ALGORITHM, PAYLOAD, make_record, open_at


def three(folder: Path) -> list[Registry]:
    registries = [open_at(folder / f"{number}.sqlite3") for number in range(3)]
    for number, registry in enumerate(registries):
        registry.put(make_record(bytes([number]) * 8))
    return [*registries]


def test_the_first_that_holds_it_answers(tmp_path: Path) -> None:
    own, second, third = three(tmp_path)
    registry = Registries([own, second, third])
    assert isinstance(registry, Registry)
    both = [make_record(), make_record()]
    third.put(both[1])
    assert registry.find(ALGORITHM, PAYLOAD) == [both[1]]
    second.put(both[0])
    assert registry.find(ALGORITHM, PAYLOAD) == [both[0]]
    assert registry.get(both[1].manifest_id) == both[1]
    assert registry.has(ALGORITHM, PAYLOAD)
    assert not registry.has(ALGORITHM, b"nowhere!")
    assert registry.find(ALGORITHM, b"nowhere!") == []
    assert registry.get("urn:c2pa:x") is None


def test_the_first_is_written_to(tmp_path: Path) -> None:
    own, second, _ = three(tmp_path)
    registry = Registries([own, second])
    record = make_record()
    registry.put(record)
    assert own.get(record.manifest_id) == record
    assert second.get(record.manifest_id) is None
    (foreign,) = second.find(ALGORITHM, bytes([1]) * 8)
    assert not registry.withdraw(foreign.manifest_id)
    assert registry.withdraw(record.manifest_id)


def test_one_that_is_down_is_named_and_hides_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own, _, third = three(tmp_path)
    down = open_at(tmp_path / "nowhere.sqlite3")
    registry = Registries([down, own, third])
    (found,) = registry.find(ALGORITHM, bytes([2]) * 8)
    assert found.payload == bytes([2]) * 8
    assert "nowhere.sqlite3" in caplog.text
    with pytest.raises(RegistryUnavailableError, match=r"nowhere\.sqlite3"):
        registry.find(ALGORITHM, b"nowhere!")
    with pytest.raises(RegistryUnavailableError, match=r"nowhere\.sqlite3"):
        registry.get("urn:c2pa:x")


def test_a_partner_that_is_down_keeps_nobody_from_working(tmp_path: Path) -> None:
    own, _, third = three(tmp_path)
    (tmp_path / "bad.sqlite3").write_bytes(b"no database " * 100)
    bad = open_at(tmp_path / "bad.sqlite3")
    assert not Registries([own, bad, third]).has(ALGORITHM, b"nowhere!")
    assert Registries([own, bad, third]).has(ALGORITHM, bytes([2]) * 8)
    with pytest.raises(RegistryUnavailableError):
        Registries([bad, own]).has(ALGORITHM, b"nowhere!")


def test_look_alikes_are_found_in_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own, second, third = three(tmp_path)
    down = open_at(tmp_path / "nowhere.sqlite3")
    registry = Registries([own, down, second, third])
    assert isinstance(registry, SearchableRegistry)
    seen = [StoredFingerprint(bytes([value]) + bytes(31), 80) for value in (0b1, 0b11, 0)]
    records = [make_record(b"similar!", fingerprint=one) for one in seen]
    own.put(records[1])
    second.put(records[0])
    third.put(records[2])
    Registries([third]).put(dataclasses.replace(records[0], payload=b"the same"))
    found = registry.find_similar(bytes(32))
    assert [one.manifest_id for one in found] == [records[at].manifest_id for at in (2, 0, 1)]
    assert [one.distance for one in found] == [0, 1, 2]
    assert "nowhere.sqlite3" in caplog.text
    assert registry.find_similar(bytes(32), limit=1) == found[:1]
    assert registry.find_similar([b"\xff" * 32, bytes(32)], max_distance=0)[0].query == 1
    with pytest.raises(RegistryUnavailableError, match=r"nowhere\.sqlite3"):
        Registries([down]).find_similar(bytes(32))


def test_one_that_finds_no_look_alikes_is_left_out(tmp_path: Path) -> None:
    """A registry of one's own needs five methods only."""

    class Plain:
        put = find = get = has = withdraw = len

    own, *_ = three(tmp_path)
    own.put(make_record(b"similar!", fingerprint=StoredFingerprint(bytes(32), 80)))
    plain: Any = Plain()
    assert not isinstance(plain, SearchableRegistry)
    assert len(Registries([plain, own]).find_similar(bytes(32))) == 1
    assert Registries([plain]).find_similar(bytes(32)) == []


def test_it_pickles_and_shows_itself(tmp_path: Path) -> None:
    registry = Registries(three(tmp_path))
    assert pickle.loads(pickle.dumps(registry)).has(ALGORITHM, bytes([1]) * 8)
    assert "1.sqlite3" in repr(registry)


@pytest.mark.parametrize("given", [[], [None], ["sqlite:///r.sqlite3"]])
def test_what_is_no_registry(given: list[Registry]) -> None:
    with pytest.raises(ArgumentError) as caught:
        Registries(given)
    assert caught.value.argument == "registry"
