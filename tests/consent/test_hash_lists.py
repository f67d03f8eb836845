"""Lists of hashes: one's own, and those that threatexchange parses."""

from __future__ import annotations

import dataclasses
import enum
import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indelible.consent import HashList
from indelible.errors import ConfigurationError, MissingDependencyError

ONE, OTHER = bytes(range(32)), bytes(range(100, 132))


def flipped(pdq: bytes, bits: int) -> bytes:
    """Return a hash with some of its bits changed, from the last on."""
    value = int.from_bytes(pdq, "big") ^ ((1 << bits) - 1)
    return value.to_bytes(32, "big")


def test_distances_are_exact() -> None:
    rng = np.random.default_rng(1)
    many = [rng.bytes(32) for _ in range(70_000)]
    held = HashList("x", [*many, ONE])
    assert len(held) == 70_001
    assert "70001" in repr(held)
    assert held.holds([OTHER, ONE])
    assert held.holds([flipped(ONE, 31)])
    assert not held.holds([flipped(ONE, 32)])
    assert held.holds([flipped(ONE, 5)], 5)
    assert not held.holds([flipped(ONE, 5)], 4)
    assert not held.holds([])
    assert not HashList("empty", []).holds([ONE])
    with pytest.raises(ConfigurationError):
        HashList("x", [b"short"])


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "victims.txt"
    path.write_text(f"# mine\n\n{ONE.hex()}  # case 7\n{OTHER.hex().upper()}")
    held = HashList.from_file(path)
    assert (held.name, len(held)) == ("victims", 2)
    assert held.holds([ONE])
    assert held.holds([OTHER])


@pytest.mark.parametrize("line", ["xyz", ONE.hex()[:-1], ONE.hex() + "00", "é" * 64, "0" * 5000])
def test_a_line_that_is_no_hash(tmp_path: Path, line: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"{ONE.hex()}\n{line}\n")
    with pytest.raises(ConfigurationError, match="Line 2"):
        HashList.from_file(path)


def test_a_file_that_is_no_list(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(2**30)
    fifo = tmp_path / "fifo"
    import os  # noqa: PLC0415

    os.mkfifo(fifo)
    for path in (large, fifo, tmp_path, tmp_path / "missing", "/dev/zero", "a\0b"):
        with pytest.raises(ConfigurationError):
            HashList.from_file(path)


# --- parsers of others: what follows is a stub, not threatexchange --------------------------------


class Signal(enum.Enum):
    ImagePDQ = "ImagePDQ"
    VideoMD5 = "VideoMD5"


class Status(enum.Enum):
    Active = "Active"
    Withdrawn = "Withdrawn"
    Deleted = "Deleted"


@dataclasses.dataclass
class Record:
    signalType: Signal  # noqa: N815 - their name
    hashValue: str  # noqa: N815
    hashStatus: Status  # noqa: N815


@dataclasses.dataclass
class FetchHashesResponse:
    hashRecords: list[Record]  # noqa: N815


def from_dict(*, data_class: Any, data: Any, config: object) -> Any:
    """Stand for dacite, which is not installed here."""
    return data_class(
        [
            Record(Signal(one["signalType"]), one["hashValue"], Status(one["hashStatus"]))
            for one in data["hashRecords"]
        ]
    )


class GetEntriesResponse:
    """Stand for threatexchange's class of this name: it reads what the real one reads."""

    def __init__(self, updates: list[Any]) -> None:
        self.updates = updates

    @classmethod
    def from_xml(cls, xml: Any, fallback_max_time: int) -> GetEntriesResponse:
        updates = []
        for one in xml.find("images"):
            prints = one.find("fingerprints")
            updates.append(
                types.SimpleNamespace(
                    id=one.find("id").text,
                    member_id=int(one.find("member").get("id")),
                    deleted=one.tag.startswith("deleted"),
                    fingerprints={} if prints is None else {i.tag: i.text for i in prints},
                )
            )
        return cls(updates)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stubs where the extra's packages would be; none of their code is tried here."""
    clients = "threatexchange.exchanges.clients"
    stopncii = types.ModuleType(f"{clients}.stopncii.api")
    stopncii.FetchHashesResponse = FetchHashesResponse  # type: ignore[attr-defined]
    ncmec = types.ModuleType(f"{clients}.ncmec.hash_api")
    ncmec.GetEntriesResponse = GetEntriesResponse  # type: ignore[attr-defined]
    ncmec._XMLWrapper = lambda element: element  # type: ignore[attr-defined]
    dacite = types.ModuleType("dacite")
    dacite.from_dict = from_dict  # type: ignore[attr-defined]
    dacite.Config = lambda **_: None  # type: ignore[attr-defined]
    for module in (stopncii, ncmec, dacite):
        for name in range(len(module.__name__.split("."))):
            parent = ".".join(module.__name__.split(".")[: name + 1])
            if parent not in sys.modules:
                monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        monkeypatch.setitem(sys.modules, module.__name__, module)


def stopncii_record(pdq: str, status: str = "Active", kind: str = "ImagePDQ") -> dict[str, str]:
    return {"signalType": kind, "hashValue": pdq, "hashStatus": status}


def test_stopncii(tmp_path: Path, stub: None) -> None:
    path = tmp_path / "stopncii.json"
    answers = [
        {"hashRecords": [stopncii_record(ONE.hex()), stopncii_record(OTHER.hex())]},
        {"hashRecords": [stopncii_record(OTHER.hex(), "Withdrawn")]},
        {"hashRecords": [stopncii_record("d41d8cd98f00b204e9800998ecf8427e", kind="VideoMD5")]},
    ]
    path.write_text(json.dumps(answers))
    held = HashList.from_stopncii(path)
    assert (held.name, len(held)) == ("StopNCII", 1)
    assert held.holds([ONE])
    path.write_text(json.dumps(answers[0]))
    assert len(HashList.from_stopncii(path)) == 2
    for wrong in ("{", "[1]", "[" * 100_000, json.dumps({"hashRecords": [stopncii_record("x")]})):
        path.write_text(wrong)
        with pytest.raises(ConfigurationError):
            HashList.from_stopncii(path)


NCMEC = """<?xml version="1.0"?><queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">
<images count="3" maxTimestamp="2026-11-01T00:00:00Z">
<image><member id="7">x</member><id>a</id><fingerprints><md5>x</md5><pdq>{}</pdq></fingerprints>
</image>
<image><member id="7">x</member><id>b</id><fingerprints><pdq>{}</pdq></fingerprints></image>
<deletedImage><member id="7">x</member><id>b</id></deletedImage>
</images></queryResult>"""


def test_ncmec(tmp_path: Path, stub: None) -> None:
    path = tmp_path / "ncmec.xml"
    path.write_text(NCMEC.format(ONE.hex(), OTHER.hex()))
    held = HashList.from_ncmec(path)
    assert (held.name, len(held)) == ("NCMEC", 1)
    assert held.holds([ONE])
    bomb = '<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'
    for wrong in ("<a", "<a/>", bomb, NCMEC.format("x", "y")):
        path.write_text(wrong)
        with pytest.raises(ConfigurationError):
            HashList.from_ncmec(path)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threatexchange", None)
    for read in (HashList.from_stopncii, HashList.from_ncmec):
        with pytest.raises(MissingDependencyError, match="threatexchange"):
            read(tmp_path / "list")
