"""What else a reader of a verdict should know."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import replace

import pytest

from indelible import imaging
from indelible.credentials import Trust
from indelible.verification import WatermarkReport, wording
from tests.imaging import pictures
from tests.verification.wording.found import MARK

HEADER = imaging.read_header(imaging.encode(pictures.scene(), "png"))
NOBODY = Trust.nobody()


def test_nothing_to_say() -> None:
    assert wording.notes(replace(MARK, area=0.9, regions_gone=False), HEADER, NOBODY) == ()


@pytest.mark.parametrize(("area", "gone"), [(0.3, None), (0.8, True)])
def test_how_much_is_marked(area: float, gone: bool | None) -> None:
    (note,) = wording.notes(replace(MARK, area=area, regions_gone=gone), HEADER, NOBODY)
    assert note.startswith(f"About {100 * area:.0f} % of the picture carries the watermark")


@pytest.mark.parametrize(("format", "kind"), [("gif", "frames"), ("tiff", "pages")])
def test_one_of_several(format: str, kind: str) -> None:
    several = replace(HEADER, format=format, frames=3)
    (note,) = wording.notes(MARK, several, NOBODY)
    assert f"first of 3 {kind}" in note
    assert wording.notes(WatermarkReport("not_checked"), several, NOBODY) == ()


def test_irregular_files_and_stale_lists() -> None:
    stale = [
        dataclasses.replace(item, next_update=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))
        for item in Trust.official().lists
    ]
    irregular = replace(HEADER, irregular=("A chunk is odd.",))
    first, *rest = wording.notes(MARK, irregular, Trust.of(stale))
    assert first == "A chunk is odd."
    assert len(rest) == len(stale)
    assert all("2020-01-02" in note for note in rest)
