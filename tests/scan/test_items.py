"""From a list to pictures, in shards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indelible.limits import Limits
from indelible.scan.items import Event, Group, Item, ShardEnd, events, groups, shard_name
from indelible.scan.reading import Reader
from indelible.scan.sources import Entry
from tests.scan.pictures import tar

READER = Reader()


def all_events(*listed: Entry, size: int = 2, finished: tuple[str, ...] = ()) -> list[Event]:
    return [
        event
        for group in groups(listed, size)
        for event in events(group, READER, size=size, finished=finished)
    ]


def shape(found: list[Event]) -> list[Any]:
    """Members or names, and the counts of shards with an exclamation mark for the last."""
    return [
        (event.error and "error") or event.member or Path(event.uri).name
        if isinstance(event, Item)
        else f"{event.shard[-8:]}: {event.count}{'!' if event.last else ''}"
        for event in found
    ]


def files(*names: str) -> list[Entry]:
    return [Entry("file", name) for name in names]


@pytest.fixture
def archive(tmp_path: Path) -> Entry:
    place = tmp_path / "x.tar"
    place.write_bytes(tar([(f"{number}.jpg", b"abc") for number in range(5)]))
    return Entry("archive", str(place), place.stat().st_size)


def test_files_and_archives_are_cut_into_shards(archive: Entry) -> None:
    found = all_events(*files("a", "b", "c"), archive, *files("d"))
    assert shape(found) == [
        "a", "b", "0-000000: 2!",
        "c", "2-000000: 1!",
        "0.jpg", "1.jpg", "3-000000: 2",
        "2.jpg", "3.jpg", "3-000001: 2",
        "4.jpg", "3-000002: 1!",
        "d", "4-000000: 1!",
    ]  # fmt: skip
    assert [one.index for one in found if isinstance(one, Item)] == [0, 1, 0, 0, 1, 0, 1, 0, 0]
    assert all(one.content == b"abc" for one in found if isinstance(one, Item) and one.member)


def test_finished_shards_are_passed_over(archive: Entry) -> None:
    listed = [*files("a", "b", "c"), archive]
    finished = (shard_name(0), shard_name(3, 1))
    assert shape(all_events(*listed, finished=finished)) == [
        "c", "2-000000: 1!", "0.jpg", "1.jpg", "3-000000: 2", "4.jpg", "3-000002: 1!",
    ]  # fmt: skip
    done = {event.shard for event in all_events(*listed) if isinstance(event, ShardEnd)}
    assert all_events(*listed, finished=tuple(done)) == []


def test_an_exact_number_makes_no_empty_shard(tmp_path: Path) -> None:
    place = tmp_path / "x.tar"
    place.write_bytes(tar([(f"{number}.jpg", b"abc") for number in range(4)]))
    ends = [one for one in all_events(Entry("archive", str(place))) if isinstance(one, ShardEnd)]
    assert [(one.count, one.last) for one in ends] == [(2, False), (2, True)]


def test_a_damaged_archive_is_a_row_behind_what_is_whole(archive: Entry) -> None:
    place = Path(archive.uri)
    place.write_bytes(place.read_bytes()[:2300])
    found = all_events(archive)
    assert shape(found) == [
        "0.jpg", "1.jpg", "3-000000: 2".replace("3-", "0-"), "error", "0-000001: 1!",
    ]  # fmt: skip
    assert shape(all_events(archive, finished=(shard_name(0),))) == ["error", "0-000001: 1!"]
    assert shape(all_events(Entry("archive", "missing.tar"))) == ["error", "0-000000: 1!"]
    assert shape(all_events(Entry("archive", "http://x/y.tar"))) == ["error", "0-000000: 1!"]


def items_of(group: Group, reader: Reader) -> list[Item]:
    """All pictures of a group, as one shard."""
    found = events(group, reader, size=1 << 62)
    return [event for event in found if isinstance(event, Item)]


def test_engines_may_take_an_archive_whole(archive: Entry) -> None:
    (group,) = groups([archive], 2)
    assert [one.member for one in items_of(group, READER)] == [f"{n}.jpg" for n in range(5)]


def table(place: Path, column: pa.Array) -> Entry:
    pq.write_table(pa.table({"image": column}), place, row_group_size=2)
    return Entry("table", str(place), None, "image")


def test_a_column_of_bytes(tmp_path: Path) -> None:
    entry = table(tmp_path / "t.parquet", pa.array([b"a", None, b"ccc"], pa.binary()))
    found = all_events(entry)
    assert shape(found) == ["0", "error", "0-000000: 2", "2", "0-000001: 1!"]
    assert isinstance(found[3], Item)
    assert (found[3].content, found[3].member, found[3].path) == (b"ccc", "2", None)


def test_a_column_of_paths_and_one_of_both(tmp_path: Path) -> None:
    entry = table(tmp_path / "t.parquet", pa.array(["/x/a.jpg", "s3://b/c.jpg", ""]))
    found = [one for one in all_events(entry, size=9) if isinstance(one, Item)]
    assert [(one.uri, one.member, one.path) for one in found[:2]] == [
        ("/x/a.jpg", None, "/x/a.jpg"),
        ("s3://b/c.jpg", None, None),
    ]
    assert found[2].error is not None
    both = pa.array([{"bytes": b"a", "path": "x"}, {"bytes": None, "path": "/y.jpg"}])
    found = [
        one for one in all_events(table(tmp_path / "u.parquet", both)) if isinstance(one, Item)
    ]
    assert [(one.content, Path(one.uri).name) for one in found] == [
        (b"a", "u.parquet"),
        (None, "y.jpg"),
    ]


def test_tables_that_are_none_and_columns_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    assert shape(all_events(Entry("table", str(tmp_path / "bad.parquet"), None, "x")))[0] == "error"
    entry = table(tmp_path / "t.parquet", pa.array([1, 2]))
    assert shape(all_events(Entry("table", entry.uri, None, "other")))[0] == "error"
    assert shape(all_events(entry)) == ["error", "error", "0-000000: 2!"]


def test_what_is_too_large_for_the_limits(tmp_path: Path, archive: Entry) -> None:
    small = Reader(Limits(max_bytes=2))
    entry = table(tmp_path / "t.parquet", pa.array([b"a", b"ccc"], pa.binary()))
    for one, errors in ((archive, 5), (entry, 1)):
        (group,) = groups([one], 9)
        found = [item for item in items_of(group, small) if item.error is not None]
        assert len(found) == errors
