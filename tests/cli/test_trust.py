"""``indelible trust``: whose signatures count."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

import pytest

from indelible.credentials import create_identity
from tests.cli.conftest import Run


@pytest.fixture
def acme(run: Run, plain: Path, tmp_path: Path) -> Path:
    """A picture that somebody else signed, in the folder of their identity."""
    create_identity(tmp_path / "acme")
    output = tmp_path / "acme" / "signed.png"
    answer = run(
        "sign", plain, "--source-type", "captured", "-o", output,
        "--cert", tmp_path / "acme" / "development-chain.pem",
        "--cert-key", tmp_path / "acme" / "development-key.pem",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    return output


def verdict(run: Run, path: Path) -> str:
    return str(json.loads(run("verify", path, "--json").out)["verdict"])


def test_list(run: Run, home: Path) -> None:
    answer = run("trust", "list")
    assert answer.code == 0
    assert "C2PA Trust List" in answer.out
    assert "shipped with Indelible" in answer.out
    told = [json.loads(line) for line in run("trust", "list", "--json").out.splitlines()]
    assert {item["kind"] for item in told} == {"manifest", "tsa"}
    assert all(item["count"] > 0 for item in told)
    named = run("trust", "list", "--certificates")
    assert "CN=" in named.out
    assert list(home.rglob("*")) == []


def test_adding_and_removing_an_authority(run: Run, acme: Path) -> None:
    assert verdict(run, acme) == "unverified"
    assert run("trust", "add", acme.with_name("development-ca.pem")).code == 0
    assert verdict(run, acme) == "authentic"
    assert run("trust", "add", acme.with_name("development-ca.pem")).code == 2
    assert "development-ca.pem" in run("trust", "list").out
    assert run("trust", "remove", "development-ca").code == 0
    assert verdict(run, acme) == "unverified"
    assert run("trust", "remove", "development-ca").code == 2
    assert run("trust", "remove", "../../escape").code == 2


def test_pinning_one_signer(run: Run, acme: Path) -> None:
    assert run("trust", "add", acme.with_name("development-chain.pem"), "--pin").code == 0
    assert verdict(run, acme) == "authentic"
    assert "pinned" in run("trust", "list").out
    assert run("trust", "list", "--json").code == 0
    assert run("trust", "remove", "development-chain.pem").code == 0
    assert verdict(run, acme) == "unverified"


def test_lists_for_one_call_keep_the_pinned_signers(run: Run, acme: Path, tmp_path: Path) -> None:
    assert run("trust", "add", acme.with_name("development-chain.pem"), "--pin").code == 0
    create_identity(tmp_path / "other")
    other = tmp_path / "other" / "development-ca.pem"
    told = json.loads(run("verify", acme, "--trust", other, "--json").out)
    assert told["verdict"] == "authentic"
    assert told["credential"]["trusted_by"] == "pinned signers"


def shipped() -> dict[str, object]:
    data = importlib.resources.files("indelible.credentials") / "data" / "c2pa-trust-list.json"
    body: dict[str, object] = json.loads(data.read_text(encoding="utf-8"))
    return body


def dated(folder: Path, issued: str) -> Path:
    body = shipped()
    body["LoTE"]["ListAndSchemeInformation"]["ListIssueDateTime"] = issued  # type: ignore[index]
    path = folder / "list.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def test_update_from_a_file(run: Run, tmp_path: Path) -> None:
    answer = run("trust", "update", "--from", dated(tmp_path, "2026-09-01T00:00:00Z"))
    assert answer.code == 0, answer.err
    assert "2026-09-01" in run("trust", "list").out
    older = run("trust", "update", "--from", dated(tmp_path, "2020-01-01T00:00:00Z"))
    assert older.code == 2
    assert "older" in older.err
    assert run("trust", "reset").code == 0
    assert "2026-09-01" not in run("trust", "list").out


@pytest.mark.parametrize(
    "source",
    [
        "missing.json",
        "http://127.0.0.1:9/list.json",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/list.json",
        "http://localhost:1/list.json",
        "http://[bad/list.json",
    ],
)
def test_updates_from_nowhere(run: Run, source: str) -> None:
    answer = run("trust", "update", "--from", source)
    assert answer.code in (2, 5)
    assert "error:" in answer.err


def test_what_is_no_certificate(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("nothing", encoding="utf-8")
    assert run("trust", "add", path).code == 2
    assert run("trust", "add", tmp_path / "missing.pem").code == 2
