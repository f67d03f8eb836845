"""From reports to evidence: what a manifest claims, names and explains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible import watermark
from indelible.credentials import (
    Action,
    AiClaim,
    CredentialReport,
    Finding,
    IngredientReport,
    ManifestReport,
    Signal,
    SoftBinding,
)
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.verification.weighing import best_ai_claim, creation_of, promises_mark, weigh
from indelible.watermark import Detection, Key

ID = b"8 bytes."
KEY = Key.from_bytes(bytes(range(32)))
NOT_ASKED = RegistryReport("not_asked")


def manifest(*actions: str, source_type: str | None = None, name: str = "urn:1") -> ManifestReport:
    steps = [Action(action) for action in actions]
    if steps and source_type is not None:
        steps[0] = replace(steps[0], source_type=source_type)
    return ManifestReport(name, generator=name, actions=tuple(steps), source_type=source_type)


@pytest.mark.parametrize(
    ("action", "source_type", "creation"),
    [
        ("c2pa.created", "digitalCapture", "captured"),
        ("c2pa.created", "computationalCapture", "captured"),
        ("c2pa.created", "digitalCreation", "made"),
        ("c2pa.created", "trainedAlgorithmicMedia", "generated"),
        ("c2pa.created", "algorithmicMedia", "created"),
        ("c2pa.created", None, "created"),
        ("c2pa.created", "compositeCapture", "captured"),
        ("c2pa.created", "virtualRecording", "created"),
        ("c2pa.created", "no such thing", "created"),
        ("c2pa.created", "screenCapture", None),
        ("c2pa.created", "composite", None),
        ("c2pa.created", "compositeWithTrainedAlgorithmicMedia", None),
        ("c2pa.opened", "digitalCapture", "captured"),
        ("c2pa.opened", None, None),
        ("c2pa.placed", "trainedAlgorithmicMedia", None),
        ("c2pa.edited", "humanEdits", None),
    ],
)
def test_what_claims_creation(action: str, source_type: str | None, creation: str | None) -> None:
    assert creation_of(manifest(action, source_type=source_type)) == creation
    assert creation_of(None) is None


@pytest.mark.parametrize(
    ("binding", "actions", "promised"),
    [
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), (), True),
        (SoftBinding(watermark.ALGORITHM, ID), (), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id="0" * 16), (), False),
        (SoftBinding("com.example", ID, key_id=KEY.id), (), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), ("c2pa.resized",), False),
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), ("c2pa.published",), True),
    ],
)
def test_which_manifest_promises_a_mark(
    binding: SoftBinding, actions: tuple[str, ...], promised: bool
) -> None:
    made = manifest("c2pa.created", "c2pa.cropped", "c2pa.watermarked.bound", *actions)
    report = CredentialReport("trusted", manifest=replace(made, soft_bindings=(binding,)))
    assert promises_mark(report, (KEY,)) == promised


def test_an_edit_continues_what_it_has_in_its_history() -> None:
    original = manifest("c2pa.created", name="urn:original")
    edit = replace(
        manifest("c2pa.opened"), ingredients=(IngredientReport("parentOf", manifest=original),)
    )
    mark = WatermarkReport("found", Detection(True, ID, 1e-12, None, KEY.id), keys=1)
    recovered = CredentialReport("trusted", manifest=original)
    led = RegistryReport("found", "urn:original", b"", recovered, True)
    for report, continues in ((edit, True), (manifest("c2pa.opened"), False)):
        evidence = weigh(CredentialReport("valid", manifest=report), mark, led, (KEY,))
        assert evidence.manifest.continues_recovered == continues
    named = replace(
        manifest("c2pa.created"), soft_bindings=(SoftBinding(watermark.ALGORITHM, b"?", (ID,)),)
    )
    evidence = weigh(CredentialReport("valid", manifest=named), mark, led, (KEY,))
    assert not evidence.manifest.continues_recovered
    assert evidence.manifest.payloads == {ID}


def test_an_ingredient_that_only_has_the_recovered_manifests_name_is_another() -> None:
    original = manifest("c2pa.created", name="urn:original")
    mark = WatermarkReport("found", Detection(True, ID, 1e-12, None, KEY.id), keys=1)
    led = RegistryReport(
        "found", "urn:original", b"", CredentialReport("trusted", manifest=original), True
    )
    forged = manifest("c2pa.created", source_type="digitalCapture", name="urn:original")
    for one, continues in ((original, True), (forged, False)):
        history = (IngredientReport("parentOf", manifest=one),)
        for report in (one, replace(manifest("c2pa.opened"), ingredients=history)):
            evidence = weigh(CredentialReport("valid", manifest=report), mark, led, (KEY,))
            assert evidence.manifest.continues_recovered == continues


def test_a_broken_manifests_causes_leave_out_trust_and_the_picture() -> None:
    failures = tuple(
        Finding(code, code)
        for code in (
            "assertion.dataHash.mismatch",
            "signingCredential.untrusted",
            "claimSignature.mismatch",
            "claimSignature.mismatch",
        )
    )
    report = CredentialReport("invalid", failures=failures)
    evidence = weigh(report, WatermarkReport("not_checked"), NOT_ASKED, ())
    assert evidence.manifest.causes == ("claimSignature.mismatch",)


def test_the_best_standing_about_ai_wins() -> None:
    generated = manifest("c2pa.created", source_type="trainedAlgorithmicMedia", name="A")
    trusted = CredentialReport("trusted", manifest=generated, signer_trusted=True)
    unknown = CredentialReport("valid", manifest=replace(generated, generator="B"))
    changed = replace(trusted, state="invalid", integrity="changed")
    signals = (
        Signal("iptc-ai-generated", "XMP", None, True, "a term"),
        Signal("ai-software", "EXIF", None, True, "Midjourney 6"),
    )

    def best(credential: CredentialReport, recovered: CredentialReport | None = None) -> AiClaim:
        led = RegistryReport("found", "1", b"", recovered, names_payload=True)
        return best_ai_claim(credential, led, signals)

    absent = CredentialReport("absent")
    assert best(trusted, trusted).where == "manifest"
    assert best(unknown, changed) == AiClaim(True, "generated", "A", "recovered", "trusted")
    assert best(unknown).standing == "untrusted"
    assert best(changed).standing == "broken"
    assert best(absent) == AiClaim(True, "generated", "Midjourney 6", "metadata", "metadata")
    # Of another picture, by all that is known.
    elsewhere = RegistryReport("found", "1", b"", changed, names_payload=False)
    assert best_ai_claim(absent, elsewhere, ()).standing == "broken"
    assert not best_ai_claim(absent, None, ()).claimed
