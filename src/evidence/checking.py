"""Checking a bundle, by the very script that every bundle carries.

Signatures and time stamps are checked by packages that Indelible has, where there is no openssl.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from indelible.credentials.signers.algorithms import HASHES
from indelible.credentials.signers.certificate_profile import SIGNING_PURPOSES
from indelible.credentials.signers.chains import UNREADABLE, load_chain
from indelible.credentials.trust.paths import path_problem
from indelible.credentials.trust.time_stamps import in_order, stamping_chain
from indelible.errors import (
    ArgumentError,
    CertificateError,
    MissingDependencyError,
    UnreadableBundleError,
)
from indelible.evidence.bundled import check as script
from indelible.evidence.bundled.check import Certificate, CryptoError, OpenSsl
from indelible.extras import load
from indelible.files import open_regular
from indelible.languages import Sentence

__all__ = ["CheckFinding", "CheckReport", "check"]

State = Literal["good", "bad", "unknown", "note"]


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing that a check found.

    Attributes
    ----------
    state : {"good", "bad", "unknown", "note"}
        Holds; was changed or does not hold; could not be checked; is good to know.
    file : str
        About which file in the bundle; empty where it is about the whole.
    words : str
        What was found.
    """

    state: State
    file: str
    words: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    findings : tuple of CheckFinding
        In the order in which they were made.
    conclusion : str
        What they come to, in a sentence.
    exit_code : int
        0 where everything holds, 1 where something does not, 2 where not everything was checked.
    """

    findings: tuple[CheckFinding, ...]
    conclusion: str
    exit_code: int

    @property
    def holds(self) -> bool:
        """Whether all was checked, and nothing was changed."""
        return self.exit_code == 0

    @property
    def changed(self) -> tuple[str, ...]:
        """The files that were changed or do not hold, each once; "" is the bundle itself."""
        return tuple(dict.fromkeys(one.file for one in self.findings if one.state == "bad"))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "holds": self.holds,
            "conclusion": self.conclusion,
            "changed": list(self.changed),
            "findings": [
                {"state": one.state, "file": one.file, "words": str(one.words)}
                for one in self.findings
            ],
        }


def check(
    bundle: str | os.PathLike[str] | bytes,
    *,
    signer: str | None = None,
    authorities: bytes | None = None,
    stamp_authorities: bytes | None = None,
    openssl: bool | None = None,
) -> CheckReport:
    """Check a bundle: whether anything in it was changed, who signed it, and who says when.

    Nothing is connected to, and nothing is unpacked; memory is bounded by the largest of the small
    files that a check reads, 8 MiB each.

    Parameters
    ----------
    bundle : path or bytes
        The bundle.
    signer : str, optional
        SHA-256 of the signer's certificate, in hexadecimal, if it is known from elsewhere.
    authorities, stamp_authorities : bytes, optional
        PEM of those who are trusted to vouch for signers, and for time-stamp authorities.
    openssl : bool, optional
        Whether the program openssl checks signatures and time stamps; by default where it is
        installed, else the packages of the extra ``evidence`` do.

    Raises
    ------
    UnreadableBundleError
        If the file cannot be read.
    ArgumentError
        If `signer` is no SHA-256.
    """
    trust = script.Trust(_fingerprint(signer), authorities, stamp_authorities)
    crypto = _crypto(openssl)
    if isinstance(bundle, bytes):
        return _said(script.examine(io.BytesIO(bundle), crypto, trust))
    try:
        with open_regular(bundle) as file:
            return _said(script.examine(file, crypto, trust))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableBundleError(f"{os.fspath(bundle)!r} cannot be read: {reason}.") from error


def _fingerprint(signer: str | None) -> str | None:
    if signer is None:
        return None
    plain = signer.replace(":", "").strip().lower()
    if len(plain) != 64 or set(plain) - set("0123456789abcdef"):
        raise ArgumentError("signer", "This is no SHA-256: it has 64 hexadecimal digits.")
    return plain


def _said(report: script.Report) -> CheckReport:
    found = tuple(
        CheckFinding(_STATES[state], where, _sentence(words))
        for state, where, words in report.findings
    )
    return CheckReport(found, _sentence(script.conclusion(report)), report.exit_code)


_STATES: Final[Mapping[str, State]] = {
    script.GOOD: "good",
    script.BAD: "bad",
    script.UNKNOWN: "unknown",
    script.NOTE: "note",
}


def _sentence(said: script.Said) -> Sentence:
    """Return what the script says as a sentence that can be translated."""
    values = {
        name: _sentence(value) if isinstance(value, script.Said) else value
        for name, value in said.values.items()
    }
    return Sentence(said.template, values)


# --- without openssl ----------------------------------------------------------------------------


def _crypto(openssl: bool | None) -> script.Crypto | None:
    program = None if openssl is False else shutil.which("openssl")
    if program is not None:
        return OpenSsl(program)
    try:
        return _Packages()
    except MissingDependencyError:
        return None


class _Packages:
    """Signatures and time stamps, by packages; what `OpenSsl` does by a program."""

    def __init__(self) -> None:
        self._client = load(
            "rfc3161_client", extra="evidence", missing="time stamps need rfc3161-client"
        )

    def certificate(self, pem: bytes) -> Certificate:
        """Return what the first certificate of a chain says."""
        leaf = _chain(pem)[0]
        return Certificate(
            leaf.subject.rfc4514_string(),
            leaf.issuer.rfc4514_string(),
            script.first_certificate(pem),
        )

    def verify(self, algorithm: str, pem: bytes, signature: bytes, data: bytes) -> None:
        """Check a signature by the key of the first certificate of a chain."""
        key = _chain(pem)[0].public_key()
        digest = HASHES.get(algorithm[2:])
        try:
            if algorithm == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, data)
            elif algorithm[:2] == "es" and digest and isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(digest))
            elif algorithm[:2] == "ps" and digest and isinstance(key, rsa.RSAPublicKey):
                salted = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
                key.verify(signature, data, salted, digest)
            else:
                raise CryptoError(script.UNKNOWN_KIND)
        except (InvalidSignature, *UNREADABLE) as error:
            raise CryptoError(script.BAD_SIGNATURE) from error

    def stamp(self, reply: bytes, query: bytes, data: bytes, pem: bytes) -> dt.datetime:
        """Check a time stamp of some bytes, and return its time."""
        chain = _chain(pem)
        try:
            response = self._client.decode_timestamp_response(in_order(reply))
            token = response.tst_info
            builder = self._client.VerifierBuilder(
                roots=[chain[-1]], intermediates=list(chain[:-1]), nonce=token.nonce
            )
            builder.build().verify_message(response, data)
        except (self._client.VerificationError, *UNREADABLE) as error:
            raise CryptoError(script.BAD_STAMP) from error
        if stamping_chain(reply)[:1] != tuple(chain[:1]) or not _asks(query, data, token.nonce):
            raise CryptoError(script.BAD_STAMP)
        return script.stamped_time(reply)

    def chain(self, pem: bytes, authorities: bytes, at: dt.datetime, purpose: str) -> None:
        """Check that a chain leads to one of the authorities that somebody trusts."""
        chain = _chain(pem)
        leaf = chain[0]
        purposes = _STAMPING if purpose == "timestampsign" else SIGNING_PURPOSES
        try:
            valid = leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc
            problem = path_problem(chain, authorities.decode("ascii"), at, purposes)
        except (CertificateError, *UNREADABLE) as error:
            raise CryptoError(script.NO_AUTHORITY) from error
        if not valid or problem is not None:
            raise CryptoError(script.NO_AUTHORITY)


_STAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)


def _chain(pem: bytes) -> Sequence[x509.Certificate]:
    try:
        return load_chain(script.as_pem(script.certificates(pem)))
    except CertificateError as error:
        raise CryptoError(script.NO_CERTIFICATE) from error


def _asks(query: bytes, data: bytes, nonce: int | None) -> bool:
    """Whether a request is about these bytes, with the number that the answer repeats."""
    number = b"" if nonce is None else nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    return hashlib.sha256(data).digest() in query and number in query
