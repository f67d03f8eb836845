"""The verdicts' words: what each one means to people, and what it does not mean."""

from __future__ import annotations

import re

import pytest

from indelible.verification import Verdict


@pytest.mark.parametrize("verdict", list(Verdict))
def test_words_for_people(verdict: Verdict) -> None:
    words = verdict.words
    assert all((words.headline, words.meaning, words.caution))
    told = f"{words.headline} {words.meaning} {words.caution}".lower()
    # Absence proves nothing, and presence proves an origin only.
    assert not re.search(r"\breal\b|\bnot ai\b|\bgenuine\b|\bfake\b", told)


def test_a_recovery_says_that_a_mark_can_be_copied() -> None:
    words = Verdict.RECOVERED.words
    assert "can be copied" in words.headline
    assert "compare" in words.meaning


def test_unchecked_says_whom_to_ask() -> None:
    assert "Ask the service" in Verdict.UNCHECKED.words.meaning
