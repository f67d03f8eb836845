"""The verdict: every row of the table, its precedence, and the words for people."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.verdict import (
    Evidence,
    ManifestEvidence,
    RecoveryEvidence,
    Verdict,
    WatermarkEvidence,
    judge,
)

ID = bytes.fromhex("0123456789abcdef")
OTHER_ID = bytes.fromhex("fedcba9876543210")

MARKED = WatermarkEvidence(payload=ID)
NAMED = frozenset({ID})
RECOVERED_TRUSTED = RecoveryEvidence(registry="found", state="trusted", names_payload=True)
RECOVERED_VALID = RecoveryEvidence(registry="found", state="valid", names_payload=True)

ROWS = {
    "suspect: manifest names another id than the pixels carry": (
        Evidence(ManifestEvidence("trusted", payloads=frozenset({OTHER_ID})), MARKED),
        Verdict.SUSPECT,
    ),
    "suspect: the recovered manifest names another id": (
        Evidence(
            watermark=MARKED,
            recovery=RecoveryEvidence(registry="found", state="trusted", names_payload=False),
        ),
        Verdict.SUSPECT,
    ),
    "suspect: the recovered manifest is about another picture": (
        Evidence(watermark=MARKED, recovery=RECOVERED_TRUSTED, fingerprint="mismatch"),
        Verdict.SUSPECT,
    ),
    "suspect wins over invalid": (
        Evidence(ManifestEvidence("invalid", payloads=frozenset({OTHER_ID})), MARKED),
        Verdict.SUSPECT,
    ),
    "invalid: signature, certificate or structure": (
        Evidence(ManifestEvidence("invalid")),
        Verdict.INVALID,
    ),
    "invalid: unreadable": (Evidence(ManifestEvidence("unreadable")), Verdict.INVALID),
    "invalid wins over a recovery": (
        Evidence(ManifestEvidence("unreadable"), MARKED, RECOVERED_TRUSTED),
        Verdict.INVALID,
    ),
    "altered: only the picture's hash differs": (
        Evidence(ManifestEvidence("invalid", picture_changed_only=True)),
        Verdict.ALTERED,
    ),
    "altered: the mark is gone in places": (
        Evidence(watermark=WatermarkEvidence(ID, regions_gone=True), recovery=RECOVERED_TRUSTED),
        Verdict.ALTERED,
    ),
    "altered wins over unverified": (
        Evidence(ManifestEvidence("invalid", picture_changed_only=True), MARKED),
        Verdict.ALTERED,
    ),
    "altered: resigned by others, the mark is gone in places": (
        Evidence(
            ManifestEvidence("trusted"),
            WatermarkEvidence(ID, regions_gone=True),
            RECOVERED_TRUSTED,
        ),
        Verdict.ALTERED,
    ),
    "a hard binding that names the mark outranks its local measurement": (
        Evidence(
            ManifestEvidence("trusted", payloads=NAMED),
            WatermarkEvidence(ID, regions_gone=True),
            RECOVERED_TRUSTED,
        ),
        Verdict.AUTHENTIC,
    ),
    "unverified: embedded, unknown signer": (
        Evidence(ManifestEvidence("valid")),
        Verdict.UNVERIFIED,
    ),
    "unverified: recovered, unknown signer": (
        Evidence(watermark=MARKED, recovery=RECOVERED_VALID),
        Verdict.UNVERIFIED,
    ),
    "unverified: recovered, broken": (
        Evidence(
            watermark=MARKED,
            recovery=RecoveryEvidence(registry="found", state="invalid", names_payload=True),
        ),
        Verdict.UNVERIFIED,
    ),
    "unverified: no registry holds the id": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence(registry="unknown")),
        Verdict.UNVERIFIED,
    ),
    "unverified: the registry is unavailable": (
        Evidence(watermark=MARKED, recovery=RecoveryEvidence(registry="unavailable")),
        Verdict.UNVERIFIED,
    ),
    "unverified wins over authentic: no registry holds the id": (
        Evidence(
            ManifestEvidence("trusted", payloads=NAMED),
            MARKED,
            RecoveryEvidence(registry="unknown"),
        ),
        Verdict.UNVERIFIED,
    ),
    "recovered": (
        Evidence(watermark=MARKED, recovery=RECOVERED_TRUSTED),
        Verdict.RECOVERED,
    ),
    "recovered, confirmed by the fingerprint": (
        Evidence(watermark=MARKED, recovery=RECOVERED_TRUSTED, fingerprint="match"),
        Verdict.RECOVERED,
    ),
    "authentic": (Evidence(ManifestEvidence("trusted")), Verdict.AUTHENTIC),
    "authentic, marked and registered": (
        Evidence(ManifestEvidence("trusted", payloads=NAMED), MARKED, RECOVERED_TRUSTED),
        Verdict.AUTHENTIC,
    ),
    "none": (Evidence(), Verdict.NONE),
}


@pytest.mark.parametrize(("evidence", "expected"), ROWS.values(), ids=ROWS.keys())
def test_row(evidence: Evidence, expected: Verdict) -> None:
    judgement = judge(evidence)
    assert judgement.verdict is expected
    assert judgement.reasons


def test_every_verdict_is_reached_by_a_row() -> None:
    assert {expected for _, expected in ROWS.values()} == set(Verdict)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("suspect", 3),
        ("invalid", 3),
        ("altered", 3),
        ("unverified", 0),
        ("recovered", 0),
        ("authentic", 0),
        ("none", 1),
    ],
)
def test_exit_codes(verdict: str, code: int) -> None:
    assert Verdict(verdict).exit_code == code
    assert Verdict(verdict) == verdict


manifests = st.builds(
    ManifestEvidence,
    state=st.sampled_from(["trusted", "valid", "invalid", "absent", "unreadable"]),
    picture_changed_only=st.booleans(),
    payloads=st.sampled_from(
        [frozenset(), NAMED, frozenset({OTHER_ID}), frozenset({ID, OTHER_ID})]
    ),
)
watermarks = st.builds(
    WatermarkEvidence,
    payload=st.sampled_from([None, ID]),
    regions_gone=st.sampled_from([None, False, True]),
)
recoveries = st.builds(
    RecoveryEvidence,
    registry=st.sampled_from(["not_asked", "unknown", "found", "unavailable"]),
    state=st.sampled_from(["trusted", "valid", "invalid", "absent", "unreadable"]),
    names_payload=st.booleans(),
)
evidences = st.builds(
    Evidence,
    manifest=manifests,
    watermark=watermarks,
    recovery=recoveries,
    fingerprint=st.sampled_from(["not_checked", "match", "mismatch"]),
)


@given(evidences)
def test_good_news_needs_every_condition(evidence: Evidence) -> None:
    verdict = judge(evidence).verdict
    manifest, watermark, recovery = evidence.manifest, evidence.watermark, evidence.recovery
    if verdict is Verdict.AUTHENTIC:
        assert manifest.state == "trusted"
    if verdict is Verdict.RECOVERED:
        assert manifest.state == "absent"
        assert watermark.payload is not None
        assert recovery.registry == "found"
        assert recovery.state == "trusted"
        assert recovery.names_payload
    if verdict in (Verdict.AUTHENTIC, Verdict.RECOVERED) and watermark.payload is not None:
        assert evidence.fingerprint != "mismatch"
        assert not manifest.payloads or watermark.payload in manifest.payloads
        assert recovery.state == "trusted"
    if verdict is Verdict.NONE:
        assert manifest.state == "absent"
        assert watermark.payload is None


@given(evidences)
def test_a_broken_manifest_is_never_good_news(evidence: Evidence) -> None:
    if evidence.manifest.state in ("invalid", "unreadable"):
        assert judge(evidence).verdict.exit_code == 3


def test_the_table_is_total_and_first_row_wins() -> None:
    """Against an independent, literal reading of the table, over every combination."""
    states = ("trusted", "valid", "invalid", "absent", "unreadable")
    combinations = itertools.product(
        states,
        (False, True),
        (frozenset[bytes](), NAMED, frozenset({OTHER_ID})),
        (None, ID),
        (None, True),
        ("not_asked", "unknown", "found", "unavailable"),
        states,
        (False, True),
        ("not_checked", "match", "mismatch"),
    )
    for state, changed, named, payload, gone, registry, recovered, names, looks in combinations:
        evidence = Evidence(
            ManifestEvidence(state, changed, named),  # type: ignore[arg-type]
            WatermarkEvidence(payload, gone),
            RecoveryEvidence(registry, recovered, names),  # type: ignore[arg-type]
            looks,  # type: ignore[arg-type]
        )
        found = payload is not None and registry == "found"
        if payload is not None and (
            (named and payload not in named) or (found and (not names or looks == "mismatch"))
        ):
            expected = "suspect"
        elif state == "unreadable" or (state == "invalid" and not changed):
            expected = "invalid"
        elif state == "invalid" or (
            payload is not None
            and gone
            and not (state in ("trusted", "valid") and payload in named)
        ):
            expected = "altered"
        elif state == "valid" or (payload is not None and not (found and recovered == "trusted")):
            expected = "unverified"
        elif state == "absent" and found:
            expected = "recovered"
        elif state == "trusted":
            expected = "authentic"
        else:
            expected = "none"
        assert judge(evidence).verdict == expected, evidence


@pytest.mark.parametrize("verdict", list(Verdict))
def test_words_for_people(verdict: Verdict) -> None:
    words = verdict.words
    assert all((words.headline, words.meaning, words.caution))
    told = f"{words.headline} {words.meaning} {words.caution}".lower()
    # Absence proves nothing, and presence proves an origin only.
    assert not re.search(r"\breal\b|\bnot ai\b|\bgenuine\b|\bfake\b", told)
