"""Revocation, asked of a real OCSP responder on the loopback interface."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from indelible.credentials import PemSigner, Trust, read, sign
from tests.credentials.authority import DAY, Authority, Leaf, key_pem, name, new_key, pem
from tests.credentials.conftest import make_request, picture


class Responder:
    """Says of one certificate whatever `status` is."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.status = ocsp.OCSPCertStatus.GOOD
        self.questions = 0
        self._key = new_key()
        leaf = Leaf(subject=name("Responder"), purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
        self._certificate = self.authority.issue(self._key, leaf)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer.answer()
                self.send_response(200)
                self.send_header("content-type", "application/ocsp-response")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        where = f"http://127.0.0.1:{self._server.server_port}/"
        access = x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(where)
                )
            ]
        )
        key = new_key()
        extra = x509.Extension(access.oid, False, access)
        self.signed = self.authority.issue(key, Leaf(extra=extra))
        signer = PemSigner(pem(self.signed), key_pem(key))
        self.data = sign(picture(), make_request(), signer).data

    def answer(self) -> bytes:
        self.questions += 1
        now = dt.datetime.now(dt.UTC)
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=self.signed,
                issuer=self.authority.certificate,
                algorithm=hashes.SHA1(),
                cert_status=self.status,
                this_update=now - DAY,
                next_update=now + DAY,
                revocation_time=now - 2 * DAY if revoked else None,
                revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, self._certificate)
            .certificates([self._certificate])
        )
        answer = builder.sign(self._key, hashes.SHA256())
        return answer.public_bytes(serialization.Encoding.DER)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def responder() -> Iterator[Responder]:
    made = Responder()
    yield made
    made.close()


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the responder on the loopback interface pass for one on the public internet."""
    monkeypatch.setattr(
        "indelible.credentials.manifests.revocation.is_public_host", lambda host, port: True
    )


@pytest.mark.usefixtures("reachable")
def test_a_revoked_certificate_is_reported(responder: Responder) -> None:
    trust = Trust.nobody().with_anchors(responder.authority.pem)
    assert read(responder.data, trust=trust, ocsp=True).state == "trusted"
    assert responder.questions > 0
    responder.status = ocsp.OCSPCertStatus.REVOKED
    assert read(responder.data, trust=trust).state == "trusted"  # nobody asked
    report = read(responder.data, trust=trust, ocsp=True)
    assert (report.state, report.integrity, report.standing) == ("invalid", "broken", "broken")
    assert not report.signer_trusted
    assert any("revoked" in reason for reason in report.reasons)
    responder.status = ocsp.OCSPCertStatus.UNKNOWN
    unknown = read(responder.data, trust=trust, ocsp=True)
    assert any("does not know" in reason for reason in unknown.reasons)


@pytest.mark.usefixtures("reachable")
def test_nobody_is_asked_about_a_signer_on_no_list(
    responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_hosts(*_: object) -> None:
        pytest.fail("the library alone would decide whether anybody is asked")

    monkeypatch.setattr("indelible.credentials.manifests.reading.responder_hosts", no_hosts)
    assert read(responder.data, trust=Trust.official(), ocsp=True).state == "valid"
    assert responder.questions == 0


def test_a_responder_on_a_private_network_is_not_asked(responder: Responder) -> None:
    trust = Trust.nobody().with_anchors(responder.authority.pem)
    assert read(responder.data, trust=trust, ocsp=True).state == "trusted"
    assert responder.questions == 0
