"""Several registries as one."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from indelible.errors import ArgumentError, RegistryUnavailableError
from indelible.registry import Registries, Registry
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


def test_it_pickles_and_shows_itself(tmp_path: Path) -> None:
    registry = Registries(three(tmp_path))
    assert pickle.loads(pickle.dumps(registry)).has(ALGORITHM, bytes([1]) * 8)
    assert "1.sqlite3" in repr(registry)


@pytest.mark.parametrize("given", [[], [None], ["sqlite:///r.sqlite3"]])
def test_what_is_no_registry(given: list[Registry]) -> None:
    with pytest.raises(ArgumentError) as caught:
        Registries(given)
    assert caught.value.argument == "registry"
