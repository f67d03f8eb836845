"""Certificates and profiles, in words."""

from __future__ import annotations

from indelible.credentials import DevelopmentIdentity, ProfileLine, inspect_chain
from indelible.verification import wording


def test_what_a_certificate_says(identity: DevelopmentIdentity) -> None:
    (report, *_), _ = inspect_chain(identity.signer.certificates)
    said = dict(wording.certificate_facts(report))
    assert said["subject"] == report.subject
    assert said["valid"] == f"{report.not_before} to {report.not_after}"
    assert said["authority"] == "no"
    assert len(said) == 8


def test_a_profile_line_by_line() -> None:
    lines = [
        ProfileLine("eu", "R1", present=True, detail="here"),
        ProfileLine("eu", "R2", present=False, detail=""),
        ProfileLine("eu", "R3", present=None, detail=""),
    ]
    table = wording.profile_table(lines)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["eu", "present", "R1", "here"],
        ["eu", "missing", "R2", ""],
        ["eu", "not checked", "R3", ""],
    ]
    assert [row[1].tone for row in table.rows] == ["good", "bad", "caution"]
