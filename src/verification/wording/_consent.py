"""What a consent mark asks, and what its record says of that."""

from __future__ import annotations

from typing import Final

from indelible.verification.consent_report import ConsentReport, ConsentStanding
from indelible.verification.wording._vocabulary import one_line

__all__ = ["CONSENT_ASKS", "consent_line"]

CONSENT_ASKS: Final = (
    "the picture carries a consent mark: its owner asks not to edit it, nor to train on it"
)
_STANDINGS: Final[dict[ConsentStanding, str]] = {
    "active": "the registry's record says the same",
    "expired": "the registry's record has ended",
    "withdrawn": "its owner has withdrawn that since",
    "other_picture": "its record is about another picture, so that it asks nothing of this one",
    "unknown": "no registry that was asked holds its record",
    "unavailable": "its record could not be looked up: a registry is unavailable",
    "not_asked": "its record was not looked up: there is no registry to ask",
}


def consent_line(consent: ConsentReport) -> str:
    """Return what a consent mark asks, and what its record says: in one line.

    What the owner says in their own words is a claim: anybody can register one.
    """
    line = f"{CONSENT_ASKS} (id {consent.consent_id.hex()}); {_STANDINGS[consent.standing]}"
    record = consent.record
    if record is None or consent.standing == "other_picture":
        return line
    line += f", since {record.created:%Y-%m-%d}"
    if record.until is not None:
        line += f", until {record.until:%Y-%m-%d}"
    if record.revoked_at is not None:
        line += f", withdrawn on {record.revoked_at:%Y-%m-%d}"
    who = "" if record.owner is None else f" of {one_line(record.owner)}"
    return f"{line}. The words{who}: {one_line(record.statement)}"
