"""Reading and writing bundles: the same bytes for the same parts, and nothing hostile gets in."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indelible.errors import EvidenceError
from indelible.evidence import packing
from indelible.evidence.packing import datapackage, read_bundle, timestamp, zipped

AT = dt.datetime(2026, 11, 26, 12, 0, 1, tzinfo=dt.UTC)
PARTS = {"original/a.jpg": b"\xff\xd8", "README": b"x", "signatures/seal": b"s"}


def whole(**more: bytes) -> dict[str, bytes]:
    package = datapackage(PARTS, {"title": "t", "created": timestamp(AT), "picture": {}})
    return {**PARTS, "datapackage.json": package, "datapackage-digest.json": b"{}", **more}


def test_the_list_has_all_but_what_is_made_of_it() -> None:
    listed = json.loads(whole()["datapackage.json"])
    assert listed["wacz_version"] == "1.1.1"
    assert [one["path"] for one in listed["resources"]] == ["README", "original/a.jpg"]
    assert listed["resources"][1]["bytes"] == 2


def test_the_same_parts_are_the_same_bytes(tmp_path: Path) -> None:
    parts = whole()
    data = zipped(parts, AT)
    assert data == zipped(dict(reversed(parts.items())), AT)
    (tmp_path / "a.wacz").write_bytes(data)
    assert read_bundle(tmp_path / "a.wacz").parts == parts
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {one.external_attr >> 16 for one in archive.infolist()} == {0o100444}


def test_a_bundle_has_a_largest_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.wacz").write_bytes(zipped(whole(), AT))
    monkeypatch.setattr(packing, "MOST_BYTES", 100)
    with pytest.raises(EvidenceError, match="2 GiB"):
        zipped(whole(), AT)
    with pytest.raises(EvidenceError, match="larger"):
        read_bundle(tmp_path / "a.wacz")


def test_a_path_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_bundle(tmp_path / "none.wacz")
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(EvidenceError):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/b/c.txt", "a\\b", ".hidden", "a/.b", "C:a", "ä", "a/../b"]
)
def test_members_that_no_bundle_has(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as archive:
        for path, data in whole().items():
            archive.writestr(path, data)
        archive.writestr(name, b"x")
    with pytest.raises(EvidenceError, match="members that no bundle has"):
        read_bundle(tmp_path / "a.wacz")


def test_bombs_and_twins(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.wacz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(10_000_000))
    with zipfile.ZipFile(tmp_path / "many.wacz", "w") as archive:
        for number in range(5000):
            archive.writestr(str(number), b"")
    with zipfile.ZipFile(tmp_path / "twins.wacz", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    for name in ("bomb", "many", "twins"):
        with pytest.raises(EvidenceError):
            read_bundle(tmp_path / f"{name}.wacz")


@pytest.mark.parametrize(
    "package", [b"", b"[]", b"{}", b"[" * 100_000, b'{"format": "other"}', b"\xff"]
)
def test_lists_that_are_none(tmp_path: Path, package: bytes) -> None:
    (tmp_path / "a.wacz").write_bytes(zipped(whole() | {"datapackage.json": package}, AT))
    with pytest.raises(EvidenceError):
        read_bundle(tmp_path / "a.wacz")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_damaged_files(tmp_path: Path, data: st.DataObject) -> None:
    bundle = bytearray(zipped(whole(), AT))
    for _ in range(data.draw(st.integers(1, 4))):
        bundle[data.draw(st.integers(0, len(bundle) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.wacz").write_bytes(bundle[: data.draw(st.integers(1, len(bundle)))])
    with contextlib.suppress(EvidenceError):
        read_bundle(tmp_path / "a.wacz")
