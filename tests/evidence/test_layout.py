"""Names and texts of parts."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.evidence.layout import json_bytes, json_line, safe_name


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("photo.png", "photo.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\users\\me\\a b.PNG", "a-b.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("über größe.png", "uber-groe.jpg"),
        ("CON.txt", "CON-.jpg"),
        ("", "picture.jpg"),
        ("...", "picture.jpg"),
        ("写真.png", "picture.jpg"),
        ("a" * 300, "a" * 100 + ".jpg"),
    ],
)
def test_names(name: str, member: str) -> None:
    assert safe_name(name, ".jpg") == member


@given(st.text(st.characters()))
def test_every_name_is_a_plain_one(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.jpg", safe_name(name, ".jpg"))


def test_texts_that_are_no_text() -> None:
    value = {"name": "a\udc80\u2028b"}
    assert json.loads(json_bytes(value)) == value
    assert json_line(value).count(b"\n") == 1
    assert json.loads(json_line(value)) == value
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"x": float("nan")})
