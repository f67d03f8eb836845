"""Cut-outs, and pictures that are enhanced afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.quality import hard, measuring, tables


@pytest.fixture
def fake(open_fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hard", "measuring"):
        open_fake(f"benchmarks.quality.{name}")
    monkeypatch.setattr(hard, "_SIDE", 128)
    for module in (hard, measuring):
        seen = {"norm": 0.5, "worst": 1.5, "flip": 0.01}
        monkeypatch.setattr(module, "visibility", lambda *_, seen=seen: dict(seen))


@pytest.mark.parametrize("behind", [False, True])
def test_cut_out_is_a_disc(behind: bool) -> None:
    image = hard.cut_out(200, behind=behind)
    assert image.shape == (800, 800, 4)
    alpha = image[..., 3]
    assert (alpha > 127).sum() == pytest.approx(np.pi * 100**2, rel=0.01)
    assert (image[alpha == 0][:, :3].max() > 0) == behind


@pytest.mark.usefixtures("fake")
def test_changes_under_alpha_are_told() -> None:
    task = hard.CutOut("disc", "disc of 200 px, black behind", ("balanced",), 0)
    (record,) = hard.measure_cut_out(task)
    # The fake writes into the first row, which is transparent.
    assert record["hidden"] == 1
    assert record["read"]
    assert record["psnr"] == float("inf")
    report = hard.cut_out_table([record])
    assert report.rows[0] is not None
    assert report.rows[0][report.columns.index("kept")] is False


@pytest.mark.usefixtures("fake")
def test_enhanced_pictures_are_compared_for_every_subject() -> None:
    records = [
        record
        for name in hard.ENHANCED
        for record in hard.measure_enhanced(
            hard.Enhanced(name, name, ("balanced", "JPEG 90"), None, 0)
        )
    ]
    report = tables.host_table(records, "Enhanced")
    assert list(report.columns) == ["picture", "balanced", "JPEG 90"]
    assert [row[0] for row in report.rows if row] == list(hard.ENHANCED)
    assert all(row[1] == "0.50 (1.5)" for row in report.rows if row)
