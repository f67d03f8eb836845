"""Signers whose key lives elsewhere: SoftHSM, AWS KMS (moto), and fakes of Google's and Azure's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from indelible.credentials import Signer, Trust, read, sign
from indelible.credentials.signers.key_services import (
    AwsKmsSigner,
    AzureKeyVaultSigner,
    GoogleKmsSigner,
)
from indelible.credentials.signers.pkcs11 import PIN_VARIABLE, Pkcs11Signer
from indelible.errors import MissingDependencyError, SigningError
from tests.credentials.authority import Authority, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture

AUTHORITY = Authority()
TRUST = Trust.nobody().with_anchors(AUTHORITY.pem)
SOFTHSM = next(
    (
        path
        for path in (
            Path("/usr/lib/softhsm/libsofthsm2.so"),
            Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
            Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
        )
        if path.exists()
    ),
    None,
)


def trusted(signer: Any) -> bool:
    assert isinstance(signer, Signer)
    signed = sign(picture(), make_request(), signer)
    return read(signed.data, trust=TRUST).state == "trusted"


class _PublicOnly:
    """Lets the test authority issue a certificate for a key that it does not have."""

    def __init__(self, public: Any) -> None:
        self._public = public

    def public_key(self) -> Any:
        return self._public


def issue_for(public: Any) -> bytes:
    return pem(AUTHORITY.issue(_PublicOnly(public)))  # type: ignore[arg-type]


# --- PKCS#11 ---


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    pytest.importorskip("pkcs11")
    tool = shutil.which("softhsm2-util")
    if tool is None or SOFTHSM is None:
        pytest.skip("SoftHSM is not installed")
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    label = f"test-{os.urandom(4).hex()}"
    subprocess.run(
        [tool, "--init-token", "--free", "--label", label, "--so-pin", "1111", "--pin", "2222"],
        check=True,
        capture_output=True,
    )
    return label


def put_key(token_label: str, key: Any, folder: Path, name: str) -> None:
    file = folder / f"{name}.pem"
    file.write_bytes(key_pem(key))
    options = {
        "--token": token_label,
        "--label": name,
        "--id": name.encode().hex(),
        "--pin": "2222",
    }
    arguments = [part for option in options.items() for part in option]
    subprocess.run(
        ["softhsm2-util", "--import", str(file), *arguments], check=True, capture_output=True
    )


def _hsm_check(label: str, folder: str) -> None:
    """Run in a process of its own: a PKCS#11 library reads its configuration once."""
    path = Path(folder)
    for algorithm in ("es256", "es384", "ps256", "ps512"):
        key = new_key(algorithm)
        chain = pem(AUTHORITY.issue(key))
        put_key(label, key, path, algorithm)
        signer = Pkcs11Signer(
            chain,
            module=str(SOFTHSM),
            token_label=label,
            key_label=algorithm,
            pin="2222",
            algorithm=algorithm,
        )
        assert trusted(signer)
        assert "2222" not in repr(signer)
        signer.close()
        assert trusted(signer)
        for change in ({"key_label": "missing"}, {"pin": "9999"}, {"token_label": "missing"}):
            options: dict[str, Any] = {"token_label": label, "key_label": algorithm, "pin": "2222"}
            options |= change
            wrong = Pkcs11Signer(chain, module=str(SOFTHSM), **options)
            signer.close()
            with pytest.raises(SigningError, match="refused to sign"):
                sign(picture(), make_request(), wrong)
    chain = pem(AUTHORITY.issue(new_key()))
    missing = Pkcs11Signer(chain, module="/no/such/library.so", token_label=label, key_label="x")
    with pytest.raises(SigningError):
        missing.sign(b"data")


def test_a_key_in_softhsm_signs(token: str, tmp_path: Path) -> None:
    code = (
        "from tests.credentials.signers.test_key_services import _hsm_check; "
        f"_hsm_check({token!r}, {str(tmp_path)!r})"
    )
    environment = os.environ | {PIN_VARIABLE: "2222"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_pin_and_the_key_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pkcs11")
    chain = pem(AUTHORITY.issue(new_key()))
    with pytest.raises(SigningError, match="label or an id"):
        Pkcs11Signer(chain, module="x", token_label="y")
    signer = Pkcs11Signer(chain, module="x", token_label="y", key_label="z")
    monkeypatch.delenv(PIN_VARIABLE, raising=False)
    with pytest.raises(SigningError, match="PIN"):
        signer._secret()


def test_a_missing_client_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = pem(AUTHORITY.issue(new_key()))
    for name in ("pkcs11", "boto3", "google.cloud", "azure.identity"):
        monkeypatch.setitem(sys.modules, name, None)
    for make in (
        lambda: Pkcs11Signer(chain, module="x", token_label="y", key_label="z"),
        lambda: AwsKmsSigner(chain, "key"),
        lambda: GoogleKmsSigner(chain, "key"),
        lambda: AzureKeyVaultSigner(chain, "https://vault.example/keys/k/1"),
    ):
        with pytest.raises(MissingDependencyError) as caught:
            make()
        assert "pip install '.[" in caught.value.diagnostics()


# --- AWS KMS ---


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with moto.mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("ECC_NIST_P256", "es256"),
        ("ECC_NIST_P384", "es384"),
        ("ECC_NIST_P521", "es512"),
        ("RSA_2048", "ps256"),
        ("RSA_2048", "ps384"),
    ],
)
def test_a_key_in_aws_kms_signs(kms: Any, spec: str, algorithm: str) -> None:
    created = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)
    key_id = created["KeyMetadata"]["KeyId"]
    public = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    signer = AwsKmsSigner(issue_for(public), key_id, client=kms, algorithm=algorithm)
    if algorithm.startswith("es"):
        assert trusted(signer)
        return
    # AWS salts with as many bytes as the hash has; moto with as many as fit, which C2PA refuses.
    digest = hashes.SHA256() if algorithm == "ps256" else hashes.SHA384()
    pss = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signer.sign(b"a claim"), b"a claim", pss, digest)


def test_long_claims_are_hashed_before_they_go_to_aws() -> None:
    key = new_key()
    asked: list[dict[str, Any]] = []

    def fake_sign(**request: Any) -> dict[str, bytes]:
        asked.append(request)
        return {"Signature": sign_digest(key, request["Message"], "sha256")}

    signer = AwsKmsSigner(pem(AUTHORITY.issue(key)), "key", client=SimpleNamespace(sign=fake_sign))
    data = bytes(5000)
    signature = signer.sign(data)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    der = utils.encode_dss_signature(r, s)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    key.public_key().verify(der, data, ec.ECDSA(hashes.SHA256()))
    assert asked[0]["MessageType"] == "DIGEST"
    assert asked[0]["SigningAlgorithm"] == "ECDSA_SHA_256"


def test_aws_kms_errors_are_ours(kms: Any) -> None:
    created = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    key_id = created["KeyMetadata"]["KeyId"]
    chain = pem(AUTHORITY.issue(new_key()))
    with pytest.raises(SigningError, match="does not match"):
        sign(picture(), make_request(), AwsKmsSigner(chain, key_id, client=kms))
    with pytest.raises(SigningError, match="AWS KMS"):
        sign(picture(), make_request(), AwsKmsSigner(chain, "alias/none", client=kms))
    with pytest.raises(SigningError, match="cannot sign"):
        AwsKmsSigner(pem(AUTHORITY.issue(new_key("ed25519"))), key_id, client=kms)


# --- Google, Azure ---


class FakeGoogle:
    def __init__(self, key: Any) -> None:
        self.key = key

    def asymmetric_sign(self, *, request: dict[str, Any]) -> Any:
        ((name, digest),) = request["digest"].items()
        return SimpleNamespace(signature=sign_digest(self.key, digest, name))


class FakeAzure:
    def __init__(self, key: Any) -> None:
        self.key = key

    def sign(self, algorithm: str, digest: bytes) -> Any:
        signature = sign_digest(self.key, digest, f"sha{algorithm[2:]}")
        if algorithm.startswith("ES"):
            size = (self.key.curve.key_size + 7) // 8
            r, s = utils.decode_dss_signature(signature)
            signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return SimpleNamespace(signature=signature)


def sign_digest(key: Any, digest: bytes, name: str) -> bytes:
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[
        name
    ]
    prehashed = utils.Prehashed(algorithm)
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
        return key.sign(digest, pss, prehashed)
    return bytes(key.sign(digest, ec.ECDSA(prehashed)))


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ps512"])
def test_a_key_at_google_or_azure_signs(algorithm: str) -> None:
    key = new_key(algorithm)
    chain = pem(AUTHORITY.issue(key))
    other = pem(AUTHORITY.issue(new_key(algorithm)))
    for kind, fake in ((GoogleKmsSigner, FakeGoogle), (AzureKeyVaultSigner, FakeAzure)):
        signer = kind(chain, "key", client=fake(key), algorithm=algorithm)
        assert trusted(signer)
        with pytest.raises(SigningError):
            trusted(kind(other, "key", client=fake(key), algorithm=algorithm))
