"""The words of every face: claims are told as claims, each cause in one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible.credentials import (
    Action,
    AiClaim,
    CredentialReport,
    ManifestReport,
    Signal,
    Signature,
)
from indelible.credentials.manifests.status import explain
from indelible.verification import wording
from indelible.verification.result import RegistryReport, Verification, WatermarkReport
from indelible.verification.verdict import CHANGED, Verdict
from indelible.watermark import Detection

MANIFEST = ManifestReport(
    "urn:c2pa:1",
    generator="Acme 1",
    title="Sunrise",
    signature=Signature(signer="Acme Inc."),
    actions=(Action("c2pa.created", source_type="digitalCapture"),),
    source_type="digitalCapture",
)
TRUSTED = CredentialReport(
    "trusted", manifest=MANIFEST, signer_trusted=True, trusted_by="a list", time="2026-01-01"
)
UNKNOWN = replace(TRUSTED, state="valid", signer_trusted=False, trusted_by=None)
MARK = WatermarkReport("found", Detection(True, b"8 bytes.", 1e-12, None, "k" * 16), keys=1)


def found(
    verdict: Verdict,
    credential: CredentialReport,
    recovered: CredentialReport | None = None,
    mark: WatermarkReport = MARK,
) -> Verification:
    registry = RegistryReport("not_asked")
    if recovered is not None:
        registry = RegistryReport("found", "urn:c2pa:2", b"", recovered, names_payload=True)
    return Verification(verdict, ("A reason.",), credential, mark, registry)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (
            AiClaim(True, "generated", "Acme 1", "manifest", "trusted"),
            "Says it was made by AI: Acme 1 (the picture's manifest; signer trusted)",
        ),
        (
            AiClaim(True, "edited", None, "ingredient", "broken"),
            (
                "Says it was edited with AI (the manifest of a picture that this one was made "
                "from; it does not hold for this file)"
            ),
        ),
        (
            AiClaim(True, None, "Grok", "metadata", "metadata"),
            "Says it was made by AI: Grok (plain metadata, which anybody can write)",
        ),
        (AiClaim(False), "Nothing here says that AI made it; AI may have made it all the same."),
    ],
)
def test_ai(claim: AiClaim, words: str) -> None:
    assert wording.ai_line(claim) == words
    assert bool(wording.ai_cell(claim)) == claim.claimed
    assert "not ai" not in words.lower()


def test_only_a_trusted_signers_words_are_facts() -> None:
    facts = found(Verdict.AUTHENTIC, TRUSTED)
    (origin,) = wording.origins(facts)
    lines = dict(wording.claims(origin, facts.verdict))
    assert lines["generator"] == "Acme 1"
    assert lines["made"] == "captured by a camera, as its signer says"
    assert wording.origin_cell(facts) == "Acme 1"
    broken = replace(TRUSTED, state="invalid", integrity="broken")
    moved = replace(TRUSTED, state="invalid", integrity="changed")
    for verdict, report in (
        (Verdict.UNVERIFIED, UNKNOWN),
        (Verdict.INVALID, broken),
        (Verdict.ALTERED, moved),
        (Verdict.SUSPECT, TRUSTED),  # as trusted as one may be: the evidence contradicts it
    ):
        claims = found(verdict, report)
        (origin,) = wording.origins(claims)
        lines = dict(wording.claims(origin, verdict))
        assert lines["generator"] == "says it is Acme 1"
        assert lines["title"] == "says it is Sunrise"
        assert lines["made"] == "says it was captured by a camera"
        assert lines["signer"] == "says it is Acme Inc."
        assert wording.origin_cell(claims) == "says it is Acme 1"


def test_both_manifests_are_shown_where_they_differ() -> None:
    other = replace(TRUSTED, manifest=replace(MANIFEST, manifest_id="urn:c2pa:2"))
    both = found(Verdict.SUSPECT, UNKNOWN, other)
    assert [one.where for one in wording.origins(both)] == ["manifest", "recovered"]
    assert wording.origin_cell(both).count("says it is Acme 1") == 2
    same = found(Verdict.AUTHENTIC, TRUSTED, TRUSTED)
    assert [one.where for one in wording.origins(same)] == ["manifest"]
    # The registry's copy of a manifest whose file was changed since is the better witness.
    changed = replace(TRUSTED, state="invalid", integrity="changed")
    (origin,) = wording.origins(found(Verdict.ALTERED, changed, changed))
    assert (origin.where, origin.standing) == ("recovered", "trusted")
    # A manifest that was tampered with says other things.
    broken = replace(TRUSTED, state="invalid", integrity="broken")
    assert len(wording.origins(found(Verdict.INVALID, broken, changed))) == 2


def test_whose_clock() -> None:
    stamped = replace(TRUSTED, timestamped=True, timestamp_trusted=True)
    unknown = replace(TRUSTED, timestamp_trusted=False)
    assert wording.time_words(stamped) == "2026-01-01 (time-stamped)"
    assert wording.time_words(unknown) == "2026-01-01 (time stamp of an unknown authority)"
    assert wording.time_words(TRUSTED) == "2026-01-01 (by the signer's own clock)"
    assert wording.time_words(CredentialReport("absent")) is None


def test_how_to_look_names_title_and_preview() -> None:
    shown = replace(MANIFEST, assertions=("c2pa.thumbnail.claim",))
    absent = CredentialReport("absent")
    recovery = found(Verdict.RECOVERED, absent, replace(TRUSTED, manifest=shown))
    words = wording.how_to_look(recovery)
    assert words is not None
    assert "ask Acme 1" in words
    assert "Sunrise" in words
    assert "preview" in words
    assert wording.how_to_look(found(Verdict.AUTHENTIC, TRUSTED, TRUSTED)) is None


def test_a_line_for_each_leg_that_has_something_to_say() -> None:
    lines = dict(wording.evidence_lines(found(Verdict.AUTHENTIC, TRUSTED)))
    assert lines["manifest"] == "in the file: intact; its signer is trusted (a list)"
    assert set(lines) == {"manifest", "watermark"}
    nothing = found(
        Verdict.NONE, CredentialReport("absent"), mark=WatermarkReport("not_found", keys=2)
    )
    assert wording.evidence_lines(nothing) == []


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (CredentialReport("unreadable"), "in the file: cannot be read"),
        (CredentialReport("invalid", "broken", place="beside"), "beside the picture: does not"),
        (replace(UNKNOWN, place="given"), "as given: intact; its signer is not trusted here"),
        (replace(TRUSTED, expired=True, place="address"), "certificate has expired"),
        (CredentialReport("absent", remote_url="https://a/b"), "only at https://a/b"),
        (
            CredentialReport("absent", reasons=("kept.", "It\nis away."), remote_url="https://a/b"),
            "not fetched: It is away.",
        ),
    ],
)
def test_the_manifests_line(report: CredentialReport, words: str) -> None:
    assert words in wording.manifest_line(report)


def test_the_watermarks_line() -> None:
    assert "about 30 % of the picture" in wording.watermark_line(replace(MARK, area=0.3))
    assert "nearly all of the picture" in wording.watermark_line(replace(MARK, area=0.95))
    assert "of the picture" not in wording.watermark_line(MARK)
    unseen = WatermarkReport("not_checked", reason="No codec.\nInstall it.")
    assert wording.watermark_line(unseen) == "not looked for: No codec. Install it."
    assert wording.probability(1e-40) == "below 1e-30"


def test_the_registrys_line() -> None:
    assert wording.registry_line(RegistryReport("not_asked", reason="None.")) is None
    assert wording.registry_line(RegistryReport("unknown")) is None
    down = RegistryReport("unavailable", reason="Locked.\nWait.")
    assert wording.registry_line(down) == "could not be asked: Locked. Wait."
    others = RegistryReport("found", "1", b"", TRUSTED, names_payload=True, others=("2",))
    assert wording.registry_line(others) == (
        "holds a manifest under this id (intact, signer trusted), and 1 more"
    )
    assert "another id" in (wording.registry_line(replace(others, names_payload=False)) or "")


def test_signals() -> None:
    named = Signal("dream", "PNG text Dream", "InvokeAI", True, "a cat -s50")
    bare = Signal("ai-software", "EXIF Software", None, True, "Midjourney 6")
    assert wording.signal_text(named) == "PNG text Dream: InvokeAI: a cat -s50"
    assert wording.signal_text(bare) == "EXIF Software: Midjourney 6"
    assert wording.signal_cell([named, bare, named]) == "InvokeAI; Midjourney 6"


def test_one_sentence_about_a_changed_file() -> None:
    for kind in ("dataHash", "bmffHash", "boxesHash"):
        assert explain(f"assertion.{kind}.mismatch") == CHANGED
