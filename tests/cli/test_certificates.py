"""``indelible keys dev``, ``csr`` and ``inspect``: certificates for people."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.conftest import Run
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.timestamp_authority import TimeStampAuthority


def test_a_development_authority(run: Run, plain: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dev"
    answer = run("keys", "dev", folder, "--json")
    assert answer.code == 0
    files = json.loads(answer.out)
    assert stat.S_IMODE(Path(files["private_key"]).stat().st_mode) == 0o600
    assert run("keys", "dev", folder).code == 5
    output = tmp_path / "signed.png"
    signed = run(
        "sign", plain, "--source-type", "captured", "-o", output,
        "--cert", files["certificate"], "--cert-key", files["private_key"],
    )  # fmt: skip
    assert signed.code == 0, signed.err
    told = json.loads(run("verify", output, "--trust", files["authority"], "--json").out)
    assert told["verdict"] == "authentic"


def test_a_certificate_that_is_fit(run: Run, tmp_path: Path) -> None:
    run("keys", "dev", tmp_path / "dev")
    answer = run("keys", "inspect", tmp_path / "dev" / "development-chain.pem")
    assert answer.code == 0
    assert "Fit for signing" in answer.out
    told = run("keys", "inspect", tmp_path / "dev" / "development-chain.pem", "--json")
    assert json.loads(told.out)["fit"] is True


def test_a_certificate_that_is_not(run: Run, plain: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-signed")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now - dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    chain, private = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    answer = run("keys", "inspect", chain)
    assert answer.code == 3
    assert "Fit" not in answer.out
    findings = json.loads(run("keys", "inspect", chain, "--json").out)["findings"]
    assert findings
    assert all(finding["fix"] for finding in findings)
    signed = run("sign", plain, "--source-type", "captured", "--cert", chain, "--cert-key", private)
    assert signed.code == 2
    assert not plain.with_name("plain.signed.png").exists()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_signing_in_production_stamps_the_time(
    run: Run, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tsa").mkdir()
    tsa = TimeStampAuthority(tmp_path / "tsa")
    monkeypatch.setattr("indelible.credentials.signers.opening.DEFAULT_TIMESTAMP_URL", tsa.url)
    authority, secret = Authority(), new_key()
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(pem(authority.issue(secret)))
    key.write_bytes(key_pem(secret))
    command = ("sign", plain, "--source-type", "captured", "--cert", chain, "--cert-key", key)
    output = tmp_path / "stamped.png"
    answer = run(*command, "-o", output)
    assert answer.code == 0, answer.err
    asked = tsa.queries
    assert asked >= 1
    told = json.loads(run("inspect", output, "--json").out)["credential"]
    assert told["timestamp_trusted"] is False
    assert "time stamp of an unknown authority" in run("inspect", output).out
    without = run(*command, "-o", tmp_path / "without.png", "--timestamp", "none")
    assert without.code == 0
    assert tsa.queries == asked
    tsa.broken = True
    refused = run(*command, "-o", tmp_path / "refused.png")
    assert refused.code != 0
    assert "none" in refused.err
    tsa.close()


def test_a_request_for_an_authority(run: Run, tmp_path: Path) -> None:
    key, csr = tmp_path / "acme.pem", tmp_path / "acme.csr"
    command = (
        "keys", "csr", "--name", "Acme Images", "--organization", "Acme Inc.", "--country", "DE",
        "--key-out", key, "-o", csr,
    )  # fmt: skip
    assert run(*command).code == 0
    request = x509.load_pem_x509_csr(csr.read_bytes())
    assert request.is_signature_valid
    assert "Acme Inc." in request.subject.rfc4514_string()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert run(*command).code == 2
    assert key.read_bytes() == before
    key.unlink()
    assert run(*command).code == 2
    assert not key.exists()  # no key without its request
    assert not list(tmp_path.glob(".indelible-*"))


def test_an_encrypted_key(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = (
        "keys", "csr", "--name", "A", "--organization", "B", "--encrypt",
        "--key-out", tmp_path / "k.pem", "-o", tmp_path / "r.csr",
    )  # fmt: skip
    assert run(*command).code == 2
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", "open sesame")
    assert run(*command).code == 0
    assert b"ENCRYPTED" in (tmp_path / "k.pem").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"text", bytes(range(256))])
def test_what_is_no_certificate(run: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.pem"
    if content is not None:
        path.write_bytes(content)
    assert run("keys", "inspect", path).code == 2


def test_wrong_names(run: Run, tmp_path: Path) -> None:
    answer = run(
        "keys", "csr", "--name", "A", "--organization", "B", "--country", "Germany",
        "--key-out", tmp_path / "k.pem", "-o", tmp_path / "r.csr",
    )  # fmt: skip
    assert answer.code == 2
    assert not (tmp_path / "k.pem").exists()
