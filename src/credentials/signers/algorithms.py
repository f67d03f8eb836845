"""The signature algorithms of C2PA: which one fits a key, and the form of their signatures."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from indelible.errors import SigningError

__all__ = ["ALGORITHMS", "HASHES", "algorithm_for", "check_algorithm", "raw_ecdsa"]

ALGORITHMS: Final = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
"""The hash of an ES or PS algorithm, by the digits that its name ends in."""

_CURVES: Final = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


def algorithm_for(key: object) -> str:
    """Return the C2PA algorithm that fits a key (public or private).

    Parameters
    ----------
    key : object
        A key of the `cryptography` package. An RSA key fits three algorithms; ps256 is returned.

    Raises
    ------
    SigningError
        If C2PA allows no algorithm for this key.
    """
    if isinstance(key, (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)):
        if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
        raise SigningError(
            f"C2PA does not allow the curve {key.curve.name}", hint="Use P-256, P-384 or P-521."
        )
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        if key.key_size < 2048:
            raise SigningError(
                f"an RSA key of {key.key_size} bits is too short for C2PA",
                hint="Use 2048 bits or more, or an elliptic-curve key.",
            )
        return "ps256"
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return "ed25519"
    raise SigningError(
        f"C2PA does not allow keys of the kind {type(key).__name__}",
        hint="Use an elliptic-curve key (P-256, P-384, P-521), RSA, or Ed25519.",
    )


def check_algorithm(algorithm: str) -> None:
    """Raise SigningError unless an algorithm is one of C2PA's."""
    if algorithm not in ALGORITHMS:
        raise SigningError(
            f"{algorithm!r} is not a C2PA signature algorithm",
            hint=f"Use one of {', '.join(ALGORITHMS)}.",
        )


def raw_ecdsa(signature: bytes, algorithm: str) -> bytes:
    """Turn a DER signature into r and s one after the other, as COSE wants it."""
    size = {"es256": 32, "es384": 48, "es512": 66}[algorithm]
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError) as error:
        raise SigningError(f"the key gave a signature that is not ECDSA: {error}") from error
