"""Tables about several pictures."""

from __future__ import annotations

from dataclasses import replace

from indelible.credentials import AiClaim, Signal
from indelible.verification import Verdict, WatermarkReport, wording
from indelible.watermark import Detection
from tests.verification.wording.found import ABSENT, TRUSTED, found

NOTHING = WatermarkReport("not_found", keys=1)
SIGNAL = Signal("ai-software", "EXIF", None, True, "Midjourney 6")


def texts(table: wording.Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_row_for_each_picture() -> None:
    signed = replace(found(Verdict.AUTHENTIC, TRUSTED), ai=AiClaim(True, by="Acme"))
    bare = found(Verdict.NONE, ABSENT, mark=NOTHING)
    words = wording.overview([("a", signed), ("b", None), ("c", bare)])
    assert words.table.columns == ("file", "verdict", "says AI", "origin", "time", "watermark id")
    assert texts(words.table) == [
        ["a", "authentic", "Acme (signer not verified)", "Acme 1", "2026-01-01", b"8 bytes.".hex()],
        ["b", "unreadable"],
        ["c", "none", "", "", "", ""],
    ]
    assert words.table.rows[0][1].tone == "verdict"
    assert [item.label for item in words.legend] == ["authentic", "none"]
    assert words.legend[1].text == Verdict.NONE.words.caution
    assert words.remarks == ()


def test_a_column_of_unsigned_claims_where_there_are_any() -> None:
    claimed = replace(found(Verdict.NONE, ABSENT, mark=NOTHING), signals=(SIGNAL,))
    words = wording.overview([("a", claimed), ("b", found(Verdict.NONE, ABSENT, mark=NOTHING))])
    assert words.table.columns[-1] == "unsigned claims"
    assert [row[-1] for row in texts(words.table)] == ["Midjourney 6", ""]
    assert [item.label for item in words.legend] == ["none", ""]
    assert "anybody" in words.legend[-1].text


def test_a_development_signer_is_remarked_on_once() -> None:
    signed = found(Verdict.AUTHENTIC, replace(TRUSTED, development=True))
    assert wording.overview([("a", signed), ("b", signed)]).remarks == (wording.DEVELOPMENT_NOTE,)


def test_detections() -> None:
    detection = Detection(True, b"8 bytes.", 1e-12, None, "k" * 16)
    table = wording.detection_table([("a", detection), ("b", Detection(found=False)), ("c", None)])
    assert texts(table) == [
        ["a", b"8 bytes.".hex(), "below 1e-12", "k" * 16],
        ["b", "none found"],
        ["c", "unreadable"],
    ]
    assert len(table.columns) == 4
