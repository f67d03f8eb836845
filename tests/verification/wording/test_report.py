"""The whole report about one picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible.credentials import AiClaim, CredentialReport, Finding, Signal
from indelible.credentials.manifests.status import UNTRUSTED
from indelible.verification import Verdict, wording
from tests.verification.wording.found import ABSENT, MARK, TRUSTED, UNKNOWN, found

REMOTE = CredentialReport("absent", reasons=("kept.",), remote_url="https://me@a.example/b")


def test_a_report_has_the_verdicts_words_and_no_empty_section() -> None:
    result = found(Verdict.AUTHENTIC, TRUSTED)
    words = wording.report(result)
    assert words.headline == Verdict.AUTHENTIC.words.headline
    assert words.meaning == Verdict.AUTHENTIC.words.meaning
    assert words.caution.text == Verdict.AUTHENTIC.words.caution
    assert words.reasons == ()  # its own words say them
    assert [section.heading for section in words.sections] == [
        "",
        "The manifest in the file, of a trusted signer, says",
    ]
    evidence, claims = words.sections
    assert [(i.label, i.text) for i in evidence.items] == wording.evidence_lines(result)
    assert claims.items[0] == wording.Item("Acme 1", label="generator")


def test_what_is_said_about_ai_comes_with_it() -> None:
    result = replace(found(Verdict.NONE, ABSENT), ai=AiClaim(True, by="Acme"))
    words = wording.report(result)
    assert words.ai_claimed
    assert words.ai == wording.ai_line(result.ai)
    assert words.reasons == ("A reason.",)


def test_failures_that_no_reason_says() -> None:
    failures = (
        Finding("claimSignature.mismatch", "The signature does not fit."),
        Finding("claimSignature.mismatch", "The signature does not fit."),
        Finding("said", "A reason."),
        Finding(UNTRUSTED, "Unknown."),
    )
    inside = (Finding("ingredient.x", "An older picture was changed."),)
    broken = replace(
        UNKNOWN,
        state="invalid",
        integrity="broken",
        failures=failures,
        ingredient_failures=inside,
        identity_failures=inside,
    )
    sections = {s.heading: s.items for s in wording.report(found(Verdict.INVALID, broken)).sections}
    assert sections["Failures of the manifest"] == (
        wording.Item("The signature does not fit.", code="claimSignature.mismatch"),
    )
    assert len(sections["Failures inside its history"]) == 1
    assert len(sections["Failures of identity claims"]) == 1
    recovered = wording.report(found(Verdict.UNVERIFIED, ABSENT, broken))
    headings = [section.heading for section in recovered.sections]
    assert "Failures of the recovered manifest" in headings
    assert "Inside the recovered manifest's history" in headings
    # A manifest in the file speaks for itself.
    assert "Failures of the recovered manifest" not in [
        section.heading
        for section in wording.report(found(Verdict.INVALID, broken, broken)).sections
    ]


def test_plain_metadata_has_a_section() -> None:
    signal = Signal("ai-software", "EXIF Software", None, True, "Midjourney 6")
    words = wording.report(replace(found(Verdict.NONE, ABSENT), signals=(signal,)))
    assert words.sections[-1] == wording.Section(
        wording.SIGNALS_HEADING, (wording.Item("EXIF Software: Midjourney 6"),)
    )


def test_remarks_come_in_order() -> None:
    development = replace(TRUSTED, development=True)
    result = replace(found(Verdict.RECOVERED, ABSENT, development), notes=("A note.",))
    look, note, last = wording.report(result).remarks
    assert look == wording.how_to_look(result)
    assert note == "A note."
    assert last == wording.DEVELOPMENT_NOTE


@pytest.mark.parametrize(
    ("credential", "option", "host"),
    [
        (REMOTE, "--allow-host", "--allow-host a.example"),
        (REMOTE, None, None),
        (replace(REMOTE, reasons=("kept.", "It was tried.")), "--allow-host", None),
        (replace(REMOTE, remote_url="https://[bad"), "--allow-host", None),
        (TRUSTED, "--allow-host", None),
    ],
)
def test_where_a_manifest_can_be_fetched(
    credential: CredentialReport, option: str | None, host: str | None
) -> None:
    result = found(Verdict.UNVERIFIED, credential, mark=MARK)
    remarks = wording.report(result, fetch_option=option).remarks
    assert len(remarks) == (host is not None)
    assert all(remark.endswith(f": {host}") for remark in remarks)
