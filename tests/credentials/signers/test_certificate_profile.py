"""Every rule of the certificate profile, broken alone; the library must agree."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from indelible.credentials import PemSigner, Trust, inspect_chain, read, sign
from indelible.credentials.signers.certificate_profile import (
    C2PA_CLAIM_SIGNING,
    DOCUMENT_SIGNING,
    _has_unique_ids,
    check_chain,
    require_profile,
)
from indelible.errors import CertificateError, SigningError
from tests.credentials.authority import (
    DAY,
    NOW,
    Authority,
    Leaf,
    key_pem,
    key_usage,
    name,
    new_key,
    pem,
)
from tests.credentials.conftest import make_request, picture

AUTHORITY = Authority()
UNKNOWN = x509.Extension(
    x509.ObjectIdentifier("1.2.3.4.5"),
    True,
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"),
)


def broken_rules(certificate: x509.Certificate, *more: x509.Certificate) -> set[str]:
    return {item.rule for item in check_chain(pem(certificate, *more)) if item.fatal}


@pytest.mark.parametrize(
    "purposes",
    [
        (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
        (C2PA_CLAIM_SIGNING,),
        (DOCUMENT_SIGNING,),
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, C2PA_CLAIM_SIGNING),
    ],
)
def test_a_good_certificate_breaks_no_rule_and_signs(
    purposes: tuple[x509.ObjectIdentifier, ...],
) -> None:
    key = new_key()
    chain = pem(AUTHORITY.issue(key, Leaf(purposes=purposes)))
    assert check_chain(chain) == ()
    signer = PemSigner(chain, key_pem(key))
    trust = Trust.nobody().with_anchors(AUTHORITY.pem)
    assert read(sign(picture(), make_request(), signer).data, trust=trust).state == ("trusted")


BROKEN: list[tuple[str, Leaf]] = [
    ("end-entity", Leaf(authority=True, usage=key_usage(sign=True, issue=True))),
    ("key-usage", Leaf(usage=None)),
    ("key-usage", Leaf(usage=key_usage(agree=True))),
    ("key-usage", Leaf(usage=key_usage(sign=True, issue=True))),
    ("extended-key-usage", Leaf(purposes=())),
    ("extended-key-usage", Leaf(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))),
    ("extended-key-usage", Leaf(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))),
    ("extended-key-usage", Leaf(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))),
    ("extended-key-usage", Leaf(purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))),
    (
        "extended-key-usage",
        Leaf(purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.TIME_STAMPING)),
    ),
    ("authority-key-identifier", Leaf(with_authority_key=False)),
    ("critical-extension", Leaf(extra=UNKNOWN)),
    ("validity", Leaf(start=NOW - 20 * DAY, end=NOW - 10 * DAY)),
    ("validity", Leaf(start=NOW + 10 * DAY, end=NOW + 20 * DAY)),
]


@pytest.mark.parametrize(("rule", "leaf"), BROKEN)
def test_each_broken_rule_is_named(rule: str, leaf: Leaf) -> None:
    certificate = AUTHORITY.issue(new_key(), leaf)
    assert broken_rules(certificate) == {rule}
    with pytest.raises(CertificateError, match=rule) as caught:
        require_profile(pem(certificate))
    assert caught.value.hint


@pytest.mark.parametrize(("rule", "leaf"), BROKEN)
def test_the_library_refuses_what_breaks_a_rule(
    rule: str, leaf: Leaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    signer = PemSigner(pem(AUTHORITY.issue(key, leaf)), key_pem(key))
    trust = Trust.nobody().with_anchors(AUTHORITY.pem)
    with pytest.raises(CertificateError):
        sign(picture(), make_request(), signer)
    monkeypatch.setattr(
        "indelible.credentials.manifests.signing.require_profile", lambda chain: None
    )
    try:
        signed = sign(picture(), make_request(), signer, trust=trust)
    except SigningError:
        return
    report = read(signed.data, trust=trust)
    assert report.state != "trusted", rule


def test_self_signed_certificates_are_named() -> None:
    key = new_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("Me"))
        .issuer_name(name("Me"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(key_usage(sign=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    assert broken_rules(certificate) == {"self-signed"}


@pytest.mark.parametrize(
    "make_key",
    [
        lambda: ec.generate_private_key(ec.SECP256K1()),
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),
        lambda: dsa.generate_private_key(2048),
    ],
)
def test_keys_that_are_not_allowed_are_named(make_key: Callable[[], Any]) -> None:
    assert broken_rules(AUTHORITY.issue(make_key())) == {"key"}


def test_short_hashes_of_the_issuer_are_named() -> None:
    leaf = Leaf(digest=hashes.SHA224())
    assert broken_rules(AUTHORITY.issue(new_key(), leaf)) == {"signature-algorithm"}


def test_unique_identifiers_are_found() -> None:
    tbs = AUTHORITY.issue(new_key()).tbs_certificate_bytes
    assert not _has_unique_ids(tbs)
    # [1] IMPLICIT BIT STRING at the end, and a length that counts it
    assert tbs[:2] == b"\x30\x82"
    length = int.from_bytes(tbs[2:4], "big") + 4
    longer = b"\x30\x82" + length.to_bytes(2, "big") + tbs[4:] + b"\x81\x02\x00\xff"
    assert _has_unique_ids(longer)


def test_chains_are_checked_in_order() -> None:
    root = Authority("Root")
    middle = Authority("Middle", issuer=root)
    leaf = middle.issue(new_key())
    assert broken_rules(leaf, middle.certificate) == set()
    assert broken_rules(leaf, root.certificate) == {"chain-order"}
    assert broken_rules(leaf, leaf) == {"chain-order", "chain-authority"}
    notes = {item.rule for item in check_chain(pem(leaf, middle.certificate, root.certificate))}
    assert notes == {"chain-root"}


def test_recommendations_do_not_forbid_signing() -> None:
    leaf = Leaf(with_subject_key=False, usage_critical=False, subject=name("No one", None))
    chain = pem(AUTHORITY.issue(new_key(), leaf))
    assert {item.rule for item in check_chain(chain)} == {
        "subject-key-identifier",
        "key-usage-critical",
        "organization",
    }
    require_profile(chain)


def test_the_moment_of_the_check_can_be_given() -> None:
    chain = pem(AUTHORITY.issue(new_key()))
    with pytest.raises(CertificateError, match="expired"):
        require_profile(chain, now=NOW + dt.timedelta(days=1000))


def test_a_version_that_does_not_exist_is_told() -> None:
    der = AUTHORITY.issue(new_key()).public_bytes(Encoding.DER)
    damaged = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x0a", 1)
    assert damaged != der
    with pytest.raises(CertificateError, match="cannot be read"):
        check_chain(ssl.DER_cert_to_PEM_cert(damaged).encode())


def test_an_extension_that_comes_twice_is_told() -> None:
    der = AUTHORITY.issue(new_key()).public_bytes(Encoding.DER)
    # The subject's key identifier becomes a second extendedKeyUsage.
    damaged = der.replace(b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x25", 1)
    assert damaged != der
    chain = ssl.DER_cert_to_PEM_cert(damaged).encode()
    assert "encoding" in {item.rule for item in check_chain(chain)}
    (report,), _ = inspect_chain(chain)
    assert report.purposes == ()


def test_what_is_no_certificate_is_told() -> None:
    for text in (b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(CertificateError):
            check_chain(text)
