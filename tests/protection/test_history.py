"""The history of a picture that is protected again is kept, or dropped only when asked."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import indelible
from indelible import credentials, imaging, watermark
from indelible.credentials import Generator
from indelible.errors import ManifestError
from indelible.registry import Record
from indelible.registry.sql import SqlRegistry
from indelible.settings import current
from indelible.watermark import Key
from tests.protection.conftest import Pixels


def test_a_signed_input_keeps_its_history(photograph: Pixels) -> None:
    first = indelible.protect(photograph, generator=Generator("First"), key=Key.generate())
    second = indelible.protect(first.data, generator=Generator("Second"), key=Key.generate())
    report = credentials.read(second.data)
    assert report.generator == "Second"
    (parent,) = report.ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id


def test_protecting_again_after_an_edit_with_one_key(photographs: dict[str, Pixels]) -> None:
    """The newest mark wins; what the older one led to is history, for bare pixels, too."""
    first = indelible.protect(photographs["astronaut"])
    small = imaging.decode(first.data).pixels[::2, ::2]
    small = np.ascontiguousarray(small)
    second = indelible.protect(small)
    assert indelible.verify(second.data).watermark.payload == second.payload
    (parent,) = credentials.read(second.data).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id


def test_protecting_twice_with_one_key(photograph: Pixels) -> None:
    first = indelible.protect(photograph)
    second = indelible.protect(first.data)
    verdict = indelible.verify(second.data)
    assert verdict.verdict == "authentic"
    assert verdict.watermark.payload == second.payload


def test_a_stripped_input_keeps_the_history_that_its_watermark_leads_to(
    photograph: Pixels,
) -> None:
    first = indelible.protect(photograph, generator=Generator("First"))
    stripped = imaging.encode(imaging.decode(first.data).pixels, "png")
    current().key_ring.rotate()
    second = indelible.protect(stripped, generator=Generator("Second"))
    (parent,) = credentials.read(second.data).ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id
    assert indelible.verify(second.data).verdict == "authentic"


@pytest.mark.parametrize("damage", [b"trainedAlgorithmicMedia", b"org.indelible.dft.2"])
def test_a_recovered_history_must_be_sound(
    photograph: Pixels, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    first = indelible.protect(photograph)
    stripped = imaging.encode(imaging.decode(first.data).pixels, "png")
    (record,) = current().registry().find(watermark.ALGORITHM, first.payload)
    store = bytearray(record.manifest_store)
    store[store.rindex(damage)] ^= 1
    damaged = dataclasses.replace(record, manifest_store=bytes(store))
    real = SqlRegistry.find

    def find(self: SqlRegistry, algorithm: str, value: bytes) -> Sequence[Record]:
        return [damaged] if value == first.payload else real(self, algorithm, value)

    monkeypatch.setattr(SqlRegistry, "find", find)
    current().key_ring.rotate()
    second = indelible.protect(stripped)
    assert credentials.read(second.data).ingredients == ()


def test_a_damaged_history_is_only_dropped_when_asked(photograph: Pixels) -> None:
    signed = indelible.protect(photograph, format="png").data
    start = signed.index(b"caBX") + 4
    damaged = imaging.encode(photograph, "png")
    length = int.from_bytes(signed[start - 8 : start - 4], "big")
    store = signed[start : start + length // 2]
    chunk = b"caBX" + store
    check = zlib.crc32(chunk).to_bytes(4, "big")
    damaged = damaged[:33] + len(store).to_bytes(4, "big") + chunk + check + damaged[33:]
    assert credentials.read(damaged).state == "unreadable"
    with pytest.raises(ManifestError, match="cannot be read"):
        indelible.protect(damaged)
    assert indelible.verify(indelible.protect(damaged, strip=True).data).verdict == "authentic"


def test_a_history_that_can_be_read_stays_when_metadata_are_stripped(photograph: Pixels) -> None:
    first = indelible.protect(photograph, format="png")
    second = indelible.protect(first.data, strip=True)
    (parent,) = credentials.read(second.data).ingredients
    assert parent.manifest is not None
    assert parent.manifest.manifest_id == first.manifest_id


def test_an_edited_file_without_a_manifest_is_a_parent_all_the_same(
    picture_file: Path,
) -> None:
    edited = indelible.protect(picture_file, source_type="ai-edited")
    (parent,) = credentials.read(edited.data).ingredients
    assert (parent.relationship, parent.manifest) == ("parentOf", None)
    generated = indelible.protect(picture_file, source_type="generated")
    assert credentials.read(generated.data).ingredients == ()


def test_the_file_that_an_edit_was_made_from(photographs: dict[str, Pixels]) -> None:
    """Of a picture that a model redrew nothing leads back: its parent is given."""
    first = indelible.protect(photographs["astronaut"], generator=Generator("First"))
    stripped = imaging.encode(imaging.decode(first.data).pixels, "png")
    protector = indelible.Protector.from_settings(generator="Second")
    redrawn = imaging.encode(photographs["chelsea"], "png")
    for parent in (first.data, stripped):
        second = protector.protect(redrawn, source_type="ai-edited", parent=parent)
        (found,) = credentials.read(second.data).ingredients
        assert found.relationship == "parentOf"
        assert found.manifest is not None
        assert found.manifest.manifest_id == first.manifest_id
        assert indelible.verify(second.data).verdict == "authentic"
    own = protector.protect(stripped, source_type="ai-edited", parent=redrawn)
    (found,) = credentials.read(own.data).ingredients
    assert found.manifest is not None
    assert found.manifest.manifest_id == first.manifest_id  # its own history comes first
