"""Tokens: kept as hashes, beside the registry, in both databases."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from pathlib import Path

import pytest

from indelible.errors import ArgumentError, RegistryUnavailableError
from indelible.registry import open_registry, sqlite_url
from indelible.registry.private.tokens import open_tokens
from indelible.registry.upkeep import initialise


def test_a_token_is_found_by_what_was_shown_once(url: str) -> None:
    store = open_tokens(url)
    assert store.tokens() == []
    assert store.find("indelible_0123456789abcdef_" + "x" * 43) is None
    token, secret = store.new("Acme Images", ["verify", "fetch:manifests"])
    shown = secret.reveal().decode()
    assert open_tokens(url).find(shown) == token
    assert token.scopes == {"verify", "fetch:manifests"}
    assert shown.startswith(f"indelible_{token.id}_")
    other, _ = store.new("Acme Images", ["verify"])
    assert [one.id for one in store.tokens()] == [token.id, other.id]


def test_what_is_nearly_a_token_is_none(url: str) -> None:
    store = open_tokens(url)
    token, secret = store.new("acme", ["verify"])
    shown = secret.reveal().decode()
    other = open_tokens(url).new("acme", ["verify"])[1].reveal().decode()
    last = "B" if shown[-1] == "A" else "A"
    wrong = [
        "",
        shown[:-1],
        shown[:-1] + last,
        shown + "A",
        shown.upper(),
        f" {shown}",
        f"{shown}\n",
        shown.replace(token.id, "0" * 16),
        f"indelible_{token.id}_{other.rpartition('_')[2][-43:]}",
        f"indelible_{token.id}_{'é' * 43}",
        "x" * 1_000_000,
    ]
    assert [store.find(text) for text in wrong] == [None] * len(wrong)
    assert store.find(shown) is not None


def test_revoked_and_expired_tokens(url: str) -> None:
    store = open_tokens(url)
    now = dt.datetime.now(dt.UTC)
    _, late = store.new("acme", ["verify"], expires=now - dt.timedelta(seconds=1))
    _, good = store.new("acme", ["verify"], expires=now + dt.timedelta(hours=1))
    token, gone = store.new("acme", ["verify"])
    assert store.revoke(token.id)
    assert store.revoke(token.id)  # once more changes nothing
    assert not store.revoke("0" * 16)
    found = [store.find(one.reveal().decode()) is not None for one in (late, good, gone)]
    assert found == [False, True, False]
    assert [one.revoked is not None for one in store.tokens()] == [False, False, True]


def test_the_registry_and_its_copies_hold_none(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    initialise(open_registry(sqlite_url(path)))
    _, secret = open_tokens(sqlite_url(path)).new("acme", ["verify"])
    places = sorted(file.name for file in tmp_path.iterdir())
    assert "registry.tokens.sqlite3" in places
    shown = secret.reveal()
    for file in tmp_path.iterdir():
        assert shown[-43:] not in file.read_bytes()
    assert b"service_tokens" not in path.read_bytes()
    if os.name == "posix":
        assert (tmp_path / "registry.tokens.sqlite3").stat().st_mode & 0o077 == 0


def test_the_registry_beside_tokens_is_one(url: str) -> None:
    """In PostgreSQL both are in one database."""
    open_tokens(url).new("acme", ["verify"])
    registry = open_registry(url)
    initialise(registry)
    assert registry.count() == 0


@pytest.mark.parametrize(
    ("owner", "scopes"),
    [("", ["verify"]), ("a\nb", ["verify"]), ("x" * 129, ["verify"]), ("a", []), ("a", ["all"])],
)
def test_what_can_be_no_token(url: str, owner: str, scopes: list[str]) -> None:
    with pytest.raises(ArgumentError):
        open_tokens(url).new(owner, scopes)  # type: ignore[arg-type]


def test_damaged_rows_allow_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "registry.sqlite3")
    store = open_tokens(url)
    _, secret = store.new("acme", ["verify"])
    with sqlite3.connect(tmp_path / "registry.tokens.sqlite3") as connection:
        connection.execute("UPDATE service_tokens SET expires = 'never'")
    connection.close()
    assert store.find(secret.reveal().decode()) is None


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "registry.tokens.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(RegistryUnavailableError):
        open_tokens(sqlite_url(tmp_path / "registry.sqlite3")).tokens()
