"""What of a chat's answer is words, and what leads to a picture."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.gateway.chat_answers import check_words, cleaned
from indelible.gateway.errors import GatewayError

CITED = {"type": "url_citation", "url": "https://example.org/page", "title": "a"}


@pytest.mark.parametrize(
    "value",
    [
        {"content": "See https://example.org/a.png, and [this](https://example.org)."},
        {"annotations": [CITED, {"type": "url_citation", "url_citation": {"url": "https://a"}}]},
        {"tool_calls": [{"function": {"name": "f", "arguments": '{"url": "https://a.test"}'}}]},
        {"image_url": None, "images": []},
    ],
)
def test_words(value: Any) -> None:
    check_words(value)


@pytest.mark.parametrize(
    "value",
    [
        {"image_url": "https://example.org/a.png"},
        {"deep": [{"video": "a"}]},
        {**CITED, "image_url": "https://example.org/a.png"},
        {"type": "url_citation", "other": {"url": "https://example.org/a.png"}},
        {"content": "![a](https://example.org/a.png)"},
        {"content": '<IMG src="https://example.org/a.png">'},
        {"content": "![a](  </files/a.png>)"},
    ],
)
def test_what_leads_to_a_picture(value: Any) -> None:
    with pytest.raises(GatewayError) as caught:
        check_words(value)
    assert caught.value.code == "unprotected_picture"


def test_what_is_left_out() -> None:
    value = {"a": {"file_path": "/srv/a", "encrypted_content": "x", "b": [{"bytes": [1]}]}}
    assert cleaned(value) == {"a": {"encrypted_content": None, "b": [{"bytes": None}]}}
    with pytest.raises(GatewayError):
        cleaned([])
