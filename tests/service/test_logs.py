"""What is logged, and what is not."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from indelible.service.logs import JsonLines, obscured, request_id


@pytest.mark.parametrize("sane", ["request-12345", "0123456789abcdef", "a.b:c_d-e"])
def test_a_harmless_request_id_is_kept(sane: str) -> None:
    assert request_id(sane) == sane


@pytest.mark.parametrize(
    "odd", [None, "", "short", "x" * 65, 'quote"in-it', "line\nfeed-1234", "ä" * 9]
)
def test_another_one_is_replaced(odd: str | None) -> None:
    assert request_id(odd) != odd
    assert len(request_id(odd)) == 16


def test_a_failure_is_logged_with_its_places_and_without_its_message() -> None:
    line = ""
    try:
        int("secret.jpg")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it\nfailed", (), sys.exc_info())
        line = JsonLines().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["message"], told["error"], told["level"]) == ("it\nfailed", "ValueError", "error")
    assert any("test_a_failure" in place for place in told["trace"])
    assert "secret" not in line


def test_an_address_is_told_by_its_hash() -> None:
    assert obscured("192.0.2.1") == obscured("192.0.2.1") != obscured("192.0.2.2")
    assert "192" not in obscured("192.0.2.1")
