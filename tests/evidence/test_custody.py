"""The custody log: it grows, and what is changed in it is noticed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ArgumentError, EvidenceError
from indelible.evidence.custody import Step, appended, entries, faults

AT = dt.datetime(2026, 11, 26, 12, 0, 0, 999_999, dt.timezone(dt.timedelta(hours=2)))


def step(what: str = "took it over", **changes: Any) -> Step:
    return Step(
        **{"at": AT, "who": "Ä. Name", "what": what, "why": "case 12", "made": {}, **changes}
    )


LOG = appended(b"", [step("one"), step("two"), step("three")])


def test_each_line_seals_the_one_before() -> None:
    lines = LOG.splitlines(keepends=True)
    found = entries(LOG)
    assert [one["what"] for one in found] == ["one", "two", "three"]
    assert found[0]["at"] == "2026-11-26T10:00:00Z"
    assert found[0]["previous"] == "0" * 64
    assert found[2]["previous"] == hashlib.sha256(lines[1]).hexdigest()
    assert faults(LOG) == ()
    more = appended(LOG, [step("four")])
    assert more.startswith(LOG)
    assert faults(more) == ()


def test_what_is_changed_is_noticed() -> None:
    lines = LOG.splitlines(keepends=True)
    assert faults(LOG.replace(b"one", b"eno")) == ("Line 1 of the custody log was changed.",)
    assert "missing" in faults(b"".join([lines[0], lines[2]]))[0]
    assert "missing" in faults(lines[1])[0]
    assert "cannot be read" in faults(LOG[:-1])[0]
    for broken in (LOG.replace(b"one", b"eno"), LOG[:-1], b"[]\n"):
        with pytest.raises(EvidenceError, match="does not hold"):
            appended(broken, [step()])


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\u202eb", "x" * 2001])
@pytest.mark.parametrize("name", ["who", "what", "why"])
def test_texts_that_no_line_holds(name: str, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        appended(b"", [step(**{name: text})])
    assert caught.value.argument == name


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    entries(data)
    faults(data)


def test_a_log_has_an_end() -> None:
    long = b"".join(json.dumps({"seq": n}).encode() + b"\n" for n in range(1200))
    assert any("more than" in one for one in faults(long))
    assert len(entries(long)) == 1000


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(EvidenceError, match="clock"):
        appended(LOG, [step(at=AT - dt.timedelta(seconds=1))])
    later = appended(LOG, [step(at=AT + dt.timedelta(days=1))])
    with pytest.raises(EvidenceError, match="clock"):
        appended(later, [step()])
