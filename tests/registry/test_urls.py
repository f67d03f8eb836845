"""URLs of registries: what is written is read back, and what is none says what to write."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ArgumentError, IndelibleError
from indelible.registry import registry_url, sqlite_url
from indelible.registry.urls import SqliteUrl, parse_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///relative.sqlite3", SqliteUrl(Path("relative.sqlite3"))),
        ("sqlite:////srv/data/r.sqlite3", SqliteUrl(Path("/srv/data/r.sqlite3"))),
        ("SQLite:///r", SqliteUrl(Path("r"))),
        ("sqlite:///a%20b%3F%25", SqliteUrl(Path("a b?%"))),
        ("sqlite:///a#b", SqliteUrl(Path("a#b"))),
        ("sqlite:///r?timeout=0.5", SqliteUrl(Path("r"), 0.5)),
        ("sqlite:///r?timeout=0", SqliteUrl(Path("r"), 0)),
        ("sqlite:///r?", SqliteUrl(Path("r"))),
    ],
)
def test_what_a_url_says(url: str, expected: SqliteUrl) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+psycopg://host/name", "not supported in this version"),
        ("postgres://host/name", "not supported in this version"),
        ("https://host/v1", "not supported in this version"),
        ("HTTP://host/v1", "not supported in this version"),
        ("mysql://host/name", "There are no registries at 'mysql'"),
        ("sqlite+pysqlite:///r", "There are no registries at"),
        ("file:///r.sqlite3", "There are no registries at 'file'"),
        ("registry.sqlite3", "is not the URL of a registry"),
        ("", "is not the URL of a registry"),
        (":memory:", "is not the URL of a registry"),
        ("://", "There are no registries at ''"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:///", "in memory would be lost"),
        ("sqlite:///:memory:", "in memory would be lost"),
        ("sqlite://registry.sqlite3", "three slashes"),
        ("sqlite:///a%00b", "NUL"),
        ("sqlite:///r?mode=ro", "no option 'mode'"),
        ("sqlite:///r?timeout=soon", "not 'soon'"),
        ("sqlite:///r?timeout=-1", "not '-1'"),
        ("sqlite:///r?timeout=nan", "not 'nan'"),
        ("sqlite:///r?timeout=1e9", "not '1e9'"),
        ("sqlite:///r?timeout=", "not ''"),
    ],
)
def test_what_is_no_url_of_a_registry(url: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        parse_url(url)
    assert caught.value.argument == "url"
    assert "sqlite:///relative" in (caught.value.hint or "")


def test_a_url_is_text() -> None:
    with pytest.raises(ArgumentError, match=r"text, not a \w+Path"):
        parse_url(Path("r"))  # type: ignore[arg-type]


def test_a_password_is_not_repeated_in_a_message() -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_url("sqlite://user:secret@host/name")
    assert "secret" not in caught.value.diagnostics()


@given(st.text())
def test_any_text_is_a_url_or_an_error_of_ours(text: str) -> None:
    for candidate in (text, f"sqlite:///{text}", f"sqlite:///r?{text}"):
        with contextlib.suppress(IndelibleError):
            assert parse_url(candidate).path.parts


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_path_comes_back_from_its_url(name: str) -> None:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return  # no name of a file
    path = Path("/srv") / name.strip("/")
    assert parse_url(sqlite_url(path)) == SqliteUrl(path)


@given(st.floats(0, 3600))
def test_a_timeout_comes_back_from_its_url(timeout: float) -> None:
    place = SqliteUrl(Path("/srv/r"), timeout)
    assert parse_url(str(place)) == place


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX")
def test_a_name_that_is_no_unicode_comes_back() -> None:
    path = Path("/srv") / os.fsdecode(b"\xff.sqlite3")
    assert parse_url(sqlite_url(path)).path == path


def test_a_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url(sqlite_url("r.sqlite3")).path == tmp_path / "r.sqlite3"
    for name in ("", "a\0b"):
        with pytest.raises(ArgumentError, match="empty or holds a NUL"):
            sqlite_url(name)


def test_a_person_names_a_path_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = str(SqliteUrl(tmp_path / "r.sqlite3"))
    for place in ("r.sqlite3", Path("r.sqlite3"), "sqlite:///r.sqlite3", here):
        assert registry_url(place) == here
    elsewhere = str(SqliteUrl(Path("/srv/r.sqlite3"), 2.5))
    assert registry_url("sqlite:///r.sqlite3?timeout=2.5", folder=Path("/srv")) == elsewhere
    assert registry_url("/srv/r.sqlite3", folder=tmp_path) == sqlite_url("/srv/r.sqlite3")
    assert registry_url("a?b%.sqlite3", folder=Path("/srv")) == "sqlite:////srv/a%3Fb%25.sqlite3"
    with pytest.raises(ArgumentError, match="not supported"):
        registry_url("https://host/v1")
