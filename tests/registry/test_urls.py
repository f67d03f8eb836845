"""URLs of registries: what is written is read back, and what is none says what to write."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import ArgumentError, IndelibleError
from indelible.registry import registry_url, shown_url, sqlite_url
from indelible.registry.urls import (
    Options,
    PostgresUrl,
    RemoteUrl,
    SqliteUrl,
    parse_url,
    password_of,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///relative.sqlite3", SqliteUrl(Path("relative.sqlite3"))),
        ("sqlite:////srv/data/r.sqlite3", SqliteUrl(Path("/srv/data/r.sqlite3"))),
        ("SQLite:///r", SqliteUrl(Path("r"))),
        ("sqlite:///a%20b%3F%25", SqliteUrl(Path("a b?%"))),
        ("sqlite:///a#b", SqliteUrl(Path("a#b"))),
        ("sqlite:///r?timeout=0.5", SqliteUrl(Path("r"), Options(timeout=0.5))),
        ("sqlite:///r?timeout=0", SqliteUrl(Path("r"), Options(timeout=0))),
        ("sqlite:///r?", SqliteUrl(Path("r"))),
    ],
)
def test_what_a_url_says(url: str, expected: SqliteUrl) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://user:secret@host/v1", "carries no password"),
        ("HTTP://host/v1", "plain http"),
        ("https:///v1", "is not the URL"),
        ("https://host/v1#x", "is not the URL"),
        ("https://host/v1?colour=red", "no option"),
        ("https://[::1/v1", "cannot be read"),
        ("postgresql+asyncpg://host/name", "There are no registries at"),
        ("postgresql://host:port/name", "is not the URL of a PostgreSQL database"),
        ("postgresql://a@b@host/name", "is not the URL of a PostgreSQL database"),
        ("postgresql://host/name/more", "is not the URL of a PostgreSQL database"),
        ("postgresql://host/name?password=x", "no option 'password'"),
        ("postgresql://host/name?connect_timeout=soon", "not 'soon'"),
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
        ("sqlite:///r?host=x", "no option 'host'"),
        ("sqlite:///r?manifests=relative", "not 'relative'"),
        ("sqlite:///r?inline=-1", "inline is"),
        ("sqlite:///r?inline=99999999", "inline is"),
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
    for start in ("", "sqlite:///", "sqlite:///r?", "postgresql://", "postgresql://h/d?"):
        candidate = f"{start}{text}"
        with contextlib.suppress(IndelibleError):
            place = parse_url(candidate)
            assert not isinstance(place, SqliteUrl) or place.path.parts


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
    place = SqliteUrl(Path("/srv/r"), Options(timeout=timeout))
    assert parse_url(str(place)) == place


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX")
def test_a_name_that_is_no_unicode_comes_back() -> None:
    path = Path("/srv") / os.fsdecode(b"\xff.sqlite3")
    assert parse_url(sqlite_url(path)) == SqliteUrl(path)


def test_a_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url(sqlite_url("r.sqlite3")) == SqliteUrl(tmp_path / "r.sqlite3")
    for name in ("", "a\0b"):
        with pytest.raises(ArgumentError, match="empty or holds a NUL"):
            sqlite_url(name)


def test_a_person_names_a_path_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = str(SqliteUrl(tmp_path / "r.sqlite3"))
    for place in ("r.sqlite3", Path("r.sqlite3"), "sqlite:///r.sqlite3", here):
        assert registry_url(place) == here
    elsewhere = str(SqliteUrl(Path("/srv/r.sqlite3"), Options(timeout=2.5)))
    assert registry_url("sqlite:///r.sqlite3?timeout=2.5", folder=Path("/srv")) == elsewhere
    assert registry_url("/srv/r.sqlite3", folder=tmp_path) == sqlite_url("/srv/r.sqlite3")
    assert registry_url("a?b%.sqlite3", folder=Path("/srv")) == "sqlite:////srv/a%3Fb%25.sqlite3"
    server = "postgresql+psycopg://alice:s3cret@host/name"
    assert registry_url(server, folder=Path("/srv")) == server
    assert registry_url("https://host/v1") == "https://host/v1"


@pytest.mark.parametrize(
    ("url", "expected", "written"),
    [
        ("postgresql+psycopg://host/name", PostgresUrl("host", "name"), None),
        (
            "postgres://alice:pass%2Fword@host:5433/n%20m?timeout=3&connect_timeout=2&sslmode=require",
            PostgresUrl(
                "alice@host:5433", "n m", (("sslmode", "require"),), 2.0, Options(timeout=3.0)
            ),
            "postgresql+psycopg://alice@host:5433/n%20m?sslmode=require&timeout=3&connect_timeout=2",
        ),
        (
            "postgresql://[::1]:1/name?manifests=s3://bucket/folder/&inline=0",
            PostgresUrl(
                "[::1]:1", "name", options=Options(manifests="s3://bucket/folder", inline=0)
            ),
            "postgresql+psycopg://[::1]:1/name?manifests=s3://bucket/folder&inline=0",
        ),
        ("postgresql:///", PostgresUrl("", ""), "postgresql+psycopg:///"),
    ],
)
def test_what_the_url_of_a_postgresql_registry_says(
    url: str, expected: PostgresUrl, written: str | None
) -> None:
    place = parse_url(url)
    assert place == expected
    assert str(place) == (written or url)
    assert parse_url(str(place)) == place


def test_a_password_is_read_and_not_shown() -> None:
    url = "postgresql://alice:s3c%40ret@host/name?timeout=1"
    assert password_of(url) == "s3c@ret"
    assert password_of("postgresql://alice@host/name") is None
    assert "s3c" not in str(parse_url(url))
    assert shown_url(url) == "postgresql://alice@host/name?timeout=1"
    assert shown_url("sqlite:///a@b:c") == "sqlite:///a@b:c"


def test_an_object_store_comes_back_from_its_url() -> None:
    place = SqliteUrl(Path("/srv/r"), Options(manifests="s3://bucket/a folder&more?", inline=7))
    assert parse_url(str(place)) == place


@pytest.mark.parametrize(
    ("url", "base", "host"),
    [
        ("https://host/v1", "https://host/v1", "host:443"),
        ("HTTPS://host:8443/v1/?timeout=5", "https://host:8443/v1", "host:8443"),
        ("http://localhost:8000/v1", "http://localhost:8000/v1", "localhost:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "[::1]:8000"),
    ],
)
def test_a_registry_behind_a_service(url: str, base: str, host: str) -> None:
    place = parse_url(url)
    assert isinstance(place, RemoteUrl)
    assert (place.base, place.host) == (base, host)
    assert parse_url(str(place)) == place
