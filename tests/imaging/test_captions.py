"""Text as pixels."""

from __future__ import annotations

import numpy as np

from indelible.imaging.captions import caption


def test_lines_are_broken_where_they_do_not_fit() -> None:
    text = "Red: changed since it was signed. " * 3
    wide, narrow = caption([text, "More."], 2000), caption([text, "More."], 300)
    assert wide.shape[1:] == (2000, 3)
    assert narrow.shape[1:] == (300, 3)
    assert len(narrow) > len(wide)
    for strip in (wide, narrow):
        assert strip.dtype == np.uint8
        assert strip.min() < 60
        assert (strip[:5] == 255).all()


def test_a_word_wider_than_the_strip_is_cut() -> None:
    assert caption(["unbreakable" * 20], 64).shape[1] == 64
