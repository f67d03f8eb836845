"""A small real RFC 3161 time-stamp authority on the loopback interface, made of openssl."""

from __future__ import annotations

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.credentials.authority import DAY, NOW, Authority, Leaf, key_pem, name, new_key, pem

FILES = ("-queryfile", "query.tsq", "-out", "reply.tsr")
CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class TimeStampAuthority:
    """Answers time-stamp queries at `url`, and counts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority("Test TSA CA")
        self.queries = 0
        self.broken = False
        key = new_key()
        leaf = Leaf(
            subject=name("Test TSA"),
            purposes=(ExtendedKeyUsageOID.TIME_STAMPING,),
            end=NOW + 3000 * DAY,
        )
        certificate = self.authority.issue(key, leaf, critical_purposes=True)
        (folder / "ca.pem").write_bytes(self.authority.pem)
        (folder / "tsa.pem").write_bytes(pem(certificate))
        (folder / "key.pem").write_bytes(key_pem(key))
        (folder / "serial").write_text("01")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def answer(self, query: bytes) -> bytes:
        self.queries += 1
        if self.broken:
            return b"this is no time stamp"
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(
            [*("openssl", "ts", "-reply", "-config", "tsa.cnf"), *FILES],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return (self.folder / "reply.tsr").read_bytes()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(authority: TimeStampAuthority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = authority.answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    return Handler
