"""A listener that must count zero: nothing here connects to anything unless it is asked to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from indelible.credentials import (
    PemSigner,
    Trust,
    extract_store,
    find_signals,
    has_manifest,
    read,
    read_file,
    sign,
)
from indelible.imaging import Metadata, xmp
from tests.credentials.authority import Authority, Leaf, key_pem, new_key, pem
from tests.credentials.conftest import make_request, picture


class Listener:
    """Counts whoever connects to it, on the loopback interface."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def signer_with_addresses(listener: Listener, authority: Authority) -> PemSigner:
    """Return a signer whose certificate names an OCSP responder and an issuer to fetch."""
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(listener.url(path)))
            for method, path in (
                (AuthorityInformationAccessOID.OCSP, "ocsp"),
                (AuthorityInformationAccessOID.CA_ISSUERS, "ca"),
            )
        ]
    )
    key = new_key()
    extra = x509.Extension(access.oid, False, access)
    return PemSigner(pem(authority.issue(key, Leaf(extra=extra))), key_pem(key))


def test_nothing_connects_unless_it_is_asked_to(listener: Listener) -> None:
    authority = Authority()
    trust = Trust.official().with_anchors(authority.pem)
    signer = signer_with_addresses(listener, authority)
    for request in (
        make_request(),
        make_request(remote_url=listener.url("manifest")),
        make_request(remote_url=listener.url("manifest"), embed=False),
    ):
        signed = sign(picture(), request, signer)
        again = sign(signed.data, make_request(), signer)
        for data in (signed.data, again.data, signed.data + b"\0", picture()):
            read(data, trust=trust)
            read(data, trust=trust, manifest_store=signed.manifest_store)
            read_file(data, trust=trust)
            has_manifest(data)
            extract_store(data)
    packet = xmp.with_properties(None, {xmp.PROVENANCE: listener.url("xmp")})
    assert find_signals(Metadata(xmp=packet))
    assert listener.visits == 0
