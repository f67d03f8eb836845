"""What a file asks for, by its content."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indelible import Verifier
from indelible.consent import HashList
from indelible.errors import ConfigurationError, ImageError, IndelibleError
from indelible.scan.queries import PictureQuery, open_query

VERIFIER = Verifier(keys=(), registry=None, trust=None, consent=False)
HASH = bytes(range(32)).hex()


def written(folder: Path, data: bytes, name: str = "q") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_a_picture_is_one_by_its_content(photograph_path: dict[str, Path], tmp_path: Path) -> None:
    data = photograph_path["chelsea"].read_bytes()
    query = open_query(written(tmp_path, data, "list.txt"), VERIFIER)
    assert isinstance(query, PictureQuery)
    assert query.name == "list.txt"
    assert query.hash is not None
    assert query.marks == frozenset()


@pytest.mark.parametrize("text", [f"{HASH}\n{HASH}", f"# a list\n\n{HASH}", f"\r\n {HASH} # one"])
def test_a_list_of_ones_own(tmp_path: Path, text: str) -> None:
    query = open_query(written(tmp_path, text.encode()), VERIFIER)
    assert isinstance(query, HashList)
    assert query.hashes[0].tobytes().hex() == HASH


@pytest.mark.parametrize(
    ("data", "reader"),
    [(b'\xef\xbb\xbf\n{"hashRecords": []}', "from_stopncii"), (b" <?xml ?>", "from_ncmec")],
)
def test_answers_of_programmes_are_known_by_how_they_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, reader: str
) -> None:
    read: list[str] = []

    def parsed(path: Path, *, name: str) -> HashList:
        read.append(name)
        return HashList(name, [])

    monkeypatch.setattr(HashList, reader, parsed)
    assert isinstance(open_query(written(tmp_path, data), VERIFIER), HashList)
    assert read == ["q"]


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 600, b"no list", b"<svg/>", b"[", b"%PDF-1.7\n", HASH.encode() * 2]
)
def test_something_else_is_refused(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, data)
    if not data:  # a list of nothing
        query = open_query(path, VERIFIER)
        assert isinstance(query, HashList)
        assert len(query) == 0
        return
    with pytest.raises(IndelibleError):
        open_query(path, VERIFIER)


def test_a_damaged_picture_is_no_list(photograph_path: dict[str, Path], tmp_path: Path) -> None:
    data = photograph_path["chelsea"].read_bytes()[:2000]
    with pytest.raises(ImageError):
        open_query(written(tmp_path, data), VERIFIER)


def test_nothing_there(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigurationError):
            open_query(path, VERIFIER)


def test_a_picture_without_detail_is_remarked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.fromarray(np.full((200, 200, 3), 128, np.uint8)).save(tmp_path / "grey.png")
    with caplog.at_level(logging.WARNING, "indelible"):
        query = open_query(tmp_path / "grey.png", VERIFIER)
    assert isinstance(query, PictureQuery)
    assert query.hash is None
    assert "too little detail" in caplog.text
