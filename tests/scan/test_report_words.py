"""What a report says: claims as claims, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.scan import report, tables, worded
from indelible.scan.report_shapes import Section, Words
from indelible.scan.report_words import share_words
from indelible.verification import Verdict
from tests.scan.results import error, many, row, signed, write_parquet


def said(tmp_path: Path, rows: list[dict[str, object]], language: str = "en") -> Words:
    return worded(report(write_parquet(tmp_path / "a.parquet", rows)), language=language)


def section(words: Words, key: str) -> Section:
    (found,) = (one for one in words.sections if one.key == key)
    return found


def test_every_verdict_comes_with_what_it_does_not_mean(tmp_path: Path) -> None:
    words = said(tmp_path, [row(verdict=str(one)) for one in Verdict])
    rows = section(words, "verdicts").rows
    assert [one.text for one in rows] == [str(one) for one in Verdict]
    for verdict, one in zip(Verdict, rows, strict=True):
        assert verdict.words.caution in one.note
    assert any("absence proves nothing" in remark for remark in words.remarks)


def test_names_of_strangers_are_claims(tmp_path: Path) -> None:
    rows = [signed("untrusted", "X", "Y"), signed("trusted", "X", "Y")]
    for key, name in (("generators", "X"), ("signers", "Y")):
        texts = {one.text: one.look for one in section(said(tmp_path, rows), key).rows}
        assert texts == {name: "fact", f"says it is {name}": "claim"}


def test_what_is_rare_is_summed_up(tmp_path: Path) -> None:
    rows = [signed("trusted", f"G{n}", "S") for n in range(40)] + [signed("trusted", "G", "S")] * 2
    shown = section(said(tmp_path, rows), "generators").rows
    assert len(shown) == 12
    assert (shown[0].text, shown[-1].text, shown[-1].count) == ("G", "others", 30)


def test_errors_and_what_was_not_judged_are_no_verdicts(tmp_path: Path) -> None:
    rows = section(said(tmp_path, [error("E"), row(verdict=None)]), "verdicts").rows
    assert [(one.text, one.look) for one in rows] == [("error", "error"), ("no verdict", "rest")]


def test_what_should_be_known_is_remarked(tmp_path: Path) -> None:
    rows = [row(complete=False, credential_development=True), row(scan_id="other")]
    told = " ".join(said(tmp_path, rows).remarks)
    assert "2 scans" in told
    assert "did not answer: 1." in told
    assert "development identity" in told


@pytest.mark.parametrize(
    ("count", "of", "text"),
    [(0, 5, "-"), (5, 5, "100 %"), (1, 100_000, "< 0.1 %"), (99_999, 100_000, "99.9 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_all(count: int, of: int, text: str) -> None:
    assert share_words(count, of) == text


def test_german_is_german(tmp_path: Path) -> None:
    words = said(tmp_path, many(2000), "de")
    assert section(words, "generators").heading == "Generatoren"
    told = dict(tables(words, "de"))
    assert told["Urteile"].columns == ("Ergebnis", "Bilder", "Anteil")
    assert any("," in cells[2].text for cells in told["Urteile"].rows)


def test_tables_leave_out_what_is_empty(tmp_path: Path) -> None:
    headings = [heading for heading, _ in tables(said(tmp_path, [row()]), "en")]
    assert "Verdicts" in headings
    assert "Errors" not in headings
