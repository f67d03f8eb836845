"""The figures in the statement are those that the documentation has."""

from __future__ import annotations

from pathlib import Path

from indelible.evidence import method
from indelible.watermark import probability

ROOT = Path(__file__).resolve().parents[2]


def test_rates_stand_in_the_documentation() -> None:
    fingerprint = (ROOT / "docs" / "fingerprint.md").read_text("utf-8")
    assert (
        f"| {method._COPIES} | .001 | .002 | .{round(10 * method._COPIES_EXPOSED)} " in fingerprint
    )
    edits = f"| {method._EDITS} | .988 | .007 | .{round(10 * method._EDITS_ACCUSED):03d} "
    assert edits in fingerprint
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"never in {method._UNMARKED:,} crops without a mark" in readme


def test_the_bound_is_the_detectors() -> None:
    assert probability.LIMIT == 1e-9
