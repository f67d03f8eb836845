"""How a picture was obtained: what servers said is kept, and nothing of this machine."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from indelible.errors import ArgumentError, ImageTooLargeError
from indelible.evidence.capture import Captured, fetched, given
from indelible.evidence.warc import Archived, archive_parts
from indelible.limits import Limits
from indelible.network import Fetcher, Hop, Recording, Witness
from tests.credentials.authority import Authority, new_key

AT = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
COMMON: dict[str, Any] = {"operator": None, "tool": "t 1", "at": AT, "limits": Limits()}


def witness(**changes: Any) -> Witness:
    values: dict[str, Any] = {
        "address": "192.0.2.7",
        "request": b"GET /a.jpg HTTP/1.1\r\nHost: example.org\r\n\r\n",
        "status_line": "HTTP/1.1 200 OK",
        "headers": (("Content-Type", "image/jpeg; x=1"), ("Transfer-Encoding", "chunked")),
    }
    return Witness(**{**values, **changes})


def test_the_servers_certificates_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    chain = (authority.issue(new_key()), authority.certificate)
    der = tuple(one.public_bytes(serialization.Encoding.DER) for one in chain)
    hop = Hop("https://example.org/x/%D8%A7%20b.jpg?q=1", 200, witness(certificates=der, tls="T"))
    answer = Recording((hop,), b"data")
    monkeypatch.setattr(Fetcher, "record", lambda *_, **__: answer)
    got = fetched("https://example.org/old", fetcher=None, hosts=(), **COMMON)
    assert got.name == "\u0627 b.jpg"
    assert x509.load_pem_x509_certificates(got.certificates()) == list(chain)
    assert len(got.facts.certificates) == 2
    said = got.to_dict("00")
    assert said["answers"][0]["tls"] == "T"
    assert said["at"] == "2026-11-26T12:00:00Z"
    json.dumps(said)
    broken = Hop(hop.url, 200, witness(certificates=(b"no certificate",)))
    assert Captured(b"", "", got.facts, (broken,)).certificates() == b""


def test_how_a_body_travelled_is_told_and_not_obeyed() -> None:
    archived = Archived(
        url="https://example.org/a.jpg",
        name="a.jpg",
        media_type="image/jpeg",
        body=b"the picture",
        hops=(Hop("https://example.org/a.jpg", 200, witness()),),
        at=AT,
        sha256="00",
    )
    plain = archive_parts(archived, software="t 1", plain=True)
    record = plain["archive/data.warc"]
    assert b"X-Archive-Orig-Transfer-Encoding: chunked\r\n" in record
    assert b"\r\nTransfer-Encoding" not in record
    assert b"WARC-IP-Address: 192.0.2.7\r\n" in record
    assert plain["indexes/index.cdx"].startswith(b"org,example)/a.jpg 20261126120000 {")
    hidden = archive_parts(archived, software="t 1", plain=False)["archive/data.warc"]
    assert b"HTTP/1.1 200 OK" in hidden
    assert archive_parts(archived, software="t 1", plain=True) == plain


def test_what_is_given_is_bounded_and_named() -> None:
    file: dict[str, Any] = {**COMMON, "how": "file", "url": None, "name": None}
    assert given(b"data", **file).name == ""
    with pytest.raises(ImageTooLargeError):
        given(b"data", **{**file, "limits": Limits(max_bytes=3)})
    for name in ("", " ", "x" * 301, "a\nb"):
        with pytest.raises(ArgumentError):
            given(b"data", **{**file, "operator": name})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://me:secret@example.org/",
        "https://[::1/",
        "https://example.org:x/",
        "https://example.org/\n",
        "https://" + "x" * 9000,
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        given(b"data", **{**COMMON, "how": "file", "url": url, "name": None})
    assert "secret" not in str(caught.value)
    with pytest.raises(ArgumentError):
        fetched(url, fetcher=None, hosts=(), **COMMON)
