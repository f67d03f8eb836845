"""The development identity: made once, whole, private, and clear about its end."""

from __future__ import annotations

import datetime as dt
import pickle
import stat
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography import x509

from indelible.credentials import (
    DevelopmentIdentity,
    create_identity,
    load_identity,
    load_or_create_identity,
)
from indelible.errors import IdentityError, SigningError

# Forking is what is tested; later Pythons warn of it while any other thread runs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_the_certificates_fit_the_profile(identity: DevelopmentIdentity) -> None:
    leaf = x509.load_pem_x509_certificates(identity.signer.certificates)[0]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {item.dotted_string for item in purposes} == {
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.4.1.62558.2.1",
    }
    assert not leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).critical
    assert leaf.issuer != leaf.subject
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(identity.authority_pem))


def test_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "identity"
    create_identity(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in folder.parent.iterdir()] == ["identity"]


def test_it_is_created_once(tmp_path: Path) -> None:
    first, created = load_or_create_identity(tmp_path / "identity")
    second, again = load_or_create_identity(tmp_path / "identity")
    assert (created, again) == (True, False)
    assert first.authority_pem == second.authority_pem
    with pytest.raises(IdentityError, match="already"):
        create_identity(tmp_path / "identity")


def _authority(folder: Path) -> bytes:
    return load_or_create_identity(folder)[0].authority_pem


def test_of_racing_processes_all_get_the_same_identity(tmp_path: Path) -> None:
    with get_context("fork").Pool(4) as pool:
        made = pool.map(_authority, [tmp_path / "identity"] * 12)
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["identity"]


def test_an_expired_identity_says_what_to_do(tmp_path: Path) -> None:
    identity = create_identity(tmp_path / "identity")
    later = identity.expires + dt.timedelta(days=1)
    with pytest.raises(IdentityError, match="expired") as caught:
        load_identity(tmp_path / "identity", now=later)
    assert "Move" in caught.value.diagnostics()


@pytest.mark.parametrize(
    "name", ["development-ca.pem", "development-chain.pem", "development-key.pem"]
)
@pytest.mark.parametrize("content", [None, b"", b"not PEM"])
def test_missing_and_damaged_files_are_told(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    create_identity(tmp_path / "identity")
    file = tmp_path / "identity" / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(IdentityError):
        load_or_create_identity(tmp_path / "identity")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IdentityError):
        create_identity(tmp_path / "file" / "identity")


def test_the_key_does_not_leak(identity: DevelopmentIdentity) -> None:
    key = (identity.folder / "development-key.pem").read_text().splitlines()[1]
    assert key not in repr(identity)
    assert key not in repr(identity.signer)
    with pytest.raises(SigningError):
        pickle.dumps(identity.signer)
