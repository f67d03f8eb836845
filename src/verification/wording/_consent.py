"""What a consent mark asks, and what its record says of that."""

from __future__ import annotations

from typing import Final

from indelible.languages import Sentence, join, say
from indelible.verification.consent_report import ConsentReport, ConsentStanding
from indelible.verification.wording._vocabulary import one_line

__all__ = ["CONSENT_ASKS", "consent_line", "consent_words"]

CONSENT_ASKS: Final = say(
    "the picture carries a consent mark: its owner asks not to edit it, nor to train on it"
)
_STANDINGS: Final[dict[ConsentStanding, Sentence]] = {
    "active": say("the registry's record says the same"),
    "expired": say("the registry's record has ended"),
    "withdrawn": say("its owner has withdrawn that since"),
    "other_picture": say(
        "its record is about another picture, so that it asks nothing of this one"
    ),
    "unknown": say("no registry that was asked holds its record"),
    "unavailable": say("its record could not be looked up: a registry is unavailable"),
    "not_asked": say("its record was not looked up: there is no registry to ask"),
}


def consent_words(consent: ConsentReport) -> Sentence:
    """Return the same in a sentence for strangers, without the words of whoever registered it."""
    return say(
        "The picture carries a consent mark, which asks not to edit it, nor to train on it: "
        "{standing}.",
        standing=_STANDINGS[consent.standing],
    )


def consent_line(consent: ConsentReport) -> Sentence:
    """Return what a consent mark asks, and what its record says: in one line.

    What the owner says in their own words is a claim: anybody can register one.
    """
    line = say(
        "{asks} (id {consent_id}); {standing}",
        asks=CONSENT_ASKS,
        consent_id=consent.consent_id.hex(),
        standing=_STANDINGS[consent.standing],
    )
    record = consent.record
    if record is None or consent.standing == "other_picture":
        return line
    parts = [line, say("since {day}", day=record.created.date())]
    if record.until is not None:
        parts.append(say("until {day}", day=record.until.date()))
    if record.revoked_at is not None:
        parts.append(say("withdrawn on {day}", day=record.revoked_at.date()))
    said = join(", ", parts)
    words = one_line(record.statement)
    if record.owner is None:
        return say("{said}. The words: {words}", said=said, words=words)
    owner = one_line(record.owner)
    return say("{said}. The words of {owner}: {words}", said=said, owner=owner, words=words)
