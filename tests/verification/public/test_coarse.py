"""Coarse figures."""

from __future__ import annotations

import pytest

from indelible.verification.public._coarse import coarse_box, coarse_percent, shortened


@pytest.mark.parametrize(
    ("share", "percent"),
    [(0, 0), (0.001, 10), (0.17, 10), (0.18, 25), (0.6, 50), (0.7, 75), (0.999, 90), (1, 100)],
)
def test_a_share(share: float, percent: int) -> None:
    assert coarse_percent(share) == percent


def test_a_box_is_widened() -> None:
    assert coarse_box((17, 0, 33, 16)) == [16, 0, 48, 16]
    assert coarse_box((-3, 15, 1, 17)) == [0, 0, 16, 32]


def test_a_text_is_cut_and_cleaned() -> None:
    assert shortened("a\nb\u202ec", 9) == "a b c"
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
