"""Revocation: which responders may be asked whether a signer's certificate was revoked.

A certificate names its own OCSP responder, and anybody can make a certificate. So nobody is asked
about a signer whom no trust list vouches for, and no responder on a private network is.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from indelible.credentials.signers.chains import UNREADABLE
from indelible.credentials.store.cose import CoseSignature
from indelible.credentials.store.opening import Store, signatures
from indelible.network import is_public_host

__all__ = ["responder_hosts"]


def responder_hosts(store: Store, manifest_id: str) -> tuple[str, ...]:
    """Return the OCSP responders, as host or host:port, that a manifest's certificates name.

    Only those on the public internet.
    """
    chain = signatures(store, manifest_id).get(manifest_id, CoseSignature()).chain
    hosts = dict.fromkeys(host for certificate in chain for host in _responders(certificate))
    return tuple(hosts)


def _responders(certificate: x509.Certificate) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return
    for description in access.value:
        location = description.access_location
        if description.access_method != AuthorityInformationAccessOID.OCSP or not isinstance(
            location, x509.UniformResourceIdentifier
        ):
            continue
        try:
            target = urlsplit(location.value)
            port = target.port
        except ValueError:
            continue
        default = {"http": 80, "https": 443}.get(target.scheme)
        if default and target.hostname and is_public_host(target.hostname, port or default):
            yield target.netloc.rpartition("@")[2]
