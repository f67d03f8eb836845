"""What Ray runs on other machines, run here without it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from indelible.scan.items import Group
from indelible.scan.ray_working import PIECE, Looker, Record, expanded, piece_of
from indelible.scan.reading import Reader
from indelible.scan.sources import Entry
from tests.scan.hostile import Hostile, hostile, options
from tests.scan.pictures import fill, picture, tar


def spread(piece: Record, *, content: bool = False, size: int = 5) -> list[Record]:
    table = pa.table({"piece": [json.dumps(piece)]})
    return [
        row
        for part in expanded(table, reader=Reader(), size=size, content=content)
        for row in part.to_pylist()
    ]


def test_files_travel_by_name_or_with_their_bytes(tmp_path: Path) -> None:
    names = [*fill(tmp_path, 3), str(tmp_path / "absent.jpg")]
    group = Group(40, tuple(Entry("file", name) for name in names))
    *rows, end = spread(piece_of(group, 0, [], count=4))
    assert [row["content"] for row in rows] == [None] * 4
    assert [row["index"] for row in rows] == [0, 1, 2, 3]
    assert (end["shard"], end["count"]) == ("0000000040-000000", 4)
    *rows, _ = spread(piece_of(group, 0, [], count=4), content=True)
    assert [row["content"] for row in rows[:3]] == [picture(number) for number in range(3)]
    assert rows[3]["error_type"] == "UnreadableImageError"


def test_a_shard_ends_with_its_last_piece(tmp_path: Path) -> None:
    group = Group(0, tuple(Entry("file", name) for name in fill(tmp_path, 2)))
    assert [row["count"] for row in spread(piece_of(group, 0, [], count=4))] == [None, None]
    rows = spread(piece_of(group, 2, [], count=4))
    assert [(row["index"], row["count"]) for row in rows] == [(2, None), (3, None), (-1, 4)]


def test_names_are_those_of_the_list_wherever_a_worker_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "in", 1)
    (tmp_path / "in" / "a.tar").write_bytes(tar([("x.jpg", picture(1))]))
    monkeypatch.chdir(tmp_path)
    file = piece_of(Group(0, (Entry("file", "in/00000.jpg"),)), 0, [], count=1)
    archive = piece_of(Group(1, (Entry("archive", "in/a.tar"),)), 0, [])
    monkeypatch.chdir("/")
    (row, _), (member, _) = spread(file, content=True), spread(archive)
    assert (row["uri"], row["content"]) == (b"in/00000.jpg", picture(0))
    assert (member["uri"], member["member"], member["path"]) == (b"in/a.tar", b"x.jpg", None)
    assert member["content"] == picture(1)


def test_finished_shards_of_an_archive_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar((f"{n}.jpg", picture(n)) for n in range(12)))
    group = Group(7, (Entry("archive", str(tmp_path / "a.tar")),))
    rows = spread(piece_of(group, 0, ["0000000007-000001"]))
    shards = [row["shard"] for row in rows if row["count"] is None]
    assert shards == ["0000000007-000000"] * 5 + ["0000000007-000002"] * 2
    assert [row["count"] for row in rows if row["count"]] == [5, 2]


def test_few_travel_together(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar((f"{n}.jpg", picture(n)) for n in range(2 * PIECE)))
    piece = piece_of(Group(0, (Entry("archive", str(tmp_path / "a.tar")),)), 0, [])
    table = pa.table({"piece": [json.dumps(piece)]})
    parts = list(expanded(table, reader=Reader(), size=500, content=False))
    assert max(part.num_rows for part in parts) == PIECE
    damaged = tar([("0.jpg", picture(0))])[:700]
    (tmp_path / "a.tar").write_bytes(damaged)
    errors = [row["error_type"] for row in spread(piece) if row["count"] is None]
    assert "UnreadableImageError" in errors


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    made = Looker(options(finder=Hostile()), 1 << 30, 60.0)
    yield made
    made._pool.close()


def test_a_row_for_each_picture_whatever_it_does(looker: Looker, tmp_path: Path) -> None:
    names = fill(tmp_path, 3)
    for name, data in (
        ("dies.jpg", hostile("exit")),
        ("none.jpg", b"no picture"),
        ("notes.txt", b"no picture"),
        ("same.jpg", picture(0)),
    ):
        (tmp_path / name).write_bytes(data)
        names.append(str(tmp_path / name))
    names.append(str(tmp_path / "absent.jpg"))
    names.append(os.fsdecode(bytes(tmp_path) + b"/\xff.jpg"))
    Path(names[-1]).write_bytes(picture(9))
    piece = piece_of(Group(0, tuple(Entry("file", name) for name in names)), 0, [], count=9)
    table = pa.table({"piece": [json.dumps(piece)]})
    (given,) = expanded(table, reader=Reader(), size=500, content=False)
    *answers, end = looker(given).to_pylist()
    assert end == {"shard": "0000000000-000000", "index": -1, "count": 9, "row": None}
    assert [one["index"] for one in answers] == list(range(9))
    rows: list[Any] = [None if one["row"] is None else json.loads(one["row"]) for one in answers]
    kinds = [row and row["error_type"] for row in rows]
    unreadable = "UnreadableImageError"
    assert kinds == [None, None, None, "WorkerDiedError", unreadable, None, None, unreadable, None]
    assert rows[5] is None  # passed over
    assert rows[6]["duplicate_of"] == names[0]
    assert rows[8]["uri"].endswith("\\udcff.jpg")
