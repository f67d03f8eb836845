"""A registry behind a service: the same promises, over a line that can break."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indelible.errors import (
    BindingConflictError,
    NoRegistryError,
    NotOwnerError,
    RegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.registry import Record, Registries, Registry, RemoteRegistry, open_registry
from indelible.registry.private import SealedRecord
from indelible.registry.several import sealing_registry
from tests.registry.records import ALGORITHM, PAYLOAD, make_record, open_at
from tests.registry.remote_server import TOKEN, RemoteServer


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteServer]:
    monkeypatch.setattr("indelible.registry.remote_line.FIRST_PAUSE", 0.01)
    kept = open_at(tmp_path / "registry.sqlite3")
    kept.put(make_record(manifest_id="urn:made"))  # on the first write, the file is made
    kept.withdraw("urn:made")
    made = RemoteServer(kept)
    yield made
    made.close()


@pytest.fixture
def remote(server: RemoteServer) -> RemoteRegistry:
    return opened(server)


def opened(server: RemoteServer, token: str | None = TOKEN) -> RemoteRegistry:
    made = open_registry(f"{server.url}?timeout=5", token=token)
    assert isinstance(made, RemoteRegistry)
    return made


def owned(record: Record) -> Record:
    """As it is kept: by who the token belongs to."""
    return replace(record, owner="worker")


def test_it_is_a_registry(remote: RemoteRegistry) -> None:
    assert isinstance(remote, Registry)
    record = make_record(manifest_id="urn:c2pa:1:acme/pictures?x#y%2F", payload=b"\xff\xfb+/=?&")
    assert not remote.has(ALGORITHM, record.payload)
    assert remote.get(record.manifest_id) is None
    remote.put(record)
    remote.put(record)
    assert remote.has(ALGORITHM, record.payload)
    assert remote.find(ALGORITHM, record.payload) == [owned(record)]
    assert remote.get(record.manifest_id) == owned(record)
    assert remote.find(ALGORITHM, PAYLOAD) == []
    with pytest.raises(BindingConflictError):
        remote.put(make_record(record.payload))
    assert remote.withdraw(record.manifest_id)
    assert not remote.withdraw(record.manifest_id)
    assert remote.find(ALGORITHM, record.payload) == []


@pytest.mark.parametrize("fault", ["before", "after", 500, 502, 503, 429])
@pytest.mark.parametrize("times", [1, 2])
def test_a_retry_never_registers_twice(
    server: RemoteServer, remote: RemoteRegistry, fault: str | int, times: int
) -> None:
    """Whatever breaks first: the record is there once, and the call says so."""
    record = make_record()
    server.faults = [fault] * times
    remote.put(record)
    assert server.registry.count() == 1
    assert server.registry.find(ALGORITHM, PAYLOAD) == [owned(record)]


def test_an_outcome_that_nobody_knows(server: RemoteServer, remote: RemoteRegistry) -> None:
    record = make_record()
    server.faults = ["after", *["before"] * 20]
    with pytest.raises(RegistryOutcomeUnknownError):
        remote.put(record)
    server.faults = []
    assert remote.get(record.manifest_id) == owned(record)
    remote.put(record)  # as the protocol says: it can be repeated
    server.faults = ["after", *["before"] * 20]
    with pytest.raises(RegistryOutcomeUnknownError):
        remote.withdraw(record.manifest_id)
    server.faults = []
    assert not remote.withdraw(record.manifest_id)


def test_what_was_removed_by_an_earlier_try_was_there(
    server: RemoteServer, remote: RemoteRegistry
) -> None:
    record = make_record()
    remote.put(record)
    server.faults = ["after"]
    assert remote.withdraw(record.manifest_id)


def test_a_lost_answer_and_another_record(server: RemoteServer, remote: RemoteRegistry) -> None:
    """Somebody else's record under the same manifest's id is no registration of ours."""
    record = make_record()
    server.registry.put(owned(make_record(b"87654321", manifest_id=record.manifest_id)))
    server.faults = ["before"]
    with pytest.raises(BindingConflictError):
        remote.put(record)


def test_a_server_that_is_busy_or_gone(server: RemoteServer, remote: RemoteRegistry) -> None:
    server.faults = [503] * 20
    with pytest.raises(RegistryUnavailableError, match="busy") as caught:
        remote.put(make_record())
    assert not isinstance(caught.value, RegistryOutcomeUnknownError)
    server.close()
    for call in (
        lambda: remote.put(make_record()),
        lambda: remote.find(ALGORITHM, PAYLOAD),
        lambda: remote.get("urn:1"),
        lambda: remote.has(ALGORITHM, PAYLOAD),
        lambda: remote.withdraw("urn:1"),
        remote.check,
    ):
        with pytest.raises(RegistryUnavailableError) as caught:
            call()
        assert not isinstance(caught.value, RegistryOutcomeUnknownError)


def test_tokens(server: RemoteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RegistryUnavailableError, match="asks for a token"):
        opened(server, None).get("urn:1")
    with pytest.raises(NotOwnerError, match="does not let"):
        opened(server, "another").get("urn:1")
    monkeypatch.setenv("INDELIBLE_REGISTRY_TOKEN", TOKEN)
    assert opened(server, None).get("urn:1") is None
    with pytest.raises(RegistryUnavailableError, match="asks for a token"):
        opened(server, "").get("urn:1")
    for wrong in ("two\nlines", "a b", "ä"):
        with pytest.raises(RegistryUnavailableError, match="characters") as caught:
            opened(server, wrong).get("urn:1")
        assert wrong not in str(caught.value)


def test_a_token_stays_here(server: RemoteServer, remote: RemoteRegistry) -> None:
    assert TOKEN not in repr(remote) + remote.url
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(remote)
    again = pickle.loads(pickle.dumps(opened(server, None)))
    assert again.url == opened(server, None).url


def test_what_is_no_registry(server: RemoteServer, remote: RemoteRegistry) -> None:
    with pytest.raises(NoRegistryError):
        remote.check()
    remote.check(must_exist=False)
    for answer in (b"<html>", b"{}", b'{"records": 7}', b"[" * 10_000):
        server.answer = lambda *_, answer=answer: (200, answer)  # type: ignore[method-assign]
        with pytest.raises(RegistryUnavailableError, match="something else"):
            remote.find(ALGORITHM, PAYLOAD)
        with pytest.raises(RegistryUnavailableError, match="something else"):
            remote.get("urn:1")
        with pytest.raises(RegistryUnavailableError, match="something else"):
            remote.has(ALGORITHM, PAYLOAD)


def test_another_manifest_than_was_asked_for(server: RemoteServer, remote: RemoteRegistry) -> None:
    record = make_record()
    remote.put(record)
    get = server.registry.get
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.registry, "get", lambda _: get(record.manifest_id))
        with pytest.raises(RegistryUnavailableError, match="another manifest"):
            remote.get("urn:1")


def test_who_had_a_picture_made_travels_sealed(
    server: RemoteServer, remote: RemoteRegistry
) -> None:
    record, sealed = make_record(), SealedRecord(b"unreadable", (bytes(16), bytes(range(16))))
    taking = sealing_registry(Registries([remote]))
    taking.put(record, private=sealed)
    kept = server.registry.sealed_records([record.manifest_id])
    assert kept == {record.manifest_id: b"unreadable"}
    assert server.registry.find_inputs([bytes(range(16))]) == [record.manifest_id]
    with pytest.raises(BindingConflictError):
        taking.put(record, private=SealedRecord(b"something else"))


def test_a_record_that_is_refused(server: RemoteServer, remote: RemoteRegistry) -> None:
    with pytest.raises(RegistryError, match="too large"):
        remote.put(make_record(manifest_store=bytes(40 << 20)))
    assert server.puts == 0
    server.faults = [413]
    with pytest.raises(RegistryError, match="too large"):
        remote.put(make_record())
    server.faults = [400]
    with pytest.raises(RegistryError, match="status 400"):
        remote.put(make_record())
