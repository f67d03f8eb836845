"""What else is known about a picture's credentials: certificates, profiles, and what is unseen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indelible.credentials import CertificateReport, ProfileLine
from indelible.verification.wording._shapes import Cell, Table

__all__ = [
    "NO_CERTIFICATES",
    "certificate_facts",
    "certificates_heading",
    "profile_table",
    "unseen_line",
]

NO_CERTIFICATES: Final = "There are no certificates."

_PROFILE_STATES: Final = {
    True: Cell("present", "good"),
    False: Cell("missing", "bad"),
    None: Cell("not checked", "caution"),
}


def certificates_heading(manifest_id: str) -> tuple[str, str]:
    """Return the heading over a manifest's certificates, as (label, manifest id)."""
    return "certificates of", manifest_id


def certificate_facts(report: CertificateReport) -> list[tuple[str, str]]:
    """Return what one certificate says, as (label, text)."""
    return [
        ("subject", report.subject),
        ("issuer", report.issuer),
        ("valid", f"{report.not_before} to {report.not_after}"),
        ("key", report.key),
        ("purposes", ", ".join(report.purposes) or "none"),
        ("authority", "yes" if report.authority else "no"),
        ("serial", report.serial),
        ("SHA-256", report.sha256),
    ]


def profile_table(lines: Sequence[ProfileLine]) -> Table:
    """Return a disclosure profile requirement by requirement."""
    return Table(
        ("profile", "", "requirement", "found"),
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
    return f"The picture itself was not looked at: {reason}"
