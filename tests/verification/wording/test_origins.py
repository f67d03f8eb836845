"""What manifests say: claims are worded as claims, facts as facts."""

from __future__ import annotations

from dataclasses import replace

from indelible.verification import Verdict, wording
from tests.verification.wording.found import ABSENT, MANIFEST, TRUSTED, UNKNOWN, found


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


def test_how_to_look_names_title_and_preview() -> None:
    shown = replace(MANIFEST, assertions=("c2pa.thumbnail.claim",))
    recovery = found(Verdict.RECOVERED, ABSENT, replace(TRUSTED, manifest=shown))
    words = wording.how_to_look(recovery)
    assert words is not None
    assert "ask Acme 1" in words
    assert "Sunrise" in words
    assert "preview" in words
    assert wording.how_to_look(found(Verdict.AUTHENTIC, TRUSTED, TRUSTED)) is None
