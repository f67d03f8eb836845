"""Ids are free, the mark that is read back is the one embedded, and profiles are met."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import Generator
from indelible.errors import (
    BindingConflictError,
    EmbeddingFailedError,
    ManifestError,
    RegistryError,
    SigningError,
)
from indelible.imaging import ImageFile
from indelible.protection.binding import free_ids
from indelible.protection.markable import MarkablePicture, Marked
from indelible.registry import Record
from indelible.registry.sql import SqlRegistry
from indelible.settings import current
from indelible.watermark import Detection
from tests.protection.conftest import Pixels, left_in

pytestmark = pytest.mark.usefixtures("never_marked")


def test_a_disclosure_profile_is_filled_and_written(photograph: Pixels) -> None:
    acme = Generator("Acme", version="2", provider="Acme Inc.")
    for format in ("jpeg", "png", "webp"):
        result = indelible.protect(photograph, generator=acme, profile="china", format=format)
        xmp = imaging.decode(result.data).metadata.xmp or b""
        assert b"TC260" in xmp
        assert b"trainedAlgorithmicMedia" in xmp
        assert indelible.verify(result.data).verdict == "authentic"


def test_a_profile_that_cannot_be_met_leaves_nothing(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry
) -> None:
    with pytest.raises(ManifestError, match="time-stamp"):
        indelible.protect(photograph, tmp_path / "out.png", profile="eu", registry=registry)
    assert left_in(tmp_path) == []
    assert registry.count() == 0


class FailingSigner:
    """A signer whose key service is down."""

    def __init__(self, signer: credentials.Signer) -> None:
        self.algorithm = signer.algorithm
        self.certificates = signer.certificates
        self.timestamp_url: str | None = None

    def sign(self, data: bytes) -> bytes:
        raise SigningError("the key service is down")


def test_signing_fails(photograph: Pixels, tmp_path: Path, registry: SqlRegistry) -> None:
    with pytest.raises(SigningError, match="key service"):
        indelible.protect(
            photograph,
            tmp_path / "out.png",
            signer=FailingSigner(current().signer()),
            registry=registry,
        )
    assert left_in(tmp_path) == []
    assert registry.count() == 0


def test_an_id_that_is_held_is_redrawn(
    photograph: Pixels, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = indelible.protect(photograph, registry=registry).payload
    draws = iter([held, held, b"\x01" * 8])
    monkeypatch.setattr(
        "indelible.protection.binding.secrets.token_bytes", lambda count: next(draws)
    )
    assert indelible.protect(photograph, registry=registry).payload == b"\x01" * 8
    assert registry.count() == 2


def test_an_id_that_is_taken_meanwhile_is_redrawn(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[[Record], None] = registry.put
    refused: list[bytes] = []

    def racing(record: Record) -> None:
        if not refused:
            refused.append(record.payload)
            raise BindingConflictError("taken")
        put(record)

    monkeypatch.setattr(registry, "put", racing)
    result = indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert result.payload not in refused
    assert left_in(tmp_path) == ["out.png"]
    report = credentials.read(result.data)
    assert report.soft_bindings[0].names(watermark.ALGORITHM, result.payload)


def test_a_registry_that_lies_does_not_hang(
    photograph: Pixels, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "has", lambda algorithm, payload: True)
    with pytest.raises(RegistryError, match="in a row"):
        indelible.protect(photograph, registry=registry)


def test_only_ids_that_are_held_in_a_row_are_suspicious(
    registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = itertools.cycle([True, False])
    monkeypatch.setattr(registry, "has", lambda algorithm, payload: next(answers))
    ids = free_ids(registry, watermark.ALGORITHM)
    assert len({next(ids) for _ in range(40)}) == 40


def test_a_registry_that_takes_back_its_word_does_not_hang(
    photograph: Pixels, tmp_path: Path, registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []

    def put(record: Record) -> None:
        tried.append(record.payload)
        raise BindingConflictError("taken")

    monkeypatch.setattr(registry, "put", put)
    with pytest.raises(RegistryError, match="in a row") as caught:
        indelible.protect(photograph, tmp_path / "out.png", registry=registry)
    assert caught.value.hint
    assert len(set(tried)) == 3
    assert left_in(tmp_path) == []


# --- which mark is read back --------------------------------------------------------------


Attempts = list[bytes]


@pytest.fixture
def louder(monkeypatch: pytest.MonkeyPatch) -> tuple[Attempts, list[bytes | None]]:
    """What is read back instead of the ids that are embedded, one after the other; None: nothing.

    Returns the ids that were embedded, and the list to fill. What is not in the list is read back
    as it was embedded.
    """
    attempts: Attempts = []
    readings: list[bytes | None] = []
    real = MarkablePicture.mark

    def mark(self: MarkablePicture, payload: bytes, *args: object, **options: object) -> Marked:
        attempts.append(payload)
        if not readings:
            return real(self, payload, *args, **options)  # type: ignore[arg-type]
        reading = readings.pop(0)
        if reading is None:
            raise EmbeddingFailedError("not found in the encoded file")
        return Marked(ImageFile(b""), reading)

    monkeypatch.setattr(MarkablePicture, "mark", mark)
    return attempts, readings


def test_another_id_is_embedded_where_one_is_not_read_back(
    photograph: Pixels,
    registry: SqlRegistry,
    louder: tuple[Attempts, list[bytes | None]],
) -> None:
    attempts, readings = louder
    readings.extend([b"older id", None, b"older id"])
    result = indelible.protect(photograph, format="png", registry=registry)
    assert len(set(attempts)) == 4
    assert result.payload == attempts[-1]
    (record,) = registry.find(watermark.ALGORITHM, result.payload)
    assert record.manifest_id == result.manifest_id
    binding = credentials.read(result.data).soft_bindings[0]
    assert binding.names(watermark.ALGORITHM, attempts[-1])
    assert registry.count() == 1


def test_an_older_mark_that_stays_louder_is_named(
    photograph: Pixels, registry: SqlRegistry, louder: tuple[Attempts, list[bytes | None]]
) -> None:
    attempts, readings = louder
    readings.extend([b"older id"] * 100)
    with pytest.raises(EmbeddingFailedError, match=b"older id".hex()):
        indelible.protect(photograph, registry=registry)
    assert len(attempts) == 16
    assert registry.count() == 0


def test_a_mark_that_is_never_found_is_tried_three_times(
    photograph: Pixels, registry: SqlRegistry, louder: tuple[Attempts, list[bytes | None]]
) -> None:
    attempts, readings = louder
    readings.extend([None] * 100)
    with pytest.raises(EmbeddingFailedError, match="not found"):
        indelible.protect(photograph, registry=registry)
    assert len(attempts) == 3
    assert registry.count() == 0


def test_a_louder_mark_is_looked_for_again_once_and_becomes_history(
    photograph: Pixels,
    registry: SqlRegistry,
    louder: tuple[Attempts, list[bytes | None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = indelible.protect(photograph, registry=registry)
    older = Detection(True, first.payload, algorithm=watermark.ALGORITHM)
    looks: list[str] = []

    def clear(_: MarkablePicture, keys: object, *, effort: str = "quick") -> tuple[Detection, ...]:
        looks.append(effort)
        return (older,) if effort == "standard" else ()

    monkeypatch.setattr(MarkablePicture, "clear", clear)
    louder[1].extend([first.payload, first.payload])
    again = indelible.protect(photograph, registry=registry, format="png")
    assert looks == ["quick", "standard"]
    (parent,) = credentials.read(again.data).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id
