"""Consent marks: seen by everybody, from file to verdict, and never a generator's mark."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.typing import NDArray

import indelible
from indelible import fingerprint, imaging, watermark
from indelible.errors import RegistryUnavailableError
from indelible.protection import ProtectedImage
from indelible.registry import ConsentRecord, SqlRegistry, StoredFingerprint
from indelible.settings import current
from indelible.verification import ConsentReport, Verifier, wording
from indelible.watermark import ALGORITHM, CONSENT_KEY, Detection

Pixels = NDArray[np.uint8]
ASKS = bytes.fromhex("c0ffee0000000001")
ENTRIES = {"cawg.ai_inference": "notAllowed"}


def asking(pixels: Pixels, quality: int = 85) -> bytes:
    marked = watermark.embed(pixels, ASKS, CONSENT_KEY, strength="discreet")
    return imaging.encode(marked, "jpeg", quality=quality)


def record(pixels: Pixels | None, **more: object) -> ConsentRecord:
    looks = None
    if pixels is not None:
        hashed = fingerprint.pdq(pixels)
        reference = fingerprint.Reference.from_image(pixels).to_bytes()
        looks = StoredFingerprint(hashed.hash, hashed.quality, reference)
    return ConsentRecord(ALGORITHM, ASKS, ENTRIES, "Please do not.", fingerprint=looks, **more)  # type: ignore[arg-type]


def consents() -> SqlRegistry:
    registry = current().registry()
    assert isinstance(registry, SqlRegistry)
    return registry


def consent_words(result: indelible.Verification) -> str:
    (text,) = [text for label, text in wording.evidence_lines(result) if label == "consent"]
    return text


def test_a_consent_mark_over_a_generators_is_recovered(protected: ProtectedImage) -> None:
    """Two ids over one area, one of which is consent's, are no contradiction."""
    result = indelible.verify(asking(imaging.decode(protected.data).pixels))
    assert result.verdict == "recovered"
    assert result.watermark.payload == protected.payload
    assert result.watermark.others == ()
    (consent,) = result.consents
    assert (consent.consent_id, consent.standing) == (ASKS, "unknown")
    assert "its owner asks not to edit it, nor to train on it" in consent_words(result)
    assert "consent mark" not in " ".join(result.reasons)


def test_only_the_consent_key_here_is_unchecked(photograph: Pixels) -> None:
    verifier = Verifier(keys=(), registry=None, trust=None)
    result = verifier.verify(asking(photograph))
    assert result.verdict == "unchecked"
    assert result.watermark.state == "not_checked"
    assert [one.standing for one in result.consents] == ["not_asked"]
    assert result.origin is None
    given = Verifier(keys=CONSENT_KEY, registry=None, trust=None)
    assert given.verify(asking(photograph)).verdict == "unchecked"
    assert verifier.verify(imaging.encode(photograph, "jpeg")).consents == ()


def test_it_is_not_looked_for_where_that_is_said(photograph: Pixels) -> None:
    verifier = Verifier(keys=(), registry=None, trust=None, consent=False)
    assert verifier.verify(asking(photograph)).consents == ()


def test_a_consent_mark_alone_attributes_nothing(
    photographs: dict[str, Pixels], at_home: object
) -> None:
    consents().consents.put(record(photographs["coffee"]))
    result = indelible.verify(asking(photographs["coffee"]))
    assert result.verdict == "none"
    assert result.origin is None
    assert result.watermark.state == "not_found"
    assert result.registry.state == "not_asked"
    (consent,) = result.consents
    assert (consent.standing, consent.looks) == ("active", ("match",))
    assert "the registry's record says the same" in consent_words(result)
    assert result.to_dict()["consents"][0]["record"]["statement"] == "Please do not."


def test_a_record_that_was_withdrawn_or_ended_is_shown_as_such(
    photograph: Pixels, at_home: object
) -> None:
    records = consents().consents
    records.put(record(photograph, until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)))
    result = indelible.verify(asking(photograph))
    assert result.consents[0].standing == "expired"
    records.withdraw(ALGORITHM, ASKS, reason="I changed my mind")
    result = indelible.verify(asking(photograph))
    assert result.consents[0].standing == "withdrawn"
    assert "withdrawn" in consent_words(result)


def test_a_transplanted_mark_asks_nothing(
    photograph: Pixels, photographs: dict[str, Pixels], at_home: object
) -> None:
    consents().consents.put(record(photograph))
    result = indelible.verify(asking(photographs["coffee"]))
    assert result.consents[0].standing == "other_picture"
    assert "of this one" in consent_words(result)


def test_a_registry_that_fails_is_said(photograph: Pixels) -> None:
    from indelible.verification.consent_leg import look_up_consents  # noqa: PLC0415

    class Broken:
        def find(self, algorithm: str, consent_id: bytes) -> list[ConsentRecord]:
            raise RegistryUnavailableError("down")

    class Wrong:
        def find(self, algorithm: str, consent_id: bytes) -> list[ConsentRecord]:
            raise ValueError("foreign")

    view = watermark.View(photograph)
    mark = Detection(True, ASKS, key_id=CONSENT_KEY.id, algorithm=ALGORITHM)
    for source in (Broken(), Wrong()):
        (found,) = look_up_consents(view, [mark], [source])
        assert found.standing == "unavailable"


@pytest.mark.parametrize(
    ("ended", "looks", "standing"),
    [
        ((False, True), ("match", "match"), "active"),
        ((True, False), ("match", "match"), "active"),
        ((True, False), ("match", "mismatch"), "expired"),
        ((False, False), ("mismatch", "unclear"), "active"),
    ],
)
def test_of_several_records_the_one_that_forbids_more_counts(
    ended: tuple[bool, bool], looks: tuple[str, str], standing: str
) -> None:
    past = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    records = tuple(
        record(None, until=past if end else None, owner=name)
        for name, end in zip("ab", ended, strict=True)
    )
    found = ConsentReport(Detection(True, ASKS), "found", records, looks)  # type: ignore[arg-type]
    assert found.standing == standing
