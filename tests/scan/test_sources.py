"""What names stand for: folders, patterns, lists, stores, tables."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from indelible.errors import UnreadableImageError
from indelible.scan.sources import Entry, entries, has_companion_name
from tests.scan.pictures import fill


def listed(*sources: str, output: str = "/nowhere/results") -> list[Entry]:
    return list(entries(sources, output=output))


def names(*sources: str, output: str = "/nowhere/results") -> list[str]:
    return [Path(one.uri).name for one in listed(*sources, output=output)]


def test_a_folder_is_walked_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    fill(tmp_path / "b" / "c", 2)
    fill(tmp_path / ".git", 1)
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "z.txt").write_bytes(b"22")
    (tmp_path / ".hidden.jpg").write_bytes(b"1")
    (tmp_path / "x.tar").write_bytes(b"333")
    found = listed(str(tmp_path))
    assert [Path(one.uri).name for one in found] == [
        "a.jpg", "x.tar", "z.txt", "00000.jpg", "00001.jpg",
    ]  # fmt: skip
    assert [one.kind for one in found] == ["file", "archive", "file", "file", "file"]
    assert [one.size for one in found[:3]] == [1, 3, 2]


def test_results_below_a_folder_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    fill(tmp_path / "results", 2)
    assert names(str(tmp_path), output=str(tmp_path / "results")) == ["00000.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="pipes and links")
def test_links_pipes_and_folders_in_a_circle(tmp_path: Path) -> None:
    fill(tmp_path / "here", 1)
    (tmp_path / "here" / "circle").symlink_to(tmp_path)
    (tmp_path / "here" / "file").symlink_to(tmp_path / "here" / "00000.jpg")
    (tmp_path / "here" / "nowhere").symlink_to(tmp_path / "missing")
    os.mkfifo(tmp_path / "here" / "pipe")
    assert names(str(tmp_path)) == ["00000.jpg", "file", "nowhere"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    place = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    with open(place, "wb") as file:  # noqa: PTH123
        file.write(b"1")
    found = listed(str(tmp_path))
    assert os.fsencode(found[0].uri) == place


def test_patterns(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    fill(tmp_path / "b", 1)
    assert names(str(tmp_path / "*" / "*0.jpg")) == ["00000.jpg", "00000.jpg"]
    assert len(names(str(tmp_path / "**" / "*.jpg"))) == 3
    assert len(names(str(tmp_path / "*"))) == 3  # folders are walked
    assert len(names(str(tmp_path / "**"))) == 3


def test_lists_name_files_archives_and_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b"/a/b.jpg\n\ns3://bucket/c d.jpg\r\nshard.tar\nt.parquet::image\n\xff.jpg\n"
    (tmp_path / "list.txt").write_bytes(lines)
    found = listed(f"@{tmp_path / 'list.txt'}")
    assert found == [
        Entry("file", "/a/b.jpg"),
        Entry("file", "s3://bucket/c d.jpg"),
        Entry("archive", "shard.tar"),
        Entry("table", "t.parquet", None, "image"),
        Entry("file", "\udcff.jpg"),
    ]

    class Input:
        buffer = io.BytesIO(lines)

    monkeypatch.setattr(sys, "stdin", Input)
    assert listed("-") == found


def test_a_column_of_several_tables(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        (tmp_path / name).write_bytes(b"1")
    found = listed(f"{tmp_path}/*.parquet::image")
    assert [one.kind for one in found] == ["table", "table"]
    assert found[0].column == "image"


def test_a_store_is_listed() -> None:
    files = MemoryFileSystem()
    for name in ("/scan-sources/b.jpg", "/scan-sources/a/c.jpg", "/scan-sources/.h/d.jpg"):
        files.pipe_file(name, b"12")
    found = listed("memory://scan-sources")
    assert [(one.uri, one.size) for one in found] == [
        ("memory:///scan-sources/a/c.jpg", 2),
        ("memory:///scan-sources/b.jpg", 2),
    ]
    assert len(listed("memory://scan-sources/*.jpg")) == 1
    assert len(listed("memory://scan-sources/b.jpg")) == 1
    files.rm("/scan-sources", recursive=True)


@pytest.mark.parametrize(
    "source", ["missing.jpg", "missing/*.jpg", "@missing", "memory://nothing-here", "a\0b", "@."]
)
def test_what_leads_nowhere_says_so(source: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"scanned|read"):
        listed(source)


def test_a_list_with_an_endless_line(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"x" * 100_000)
    with pytest.raises(UnreadableImageError, match="longer than any name"):
        listed(f"@{tmp_path / 'list.txt'}")


def test_companions_by_their_names() -> None:
    assert has_companion_name("a/000.JSON")
    assert has_companion_name("photo.c2pa")
    assert not has_companion_name("photo.jpg")
    assert not has_companion_name("photo")
