"""Records of consent behind a service: the same promises, over a line that can break."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from indelible.errors import (
    BindingConflictError,
    NoRecordError,
    NotOwnerError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry import ConsentSource, RemoteRegistry, consent_sources, open_registry
from tests.registry.records import ALGORITHM, open_at
from tests.registry.remote_server import TOKEN, RemoteServer
from tests.registry.test_consents import ID, RECORD


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteServer]:
    monkeypatch.setattr("indelible.registry.remote_line.FIRST_PAUSE", 0.01)
    made = RemoteServer(open_at(tmp_path / "registry.sqlite3"))
    yield made
    made.close()


@pytest.fixture
def remote(server: RemoteServer) -> RemoteRegistry:
    made = open_registry(f"{server.url}?timeout=5", token=TOKEN)
    assert isinstance(made, RemoteRegistry)
    return made


def test_it_is_asked_as_any_other(remote: RemoteRegistry) -> None:
    (source,) = consent_sources(remote)
    assert isinstance(source, ConsentSource)
    records = remote.consents
    assert records.find(ALGORITHM, ID) == []
    records.put(RECORD, account="Ada's")
    records.put(RECORD, account="Ada's")
    assert source.find(ALGORITHM, ID) == [RECORD]
    with pytest.raises(BindingConflictError):
        records.put(dataclasses.replace(RECORD, owner="Mallory"))
    with pytest.raises(NotOwnerError):
        records.withdraw(ALGORITHM, ID, reason="mine", account="another's")
    with pytest.raises(NoRecordError):
        records.withdraw(ALGORITHM, b"another!", reason="none")
    gone = records.withdraw(ALGORITHM, ID, reason="I allow it now", account="Ada's")
    assert (gone.state(), gone.revoked_reason) == ("withdrawn", "I allow it now")
    assert source.find(ALGORITHM, ID) == [gone]


@pytest.mark.parametrize("fault", ["before", "after", 500, 503])
def test_a_line_that_breaks(server: RemoteServer, remote: RemoteRegistry, fault: str | int) -> None:
    server.faults = [fault]
    remote.consents.put(RECORD)
    server.faults = [fault]
    assert remote.consents.find(ALGORITHM, ID) == [RECORD]
    server.faults = [fault]
    assert remote.consents.withdraw(ALGORITHM, ID, reason="over").state() == "withdrawn"


def test_one_that_is_down(server: RemoteServer, remote: RemoteRegistry) -> None:
    server.faults = ["before"] * 50
    with pytest.raises(RegistryUnavailableError):
        remote.consents.find(ALGORITHM, ID)
    with pytest.raises(RegistryUnavailableError):
        remote.consents.put(RECORD)
    with pytest.raises(RegistryUnavailableError):
        remote.consents.withdraw(ALGORITHM, ID, reason="over")


def test_an_answer_about_another_is_none(
    server: RemoteServer, remote: RemoteRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry that mixes up ids vetoes nobody's picture, and allows nothing either."""
    monkeypatch.setattr(type(server.registry.consents), "find", lambda *_: [RECORD], raising=True)
    with pytest.raises(RegistryError, match="another consent"):
        remote.consents.find(ALGORITHM, b"another!")
