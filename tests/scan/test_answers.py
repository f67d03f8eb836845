"""What was answered before, in bounded memory."""

from __future__ import annotations

import hashlib

from indelible.scan.answers import Answers, as_duplicate
from indelible.scan.rows import Row, begun


def row(name: str, member: str | None = None) -> Row:
    digest = hashlib.sha256(name.encode()).hexdigest()
    made = begun(name, member, "test")
    return made | {"sha256": digest, "verdict": "none", "total_ms": 12.0, "read_ms": 3.0}


def test_a_duplicate_has_the_answers_and_not_the_times() -> None:
    answers = Answers()
    first = row("a.tar", "b.jpg")
    answers.add(first)
    known = answers.get(first["sha256"])
    assert known is not None
    own = begun("c.jpg", None, "test") | {"read_ms": 1.0}
    copy = as_duplicate(known, own)
    assert copy["duplicate_of"] == "a.tar::b.jpg"
    assert (copy["uri"], copy["member"]) == ("c.jpg", None)
    assert (copy["verdict"], copy["total_ms"], copy["read_ms"]) == ("none", None, 1.0)
    assert copy["scanned_at"] == own["scanned_at"]
    assert list(copy) == list(own)
    assert as_duplicate(first, own) == copy
    answers.add(copy)
    assert answers.get(first["sha256"]) == known


def test_what_was_asked_for_longest_ago_gives_way() -> None:
    answers = Answers(most_bytes=4000)
    rows = [row(str(number)) for number in range(8)]
    for one in rows:
        answers.add(one)
        answers.get(rows[0]["sha256"])
    assert 1 < len(answers) < 8
    assert answers.get(rows[0]["sha256"]) is not None
    assert answers.get(rows[1]["sha256"]) is None
    assert answers.get(rows[-1]["sha256"]) is not None


def test_rows_without_bytes_are_not_remembered() -> None:
    answers = Answers()
    answers.add_all([begun("a", None, "test")])
    assert len(answers) == 0
