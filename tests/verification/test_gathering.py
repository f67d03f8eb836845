"""From reports to evidence: what a manifest names and continues, and why it does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible import watermark
from indelible.credentials import CredentialReport, Finding, IngredientReport, SoftBinding
from indelible.verification.gathering import gather_evidence
from indelible.verification.result import RegistryReport, WatermarkReport
from indelible.watermark import Detection, Key
from tests.verification.manifests import manifest

ID = b"8 bytes."
KEY = Key.from_bytes(bytes(range(32)))
NOT_ASKED = RegistryReport("not_asked")


def test_an_edit_continues_what_it_has_in_its_history() -> None:
    original = manifest("c2pa.created", name="urn:original")
    edit = replace(
        manifest("c2pa.opened"), ingredients=(IngredientReport("parentOf", manifest=original),)
    )
    mark = WatermarkReport("found", Detection(True, ID, 1e-12, None, KEY.id), keys=1)
    recovered = CredentialReport("trusted", manifest=original)
    led = RegistryReport("found", "urn:original", b"", recovered, True)
    for report, continues in ((edit, True), (manifest("c2pa.opened"), False)):
        evidence = gather_evidence(CredentialReport("valid", manifest=report), mark, led, (KEY,))
        assert evidence.manifest.continues_recovered == continues
    named = replace(
        manifest("c2pa.created"), soft_bindings=(SoftBinding(watermark.ALGORITHM, b"?", (ID,)),)
    )
    evidence = gather_evidence(CredentialReport("valid", manifest=named), mark, led, (KEY,))
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
            evidence = gather_evidence(
                CredentialReport("valid", manifest=report), mark, led, (KEY,)
            )
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
    evidence = gather_evidence(report, WatermarkReport("not_checked"), NOT_ASKED, ())
    assert evidence.manifest.causes == ("claimSignature.mismatch",)


def test_a_manifest_that_the_registry_holds_besides_is_continued_too() -> None:
    """In a merged registry an id leads to several manifests, of which the best one speaks."""
    edit = replace(
        manifest("c2pa.opened"),
        ingredients=(
            IngredientReport("parentOf", manifest=manifest("c2pa.created", name="urn:2")),
        ),
    )
    best = CredentialReport("trusted", manifest=manifest("c2pa.created", name="urn:best"))
    mark = WatermarkReport("found", Detection(True, ID, 1e-12, None, KEY.id), keys=1)
    for others, continues in ((("urn:2",), True), (("urn:3",), False)):
        led = RegistryReport("found", "urn:best", b"", best, True, others=others)
        evidence = gather_evidence(CredentialReport("valid", manifest=edit), mark, led, (KEY,))
        assert evidence.manifest.continues_recovered == continues


@pytest.mark.parametrize(
    ("binding", "names"),
    [
        (SoftBinding(watermark.ALGORITHM, ID, key_id=KEY.id), True),
        (SoftBinding(watermark.ALGORITHM, ID), True),
        (SoftBinding(watermark.ALGORITHM, ID, key_id="0" * 16), False),
        (SoftBinding("com.example", ID), False),
    ],
)
def test_a_binding_without_a_key_may_be_of_any_of_ours(binding: SoftBinding, names: bool) -> None:
    report = CredentialReport(
        "valid", manifest=replace(manifest("c2pa.created"), soft_bindings=(binding,))
    )
    evidence = gather_evidence(report, WatermarkReport("not_found", keys=1), NOT_ASKED, (KEY,))
    assert evidence.manifest.names_key == names
