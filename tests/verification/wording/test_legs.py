"""What each leg found: one line each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible.credentials import CredentialReport
from indelible.verification import RegistryReport, Verdict, WatermarkReport, wording
from tests.verification.wording.found import MARK, TRUSTED, UNKNOWN, found


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
