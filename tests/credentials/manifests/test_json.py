"""Text from the library's JSON is safe to show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indelible.credentials.manifests._json import text_of


@given(st.text())
def test_text_is_one_clean_line(text: str) -> None:
    clean = text_of(text)
    assert clean is not None
    assert len(clean) <= 500
    assert "\x1b" not in clean
    assert "\n" not in clean
