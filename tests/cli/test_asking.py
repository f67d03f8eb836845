"""``indelible verify --ask``: who is asked, what is sent, and who said so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from indelible import credentials
from indelible.cli import _asking
from indelible.credentials import Generator, ManifestRequest, SoftBinding, create_identity
from indelible.registry import open_registry, sqlite_url
from indelible.settings import user_folders
from tests.cli.conftest import Run
from tests.resolution.servers import ForeignServer


@pytest.fixture
def server(reposted: Path) -> Iterator[ForeignServer]:
    """Holds what was protected; whoever verifies has neither keys nor a registry."""
    made = ForeignServer()
    folders = user_folders()
    kept = open_registry(sqlite_url(folders.registry))
    (entry,) = kept.entries()
    record = kept.get(entry.manifest_id)
    assert record is not None
    made.hold(record.manifest_id, record.manifest_store, (record.algorithm, record.payload))
    made.by_content = [record.manifest_id]
    folders.registry.unlink()
    for key in folders.keys.glob("*.key"):
        key.unlink()
    yield made
    made.close()


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal whose questions are noted; nobody answers but as a test says."""
    asked: list[str] = []

    def confirm(text: str, *, default: bool, err: bool) -> bool:
        assert default is False
        assert err
        asked.append(text)
        return False

    monkeypatch.setattr(_asking, "is_terminal", lambda _: True)
    monkeypatch.setattr(typer, "confirm", confirm)
    return asked


def test_a_picture_is_sent_where_that_is_said(
    run: Run, reposted: Path, server: ForeignServer
) -> None:
    answer = run("verify", reposted, "--ask", server.address, "--send-picture")
    assert answer.code == 0
    assert "recovered" in answer.out
    assert f"{server.address} sent a manifest that is intact, of a trusted signer" in answer.out
    assert server.bytes_received == reposted.stat().st_size


def test_without_a_terminal_nobody_is_asked_and_nothing_sent(
    run: Run, reposted: Path, server: ForeignServer
) -> None:
    answer = run("verify", reposted, "--ask", server.address)
    assert answer.code == 1
    assert "unchecked" in answer.out
    assert "nobody agreed" in answer.out
    assert server.seen == []


def test_on_a_terminal_no_is_the_default(
    run: Run, reposted: Path, server: ForeignServer, on_a_terminal: list[str]
) -> None:
    answer = run("verify", reposted, "--ask", server.address)
    assert answer.code == 1
    (question,) = on_a_terminal
    assert server.address in question
    assert "metadata" in question
    assert server.seen == []


def test_on_a_terminal_one_question_for_all(
    run: Run,
    reposted: Path,
    plain: Path,
    server: ForeignServer,
    on_a_terminal: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def yes(text: str, *, default: bool, err: bool) -> bool:
        on_a_terminal.append(text)
        return True

    monkeypatch.setattr(typer, "confirm", yes)
    answer = run("verify", reposted, plain, "--ask", server.address)
    assert len(on_a_terminal) == 1
    assert "2 whole files" in on_a_terminal[0]
    assert "recovered" in answer.out
    assert server.bytes_received == reposted.stat().st_size + plain.stat().st_size


def test_programs_are_never_asked(
    run: Run, reposted: Path, server: ForeignServer, on_a_terminal: list[str]
) -> None:
    answer = run("verify", reposted, "--json", "--ask", server.address)
    told = json.loads(answer.out)
    assert told["resolvers"][0]["state"] == "not_asked"
    assert on_a_terminal == []
    assert server.seen == []


def test_options_that_go_nowhere(run: Run, plain: Path) -> None:
    assert run("verify", plain, "--send-picture").code == 2
    answer = run("verify", plain, "--ask", "resolver.example")
    assert answer.code == 2
    assert "https://resolver.example" in answer.err


def test_a_server_that_is_down(run: Run, reposted: Path, server: ForeignServer) -> None:
    server.close()
    answer = run("verify", reposted, "--ask", server.address, "--send-picture")
    assert answer.code == 5
    assert "gave no answer" in answer.out


def test_public_servers_are_offered(run: Run, tmp_path: Path, plain: Path) -> None:
    """By words alone: nothing is asked."""
    signer = create_identity(tmp_path / "identity").signer
    for algorithm, said in (
        ("com.aiwatermark.pixelseal.1", "--ask https://aiwatermark.com/api/v1"),
        ("com.adobe.trustmark.P", "https://github.com/adobe/trustmark/"),
    ):
        request = ManifestRequest(
            credentials.new_manifest_id(),
            Generator("Editor"),
            soft_binding=SoftBinding(algorithm, b"12345678"),
        )
        path = tmp_path / "named.png"
        path.write_bytes(credentials.sign(plain.read_bytes(), request, signer).data)
        answer = run("verify", path)
        assert said in answer.out
