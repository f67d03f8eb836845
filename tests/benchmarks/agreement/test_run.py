"""The comparison of two versions: what is drawn, and which differences count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks._running import Record, SettingsError
from benchmarks.agreement import comparing, run


def one(number: int = 0, **changes: object) -> Record:
    """An answer about a marked picture that was recovered."""
    answer: Record = {
        "number": number,
        "picture": "cat.jpg",
        "treatment": "jpeg 75",
        "size": [600, 800],
        "verdict": "recovered",
        "expected": "recovered",
        "true_payload": "01" * 8,
        "payload": "01" * 8,
        "geometry": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "probability": 1e-20,
    }
    return answer | changes


LOST = {"verdict": "none", "payload": None, "geometry": None, "probability": 1.0}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({}, {}, ()),
        ({}, LOST, ("lost", "worse verdict")),
        (LOST, {}, ("gained", "verdict")),
        ({}, {"payload": "02" * 8}, ("wrong payload",)),
        ({}, {"verdict": "altered"}, ("worse verdict",)),
        ({"verdict": "altered"}, {}, ("verdict",)),
        ({}, {"geometry": [1, 0, 3, 0, 1, 0, 0, 0, 1]}, ("moved",)),
    ],
)
def test_what_differs(before: Record, after: Record, kinds: tuple[str, ...]) -> None:
    result = comparing.compared({0: one(**before)}, {0: one(**after)})
    assert tuple(kind for each in result.differences for kind in each.kinds) == kinds
    assert result.fails == bool({"lost", "worse verdict", "wrong payload"} & set(kinds))


def test_other_pictures_are_not_compared() -> None:
    with pytest.raises(SettingsError, match="other pictures"):
        comparing.compared({0: one()}, {0: one(picture="dog.jpg")})


@pytest.mark.usefixtures("quick_engine")
def test_a_version_agrees_with_itself(tmp_path: Path) -> None:
    line = ["record", "--count", "4", "--limit", "2", "--out"]
    run.run([*line, str(tmp_path / "a")])
    run.run([*line, str(tmp_path / "b")])
    run.run(["compare", str(tmp_path / "a"), str(tmp_path / "b")])
    tables = json.loads((tmp_path / "b" / "result.json").read_text())["tables"]
    rows = {row["what"]: row for row in tables[0]["rows"]}
    assert rows["pictures"]["after"] == 4
    assert rows["payload wrong"]["after"] == 0
    assert len(tables) == 1


def test_something_is_to_be_done() -> None:
    with pytest.raises(SettingsError, match="Say what to do"):
        run.run([])
    with pytest.raises(SettingsError, match="holds no run"):
        run.run(["compare", "nowhere", "nowhere"])
