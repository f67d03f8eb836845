"""How far, how fast, how long."""

from __future__ import annotations

import time

import pytest

from indelible.scan.progress import Progress
from indelible.scan.rows import Row, begun


def row(**given: object) -> Row:
    return begun("a", None, "x") | given


def test_what_is_counted() -> None:
    progress = Progress(lines=10)
    progress.count(row(error_type="KeyError"), None)
    progress.count(row(duplicate_of="b", credential_state="absent"), 5)
    progress.count(row(credential_state="valid"), 5)
    progress.count(row(watermark_found=True), 5)
    progress.count(None, 5)
    assert (progress.rows, progress.errors, progress.duplicates) == (4, 1, 1)
    assert (progress.found, progress.passed_over, progress.size_done) == (2, 1, 20)
    assert progress.share == 0.5


def test_the_time_left_goes_by_bytes_and_leaves_out_earlier_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress(lines=100, size=1000, before=50, size_before=500)
    assert progress.seconds_left is None
    assert progress.rate == 0.0
    for _ in range(25):
        progress.count(row(), 10)
    now = 110.0
    assert progress.share == 0.75
    assert progress.rate == 2.5
    assert progress.seconds_left == pytest.approx(10.0)
    by_files = Progress(lines=50)
    for _ in range(25):
        by_files.count(row(), None)
    now = 120.0
    assert by_files.seconds_left == pytest.approx(10.0)
