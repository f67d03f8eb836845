"""What strangers learn, and what they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging, watermark
from indelible.credentials import (
    Action,
    AiClaim,
    CredentialReport,
    Finding,
    IngredientReport,
    ManifestReport,
    Signal,
    Signature,
)
from indelible.errors import ArgumentError
from indelible.languages import say
from indelible.registry import StoredFingerprint
from indelible.verification import (
    ChangedRegion,
    ChangeReport,
    OtherMark,
    Verdict,
    Verification,
    Verifier,
)
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.judging import taken_back
from indelible.verification.public import _findings, public_report
from indelible.verification.public import _schema as schema
from indelible.verification.wording import HARDER
from indelible.watermark import CONSENT_KEY, Detection
from tests.verification.wording.found import ABSENT, MARK, TRUSTED, UNKNOWN, found

LONG = "\U0001f600{x}\u202e" * 1000


def flat(value: object) -> list[object]:
    """Return the keys and values in a JSON value."""
    if isinstance(value, dict):
        return [part for key, one in value.items() for part in (key, *flat(one))]
    if isinstance(value, list):
        return [part for one in value for part in flat(one)]
    return [value]


def test_it_is_json_and_says_what_it_is() -> None:
    report = public_report(found(Verdict.AUTHENTIC, TRUSTED))
    assert json.loads(json.dumps(report)) == report
    assert (report["version"], report["language"], report["verdict"]) == (1, "en", "authentic")
    assert report["headline"] == Verdict.AUTHENTIC.words.headline
    assert all(type(one) in (str, int, bool, type(None)) for one in flat(report))


def test_another_language_changes_the_words_alone() -> None:
    result = found(Verdict.UNVERIFIED, UNKNOWN)
    english, german = public_report(result), public_report(result, language="de")
    assert german["headline"].startswith("Gekennzeichnet oder signiert")
    assert german["findings"]["manifest"]["state"] == english["findings"]["manifest"]["state"]
    assert german["origins"][0]["generator"] == english["origins"][0]["generator"]
    with pytest.raises(ArgumentError, match="language"):
        public_report(result, language="xx")


def test_nothing_to_measure_by() -> None:
    other = OtherMark(Detection(True, b"another.", 1e-12, None, "q" * 16), (0, 0, 9, 9), 0.37, 0.1)
    result = replace(
        found(Verdict.ALTERED, UNKNOWN, TRUSTED),
        watermark=replace(MARK, area=0.3712, box=(3, 5, 333, 334), others=(other,), keys=7),
        fingerprint=FingerprintReport("match", "recovered", 0.73321, 0.61234, 0.51234),
        changes=ChangeReport(
            "compared",
            about="recovered",
            standing="trusted",
            share=0.07123,
            visible=0.81234,
            regions=(ChangedRegion((1, 2, 3, 4), (17, 33, 49, 50), 0.07123, 0.12345),),
        ),
        timing={"total_ms": 1234.5},
        file="/home/somebody/secret.jpg",
        notes=(
            say(
                "About {share} % of the picture carries the watermark; the rest may come from "
                "elsewhere.",
                share=37,
            ),
            HARDER,
        ),
    )
    report = public_report(result)
    text = json.dumps(report)
    for secret in (
        b"8 bytes.".hex(),
        b"another.".hex(),
        "k" * 16,
        "q" * 16,
        "1e-12",
        "0.7",
        "0.37",
        "37",
        "0.61",
        "0.12",
        "333",
        "1234",
        "secret.jpg",
        "thorough",
    ):
        assert secret not in text, secret
    assert not any(isinstance(one, float) for one in flat(report))
    assert report["changes"] is not None
    assert report["changes"]["share"] == 10
    assert report["changes"]["regions"] == [{"box": [16, 32, 64, 64]}]
    assert report["findings"]["watermark"]["covers"] == "part"
    assert report["notes"] == [
        "About 25 % of the picture carries the watermark; the rest may come from elsewhere."
    ]


def test_a_registered_picture_that_is_resembled_is_not_named() -> None:
    result = replace(
        found(Verdict.UNVERIFIED, ABSENT, mark=replace(MARK, state="not_found", detection=None)),
        fingerprint=FingerprintReport(resembles=("urn:c2pa:secret",)),
    )
    report = public_report(result)
    assert "urn:c2pa:secret" not in json.dumps(report)
    assert report["findings"]["watermark"]["resembles"]


def test_what_the_operator_wrote_for_the_operator_stays_there() -> None:
    why = "At the wish of Jane Doe, 12 Main Street."
    result = found(Verdict.UNVERIFIED, ABSENT, TRUSTED)
    registry = replace(result.registry, status="withdrawn", status_reason=why, reason="db://host")
    result = replace(result, registry=registry, reasons=(taken_back("withdrawn", why),))
    report = public_report(result)
    assert report["reasons"] == ["The registry's record under the watermark's id was withdrawn."]
    assert "Jane" not in json.dumps(report)
    assert "db://" not in json.dumps(report)
    assert report["original"] is None


@pytest.mark.parametrize(
    ("verdict", "credential", "claim"),
    [
        (Verdict.AUTHENTIC, TRUSTED, False),
        (Verdict.UNVERIFIED, UNKNOWN, True),
        (Verdict.SUSPECT, TRUSTED, True),
        (Verdict.INVALID, replace(TRUSTED, state="invalid", integrity="broken"), True),
        (Verdict.ALTERED, replace(TRUSTED, state="invalid", integrity="changed"), True),
    ],
)
def test_names_are_claims_unless_a_trusted_signer_says_so(
    verdict: Verdict, credential: CredentialReport, claim: bool
) -> None:
    report = public_report(found(verdict, credential))
    (origin,) = report["origins"]
    assert origin["claim"] is claim
    assert report["history"] is not None
    assert report["history"]["claim"] is claim
    said = {line["label"]: line["text"] for line in origin["lines"]}
    assert said["generator"] == ("says it is Acme 1" if claim else "Acme 1")


def test_ai_of_contradicting_evidence_is_a_claim() -> None:
    said = AiClaim(True, "generated", "Acme", "recovered", "trusted")
    trusted = public_report(replace(found(Verdict.RECOVERED, ABSENT, TRUSTED), ai=said))
    suspect = public_report(replace(found(Verdict.SUSPECT, ABSENT, TRUSTED), ai=said))
    assert (trusted["ai"]["claim"], suspect["ai"]["claim"]) == (False, True)
    nothing = public_report(found(Verdict.NONE, ABSENT))["ai"]
    assert (nothing["claimed"], nothing["standing"], nothing["claim"]) == (False, None, False)


def test_a_long_name_does_not_push_out_what_it_is_worth() -> None:
    said = AiClaim(True, "generated", "A" * 500, "manifest", "untrusted")
    report = public_report(replace(found(Verdict.UNVERIFIED, UNKNOWN), ai=said))
    assert "signer could not be verified" in report["ai"]["words"]


def test_plain_metadata_is_called_what_it_is() -> None:
    signal = Signal("ai-software", "EXIF Software", None, True, "Midjourney 6")
    report = public_report(replace(found(Verdict.NONE, ABSENT), signals=(signal,)))
    assert report["signals"][0]["text"] == "Midjourney 6"
    assert "Anybody can write" in report["signals_words"]


def huge() -> Verification:
    """Return what a manifest of megabytes leads to: wide, deep, every text as long as it can be."""
    action = Action(LONG, LONG, LONG, LONG, LONG)
    leaf = ManifestReport(LONG, LONG, LONG, LONG, Signature(LONG, LONG, LONG), (action,) * 100)
    failure = Finding("assertion.dataHash.mismatch", LONG)
    for _ in range(12):
        one = IngredientReport("parentOf", LONG, LONG, leaf, (failure,) * 20)
        leaf = replace(leaf, ingredients=(one,) * 30)
    credential = replace(UNKNOWN, manifest=leaf, failures=(failure,) * 50, remote_url=LONG)
    signal = Signal("x", LONG, LONG, True, LONG)
    return replace(
        found(Verdict.UNVERIFIED, credential, credential),
        signals=(signal,) * 100,
        reasons=(LONG,) * 100,
        notes=(LONG,) * 100,
        ai=AiClaim(True, "generated", LONG, "manifest", "untrusted"),
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_report_is_bounded(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The whole history is searched for the mark's id; here it is 30 ** 12 pictures.
    monkeypatch.setattr(_findings, "named_payloads", lambda *_: ())
    monkeypatch.setattr(_findings, "continues", lambda *_: False)
    report = public_report(huge(), language=language)
    text = json.dumps(report, ensure_ascii=False)
    assert len(text) < 120_000
    assert "\u202e" not in text
    assert len(report["reasons"]) == 12


def test_a_registrys_fingerprint_is_not_told() -> None:
    result = found(Verdict.RECOVERED, ABSENT, TRUSTED)
    kept = StoredFingerprint(b"p" * 32, 90, b"reference")
    report = public_report(replace(result, registry=replace(result.registry, fingerprint=kept)))
    assert b"p".hex() * 32 not in json.dumps(report)
    assert "manifest_store" not in flat(report)


def test_the_schema_is_what_is_returned() -> None:
    """No field is missing, and none is there that the schema does not have."""
    report: Any = public_report(found(Verdict.UNVERIFIED, UNKNOWN, TRUSTED))
    assert set(report) == set(schema.PublicReport.__annotations__)
    assert set(report["ai"]) == set(schema.Ai.__annotations__)
    assert set(report["findings"]["watermark"]) == set(schema.WatermarkFinding.__annotations__)
    assert set(report["origins"][0]) == set(schema.Origin.__annotations__)
    assert set(report["history"]) == set(schema.History.__annotations__)
    assert set(report["searched"][0]) == set(schema.Searched.__annotations__)


def test_a_consent_mark_is_shown_without_its_id(photographs: dict[str, NDArray[np.uint8]]) -> None:
    marked = watermark.embed(photographs["astronaut"], b"consents", CONSENT_KEY)
    result = Verifier(keys=(), registry=None, trust=None).verify(imaging.encode(marked, "png"))
    (consent,) = public_report(result)["consents"]
    assert (consent["asks"], consent["standing"]) == (True, "not_asked")
    assert consent["words"].startswith("The picture carries a consent mark")
    assert b"consents".hex() not in json.dumps(public_report(result, language="de"))
