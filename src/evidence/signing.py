"""The signature over a bundle: ``datapackage-digest.json`` after wacz-auth 0.1.0, and plain files.

What is signed is the text ``sha256:<hash of datapackage.json>``, and what the authorities stamp is
that signature in base64, as other tools that sign WACZ files do. The same stands in files of their
own, so that ``openssl`` can check it without us.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from indelible.credentials import Signer
from indelible.credentials.signers.algorithms import HASHES
from indelible.credentials.signers.chains import is_development, load_chain, public_key_of
from indelible.errors import SigningError
from indelible.evidence.facts import SignerFacts
from indelible.evidence.layout import DATAPACKAGE, DIGEST, SIGNATURES, json_bytes
from indelible.evidence.packing import sha256
from indelible.evidence.stamping import Stamp

__all__ = ["Signed", "check_signature", "digest_parts", "sign", "signer_facts"]

SEAL_TEXT: Final = f"{SIGNATURES}seal-text"
SEAL: Final = f"{SIGNATURES}seal"

_RAW_BYTES: Final = {"es256": 64, "es384": 96, "es512": 132}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature over ``datapackage.json``.

    Attributes
    ----------
    text : bytes
        What was signed.
    signature : bytes
        ECDSA in DER, RSA-PSS or Ed25519.
    algorithm : str
        "es256", "ps256", "ed25519", ...
    chain : bytes
        Certificates in PEM, the signer's first.
    """

    text: bytes
    signature: bytes = field(repr=False)
    algorithm: str
    chain: bytes = field(repr=False)

    @property
    def stamped_text(self) -> bytes:
        """What the time-stamp authorities are asked about."""
        return base64.b64encode(self.signature)


def signer_facts(signer: Signer) -> SignerFacts:
    """Return who a signer is, by its certificate.

    Raises
    ------
    CertificateError
        If the certificate cannot be read.
    """
    leaf = load_chain(signer.certificates)[0]
    return SignerFacts(
        name=_name(leaf.subject),
        issuer=_name(leaf.issuer),
        development=is_development(signer.certificates),
        sha256=sha256(leaf.public_bytes(serialization.Encoding.DER)),
    )


def sign(package: bytes, signer: Signer) -> Signed:
    """Sign ``datapackage.json``.

    Raises
    ------
    SigningError, CertificateError
        If the signer refuses, or what it gives is no signature of its certificate's key.
    """
    text = f"sha256:{sha256(package)}".encode()
    return Signed(text, _signature(text, signer), signer.algorithm, signer.certificates)


def _signature(text: bytes, signer: Signer) -> bytes:
    """Return a signature as openssl takes it, once it was seen to hold."""
    signature = signer.sign(text)
    if len(signature) == _RAW_BYTES.get(signer.algorithm):
        half = len(signature) // 2
        numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        signature = encode_dss_signature(*numbers)
    check_signature(text, signature, signer.algorithm, signer.certificates)
    return signature


def digest_parts(
    signed: Signed, stamps: Sequence[Stamp], signer: Signer, *, created: str, software: str
) -> dict[str, bytes]:
    """Return ``datapackage-digest.json`` and the files in ``signatures/``, by their paths.

    Parameters
    ----------
    signed : Signed
        The signature.
    stamps : sequence of Stamp
        What the authorities said of it.
    signer : Signer
        Closes the bundle: signs the hashes of these files, which came after the signature.
    created : str
        When ``datapackage.json`` says that it was made.
    software : str
        What made it: name and version.

    Raises
    ------
    SigningError, CertificateError
        As `sign`.
    """
    key = public_key_of(signed.chain)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    parts = {
        f"{SIGNATURES}signed-text": signed.text,
        f"{SIGNATURES}signature": signed.signature,
        f"{SIGNATURES}public-key": key.public_bytes(serialization.Encoding.PEM, form),
        f"{SIGNATURES}chain": signed.chain,
        f"{SIGNATURES}stamped-text": signed.stamped_text,
    }
    granted = [one for one in stamps if one.granted]
    for number, one in enumerate(granted, 1):
        parts[f"{SIGNATURES}{number}-tsq"] = one.query
        parts[f"{SIGNATURES}{number}-tsr"] = one.reply
        parts[f"{SIGNATURES}{number}-chain"] = one.chain
    hash_ = signed.text.decode()
    data = {
        "hash": hash_,
        "created": created,
        "software": software.partition(" ")[0],
        "version": software.partition(" ")[2],
        "signature": signed.stamped_text.decode(),
        "publicKey": base64.b64encode(key.public_bytes(serialization.Encoding.DER, form)).decode(),
    }
    if granted:
        data["timeSignature"] = base64.b64encode(granted[0].reply).decode()
        data["timestampCert"] = granted[0].chain.decode()
    digest = {
        "path": DATAPACKAGE,
        "hash": hash_,
        "signedData": data,
        # Ours: wacz-auth has no place for a chain that is no domain's, nor for a second stamp.
        "signatureAlgorithm": signed.algorithm,
        "timeStamps": _described(stamps),
    }
    parts[DIGEST] = json_bytes(digest)
    seal = "".join(f"{sha256(data)}  {path}\n" for path, data in sorted(parts.items())).encode()
    return {**parts, SEAL_TEXT: seal, SEAL: _signature(seal, signer)}


def _described(stamps: Sequence[Stamp]) -> list[dict[str, Any]]:
    number = 0
    found = []
    for one in stamps:
        number += one.granted
        file = f"{SIGNATURES}{number}-tsr" if one.granted else None
        found.append({**one.to_dict(), "file": file})
    return found


def _name(name: x509.Name) -> str:
    """Return the common name of a certificate, else its organisation, else all of it."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            return str(attribute.value)
    return name.rfc4514_string()


def check_signature(text: bytes, signature: bytes, algorithm: str, chain: bytes) -> None:
    """Make sure that a signature is of some bytes, by the key of a chain's first certificate.

    Raises
    ------
    SigningError
        If it is not.
    CertificateError
        If the chain cannot be read.
    """
    key = public_key_of(chain)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, text)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, text, ec.ECDSA(HASHES[algorithm[2:]]))
        elif isinstance(key, rsa.RSAPublicKey):
            digest = HASHES[algorithm[2:]]
            salt = padding.PSS.DIGEST_LENGTH
            key.verify(signature, text, padding.PSS(padding.MGF1(digest), salt), digest)
        else:
            raise KeyError(algorithm)  # noqa: TRY301 - one way out for all that is no signature
    except (InvalidSignature, KeyError) as error:
        raise SigningError("it is no signature of its certificate's key") from error
