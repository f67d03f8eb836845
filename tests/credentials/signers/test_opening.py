"""Signing keys by name: files, tokens and key services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from indelible.credentials import PemSigner, create_identity
from indelible.credentials.signers.opening import is_key_service, open_signer
from indelible.credentials.signers.protocol import DEFAULT_TIMESTAMP_URL
from indelible.errors import ConfigurationError, SigningError
from tests.credentials.authority import Authority, key_pem, new_key, pem


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    create_identity(tmp_path / "acme")
    return tmp_path / "acme" / "development-chain.pem"


def test_a_file(chain: Path) -> None:
    key = chain.with_name("development-key.pem")
    signer = open_signer(chain, key, timestamp_url="http://tsa.example.com")
    assert isinstance(signer, PemSigner)
    assert signer.timestamp_url == "http://tsa.example.com"
    with pytest.raises(SigningError, match="cannot be read"):
        open_signer(chain, chain.with_name("missing.pem"))
    assert not is_key_service(str(key))


def test_time_stamps_are_on_for_whoever_is_not_developing(chain: Path, tmp_path: Path) -> None:
    key = chain.with_name("development-key.pem")
    assert open_signer(chain, key).timestamp_url is None
    authority, secret = Authority(), new_key()
    production = tmp_path / "chain.pem"
    production.write_bytes(pem(authority.issue(secret)))
    (tmp_path / "key.pem").write_bytes(key_pem(secret))
    assert open_signer(production, tmp_path / "key.pem").timestamp_url == DEFAULT_TIMESTAMP_URL
    own = open_signer(production, tmp_path / "key.pem", timestamp_url="http://tsa.example.com")
    assert own.timestamp_url == "http://tsa.example.com"
    for certificate in (production, chain):
        name = tmp_path / "key.pem" if certificate == production else key
        assert open_signer(certificate, name, timestamp_url="none").timestamp_url is None


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ("aws-kms", "AwsKmsSigner"),
        ("google-kms", "GoogleKmsSigner"),
        ("azure-key-vault", "AzureKeyVaultSigner"),
    ],
)
def test_key_services(chain: Path, scheme: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Any, ...]] = []

    def signer(certificates: bytes, key: str, *, timestamp_url: str | None) -> str:
        made.append((certificates, key, timestamp_url))
        return kind

    monkeypatch.setattr(f"indelible.credentials.signers.key_services.{kind}", signer)
    opened: object = open_signer(chain, f"{scheme}:alias/x:1", timestamp_url="http://t")
    assert opened == kind
    assert made == [(chain.read_bytes(), "alias/x:1", "http://t")]
    assert is_key_service(f"{scheme}:x")


def test_a_token(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(
        "indelible.credentials.signers.opening.Pkcs11Signer",
        lambda certificates, **options: made.update(options),
    )
    open_signer(chain, "pkcs11:token=Acme%20HSM;object=c2pa;id=%01%FF?module-path=/usr/lib/hsm.so")
    assert made["token_label"] == "Acme HSM"
    assert made["key_label"] == "c2pa"
    assert made["key_id"] == b"\x01\xff"
    assert made["module"] == "/usr/lib/hsm.so"


@pytest.mark.parametrize(
    "name",
    ["pkcs11:", "pkcs11:token=T", "pkcs11:token=T;object=K", "pkcs11:object=K?module-path=/m"],
)
def test_tokens_that_are_named_in_part(chain: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="token"):
        open_signer(chain, name)


def test_a_missing_chain(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="chain"):
        open_signer(tmp_path / "missing.pem", "aws-kms:x")
