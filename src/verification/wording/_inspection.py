"""What else is known about a picture's credentials: certificates, profiles, and what is unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indelible.credentials import CertificateReport, ProfileLine
from indelible.languages import say
from indelible.verification.wording._shapes import Cell, Table
from indelible.verification.wording._vocabulary import period_words

__all__ = [
    "NO_CERTIFICATES",
    "certificate_facts",
    "certificates_heading",
    "profile_table",
    "unseen_line",
]

NO_CERTIFICATES: Final = say("There are no certificates.")

_PROFILE_STATES: Final = {
    True: Cell(say("present"), "good"),
    False: Cell(say("missing"), "bad"),
    None: Cell(say("not checked"), "caution"),
}


def certificates_heading(manifest_id: str) -> tuple[str, str]:
    """Return the heading over a manifest's certificates, as (label, manifest id)."""
    return say("certificates of"), manifest_id


def certificate_facts(report: CertificateReport) -> list[tuple[str, str]]:
    """Return what one certificate says, as (label, text)."""
    return [
        (say("subject"), report.subject),
        (say("issuer"), report.issuer),
        (say("valid"), period_words(report.not_before, report.not_after)),
        (say("key"), report.key),
        (say("purposes"), ", ".join(report.purposes) or say("no purposes")),
        (say("authority"), say("yes") if report.authority else say("no")),
        (say("serial"), report.serial),
        ("SHA-256", report.sha256),
    ]


def profile_table(lines: Sequence[ProfileLine]) -> Table:
    """Return a disclosure profile requirement by requirement."""
    return Table(
        (say("profile"), "", say("requirement"), say("found")),
        tuple(
            (
                Cell(line.profile),
                _PROFILE_STATES[line.present],
                Cell(line.requirement),
                Cell(line.detail),
            )
            for line in lines
        ),
    )


def unseen_line(reason: str) -> str:
    """Return that only the credentials were looked at, and why."""
    return say("The picture itself was not looked at: {reason}", reason=reason)
