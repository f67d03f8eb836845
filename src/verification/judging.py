"""Evidence in, one verdict out: a pure function without files, network or clock.

The table below is read from the top; the first row that holds is the verdict. docs/verdicts.md has
the same table with its reasons, and a test compares the two.

==============  =====================================================================  ====
verdict         when                                                                   exit
==============  =====================================================================  ====
``suspect``     the evidence contradicts itself                                        3
``invalid``     the file's manifest fails for a reason other than a changed file, or   3
                cannot be read
``altered``     a manifest or a watermark is there, and the file was changed since     3
``authentic``   the file's manifest, its hashes and its trusted signer all hold        0
``recovered``   the file has no manifest; the watermark, or a resolver that was asked  0
                about the picture, led to one that holds, of a trusted signer
``unverified``  a manifest or a watermark is there, and who stands behind it could     0
                not be verified
``unchecked``   the file has no manifest, and nobody looked for a watermark            1
``none``        looked for with at least one key, or by a resolver, and nothing was    1
                found
==============  =====================================================================  ====

No row speaks about truth: a verdict says who vouches for a file, never what the picture shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from indelible.choices import RecordStatus
from indelible.languages import Sentence, join, say
from indelible.verification.evidence import (
    Evidence,
    ManifestEvidence,
    RecoveryEvidence,
    ResolutionEvidence,
    WatermarkEvidence,
)
from indelible.verification.verdict import CHANGED, CREATIONS, PLACES, STATUSES, Creation, Verdict

__all__ = [
    "Judgement",
    "judge",
    "rests_on_the_registry",
    "rests_on_the_resolvers",
    "taken_back",
]


_NO_ANSWER: Final = say("No resolver that was asked could answer.")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the sentences that led to it, and what another leg could not answer."""

    verdict: Verdict
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def judge(evidence: Evidence) -> Judgement:
    """Return the one verdict that the evidence leads to.

    Parameters
    ----------
    evidence : Evidence
        What the legs found. A leg that failed contributes its default, "nothing known".

    Returns
    -------
    Judgement
        The first row of the table that holds, with the reasons found in that row.
    """
    for verdict, rule in _TABLE:
        reasons = rule(evidence)
        if reasons:
            notes = _questions(evidence) if verdict is Verdict.AUTHENTIC else []
            return Judgement(verdict, tuple(reasons), tuple(notes))
    keys = evidence.watermark.keys
    mark = say("No watermark was found with the {count} keys that were tried.", count=keys)
    if keys == 0:
        mark = say("A resolver was asked about the picture, and knows nothing of it.")
    elif keys == 1:
        mark = say("No watermark was found with the one key that was tried.")
    return Judgement(Verdict.NONE, (mark,))


def rests_on_the_registry(evidence: Evidence) -> bool:
    """Whether a registry that was unavailable could have changed the verdict by its answer.

    An ``authentic`` file stays authentic; what the registry would add is a note.
    """
    if evidence.recovery.registry != "unavailable":
        return False
    verdict = judge(evidence).verdict
    answer = RecoveryEvidence("found", "intact", True, False, True, "generated")
    return (
        verdict is not Verdict.AUTHENTIC
        and verdict is not judge(replace(evidence, recovery=answer)).verdict
    )


def rests_on_the_resolvers(evidence: Evidence) -> bool:
    """Whether resolvers, of whom nobody answered, could have changed the verdict by an answer."""
    if evidence.resolution.state != "unavailable":
        return False
    answer = ResolutionEvidence("found", trusted=True)
    return judge(evidence).verdict is not judge(replace(evidence, resolution=answer)).verdict


# --- the rows, from the top: each returns its reasons, or nothing ---------------------------------


def _contradictions(evidence: Evidence) -> list[str]:
    """Row ``suspect``: two pieces of evidence cannot both be right."""
    manifest, mark, recovery = evidence.manifest, evidence.watermark, evidence.recovery
    reasons: list[str] = []
    if recovery.registry == "found" and mark.payload is not None:
        if recovery.integrity == "intact" and not recovery.names_payload:
            reasons.append(say("The watermark's id leads to a manifest that names another id."))
        if evidence.fingerprint == "mismatch":
            reasons.append(say("The watermark's id leads to a manifest about another picture."))
    if manifest.integrity == "changed" and manifest.looks == "mismatch":
        reasons.append(
            say(
                "{manifest} is about another picture, by its hash and its looks.",
                manifest=_named(manifest),
            )
        )
    return [
        *reasons,
        *_marked_twice(evidence),
        *_missing_mark(manifest, mark),
        *_laundering(manifest, mark, recovery),
    ]


def _marked_twice(evidence: Evidence) -> list[str]:
    """Find two ids over one area of which no history that is known names both.

    Where no manifest of either is known, nothing contradicts anything. A collage is none, either.
    """
    manifest, mark, recovery = evidence.manifest, evidence.watermark, evidence.recovery
    if mark.payload is None:
        return []
    own = manifest.payloads if manifest.sound else frozenset[bytes]()
    bound = manifest.vouched and mark.payload in manifest.payloads
    for other in mark.others:
        if bound and not other.history:
            continue  # a partner's mark that was left alone: nobody says anything else of this file
        histories = [known for known in (own, recovery.history, other.history) if known]
        both = {mark.payload, other.payload}
        if other.same_place and histories and not any(both <= known for known in histories):
            return [
                say(
                    "Two watermarks lie over the same part of the picture, and the history of "
                    "neither names the other."
                )
            ]
    return []


def _missing_mark(manifest: ManifestEvidence, mark: WatermarkEvidence) -> list[str]:
    """Find a manifest that names a mark where the pixels carry none, or a different one."""
    if not manifest.sound or mark.keys == 0:
        return []
    if mark.payload is not None:
        seen = {mark.payload, *(other.payload for other in mark.others)}
        if manifest.names_key and seen.isdisjoint(manifest.payloads):
            return [
                say(
                    "{manifest} names another watermark id than the pixels carry.",
                    manifest=_named(manifest),
                )
            ]
        return []
    # A picture that was changed since may have lost its mark by that change.
    if manifest.integrity == "intact" and manifest.promises_mark and mark.can_carry:
        return [
            say(
                "{manifest} says that the picture carries a watermark of a key that was tried, and "
                "the picture carries none.",
                manifest=_named(manifest),
            )
        ]
    return []


def _laundering(
    manifest: ManifestEvidence, mark: WatermarkEvidence, recovery: RecoveryEvidence
) -> list[str]:
    """Find a claim of creation over a picture whose mark leads to another trusted origin."""
    creation = manifest.creation
    if creation is None or not manifest.sound:
        return []
    # An edit that names what it was made from may claim a beginning of its own, but not that a
    # camera saw what was generated.
    disclosed = manifest.continues_recovered
    if disclosed and not (creation == "captured" and recovery.creation == "generated"):
        return []
    if not mark.covers or not recovery.vouched:
        return []
    if not (manifest.trusted and not manifest.expired):
        return [_untrusted_claim(manifest, creation, disclosed=disclosed)]
    if creation in ("captured", "made") and recovery.creation == "generated":
        return [
            say(
                "{manifest} says that the picture {creation}; its watermark leads to a manifest "
                "that says that it {other}. Both signers are trusted.",
                manifest=_named(manifest),
                creation=CREATIONS[creation],
                other=CREATIONS["generated"],
            )
        ]
    return []


def _untrusted_claim(
    manifest: ManifestEvidence, creation: Creation, *, disclosed: bool
) -> Sentence:
    claim = say(
        "{manifest}, whose signer could not be verified, says that the picture {creation}",
        manifest=_named(manifest),
        creation=CREATIONS[creation],
    )
    if disclosed:
        return say(
            "{claim}; its watermark leads to another manifest, of a trusted signer, that says "
            "otherwise.",
            claim=claim,
        )
    return say(
        "{claim}; its watermark leads to another manifest, of a trusted signer, that this one does "
        "not mention.",
        claim=claim,
    )


def _broken_manifest(evidence: Evidence) -> list[str]:
    """Row ``invalid``: the file's manifest itself is not sound."""
    manifest = evidence.manifest
    if manifest.integrity == "unreadable":
        unread = say("{manifest} cannot be read.", manifest=_named(manifest))
        return [unread, *manifest.causes]
    if manifest.integrity == "broken":
        broken = say("{manifest} does not hold.", manifest=_named(manifest))
        return list(manifest.causes) or [broken]
    return []


def _changes(evidence: Evidence) -> list[str]:
    """Row ``altered``: the picture is no longer the one that was signed or marked."""
    manifest, mark = evidence.manifest, evidence.watermark
    reasons: list[str] = [CHANGED] if manifest.integrity == "changed" else []
    # A hard binding that holds and names this very mark outranks a local measurement of it.
    bound = manifest.integrity == "intact" and mark.payload in manifest.payloads
    # A marked poster on a wall that a trusted camera photographed: the photograph is whole.
    shown = manifest.vouched and not mark.covers
    # Nor is anything missing where the same generator's other marks stand: a collage of its own.
    gone = mark.regions_gone and not mark.made_whole
    if mark.payload is not None and gone and not (bound or shown):
        reasons.append(say("The watermark is missing in part of the picture."))
    return reasons


def _authenticity(evidence: Evidence) -> list[str]:
    """Row ``authentic``: the file's manifest holds in every respect."""
    if not evidence.manifest.vouched:
        return []
    reasons: list[str] = [
        say(
            "{manifest}, its hashes and its trusted signer all hold.",
            manifest=_named(evidence.manifest),
        )
    ]
    if evidence.watermark.payload is not None and evidence.recovery.vouched:
        reasons.append(say("The watermark leads to a manifest in the registry as well."))
    return reasons


def _recovery(evidence: Evidence) -> list[str]:
    """Row ``recovered``: a manifest from elsewhere holds, and is this picture's."""
    if evidence.manifest.integrity != "absent":
        return []
    if evidence.watermark.payload is not None and evidence.recovery.vouched:
        return [say("The watermark led to a manifest with a valid signature by a trusted signer.")]
    if evidence.resolution.vouched:
        return [
            say(
                "A resolver that was asked sent a manifest with a valid signature by a trusted "
                "signer."
            )
        ]
    return []


def _open_questions(evidence: Evidence) -> list[str]:
    """Row ``unverified``: something is there, and nobody who is trusted vouches for it."""
    manifest = evidence.manifest
    reasons: list[str] = []
    if manifest.integrity == "intact" and not manifest.vouched:
        reasons.extend(_distrust(_named(manifest), manifest.doubts))
    if evidence.resembles and manifest.integrity == "absent":
        reasons.append(
            say(
                "The picture resembles a registered one. So does the original of an edit, and so "
                "may another picture of the same scene: this says nothing about where it comes "
                "from."
            )
        )
    return [*reasons, *_questions(evidence), *_sent_by_a_stranger(evidence)]


def _sent_by_a_stranger(evidence: Evidence) -> list[str]:
    """Return why a manifest that a resolver sent names no origin, where there is no other one."""
    resolution = evidence.resolution
    if resolution.state != "found" or resolution.vouched or evidence.manifest.integrity != "absent":
        return []
    return _distrust(say("The manifest that a resolver sent"), resolution.doubts)


def _questions(evidence: Evidence) -> list[str]:
    """Return what the way from the watermark to a manifest leaves open."""
    recovery = evidence.recovery
    if evidence.watermark.payload is None or recovery.vouched or evidence.resolution.vouched:
        return []
    # Who asked others needs no registry of its own.
    others = evidence.resolution.state != "not_asked" and recovery.registry == "not_asked"
    return [*([] if others else _open_about(recovery)), *_unanswered(evidence.resolution)]


def _unanswered(resolution: ResolutionEvidence) -> list[str]:
    """Return what resolvers left open, of those that were asked for the watermark's id."""
    match resolution.state:
        case "unknown":
            return [say("No resolver that was asked holds a manifest for the watermark's id.")]
        case "unavailable":
            return [_NO_ANSWER]
        case _:
            return []


def _open_about(recovery: RecoveryEvidence) -> list[str]:
    match recovery.registry:
        case "found" if recovery.status != "live":
            return [taken_back(recovery.status, recovery.status_reason)]
        case "found" if recovery.integrity == "intact":
            return _distrust(say("The recovered manifest"), recovery.doubts)
        case "found":
            return [say("{manifest} does not hold.", manifest=say("The recovered manifest"))]
        case "unavailable":
            return [say("The watermark's id could not be looked up: the registry is unavailable.")]
        case "not_asked":
            return [say("The watermark's id was not looked up: there is no registry to ask.")]
        case _:
            return [say("The registry does not hold the watermark's id.")]


def taken_back(status: RecordStatus, why: str | None) -> Sentence:
    """Return that a record was taken back, and why where that is to be said."""
    word = STATUSES[status]
    if not why:
        return say("The registry's record under the watermark's id was {status}.", status=word)
    gone = say("The registry's record under the watermark's id was {status}", status=word)
    return join(": ", [gone, why])


def _unsearched(evidence: Evidence) -> list[str]:
    """Row ``unchecked``: nobody looked."""
    mark = evidence.watermark
    if evidence.manifest.integrity != "absent" or mark.keys > 0 or evidence.resolution.looked:
        return []
    unanswered = evidence.resolution.state == "unavailable"
    return [
        mark.obstacle or say("No watermark was looked for."),
        *([_NO_ANSWER] if unanswered else []),
    ]


def _distrust(manifest: str, doubts: tuple[str, ...]) -> list[str]:
    intact = say("{manifest} is intact.", manifest=manifest)
    return [intact, *(doubts or (say("Its signer is not trusted here."),))]


def _named(manifest: ManifestEvidence) -> Sentence:
    return PLACES[manifest.place]


_TABLE: Final[tuple[tuple[Verdict, Callable[[Evidence], list[str]]], ...]] = (
    (Verdict.SUSPECT, _contradictions),
    (Verdict.INVALID, _broken_manifest),
    (Verdict.ALTERED, _changes),
    (Verdict.AUTHENTIC, _authenticity),
    (Verdict.RECOVERED, _recovery),
    (Verdict.UNVERIFIED, _open_questions),
    (Verdict.UNCHECKED, _unsearched),
)
