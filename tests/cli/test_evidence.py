"""``indelible evidence``: make, check, hand on, open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from tests.cli.conftest import Run


@pytest.fixture
def bundle(run: Run, reposted: Path, tmp_path: Path) -> Path:
    path = tmp_path / "case.wacz"
    answer = run("evidence", "make", reposted, "-o", path, "--by", "A. Name", "--why", "case 1")
    assert answer.code == 0, answer.err
    return path


def test_made_checked_and_handed_on(run: Run, bundle: Path, tmp_path: Path) -> None:
    answer = run("evidence", "check", bundle, "--again")
    assert answer.code == 0, answer.out + answer.err
    assert "Nothing in this bundle was changed" in answer.out
    assert "the same findings, verdict recovered" in answer.out
    taken = tmp_path / "taken.wacz"
    line = ("--who", "B. Name", "--what", "took it over", "--why", "case 2")
    assert run("evidence", "custody", bundle, "-o", taken, *line).code == 0
    shown = run("evidence", "custody", taken)
    assert "A. Name - took the picture" in shown.out
    assert shown.out.splitlines()[-1].endswith("B. Name - took it over - case 2")
    answer = run("evidence", "check", taken, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["changed"] == []


def test_a_changed_byte(run: Run, bundle: Path) -> None:
    data = bundle.read_bytes()
    at = data.index(b'"verdict": "recovered"')
    bundle.write_bytes(data[:at] + data[at:].replace(b"recovered", b"rec0vered", 1))
    answer = run("evidence", "check", bundle, "--language", "de")
    assert answer.code == 3
    assert "CHANGED findings/verdict.json" in answer.out
    assert run("evidence", "custody", bundle, "-o", "x", "--who", "a", "--what", "b").code == 2
    line = ("--who", "a", "--what", "b", "--why", "c")
    answer = run("evidence", "custody", bundle, "-o", bundle.with_name("x.wacz"), *line)
    assert answer.code == 4
    assert "damaged" in answer.err


def test_sealed_and_opened(run: Run, reposted: Path, tmp_path: Path) -> None:
    key = x25519.X25519PrivateKey.generate()
    (tmp_path / "public.pem").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    private = tmp_path / "private.pem"
    private.touch(0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path, back = tmp_path / "case.wacz", tmp_path / "back.jpg"
    answer = run(
        *("evidence", "make", reposted, "-o", path, "--seal", tmp_path / "public.pem", "--json")
    )
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["development"] is True
    assert run("evidence", "open", path, "-o", back).code == 2
    assert run("evidence", "open", path, "-o", back, "--key", private).code == 0
    assert back.read_bytes() == reposted.read_bytes()
    assert run("evidence", "open", path, "-o", back, "--key", private).code == 2  # exists
    assert run("evidence", "check", path, "--again").code == 5


def test_a_minor(run: Run, reposted: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.wacz"
    answer = run("evidence", "make", reposted, "-o", path, "--may-show-minor", "--language", "de")
    assert answer.code == 0, answer.err
    assert "minderjährige" in answer.err
    assert run("evidence", "open", path, "-o", tmp_path / "x.jpg").code == 5
    assert reposted.read_bytes()[200:300] not in path.read_bytes()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["make"], 2),
        (["make", "PLAIN"], 2),
        (["make", "-o", "x.wacz"], 2),
        (["make", "PLAIN", "--url", "https://example.org/a", "-o", "x.wacz"], 2),
        (["make", "PLAIN", "-o", "x.wacz", "--cert", "a.pem"], 2),
        (["make", "PLAIN", "-o", "x.wacz", "--seal", "none.pem"], 2),
        (["make", "PLAIN", "-o", "x.wacz", "--send-picture"], 2),
        (["make", "PLAIN", "-o", "x.wacz", "--language", "xx"], 2),
        (["make", "none.jpg", "-o", "x.wacz"], 4),
        (["make", "--url", "http://127.0.0.1/a.jpg", "-o", "x.wacz"], 5),
        (["make", "PLAIN", "-o", "x.wacz", "--tsa", "http://127.0.0.1:9/"], 5),
        (["check", "none.wacz"], 4),
        (["check", "PLAIN"], 3),
        (["check", "PLAIN", "--signer", "7"], 2),
        (["custody", "PLAIN"], 4),
        (["open", "PLAIN", "-o", "x.jpg"], 4),
    ],
)
def test_what_goes_wrong(
    run: Run,
    plain: Path,
    options: list[str],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(plain.parent)
    given = [str(plain) if one == "PLAIN" else one for one in options]
    answer = run("evidence", *given)
    assert answer.code == code, answer.err + answer.out
    assert [path.name for path in plain.parent.iterdir()] == ["plain.png"]
