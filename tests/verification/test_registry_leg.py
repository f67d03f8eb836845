"""The registry leg: whatever a registry answers, the other legs stand."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import CredentialReport, Signer, SoftBinding, new_manifest_id
from indelible.credentials.manifests import _c2pa
from indelible.errors import RegistryUnavailableError
from indelible.imaging import ImageFile
from indelible.protection import ProtectedImage
from indelible.registry import Record, open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry
from indelible.registry.sqlite import SqliteDatabase
from indelible.settings import current, user_folders
from indelible.verification import Verifier
from indelible.verification.registry_leg import look_up
from indelible.watermark import Detection
from tests.verification.making import signed_anew

ABSENT = CredentialReport("absent")


def test_unverified_where_no_registry_holds_the_id(
    protected: ProtectedImage, reposted: bytes, tmp_path: Path
) -> None:
    elsewhere = open_registry(sqlite_url(tmp_path / "empty.sqlite3"))
    result = indelible.verify(reposted, registry=elsewhere)
    assert result.registry.state == "unavailable"
    assert "does not exist" in (result.registry.reason or "")
    elsewhere.put(Record(new_manifest_id(), watermark.ALGORITHM, b"another.", b"s", "image/jpeg"))
    result = indelible.verify(reposted, registry=elsewhere)
    assert result.verdict == "unverified"
    assert result.registry.state == "unknown"


def test_a_tampered_registry_vouches_for_nothing(
    protected: ProtectedImage, reposted: bytes, tmp_path: Path
) -> None:
    (record,) = current().registry().find(watermark.ALGORITHM, protected.payload)
    store = record.manifest_store
    for tampered in (
        store.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicmedia"),
        store[: len(store) // 2],
        b"",
        b"nonsense",
    ):
        registry = open_registry(sqlite_url(tmp_path / f"{len(tampered)}.sqlite3"))
        registry.put(
            Record(
                manifest_id=record.manifest_id,
                algorithm=watermark.ALGORITHM,
                payload=protected.payload,
                manifest_store=tampered,
                media_type=record.media_type,
            )
        )
        result = indelible.verify(reposted, registry=registry)
        assert result.verdict in ("unverified", "suspect")


def found_in(picture: ProtectedImage) -> Detection:
    """Return what a search finds in a protected picture, as far as a look-up needs it."""
    return Detection(True, picture.payload, algorithm=watermark.ALGORITHM)


def test_the_best_of_several_recovered_manifests_speaks(
    protected: ProtectedImage, reposted: bytes, stranger: Signer, tmp_path: Path
) -> None:
    """In a merged registry: one that names the id, of a trusted signer, whatever the order."""
    (good,) = current().registry().find(watermark.ALGORITHM, protected.payload)
    pixels = imaging.decode(protected.data).pixels
    named = SoftBinding(watermark.ALGORITHM, protected.payload)

    def record(manifest_store: bytes, name: str) -> Record:
        return Record(name, watermark.ALGORITHM, protected.payload, manifest_store, "image/jpeg")

    def store(data: bytes) -> bytes:
        extracted = credentials.extract_store(data)
        assert extracted is not None
        return extracted

    unknown = record(store(signed_anew(pixels, stranger, soft_binding=named)), "unknown")
    other_id = record(store(signed_anew(pixels, current().signer())), "another id")
    broken = record(good.manifest_store[:-40], "broken")
    merged, image, trust = tmp_path / "merged.sqlite3", ImageFile(reposted), current().trust()
    for order in itertools.permutations([unknown, other_id, broken, good]):
        registry = _Answering(merged, list(order))
        found = look_up(found_in(protected), image, ABSENT, registry=registry, trust=trust)
        assert found.manifest_id == good.manifest_id
        assert set(found.others) == {"unknown", "another id", "broken"}
    for order in itertools.permutations([unknown, other_id, broken]):
        registry = _Answering(merged, list(order))
        found = look_up(found_in(protected), image, ABSENT, registry=registry, trust=trust)
        assert found.manifest_id == "unknown"
    result = indelible.verify(reposted, registry=_Answering(merged, [broken, other_id, unknown]))
    assert result.registry.manifest_id == "unknown"
    assert result.verdict == "unverified"


class _Answering(SqlRegistry):
    """A registry that answers with given records."""

    def __init__(self, path: Path, records: list[Record]) -> None:
        super().__init__(SqliteDatabase(path))
        self._records = records

    def find(self, algorithm: str, payload: bytes, *, limit: int = 16) -> list[Record]:
        return self._records


def test_an_unavailable_registry_is_reported_beside_the_watermark(
    protected: ProtectedImage, reposted: bytes, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"this is no database" * 100)
    for data in (protected.data, reposted):
        result = indelible.verify(data, registry=open_registry(sqlite_url(damaged)))
        assert result.watermark.payload == protected.payload
        assert result.registry.state == "unavailable"
        assert "damaged" in (result.registry.reason or "")
        # Nothing that the registry could say would change an authentic file.
        authentic = data == protected.data
        assert result.verdict == ("authentic" if authentic else "unverified")
        assert result.complete == authentic
        assert result.exit_code == (0 if authentic else 5)
        assert any("unavailable" in note for note in result.notes) == authentic


def test_a_locked_registry_does_not_block_readers(at_home: Path, reposted: bytes) -> None:
    holder = sqlite3.connect(user_folders().registry)
    holder.execute("BEGIN IMMEDIATE")
    assert indelible.verify(reposted).verdict == "recovered"
    holder.rollback()
    holder.close()


def test_a_registry_that_raises(protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = open_registry(sqlite_url(user_folders().registry))

    def away(algorithm: str, payload: bytes, *, limit: int) -> list[Record]:
        raise RegistryUnavailableError("away", hint="wait")

    monkeypatch.setattr(registry, "find", away)
    result = indelible.verify(protected.data, registry=registry)
    assert result.registry.state == "unavailable"
    assert result.credential.state == "trusted"


@pytest.mark.parametrize(
    "answer",
    [
        TimeoutError("slow"),
        ZeroDivisionError(),
        None,
        "records",
        [b"record"],
        itertools.repeat(None),
        [SimpleNamespace(manifest_id="a", manifest_store="text")],
        [SimpleNamespace(manifest_id="a", manifest_store=1 << 40)],
    ],
    ids=repr,
)
def test_whatever_a_foreign_registry_does_the_manifest_still_speaks(
    answer: Any, protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(sqlite_url(user_folders().registry))

    def find(algorithm: str, payload: bytes, *, limit: int) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(registry, "find", find)
    result = indelible.verify(protected.data, registry=registry)
    assert result.registry.state == "unavailable"
    assert "the registry failed" in (result.registry.reason or "")
    assert result.verdict == "authentic"


def test_a_registry_that_knows_no_limit_is_read_no_further(
    protected: ProtectedImage, reposted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(sqlite_url(user_folders().registry))
    (good,) = registry.find(watermark.ALGORITHM, protected.payload)
    taken = 0

    def find(algorithm: str, payload: bytes, *, limit: int) -> Any:
        nonlocal taken
        while taken < 100:  # for ever, as far as the look-up can know
            taken += 1
            yield good

    monkeypatch.setattr(registry, "find", find)
    found = look_up(
        found_in(protected),
        ImageFile(reposted),
        ABSENT,
        registry=registry,
        trust=current().trust(),
    )
    assert taken == 16
    assert found.state == "found"
    assert len(found.others) == 15


def test_where_nobody_is_asked(protected: ProtectedImage, reposted: bytes) -> None:
    trust = current().trust()
    found = look_up(None, ImageFile(reposted), ABSENT, registry=None, trust=trust)
    assert (found.state, found.reason) == ("not_asked", None)
    verifier = Verifier(keys=current().detection_keys(), registry=None, trust=trust)
    result = verifier.verify(reposted)
    assert result.registry.state == "not_asked"
    assert "no registry to ask" in (result.registry.reason or "")
    assert result.verdict == "unverified"


def test_a_manifest_that_the_picture_and_the_registry_hold_is_validated_once(
    protected: ProtectedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = credentials.read(protected.data, manifest_store=protected_store(protected))
    real, read = _c2pa.read, list[bytes]()

    def counted(*given: Any) -> Any:
        read.append(given[1].data)
        return real(*given)

    monkeypatch.setattr(_c2pa, "read", counted)
    result = indelible.verify(protected.data)
    assert result.verdict == "authentic"
    assert len(read) == 1
    held = result.registry.credential
    assert held is not None
    assert (held.embedded, held.manifest_id) == (False, twice.manifest_id)
    assert held.integrity == twice.integrity == "intact"


def protected_store(protected: ProtectedImage) -> bytes:
    store = credentials.extract_store(protected.data)
    assert store is not None
    return store
