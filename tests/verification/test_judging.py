"""Judging: every row of the table of verdicts, and its precedence."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.verification import judging
from indelible.verification.evidence import (
    Evidence,
    ManifestEvidence,
    OtherEvidence,
    RecoveryEvidence,
    ResolutionEvidence,
    WatermarkEvidence,
)
from indelible.verification.judging import judge, rests_on_the_registry, rests_on_the_resolvers
from indelible.verification.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]

ID = bytes.fromhex("0123456789abcdef")
OTHER_ID = bytes.fromhex("fedcba9876543210")
NAMED = frozenset({ID})
OTHERS = frozenset({OTHER_ID})

MARKED = WatermarkEvidence(keys=1, payload=ID, area=0.9)
CLEAN = WatermarkEvidence(keys=2, can_carry=True)
TRUSTED = ManifestEvidence("intact", trusted=True)
VALID = ManifestEvidence("intact")
CHANGED = ManifestEvidence("changed", trusted=True)
BROKEN = ManifestEvidence("broken", causes=("A statement was changed.",))
FOUND = RecoveryEvidence("found", "intact", trusted=True, names_payload=True)
FOUND_VALID = replace(FOUND, trusted=False)
GENERATED = replace(FOUND, creation="generated")

OVER = OtherEvidence(OTHER_ID, same_place=True)
TWICE = replace(MARKED, others=(OVER,))

ROWS = {
    "suspect (b): two ids over one area, no history names both": (
        Evidence(watermark=TWICE, recovery=replace(FOUND, history=NAMED)),
        Verdict.SUSPECT,
    ),
    "suspect (b): nor does the other's history": (
        Evidence(
            watermark=replace(MARKED, others=(replace(OVER, history=OTHERS),)), recovery=FOUND
        ),
        Verdict.SUSPECT,
    ),
    "suspect (b): a trusted manifest that names one of two that lead to manifests": (
        Evidence(
            replace(TRUSTED, payloads=NAMED),
            replace(MARKED, others=(replace(OVER, history=OTHERS),)),
        ),
        Verdict.SUSPECT,
    ),
    "a mark that leads nowhere, under that of a trusted manifest": (
        Evidence(replace(TRUSTED, payloads=NAMED), TWICE),
        Verdict.AUTHENTIC,
    ),
    "a parent's mark under an edit's is history": (
        Evidence(watermark=TWICE, recovery=replace(FOUND, history=NAMED | OTHERS)),
        Verdict.RECOVERED,
    ),
    "an edit's mark over its parent's is history": (
        Evidence(
            watermark=replace(MARKED, others=(replace(OVER, history=NAMED | OTHERS),)),
            recovery=replace(FOUND, history=NAMED),
        ),
        Verdict.RECOVERED,
    ),
    "a collage is no contradiction": (
        Evidence(
            watermark=replace(MARKED, others=(OtherEvidence(OTHER_ID, history=OTHERS),)),
            recovery=replace(FOUND, history=NAMED),
        ),
        Verdict.RECOVERED,
    ),
    "two ids of which nothing is known contradict nothing": (
        Evidence(watermark=TWICE, recovery=RecoveryEvidence("unknown")),
        Verdict.UNVERIFIED,
    ),
    "a collage of one generator's pictures is recovered": (
        Evidence(
            watermark=replace(MARKED, area=0.5, regions_gone=True, made_whole=True),
            recovery=FOUND,
        ),
        Verdict.RECOVERED,
    ),
    "the mark that the manifest names lies beside a larger one": (
        Evidence(
            replace(TRUSTED, payloads=OTHERS, names_key=True),
            replace(MARKED, others=(OtherEvidence(OTHER_ID),)),
        ),
        Verdict.AUTHENTIC,
    ),
    "suspect: the recovered manifest names another id": (
        Evidence(watermark=MARKED, recovery=replace(FOUND, names_payload=False)),
        Verdict.SUSPECT,
    ),
    "suspect (a): the recovered manifest is about another picture": (
        Evidence(watermark=MARKED, recovery=FOUND, fingerprint="mismatch"),
        Verdict.SUSPECT,
    ),
    "suspect (c): a key of this ring is named, and another id found": (
        Evidence(replace(TRUSTED, payloads=OTHERS, names_key=True), MARKED),
        Verdict.SUSPECT,
    ),
    "suspect (c): another id stays suspect in a changed picture": (
        Evidence(replace(CHANGED, payloads=OTHERS, names_key=True), MARKED),
        Verdict.SUSPECT,
    ),
    "suspect (c): a mark is promised, and none is there": (
        Evidence(replace(TRUSTED, payloads=NAMED, names_key=True, promises_mark=True), CLEAN),
        Verdict.SUSPECT,
    ),
    "a promised mark may be missing where none can stand": (
        Evidence(
            replace(TRUSTED, payloads=NAMED, names_key=True, promises_mark=True),
            replace(CLEAN, can_carry=False),
        ),
        Verdict.AUTHENTIC,
    ),
    "a promised mark may be missing where nobody looked": (
        Evidence(
            replace(TRUSTED, payloads=NAMED, names_key=True, promises_mark=True),
            replace(CLEAN, keys=0),
        ),
        Verdict.AUTHENTIC,
    ),
    "a change explains that a promised mark is missing": (
        Evidence(replace(CHANGED, payloads=NAMED, names_key=True, promises_mark=True), CLEAN),
        Verdict.ALTERED,
    ),
    "a key that is not here contradicts nothing": (
        Evidence(replace(TRUSTED, payloads=OTHERS), MARKED, FOUND),
        Verdict.AUTHENTIC,
    ),
    "suspect (d): an unknown signer claims creation": (
        Evidence(replace(VALID, creation="captured"), MARKED, GENERATED),
        Verdict.SUSPECT,
    ),
    "suspect (d): generation counts, too": (
        Evidence(replace(VALID, creation="generated"), MARKED, GENERATED),
        Verdict.SUSPECT,
    ),
    "suspect (d): an expired signer is no trusted one": (
        Evidence(replace(TRUSTED, expired=True, creation="made"), MARKED, FOUND),
        Verdict.SUSPECT,
    ),
    "suspect (e): a trusted signer claims capture of what was generated": (
        Evidence(replace(TRUSTED, creation="captured"), MARKED, GENERATED),
        Verdict.SUSPECT,
    ),
    "a trusted signer may generate from what was generated": (
        Evidence(replace(TRUSTED, creation="generated"), MARKED, GENERATED),
        Verdict.AUTHENTIC,
    ),
    "a trusted capture of a captured original": (
        Evidence(replace(TRUSTED, creation="captured"), MARKED, replace(FOUND, creation="made")),
        Verdict.AUTHENTIC,
    ),
    "an honest edit names what it was made from": (
        Evidence(replace(VALID, creation="made", continues_recovered=True), MARKED, GENERATED),
        Verdict.UNVERIFIED,
    ),
    "no camera saw what was generated, even if that is in the history": (
        Evidence(replace(VALID, creation="captured", continues_recovered=True), MARKED, GENERATED),
        Verdict.SUSPECT,
    ),
    "a mark in a small part of the picture accuses nobody": (
        Evidence(replace(VALID, creation="captured"), replace(MARKED, area=0.3), GENERATED),
        Verdict.UNVERIFIED,
    ),
    "laundering needs a trusted origin": (
        Evidence(replace(VALID, creation="captured"), MARKED, FOUND_VALID),
        Verdict.UNVERIFIED,
    ),
    "invalid: signature, certificate or structure": (Evidence(BROKEN), Verdict.INVALID),
    "invalid: unreadable": (Evidence(ManifestEvidence("unreadable")), Verdict.INVALID),
    "invalid: what a broken manifest names contradicts nothing": (
        Evidence(replace(BROKEN, payloads=OTHERS, names_key=True), MARKED),
        Verdict.INVALID,
    ),
    "invalid wins over a recovery": (
        Evidence(ManifestEvidence("unreadable"), MARKED, FOUND),
        Verdict.INVALID,
    ),
    "altered: only the file's hash differs": (Evidence(CHANGED), Verdict.ALTERED),
    "altered: the mark is gone in places": (
        Evidence(watermark=replace(MARKED, regions_gone=True), recovery=FOUND),
        Verdict.ALTERED,
    ),
    "a marked poster in a trusted photograph leaves that whole": (
        Evidence(TRUSTED, replace(MARKED, area=0.3, regions_gone=True), FOUND),
        Verdict.AUTHENTIC,
    ),
    "suspect (f): hash and looks of the file's manifest are of another picture": (
        Evidence(replace(CHANGED, looks="mismatch")),
        Verdict.SUSPECT,
    ),
    "what cannot be told by its looks is altered, no more": (
        Evidence(replace(CHANGED, looks="unclear")),
        Verdict.ALTERED,
    ),
    "a withdrawn record recovers nothing": (
        Evidence(watermark=MARKED, recovery=replace(FOUND, status="withdrawn")),
        Verdict.UNVERIFIED,
    ),
    "an erased record is no unknown id": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence("found", status="erased")),
        Verdict.UNVERIFIED,
    ),
    "what only resembles a registered picture": (
        Evidence(watermark=CLEAN, resembles=True),
        Verdict.UNVERIFIED,
    ),
    "altered: resigned by others, the mark is gone in places": (
        Evidence(TRUSTED, replace(MARKED, regions_gone=True), FOUND),
        Verdict.ALTERED,
    ),
    "a hard binding that names the mark outranks its local measurement": (
        Evidence(replace(TRUSTED, payloads=NAMED), replace(MARKED, regions_gone=True), FOUND),
        Verdict.AUTHENTIC,
    ),
    "authentic": (Evidence(TRUSTED), Verdict.AUTHENTIC),
    "authentic, marked and registered": (
        Evidence(replace(TRUSTED, payloads=NAMED), MARKED, FOUND),
        Verdict.AUTHENTIC,
    ),
    "authentic whatever the registry could not answer": (
        Evidence(TRUSTED, MARKED, RecoveryEvidence("unavailable")),
        Verdict.AUTHENTIC,
    ),
    "authentic though no registry holds the id": (
        Evidence(TRUSTED, MARKED, RecoveryEvidence("unknown")),
        Verdict.AUTHENTIC,
    ),
    "authentic though the recovered manifest is broken": (
        Evidence(TRUSTED, MARKED, RecoveryEvidence("found", "broken")),
        Verdict.AUTHENTIC,
    ),
    "recovered": (Evidence(watermark=MARKED, recovery=FOUND), Verdict.RECOVERED),
    "recovered, confirmed by the fingerprint": (
        Evidence(watermark=MARKED, recovery=FOUND, fingerprint="match"),
        Verdict.RECOVERED,
    ),
    "unverified: embedded, unknown signer": (Evidence(VALID), Verdict.UNVERIFIED),
    "unverified: embedded, expired": (
        Evidence(replace(TRUSTED, expired=True)),
        Verdict.UNVERIFIED,
    ),
    "unverified: an unknown signer in the file, a trusted one in the registry": (
        Evidence(VALID, MARKED, FOUND),
        Verdict.UNVERIFIED,
    ),
    "unverified: recovered, unknown signer": (
        Evidence(watermark=MARKED, recovery=FOUND_VALID),
        Verdict.UNVERIFIED,
    ),
    "unverified: recovered, expired": (
        Evidence(watermark=MARKED, recovery=replace(FOUND, expired=True)),
        Verdict.UNVERIFIED,
    ),
    "unverified: recovered, broken": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence("found", "broken")),
        Verdict.UNVERIFIED,
    ),
    "unverified: no registry holds the id": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence("unknown")),
        Verdict.UNVERIFIED,
    ),
    "unverified: no registry to ask": (Evidence(watermark=MARKED), Verdict.UNVERIFIED),
    "unverified: the registry is unavailable": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence("unavailable")),
        Verdict.UNVERIFIED,
    ),
    "unchecked": (Evidence(), Verdict.UNCHECKED),
    "none": (Evidence(watermark=CLEAN), Verdict.NONE),
}


@pytest.mark.parametrize(("evidence", "expected"), ROWS.values(), ids=ROWS.keys())
def test_row(evidence: Evidence, expected: Verdict) -> None:
    judgement = judge(evidence)
    assert judgement.verdict is expected
    assert judgement.reasons


def test_every_verdict_is_reached_by_a_row() -> None:
    assert {expected for _, expected in ROWS.values()} == set(Verdict)


EXIT_CODES = {
    "suspect": 3,
    "invalid": 3,
    "altered": 3,
    "authentic": 0,
    "recovered": 0,
    "unverified": 0,
    "unchecked": 1,
    "none": 1,
}


def test_exit_codes() -> None:
    assert {str(verdict): verdict.exit_code for verdict in Verdict} == EXIT_CODES


def _table(text: str) -> list[tuple[str, int]]:
    """Read the rows of a verdict table in Markdown or reStructuredText: verdict, exit code."""
    words = "|".join(EXIT_CODES)
    rows = re.findall(rf"^(?:\| `|``)({words})``? .*?\b(\d)\b *\|?$", text, re.MULTILINE)
    return [(verdict, int(code)) for verdict, code in rows]


@pytest.mark.parametrize(
    "text",
    [
        judging.__doc__ or "",
        (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8"),
        (ROOT / "README.md").read_text(encoding="utf-8"),
    ],
    ids=["docstring", "docs", "README"],
)
def test_the_printed_tables_are_the_code(text: str) -> None:
    assert _table(text) == [(str(verdict), verdict.exit_code) for verdict in Verdict]


def test_the_broken_manifests_cause_is_the_reason() -> None:
    assert judge(Evidence(BROKEN)).reasons == BROKEN.causes
    assert "changed" not in judge(Evidence(ManifestEvidence("broken"))).reasons[0]


@pytest.mark.parametrize(
    ("recovery", "said"),
    [
        (RecoveryEvidence("unavailable"), "unavailable"),
        (RecoveryEvidence("unknown"), "does not hold"),
        (RecoveryEvidence("not_asked"), "no registry"),
        (FOUND, None),
    ],
)
def test_what_the_registry_could_not_answer_is_a_note_beside_authentic(
    recovery: RecoveryEvidence, said: str | None
) -> None:
    notes = judge(Evidence(replace(TRUSTED, payloads=NAMED), MARKED, recovery)).notes
    assert (said in " ".join(notes)) if said else not notes


def test_when_the_registrys_answer_could_matter() -> None:
    down = RecoveryEvidence("unavailable")
    edit = replace(VALID, creation="made", continues_recovered=True)
    assert rests_on_the_registry(Evidence(watermark=MARKED, recovery=down))
    assert rests_on_the_registry(Evidence(replace(VALID, creation="captured"), MARKED, down))
    assert not rests_on_the_registry(Evidence(edit, MARKED, down))
    assert not rests_on_the_registry(Evidence(replace(TRUSTED, creation="captured"), MARKED, down))
    assert not rests_on_the_registry(Evidence(BROKEN, MARKED, down))
    assert not rests_on_the_registry(Evidence(watermark=MARKED, recovery=RecoveryEvidence()))


integrities = st.sampled_from(["intact", "changed", "broken", "absent", "unreadable"])
creations = st.sampled_from([None, "generated", "captured", "made", "created"])
manifests = st.builds(
    ManifestEvidence,
    integrity=integrities,
    place=st.sampled_from(["file", "beside", "given", "address"]),
    trusted=st.booleans(),
    expired=st.booleans(),
    payloads=st.sampled_from([frozenset(), NAMED, OTHERS, NAMED | OTHERS]),
    names_key=st.booleans(),
    promises_mark=st.booleans(),
    creation=creations,
    continues_recovered=st.booleans(),
    looks=st.sampled_from(["not_checked", "match", "unclear", "mismatch"]),
)
watermarks = st.builds(
    WatermarkEvidence,
    keys=st.just(1),
    payload=st.sampled_from([None, ID]),
    area=st.sampled_from([None, 0.2, 0.8]),
    regions_gone=st.sampled_from([None, False, True]),
    can_carry=st.booleans(),
) | st.just(WatermarkEvidence())
recoveries = st.builds(
    RecoveryEvidence,
    registry=st.sampled_from(["not_asked", "unknown", "found", "unavailable"]),
    integrity=integrities,
    trusted=st.booleans(),
    expired=st.booleans(),
    names_payload=st.booleans(),
    creation=creations,
    status=st.sampled_from(["live", "withdrawn", "erased"]),
)
evidences = st.builds(
    Evidence,
    manifest=manifests,
    watermark=watermarks,
    recovery=recoveries,
    fingerprint=st.sampled_from(["not_checked", "match", "unclear", "mismatch"]),
    resembles=st.booleans(),
)


@given(evidences)
def test_good_news_needs_every_condition(evidence: Evidence) -> None:
    verdict = judge(evidence).verdict
    manifest, watermark, recovery = evidence.manifest, evidence.watermark, evidence.recovery
    if verdict is Verdict.AUTHENTIC:
        assert manifest.integrity == "intact"
        assert manifest.trusted
        assert not manifest.expired
    if verdict is Verdict.RECOVERED:
        assert manifest.integrity == "absent"
        assert watermark.payload is not None
        assert recovery.registry == "found"
        assert recovery.integrity == "intact"
        assert recovery.trusted
        assert not recovery.expired
        assert recovery.names_payload
    if verdict.exit_code == 0 and watermark.payload is not None and recovery.registry == "found":
        assert evidence.fingerprint != "mismatch"
    if verdict is Verdict.RECOVERED:
        assert recovery.status == "live"
    if verdict in (Verdict.NONE, Verdict.UNCHECKED):
        assert not evidence.resembles
        assert manifest.integrity == "absent"
        assert watermark.payload is None
        assert (watermark.keys == 0) == (verdict is Verdict.UNCHECKED)


@given(evidences)
def test_a_manifest_that_does_not_hold_is_never_good_news(evidence: Evidence) -> None:
    if evidence.manifest.integrity in ("changed", "broken", "unreadable"):
        assert judge(evidence).verdict.exit_code == 3


@given(evidences)
def test_no_silence_of_the_registry_demotes_authentic(evidence: Evidence) -> None:
    if judge(evidence).verdict is Verdict.AUTHENTIC:
        for state in ("not_asked", "unknown", "unavailable"):
            silent = replace(evidence, recovery=RecoveryEvidence(state))
            assert judge(silent).verdict is Verdict.AUTHENTIC
            assert not rests_on_the_registry(silent)


def test_the_table_is_total_and_first_row_wins() -> None:
    """Against an independent, literal reading of the table, over every combination."""
    for manifest, mark, recovery, looks in itertools.product(
        _manifests(), _watermarks(), _recoveries(), ("not_checked", "match", "mismatch")
    ):
        evidence = Evidence(manifest, mark, recovery, looks)  # type: ignore[arg-type]
        assert judge(evidence).verdict == _literally(evidence), evidence
        resembling = replace(evidence, resembles=True)
        assert judge(resembling).verdict == _literally(resembling), resembling


def _literally(evidence: Evidence) -> str:
    manifest, mark, recovery = evidence.manifest, evidence.watermark, evidence.recovery
    led = mark.payload is not None and recovery.registry == "found"
    holds = recovery.integrity == "intact"
    origin = led and holds and recovery.names_payload and recovery.trusted
    origin = origin and recovery.status == "live"
    known = manifest.integrity in ("intact", "changed")
    over_half = mark.area is not None and mark.area >= 0.5
    over_origin = known and over_half and origin
    launders = over_origin and not manifest.continues_recovered
    promised = known and manifest.names_key and mark.payload not in (None, *manifest.payloads)
    missing = manifest.integrity == "intact" and manifest.promises_mark and mark.keys > 0
    bound = manifest.integrity == "intact" and mark.payload in manifest.payloads
    poster = manifest.integrity == "intact" and manifest.trusted and not over_half
    gone = mark.payload is not None and bool(mark.regions_gone) and not (bound or poster)
    rows = {
        "suspect": (led and (evidence.fingerprint == "mismatch"))
        or (led and holds and not recovery.names_payload)
        or promised
        or (manifest.integrity == "changed" and manifest.looks == "mismatch")
        or (missing and mark.payload is None and mark.can_carry)
        or (launders and manifest.creation is not None and not manifest.trusted)
        or (over_origin and manifest.creation == "captured" and recovery.creation == "generated"),
        "invalid": manifest.integrity in ("broken", "unreadable"),
        "altered": manifest.integrity == "changed" or gone,
        "authentic": manifest.integrity == "intact" and manifest.trusted,
        "recovered": manifest.integrity == "absent" and origin,
        "unverified": manifest.integrity == "intact"
        or mark.payload is not None
        or (evidence.resembles and manifest.integrity == "absent"),
        "unchecked": mark.keys == 0,
        "none": True,
    }
    return next(verdict for verdict, holds_here in rows.items() if holds_here)


def _manifests() -> list[ManifestEvidence]:
    return [
        ManifestEvidence(
            integrity,
            trusted=trusted,
            payloads=payloads,
            names_key=bool(payloads),
            promises_mark=bool(payloads),
            creation=creation,
            continues_recovered=ID in payloads,
            looks=looks,
        )
        for looks in ("not_checked", "match", "unclear", "mismatch")
        for integrity in ("intact", "changed", "broken", "absent", "unreadable")
        for trusted in (False, True)
        for payloads in (frozenset[bytes](), NAMED, OTHERS)
        for creation in (None, "generated", "captured")
    ]


def _watermarks() -> list[WatermarkEvidence]:
    unmarked = [WatermarkEvidence(), CLEAN, replace(CLEAN, can_carry=False)]
    return unmarked + [
        WatermarkEvidence(1, ID, area, gone) for area in (None, 0.2, 0.8) for gone in (None, True)
    ]


def _recoveries() -> list[RecoveryEvidence]:
    found = [
        RecoveryEvidence("found", integrity, trusted, names_payload=names, creation=creation)
        for integrity in ("intact", "broken", "unreadable")
        for trusted in (False, True)
        for names in (False, True)
        for creation in ("generated", "captured")
    ]
    withdrawn = [replace(FOUND, status="withdrawn"), replace(GENERATED, status="withdrawn")]
    return [
        RecoveryEvidence(),
        RecoveryEvidence("found", status="erased"),
        *withdrawn,
        RecoveryEvidence("unknown"),
        RecoveryEvidence("unavailable"),
        *found,
    ]


def test_every_contradiction_is_named() -> None:
    recovery = replace(FOUND, names_payload=False)
    judgement = judge(Evidence(watermark=MARKED, recovery=recovery, fingerprint="mismatch"))
    assert len(judgement.reasons) == 2


# --- what others sent -----------------------------------------------------------------------------

SENT = ResolutionEvidence("found", trusted=True)
UNTRUSTED_SENT = replace(SENT, trusted=False)
NO = ResolutionEvidence("unknown", looked=True)
NO_ANSWER = ResolutionEvidence("unavailable")
ANSWERS = [SENT, UNTRUSTED_SENT, replace(SENT, expired=True), NO, NO_ANSWER]


@pytest.mark.parametrize(
    ("resolution", "verdict"),
    [
        (SENT, "recovered"),
        (UNTRUSTED_SENT, "unverified"),
        (replace(SENT, expired=True), "unverified"),
        (NO, "none"),
        (ResolutionEvidence("unknown"), "unchecked"),
        (NO_ANSWER, "unchecked"),
    ],
)
def test_without_a_key_others_may_know(resolution: ResolutionEvidence, verdict: str) -> None:
    assert judge(Evidence(resolution=resolution)).verdict == verdict


@pytest.mark.parametrize("resolution", ANSWERS, ids=lambda one: one.state)
@pytest.mark.parametrize("integrity", ["intact", "changed", "broken", "unreadable"])
@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "mark", [WatermarkEvidence(keys=1), WatermarkEvidence(0, b"8 bytes.", 1.0)]
)
def test_a_file_with_a_manifest_keeps_its_verdict(
    resolution: ResolutionEvidence, integrity: Any, trusted: bool, mark: WatermarkEvidence
) -> None:
    """Whatever anybody sends: it never accuses, and never excuses."""
    manifest = ManifestEvidence(integrity, trusted=trusted, creation="captured")
    before = Evidence(manifest, mark)
    after = replace(before, resolution=resolution)
    assert judge(after).verdict == judge(before).verdict


@pytest.mark.parametrize(
    ("resolution", "rests"),
    [(NO_ANSWER, True), (NO, False), (SENT, False), (UNTRUSTED_SENT, False)],
)
def test_whether_nobody_answering_mattered(resolution: ResolutionEvidence, rests: bool) -> None:
    assert rests_on_the_resolvers(Evidence(resolution=resolution)) is rests
    sound = ManifestEvidence("intact", trusted=True)
    assert not rests_on_the_resolvers(Evidence(sound, resolution=resolution))
