"""Bundles: what is in them, what is not, and what makes two of them differ."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa, x25519

from indelible import credentials, imaging
from indelible.errors import (
    ArgumentError,
    EvidenceError,
    ManifestError,
    MissingDependencyError,
    NetworkError,
    OutputExistsError,
    UnreadableImageError,
)
from indelible.evidence import Bundle, closing, making, open_original, read_bundle, written
from indelible.evidence.bundled import check
from indelible.evidence.document import Document
from indelible.evidence.statement_pdf import pdf_of
from indelible.network import Fetcher
from indelible.registry import SqlRegistry, open_registry, sqlite_url
from indelible.secret import Secret
from tests.credentials.timestamp_authority import TimeStampAuthority
from tests.evidence.owners import Owner, RememberingVerifier, parts_of, said

NOBODY = "http://127.0.0.1:9/tsa"
# What may differ between two bundles of one picture: times, and what is made of them.
DIFFER = {
    "archive/data.warc",
    "capture/capture.json",
    "custody/custody.jsonl",
    "datapackage-digest.json",
    "datapackage.json",
    "findings/record.json",
    "findings/verdict.json",
    "indexes/index.cdx",
    "pages/pages.jsonl",
    "trust/trust.json",
}


@pytest.fixture
def own_pdf() -> None:
    """For a test that is about the PDF, too."""


@pytest.fixture(autouse=True)
def one_pdf(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make one PDF for most of these tests: it takes as long as all the rest."""
    if "own_pdf" not in request.fixturenames:
        monkeypatch.setattr(written, "pdf_of", _first_pdf)


_PDF: list[bytes] = []


def _first_pdf(document: Document) -> bytes:
    if not _PDF:
        _PDF.append(pdf_of(document))
    return _PDF[0]


@pytest.fixture(scope="module")
def parts(made: Bundle) -> dict[str, bytes]:
    return parts_of(made)


def checked(bundle: Bundle, folder: Path) -> check.Report:
    program = shutil.which("openssl")
    assert program is not None
    path = folder / "bundle.wacz"
    path.write_bytes(bundle.data)
    with path.open("rb") as file:
        return check.examine(file, check.OpenSsl(program))


# --- what is in a bundle --------------------------------------------------------------------------


def test_the_picture_is_there_byte_for_byte(owner: Owner, parts: dict[str, bytes]) -> None:
    data = owner.changed
    assert parts["original/found.jpg"] == data
    about = said(parts, "capture/picture.json")
    assert about["sha256"] == hashlib.sha256(data).hexdigest()
    assert about["sha512"] == hashlib.sha512(data).hexdigest()
    assert about["for_hash_programmes_only"]["md5"] == hashlib.md5(data).hexdigest()
    assert len(about["perceptual"]["hash"]) == 64
    assert about["perceptual"]["quality"] > 50


def test_the_verdict_is_the_one_of_verify(owner: Owner, parts: dict[str, bytes]) -> None:
    result = owner.verifier.verify(owner.changed)
    found = said(parts, "findings/verdict.json")
    assert found["verdict"] == str(result.verdict)
    assert found["verdict"] in ("altered", "recovered")
    mark = found["report"]["watermark"]
    assert mark == json.loads(json.dumps(result.watermark.to_dict()))
    assert mark["key_id"] == owner.key.id
    assert mark["false_positive_probability"] < 1e-9
    assert found["recompute"]["key_ids"] == [owner.key.id]
    assert any("manifest" in one for one in found["not_found"])
    assert found["limits"]


def test_the_recovered_manifest_and_who_is_trusted(owner: Owner, parts: dict[str, bytes]) -> None:
    record = owner.registry.get(owner.protected.manifest_id or "")
    assert record is not None
    assert parts["findings/recovered.c2pa"] == record.manifest_store
    (about,) = said(parts, "findings/manifests.json")["manifests"]
    assert about["manifest_id"] == record.manifest_id
    assert about["revocation"]["issuer_asked"] is False
    assert b"BEGIN CERTIFICATE" in parts["findings/recovered-certificates.pem"]
    lists = said(parts, "trust/trust.json")["lists"]
    assert [one["name"] for one in lists][:2] == ["C2PA Trust List", "C2PA TSA Trust List"]
    for one in lists:
        assert hashlib.sha256(parts[one["file"]]).hexdigest() == one["sha256"]


def test_custody_runs_from_obtaining_to_closing(parts: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in parts["custody/custody.jsonl"].splitlines()]
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert {one["who"] for one in lines} == {"A. Holder"}
    assert "took the picture" in lines[0]["what"]
    assert "closed" in lines[-1]["what"]
    for line in lines:
        for path, sha in line["about"].items():
            assert hashlib.sha256(parts[path]).hexdigest() == sha


def test_statement_letters_and_the_check_are_there(parts: dict[str, bytes]) -> None:
    sha = said(parts, "capture/picture.json")["sha256"]
    assert sha.encode() in parts["statement/statement.html"]
    assert parts["statement/statement.pdf"].startswith(b"%PDF")
    assert {"letters/police.txt", "letters/take-it-down.txt", "verify/check.py"} <= set(parts)
    assert b"A. Holder" in parts["statement/statement.html"]


def test_working_copies_name_their_source(owner: Owner, parts: dict[str, bytes]) -> None:
    lines = [json.loads(line) for line in parts["working/working.jsonl"].splitlines()]
    assert {one["file"] for one in lines} == {
        "working/preview.png",
        "working/side-by-side.png",
        "working/change-map.png",
    }
    for one in lines:
        assert one["source_sha256"] == hashlib.sha256(owner.changed).hexdigest()
        assert one["sha256"] == hashlib.sha256(parts[one["file"]]).hexdigest()
        assert one["blurred"]
        assert one["operation"]


def test_openssl_checks_signature_and_time_stamps(
    parts: dict[str, bytes], stamper: TimeStampAuthority, tmp_path: Path
) -> None:
    for path, data in parts.items():
        target = tmp_path / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
    assert parts["signatures/signed-text"].decode() == (
        "sha256:" + hashlib.sha256(parts["datapackage.json"]).hexdigest()
    )
    shutil.copy(stamper.folder / "ca.pem", tmp_path)
    signed = "dgst -sha256 -verify signatures/public-key -signature"
    commands = (
        f"{signed} signatures/signature signatures/signed-text",
        f"{signed} signatures/seal signatures/seal-text",
        "ts -verify -in signatures/1-tsr -queryfile signatures/1-tsq -CAfile ca.pem",
        "ts -verify -in signatures/1-tsr -data signatures/stamped-text -CAfile ca.pem",
        "ts -verify -in capture/1.tsr -data capture/capture.json -CAfile ca.pem",
        "ts -verify -in signatures/1-tsr -data signatures/stamped-text -CAfile signatures/1-chain",
    )
    for command in commands:
        done = subprocess.run(
            ["openssl", *command.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_the_script_inside_finds_nothing_wrong(made: Bundle, tmp_path: Path) -> None:
    report = checked(made, tmp_path)
    assert not report.has(check.BAD)
    assert not report.has(check.UNKNOWN)


def test_a_web_archive_of_a_file(owner: Owner, parts: dict[str, bytes]) -> None:
    archive = parts["archive/data.warc"]
    line = parts["indexes/index.cdx"].decode()
    entry = json.loads(line[line.index("{") :])
    at, size = int(entry["offset"]), int(entry["length"])
    record = archive[at : at + size]
    assert record.startswith(b"WARC/1.1\r\nWARC-Type: resource\r\n")
    head, _, body = record.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(owner.changed)}".encode() in head
    assert body == owner.changed + b"\r\n\r\n"
    page = json.loads(parts["pages/pages.jsonl"].splitlines()[1])
    assert page["url"] == entry["url"] == "urn:indelible:evidence:found.jpg"


@pytest.mark.skipif(shutil.which("wacz") is None, reason="the public validator, wacz, is not here")
def test_the_public_validator_takes_it(made: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "bundle.wacz"
    path.write_bytes(made.data)
    done = subprocess.run(
        ["wacz", "validate", "-f", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# --- what makes two differ ------------------------------------------------------------------------


def test_two_bundles_of_one_picture_are_equal_but_for_times_and_signatures(owner: Owner) -> None:
    first, second = (parts_of(owner.make(language=one)) for one in ("en", "en"))
    assert list(first) == list(second)
    differ = {path for path in first if first[path] != second[path]}
    about_time = {path for path in differ if path.startswith(("signatures/", "statement/"))}
    assert differ - about_time - {one for one in differ if one.startswith("letters/")} <= DIFFER
    reports = [said(one, "findings/verdict.json") for one in (first, second)]
    for one in reports:
        one.pop("examined_at")
    assert reports[0] == reports[1]


@pytest.mark.usefixtures("own_pdf")
def test_with_times_held_still_only_signatures_differ(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Still(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Still:
            return cls(2026, 11, 26, 12, tzinfo=tz)

    class Clock:
        datetime, UTC = Still, dt.UTC

    monkeypatch.setattr(making, "dt", Clock)
    monkeypatch.setattr(closing, "dt", Clock)
    first, second = (parts_of(owner.make()) for _ in range(2))
    differ = {path for path in first if first[path] != second[path]}
    signed = {"signature", "stamped-text", "seal", "seal-text"}
    assert differ <= {"datapackage-digest.json", *(f"signatures/{one}" for one in signed)}


# --- what is never in one -------------------------------------------------------------------------


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it may be written."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1]


def unpacked(parts: dict[str, bytes]) -> bytes:
    """Return all that a bundle holds, what is compressed in it unpacked, too."""
    found = []
    for data in parts.values():
        found.append(data)
        at = data.find(b"stream")
        while at >= 0:
            start = at + (8 if data[at + 6 : at + 8] == b"\r\n" else 7)
            with contextlib.suppress(zlib.error):
                found.append(zlib.decompressobj().decompress(data[start:], 1 << 20))
            at = data.find(b"stream", at + 6)
    return b"\0".join(found)


@pytest.mark.usefixtures("own_pdf")
def test_no_secret_and_no_account_is_in_any(
    owner: Owner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = [b"canary-user-7f3a", b"canary-env-91bc", b"canary-owner-55de", b"canary-why-a1b2"]
    folder = home / "canary-user-7f3a" / "pictures"
    folder.mkdir(parents=True)
    for name in ("USER", "LOGNAME", "HOME"):
        monkeypatch.setenv(name, str(home / "canary-user-7f3a"))
    monkeypatch.setenv("INDELIBLE_KEY_PASSPHRASE", "canary-env-91bc")
    monkeypatch.setenv("PASSWORD", "canary-env-91bc")
    registry = open_registry(sqlite_url(folder / "registry.sqlite3"))
    assert isinstance(registry, SqlRegistry)
    record = owner.registry.get(owner.protected.manifest_id or "")
    assert record is not None
    registry.put(replace(record, owner="canary-owner-55de"))
    registry.set_status(
        record.manifest_id, "withdrawn", reason="canary-why-a1b2", actor="canary-owner-55de"
    )
    picture = folder / "found.jpg"
    picture.write_bytes(owner.changed)
    pem = owner.identity.signer.pkcs8()
    private = serialization.load_pem_private_key(pem, None)
    der = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    owner.key.save(folder / "mark.key")
    secrets = [(folder / "mark.key").read_bytes().strip(), der[-100:], *canaries]
    for options in ({}, {"clear": True}, {"may_show_minor": True}):
        bundle = owner.make(picture, verifier=owner.verifier_with(registry=registry), **options)
        everything = unpacked(parts_of(bundle))
        for secret in secrets:
            for form in forms(secret):
                assert form not in everything, (form, options)
        assert str(folder).encode() not in everything
        assert os.fsencode(str(home)) not in everything


def test_a_registry_that_does_not_answer_is_not_named(owner: Owner, tmp_path: Path) -> None:
    place = tmp_path / "canary-place" / "registry.sqlite3"
    place.parent.mkdir()
    place.write_bytes(b"this is no database" * 100)
    verifier = owner.verifier_with(registry=open_registry(sqlite_url(place)))
    bundle = owner.make(verifier=verifier)
    everything = unpacked(parts_of(bundle))
    assert b"canary-place" not in everything
    assert said(parts_of(bundle), "findings/record.json")["state"] == "unavailable"


# --- sealed, and minors ---------------------------------------------------------------------------


def pictures_in(parts: dict[str, bytes]) -> set[str]:
    """Name the parts in which there is a picture that could be looked at."""
    marks = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"/Subtype /Image")
    return {path for path, data in parts.items() if any(mark in data for mark in marks)}


@pytest.mark.parametrize(
    "key",
    [x25519.X25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)],
    ids=["x25519", "rsa"],
)
def test_a_sealed_picture_is_for_its_recipient_alone(
    owner: Owner, tmp_path: Path, key: x25519.X25519PrivateKey | rsa.RSAPrivateKey
) -> None:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    bundle = owner.make(seal_for=public)
    parts = parts_of(bundle)
    assert owner.changed not in b"".join(parts.values())
    assert pictures_in(parts) == set()
    assert not any(path.startswith("working/") for path in parts)
    assert not any(path.endswith(".c2pa") for path in parts)
    report = checked(bundle, tmp_path)
    assert not report.has(check.BAD)
    contents = read_bundle(tmp_path / "bundle.wacz")
    assert open_original(contents, Secret(private)) == owner.changed
    with pytest.raises(ArgumentError, match="sealed"):
        open_original(contents)


def test_where_a_minor_may_be_shown_there_is_no_picture(owner: Owner, tmp_path: Path) -> None:
    thumbnail = credentials.read_thumbnail(owner.store)
    bundle = owner.make(may_show_minor=True, shown_at="https://example.org/a", clear=True)
    parts = parts_of(bundle)
    assert pictures_in(parts) == set()
    assert thumbnail is None or thumbnail not in b"".join(parts.values())
    assert not any(path.startswith(("working/", "original/")) for path in parts)
    assert said(parts, "capture/picture.json")["sha256"] == bundle.picture_sha256
    assert said(parts, "capture/capture.json")["url"] == "https://example.org/a"
    assert b"may show a minor" in parts["README"]
    assert {path for path in parts if path.startswith("letters/")} == {
        "letters/report.txt",
        "letters/ncmec.json",
    }
    assert not checked(bundle, tmp_path).has(check.BAD)
    with pytest.raises(EvidenceError, match="not in this bundle"):
        open_original(read_bundle(tmp_path / "bundle.wacz"))


def test_clear_working_copies_are_said_to_be(owner: Owner) -> None:
    parts = parts_of(owner.make(clear=True))
    assert not any(
        json.loads(line)["blurred"] for line in parts["working/working.jsonl"].splitlines()
    )
    assert b"not blurred" in parts["README"]


# --- fetched --------------------------------------------------------------------------------------


@pytest.fixture
def site(owner: Owner) -> Iterator[str]:
    """A web server with the picture, behind a redirect."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = self.path == "/p%20q.jpg"
            self.send_response(200 if here else 302)
            if here:
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(owner.changed)))
            else:
                self.send_header("Location", "/p%20q.jpg")
            self.end_headers()
            self.wfile.write(owner.changed if here else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_picture_that_is_fetched(owner: Owner, site: str, tmp_path: Path) -> None:
    fetcher = Fetcher((site,), allow_private=True)
    bundle = owner.make(url=f"http://{site}/old?token=1", fetcher=fetcher)
    parts = parts_of(bundle)
    assert parts["original/p-q.jpg"] == owner.changed
    captured = said(parts, "capture/capture.json")
    assert captured["how"] == "fetched"
    assert [one["status"] for one in captured["answers"]] == [302, 200]
    assert captured["answers"][1]["address"] == "127.0.0.1"
    assert ["Content-Type", "image/jpeg"] in captured["answers"][1]["headers"]
    lines = parts["indexes/index.cdx"].decode().splitlines()
    entries = [json.loads(line[line.index("{") :]) for line in lines]
    last = next(one for one in entries if one["status"] == "200")
    at, size = int(last["offset"]), int(last["length"])
    record = parts["archive/data.warc"][at : at + size]
    assert b"WARC-Type: response" in record
    assert record.endswith(b"\r\n\r\n" + owner.changed + b"\r\n\r\n")
    assert b"GET /old?token=1 HTTP/1.1" in parts["archive/data.warc"]
    assert not checked(bundle, tmp_path).has(check.BAD)


def test_a_fetched_picture_that_is_sealed_is_nowhere_else(owner: Owner, site: str) -> None:
    key = x25519.X25519PrivateKey.generate().public_key()
    public = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    fetcher = Fetcher((site,), allow_private=True)
    for options in ({"seal_for": public}, {"may_show_minor": True}):
        parts = parts_of(owner.make(url=f"http://{site}/old", fetcher=fetcher, **options))
        assert pictures_in(parts) == set()
        assert b"image/jpeg" in parts["archive/data.warc"]


def test_only_the_named_host_of_the_public_internet_is_asked(owner: Owner, site: str) -> None:
    with pytest.raises(NetworkError, match="private network"):
        owner.make(url=f"http://{site}/old")
    with pytest.raises(ArgumentError):
        owner.make(url=f"http://name:password@{site}/old")
    with pytest.raises(ArgumentError):
        owner.make(url="file:///etc/passwd")


# --- what goes wrong ------------------------------------------------------------------------------


def test_an_authority_that_fails_is_named(owner: Owner, stamper: TimeStampAuthority) -> None:
    bundle = owner.make(time_stamps=[NOBODY, stamper.url])
    parts = parts_of(bundle)
    stamps = said(parts, "capture/time-stamps.json")["time_stamps"]
    assert [one["state"] for one in stamps] == ["failed", "granted"]
    assert any("gave no time stamp" in note for note in bundle.notes)
    with pytest.raises(EvidenceError, match="No time-stamp authority"):
        owner.make(time_stamps=[NOBODY])
    untimed = owner.make(time_stamps=[NOBODY], allow_untimed=True)
    assert "signatures/1-tsr" not in parts_of(untimed)
    assert any("its maker alone says" in note for note in untimed.notes)


def test_nothing_is_overwritten_and_nothing_is_left_behind(owner: Owner, tmp_path: Path) -> None:
    place = tmp_path / "bundle.wacz"
    place.write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        owner.make(output=place)
    with pytest.raises(EvidenceError):
        owner.make(output=tmp_path / "other.wacz", time_stamps=[NOBODY])
    assert place.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [place]
    bundle = owner.make(output=place, overwrite=True)
    assert hashlib.sha256(place.read_bytes()).hexdigest() == bundle.sha256
    assert bundle.data == b""


@pytest.mark.parametrize(
    "given",
    [
        {"language": "xx"},
        {"why": " "},
        {"why": "a\nb"},
        {"holder": "x" * 301},
        {"time_stamps": ["ftp://example.org"]},
        {"time_stamps": ["https://me:secret@example.org"]},
        {"time_stamps": [f"https://example.org/{n}" for n in range(9)]},
        {"seal_for": b"no key"},
        {"shown_at": "nowhere"},
    ],
)
def test_arguments_that_make_no_sense(owner: Owner, given: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        owner.make(**given)


def test_what_is_no_picture(owner: Owner) -> None:
    with pytest.raises(UnreadableImageError):
        owner.make(b"this is no picture", name="a.jpg")
    with pytest.raises(ArgumentError):
        owner.make(owner.changed, url="https://example.org")


def test_a_hostile_name(owner: Owner, tmp_path: Path) -> None:
    bundle = owner.make(owner.changed, name="../\u202e/..\\gpj\0.exe<script>")
    parts = parts_of(bundle)
    (original,) = (path for path in parts if path.startswith("original/"))
    assert original == "original/gpj.jpg"
    assert said(parts, "capture/picture.json")["name"] == "gpj.exe<script>"
    assert b"<script>" not in parts["statement/statement.html"]
    assert not checked(bundle, tmp_path).has(check.BAD)


def test_a_picture_without_a_registry_or_a_mark(owner: Owner, photograph: Any) -> None:
    plain = imaging.encode(photograph, "png")
    bundle = owner.make(plain, verifier=owner.verifier_with(registry=None))
    parts = parts_of(bundle)
    assert bundle.verdict == "none"
    assert said(parts, "findings/record.json")["words"] == "There was no registry to ask."
    assert said(parts, "findings/manifests.json") == {"manifests": []}
    assert "original/picture.png" in parts


def test_a_manifest_beside_the_picture(owner: Owner, tmp_path: Path) -> None:
    (tmp_path / "found.jpg").write_bytes(owner.changed)
    store = owner.store
    (tmp_path / "found.c2pa").write_bytes(store)
    parts = parts_of(owner.make(tmp_path / "found.jpg"))
    assert parts["findings/manifest.c2pa"] == store
    (about, *_) = said(parts, "findings/manifests.json")["manifests"]
    assert about["where_from"] == "with the file"


def test_a_manifest_that_cannot_be_read(owner: Owner, tmp_path: Path) -> None:
    data = owner.protected.data.replace(b"c2cl\0\x11", b"c2xx\0\x11", 1).replace(
        b"jumdc2ma", b"jumdzzzz", 1
    )
    with pytest.raises(ManifestError):
        credentials.extract_store(imaging.open_image(data))
    bundle = owner.make(data, name="found.jpg")
    assert bundle.verdict == "invalid"
    assert "findings/manifest.c2pa" not in parts_of(bundle)
    assert not checked(bundle, tmp_path).has(check.BAD)


def test_what_is_written_is_its_owners_alone(owner: Owner, tmp_path: Path) -> None:
    place = tmp_path / "bundle.wacz"
    owner.make(output=place)
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_manifest_that_lies_at_an_address(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    found = owner.verifier.verify(owner.protected.data)
    elsewhere = replace(found, credential=replace(found.credential, place="address"))
    monkeypatch.setattr(RememberingVerifier, "verify", lambda *_, **__: elsewhere)
    store = credentials.FoundStore("address", owner.store, "https://example.org/a.c2pa")
    monkeypatch.setattr(credentials, "find_store", lambda *_, **__: store)
    parts = parts_of(owner.make(owner.changed, name="found.jpg"))
    assert parts["findings/manifest.c2pa"] == owner.store


def test_a_missing_package_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reportlab", None)
    with pytest.raises(MissingDependencyError, match="reportlab"):
        making.make(url="https://example.org/a.jpg", hosts=("never.asked.example",))
