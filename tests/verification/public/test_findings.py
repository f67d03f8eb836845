"""Two findings, and whether they agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indelible import watermark
from indelible.credentials import CredentialReport, SoftBinding
from indelible.verification import Verdict, Verification, WatermarkReport
from indelible.verification.fingerprint_report import FingerprintReport
from indelible.verification.public._findings import findings, searched
from indelible.verification.result import RegistryReport
from tests.verification.wording.found import ABSENT, MANIFEST, MARK, TRUSTED, UNKNOWN, found

NAMING = replace(
    TRUSTED,
    manifest=replace(MANIFEST, soft_bindings=(SoftBinding(watermark.ALGORITHM, b"8 bytes."),)),
)
NONE = WatermarkReport("not_found", keys=1)
CHANGED = replace(TRUSTED, state="invalid", integrity="changed")


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (found(Verdict.AUTHENTIC, NAMING), "agree"),
        (found(Verdict.AUTHENTIC, TRUSTED), "unclear"),
        (found(Verdict.AUTHENTIC, TRUSTED, mark=NONE), "one"),
        (found(Verdict.RECOVERED, ABSENT, TRUSTED), "one"),
        (found(Verdict.INVALID, replace(TRUSTED, state="invalid", integrity="broken")), "one"),
        (found(Verdict.NONE, ABSENT, mark=NONE), "none"),
        (found(Verdict.SUSPECT, NAMING), "contradict"),
    ],
)
def test_whether_they_agree(result: Verification, state: str) -> None:
    assert findings(result)["agreement"]["state"] == state


def test_a_manifest_and_the_recovered_one_that_it_continues_agree() -> None:
    assert findings(found(Verdict.AUTHENTIC, TRUSTED, TRUSTED))["agreement"]["state"] == "agree"


@pytest.mark.parametrize(
    ("credential", "state", "standing", "words"),
    [
        (
            TRUSTED,
            "intact",
            "trusted",
            "holds, and its signer is trusted.",
        ),
        (UNKNOWN, "intact", "untrusted", "who signed it could not be verified"),
        (replace(TRUSTED, expired=True), "intact", "untrusted", "certificate has expired"),
        (CHANGED, "changed", "trusted", "no longer the one that was signed"),
        (replace(CHANGED, signer_trusted=False), "changed", "untrusted", "could not be verified"),
        (replace(CHANGED, integrity="broken"), "broken", "broken", "does not hold"),
        (CredentialReport("unreadable"), "unreadable", None, "cannot be read"),
        (ABSENT, "absent", None, "The file has no manifest."),
        (replace(ABSENT, remote_url="https://a/b"), "elsewhere", None, "names an address"),
    ],
)
def test_the_manifest(
    credential: CredentialReport, state: str, standing: str | None, words: str
) -> None:
    said = findings(found(Verdict.UNVERIFIED, credential))["manifest"]
    assert (said["state"], said["standing"]) == (state, standing)
    assert words in said["words"]
    assert "https://" not in said["words"]


@pytest.mark.parametrize(
    ("looks", "standing", "words"),
    [
        ("match", "trusted", "looks like the one that it was made for"),
        ("mismatch", "trusted", "about another picture"),
        ("unclear", "trusted", "a manifest of a trusted signer."),
        ("match", "untrusted", "whose signer could not be verified"),
    ],
)
def test_the_watermark(looks: str, standing: str, words: str) -> None:
    recovered = TRUSTED if standing == "trusted" else UNKNOWN
    result = found(Verdict.RECOVERED, ABSENT, recovered)
    result = replace(result, fingerprint=FingerprintReport(looks, "recovered"))  # type: ignore[arg-type]
    said = findings(result)["watermark"]
    assert (said["state"], said["standing"], said["looks"]) == ("found", standing, looks)
    assert words in said["words"]


@pytest.mark.parametrize("state", ["unavailable", "unknown", "not_asked"])
def test_a_mark_that_led_nowhere(state: str) -> None:
    result = found(Verdict.UNVERIFIED, ABSENT)
    result = replace(result, registry=RegistryReport(state))  # type: ignore[arg-type]
    said = findings(result)["watermark"]
    assert (said["registry"], said["standing"], said["record"]) == (state, None, None)
    assert said["words"].startswith("A watermark was found; ")


def test_a_record_that_was_taken_back() -> None:
    result = found(Verdict.UNVERIFIED, ABSENT, TRUSTED)
    result = replace(result, registry=replace(result.registry, status="erased"))
    assert findings(result)["watermark"]["record"] == "erased"
    assert "taken back" in findings(result)["watermark"]["words"]


def test_what_was_looked_for() -> None:
    def found_by(result: Verification) -> dict[str, bool | None]:
        return {one["what"]: one["found"] for one in searched(result)}

    assert found_by(found(Verdict.NONE, ABSENT, mark=NONE)) == {
        "manifest": False,
        "watermark": False,
        "looks": False,
        "metadata": False,
    }
    nobody = found(Verdict.UNCHECKED, ABSENT, mark=WatermarkReport("not_checked"))
    assert found_by(nobody) == {"manifest": False, "watermark": None, "metadata": False}
    assert found_by(found(Verdict.AUTHENTIC, TRUSTED, TRUSTED))["registry"]
    assert found_by(found(Verdict.AUTHENTIC, TRUSTED))["registry"] is None


@pytest.mark.parametrize(
    ("area", "covers"), [(None, None), (1.0, "nearly_all"), (0.6, "most"), (0.1, "part")]
)
def test_how_much_is_covered_coarsely(area: float | None, covers: str | None) -> None:
    result = found(Verdict.ALTERED, ABSENT, mark=replace(MARK, area=area))
    assert findings(result)["watermark"]["covers"] == covers
