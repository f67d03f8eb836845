"""What servers of others answered, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible.credentials import SoftBinding
from indelible.verification import ResolverReport, Verdict
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.wording import consent_question, report, resolver_line, whom_to_ask
from tests.verification.wording.found import ABSENT, MANIFEST, TRUSTED, UNKNOWN, found

AT = "https://resolver.example"
SENT = ResolverReport(
    AT, "found", None, "urn:c2pa:1", b"", TRUSTED, "pixels", names_payload=True, chosen=True
)
MATCH = FingerprintReport("match", "recovered")
MISMATCH = FingerprintReport("mismatch", "recovered")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ResolverReport(AT, "not_asked", "A reason."), "was not asked: A reason."),
        (ResolverReport(AT, "unavailable", "A reason."), "gave no answer: A reason."),
        (ResolverReport(AT, "unknown"), "holds nothing about it"),
        (ResolverReport(AT, "unknown", sent_picture=True), "(the picture was sent to it)"),
        (SENT, "sent a manifest that is intact, of a trusted signer"),
        (replace(SENT, credential=UNKNOWN), "of a signer who could not be verified"),
        (replace(SENT, fingerprint=MISMATCH, credential=replace(TRUSTED, integrity="changed")),
         "that is about another picture"),
        (replace(SENT, names_payload=False), "that names another id"),
        (replace(SENT, credential=replace(TRUSTED, integrity="broken")), "that does not hold"),
        (replace(SENT, asked_by="content", credential=replace(TRUSTED, integrity="changed")),
         "that does not show that it is about this picture"),
    ],
)  # fmt: skip
def test_one_line_for_each(answer: ResolverReport, said: str) -> None:
    assert AT in resolver_line(answer)
    assert said in resolver_line(answer)


def test_a_recovery_says_from_where() -> None:
    result = replace(
        found(Verdict.RECOVERED, ABSENT), resolvers=(replace(SENT, fingerprint=MATCH),)
    )
    words = report(result)
    assert "somebody else's server" in words.headline
    assert "not believed" in words.caution.text
    headings = [section.heading for section in words.sections]
    assert "The manifest that a resolver sent, of a trusted signer, says" in headings
    assert result.origin is not None
    assert result.origin.sent_by == AT


def test_whom_else_one_could_ask() -> None:
    def named(algorithm: str) -> list[str]:
        manifest = replace(MANIFEST, soft_bindings=(SoftBinding(algorithm, b"x"),))
        result = found(Verdict.UNVERIFIED, replace(UNKNOWN, manifest=manifest))
        return list(whom_to_ask(result, "--ask"))

    assert named("com.aiwatermark.pixelseal.1")[0].endswith("--ask https://aiwatermark.com/api/v1")
    assert "which its maker can read: https://" in named("com.adobe.trustmark.P")[0]
    assert named("org.indelible.dft.2") == named("com.example.unknown") == []


def test_what_somebody_is_asked_to_agree_to() -> None:
    withheld = replace(
        found(Verdict.UNCHECKED, ABSENT),
        resolvers=(ResolverReport(AT, "not_asked", withheld=True), ResolverReport("x", "unknown")),
    )
    question = consent_question([withheld, withheld], 2_340_000)
    assert question is not None
    assert question.startswith(f"Send 2 whole files with their metadata (2.3 MB) to {AT}, ")
    assert consent_question([found(Verdict.NONE, ABSENT)], 0) is None
