"""Small bundles for tests of checking, made by hand: what `make` writes, in its plainest form."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from indelible.evidence.bundled import check
from tests.credentials.authority import Authority, pem
from tests.credentials.timestamp_authority import TimeStampAuthority

PICTURE = b"\xff\xd8 no picture, but bytes of one \xff\xd9"
NAME = "original/picture.jpg"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def text(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def log(*steps: str) -> bytes:
    """Return a custody log."""
    lines: list[bytes] = []
    for number, step in enumerate(steps, 1):
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else "0" * 64
        entry = {"seq": number, "at": "2026-11-26T12:00:00Z", "who": "A", "what": step}
        lines.append(json.dumps(entry | {"previous": previous}).encode() + b"\n")
    return b"".join(lines)


def plain_parts() -> dict[str, bytes]:
    sha256 = hashlib.sha256(PICTURE).hexdigest()
    return {
        NAME: PICTURE,
        "capture/picture.json": text({"sha256": sha256}),
        "capture/capture.json": text({"sha256": sha256, "how": "file"}),
        "custody/custody.jsonl": log("obtained", "examined"),
        "findings/verdict.json": text({"sha256": sha256, "report": {"verdict": "none"}}),
        "statement/statement.html": f"<p>{sha256}</p>".encode(),
        "letters/police.txt": b"Dear police",
    }


@dataclass
class Maker:
    """Makes bundles, signed by one key and stamped by real authorities."""

    folder: Path
    stampers: tuple[TimeStampAuthority, ...]
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    algorithm: str = "es256"
    authority: Authority = field(default_factory=Authority)
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def __post_init__(self) -> None:
        self.chain = pem(self.authority.issue(self.key))

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
        chosen = digest[self.algorithm[2:]]
        if isinstance(self.key, rsa.RSAPrivateKey):
            salted = padding.PSS(padding.MGF1(chosen), padding.PSS.DIGEST_LENGTH)
            return self.key.sign(data, salted, chosen)
        return self.key.sign(data, ec.ECDSA(chosen))

    def package(self, parts: dict[str, bytes], **changes: Any) -> bytes:
        resources = [
            {
                "path": path,
                "name": path.replace("/", "-"),
                "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
                "sha512": hashlib.sha512(data).hexdigest(),
                "bytes": len(data),
            }
            for path, data in sorted(parts.items())
        ]
        picture = {
            "path": NAME,
            "sha256": hashlib.sha256(PICTURE).hexdigest(),
            "sealed": False,
            "may_show_minor": False,
        }
        package = {
            "profile": "data-package",
            "format": check.FORMAT,
            "created": f"{self.created:%Y-%m-%dT%H:%M:%SZ}",
            "software": "indelible 0.1.0",
            "picture": picture,
            "signer": {"algorithm": self.algorithm, "development": False},
            "resources": resources,
        }
        return text(package | changes)

    def complete(self, parts: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
        """Return parts with the list of them, its digest, signatures, stamps and the seal."""
        package = self.package(parts, **changes)
        hashed = f"sha256:{hashlib.sha256(package).hexdigest()}"
        signature = self.sign(hashed.encode())
        letters = base64.b64encode(signature)
        public = self._openssl("x509", "-noout", "-pubkey", stdin=self.chain)
        made = {
            "signatures/chain": self.chain,
            "signatures/public-key": public,
            "signatures/signed-text": hashed.encode(),
            "signatures/signature": signature,
            "signatures/stamped-text": letters,
        }
        for number, stamper in enumerate(self.stampers, 1):
            (self.folder / "data").write_bytes(letters)
            query = self._openssl("ts", "-query", "-data", "data", "-sha256", "-cert")
            made |= {
                f"signatures/{number}-tsq": query,
                f"signatures/{number}-tsr": stamper.answer(query),
                f"signatures/{number}-chain": (
                    (stamper.folder / "tsa.pem").read_bytes() + stamper.authority.pem
                ),
            }
        signed = {
            "hash": hashed,
            "created": json.loads(package)["created"],
            "software": "indelible",
            "version": "0.1.0",
            "signature": letters.decode(),
            "publicKey": "".join(public.decode().splitlines()[1:-1]),
        }
        if self.stampers:
            signed["timeSignature"] = base64.b64encode(made["signatures/1-tsr"]).decode()
            signed["timestampCert"] = made["signatures/1-chain"].decode()
        made["datapackage-digest.json"] = text(
            {"path": "datapackage.json", "hash": hashed, "signedData": signed}
        )
        seal = "".join(f"{hashlib.sha256(made[one]).hexdigest()}  {one}\n" for one in sorted(made))
        made["signatures/seal-text"] = seal.encode()
        made["signatures/seal"] = self.sign(seal.encode())
        return {"datapackage.json": package, **parts, **made}

    def zipped(self, parts: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(parts):
                member = zipfile.ZipInfo(path, self.created.timetuple()[:6])
                member.create_system, member.external_attr = 3, 0o100444 << 16
                archive.writestr(member, parts[path])
        return out.getvalue()

    def bundle(self, parts: dict[str, bytes] | None = None, **changes: Any) -> bytes:
        return self.zipped(self.complete(plain_parts() if parts is None else parts, **changes))

    def _openssl(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, input=stdin, capture_output=True, check=True
        )
        return done.stdout
