"""Signing a photograph: every form of the signal in it, and everything that was in it before."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import consent, credentials, imaging, watermark
from indelible.consent import ENTRIES, SignedConsent, signing
from indelible.credentials import DevelopmentIdentity, Trust
from indelible.errors import ArgumentError, EmbeddingFailedError, OutputError
from indelible.imaging import xmp
from indelible.registry import ConsentRecord, SqlRegistry
from indelible.registry.consents import ConsentRecords
from indelible.watermark import ALGORITHM, CONSENT_KEY

Pixels = NDArray[np.uint8]


def test_every_form_is_in_it(signed: SignedConsent, owners: SqlRegistry, trust: Trust) -> None:
    picture = imaging.decode(signed.data)
    assert watermark.detect(picture.pixels, CONSENT_KEY).payload == signed.consent_id
    assert xmp.read_properties(picture.metadata.xmp)[xmp.DATA_MINING].endswith("DMI-PROHIBITED")
    report = credentials.read(signed.data, trust=trust)
    assert report.state == "trusted"
    said = {one.entry: one.use for one in report.permissions}
    assert said == dict(ENTRIES)
    assert set(said) >= {"cawg.ai_inference", "org.indelible.ai_editing", "org.indelible.likeness"}
    assert [one.action for one in report.actions] == ["c2pa.opened", "c2pa.watermarked.bound"]
    assert report.source_type is None  # nothing is claimed of how it was made
    (record,) = owners.consents.find(ALGORITHM, signed.consent_id)
    assert record == signed.record
    assert (record.owner, record.state()) == ("Ada", "active")


def test_the_report_shows_it(signed: SignedConsent, owners: SqlRegistry, trust: Trust) -> None:
    result = indelible.Verifier(keys=(), registry=owners, trust=trust).verify(signed.data)
    assert result.verdict == "authentic"
    assert result.consents[0].standing == "active"
    assert any("DMI-PROHIBITED" in one.detail for one in result.signals)


def test_metadata_and_history_are_kept(
    photograph: Pixels, identity: DevelopmentIdentity, trust: Trust, registry: SqlRegistry
) -> None:
    packet = xmp.with_properties(None, {xmp.CREDIT: "Ada & Sons"})
    before = credentials.sign(
        imaging.encode(photograph, "png", metadata=imaging.Metadata(xmp=packet)),
        credentials.ManifestRequest(
            credentials.new_manifest_id(),
            credentials.Generator("Camera"),
            source_type=credentials.SourceType.CAPTURED,
        ),
        identity.signer,
    )
    result = consent.sign(before.data, signer=identity.signer, source_type="captured")
    assert result.record is None
    assert registry.consents.find(ALGORITHM, result.consent_id) == []
    assert xmp.read_properties(imaging.decode(result.data).metadata.xmp)[xmp.CREDIT] == "Ada & Sons"
    report = credentials.read(result.data, trust=trust)
    assert report.manifest is not None
    (parent,) = report.manifest.ingredients
    assert parent.relationship == "parentOf"
    assert parent.manifest is not None
    assert parent.manifest.generator == "Camera"


@pytest.mark.parametrize("kind", ["transparent", "grey"])
def test_transparency_and_grey(
    photograph: Pixels, identity: DevelopmentIdentity, kind: str
) -> None:
    pixels = np.ascontiguousarray(photograph[..., 1])
    if kind == "transparent":
        alpha = np.full(photograph.shape[:2], 255, np.uint8)
        alpha[:128], alpha[128:160] = 0, 100
        pixels = np.dstack([photograph, alpha])
    result = consent.sign(imaging.encode(pixels, "png"), signer=identity.signer)
    shown = imaging.decode(result.data).pixels
    assert shown.shape == pixels.shape
    assert watermark.detect(shown, CONSENT_KEY).payload == result.consent_id


def test_a_photograph_is_not_signed_twice(
    signed: SignedConsent, identity: DevelopmentIdentity
) -> None:
    with pytest.raises(EmbeddingFailedError, match="carries the consent mark"):
        consent.sign(signed.data, signer=identity.signer)


def test_a_record_of_a_photograph_that_was_not_written_is_withdrawn(
    photograph: Pixels,
    identity: DevelopmentIdentity,
    registry: SqlRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OutputError("The disk is full.")

    ids: list[bytes] = []
    put = ConsentRecords.put

    def noted(self: ConsentRecords, record: ConsentRecord, *, account: str | None = None) -> None:
        ids.append(record.consent_id)
        put(self, record, account=account)

    monkeypatch.setattr(ConsentRecords, "put", noted)
    monkeypatch.setattr(signing, "show", full)
    with pytest.raises(OutputError):
        consent.sign(
            photograph, tmp_path / "out.png", signer=identity.signer, records=registry.consents
        )
    (record,) = registry.consents.find(ALGORITHM, ids[0])
    assert record.state() == "withdrawn"


@pytest.mark.parametrize(
    "until",
    [dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2090, 1, 1)],  # noqa: DTZ001
)
def test_an_end_that_is_none(
    photograph: Pixels, identity: DevelopmentIdentity, until: dt.datetime
) -> None:
    with pytest.raises(ArgumentError, match="until"):
        consent.sign(photograph, signer=identity.signer, until=until)
