"""Time stamps: only an answer to this request about these bytes counts, by a root that is known."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from indelible.credentials import Trust, TrustList
from indelible.credentials.trust.time_stamps import in_order
from indelible.errors import ArgumentError
from indelible.evidence.stamping import Stamp, check_urls, stamp
from tests.credentials.authority import Authority
from tests.credentials.timestamp_authority import TimeStampAuthority

NOBODY = Trust.nobody()
DATA = b"what is stamped"

Answer = Callable[[bytes], tuple[int, bytes]]


@pytest.fixture
def other() -> Iterator[list[Answer]]:
    """A server that answers as it is told; its address is in the list, too, as its name."""
    answers: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/timestamp-query"
            status, reply = answers[0](body)
            self.send_response(status)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Handler.url = f"http://127.0.0.1:{server.server_port}/"  # type: ignore[attr-defined]
    answers.append(lambda _: (500, b""))
    other_url[0] = Handler.url  # type: ignore[attr-defined]
    yield answers
    server.shutdown()
    server.server_close()


other_url = [""]


def one(
    url: str, data: bytes = DATA, *, trust: Trust = NOBODY, roots: bytes | None = None
) -> Stamp:
    (found,) = stamp(data, [url], trust=trust, roots=roots)
    return found


def test_a_time_stamp_of_a_real_authority(stamper: TimeStampAuthority, tmp_path: Path) -> None:
    found = one(stamper.url)
    assert found.granted
    assert found.authority == "O=Test,CN=Test TSA"
    assert found.root == "came with the time stamp"
    for name, data in (("q", found.query), ("r", found.reply), ("c", found.chain), ("d", DATA)):
        (tmp_path / name).write_bytes(data)
    for how in (["-queryfile", "q"], ["-data", "d"]):
        subprocess.run(
            ["openssl", "ts", "-verify", "-in", "r", *how, "-CAfile", "c"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    assert "reply" not in repr(found)


def test_how_the_root_is_known(stamper: TimeStampAuthority) -> None:
    listed = TrustList("Good authorities", stamper.authority.pem.decode(), kind="tsa")
    assert one(stamper.url, trust=Trust.of([listed])).root == "Good authorities"
    assert one(stamper.url, roots=stamper.authority.pem).root == "given"
    strangers = TrustList("Others", Authority("Other CA").pem.decode(), kind="tsa")
    assert one(stamper.url, trust=Trust.of([strangers])).root == "came with the time stamp"
    signers = TrustList("For signers", stamper.authority.pem.decode(), kind="manifest")
    assert one(stamper.url, trust=Trust.of([signers])).root == "came with the time stamp"


def test_answers_to_others_do_not_count(stamper: TimeStampAuthority, other: list[Answer]) -> None:
    kept = one(stamper.url)
    about_others = one(stamper.url, b"something else")
    for reply in (kept.reply, about_others.reply):
        other[0] = partial(answered, reply)
        found = one(other_url[0])
        assert not found.granted
        assert found.reply == b""


def answered(reply: bytes, _: bytes) -> tuple[int, bytes]:
    return 200, reply


def changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_what_is_no_time_stamp(stamper: TimeStampAuthority, other: list[Answer]) -> None:
    answers: list[Answer] = [
        lambda _: (200, b""),
        lambda _: (200, b"this is no time stamp"),
        lambda _: (200, b"\x30\x84\xff\xff\xff\xff"),
        lambda _: (200, bytes(100_000)),
        lambda _: (404, b"no"),
        lambda query: (200, changed(stamper.answer(query), -5)),
        lambda query: (200, stamper.answer(query)[:-40]),
        lambda _: (200, bytes.fromhex("30053003020102")),  # refused
    ]
    for answer in answers:
        other[0] = answer
        found = one(other_url[0])
        assert not found.granted
        assert found.reason
        assert "\n" not in found.reason
        assert len(found.reason) < 400


def test_nobody_is_asked_without_an_address() -> None:
    assert stamp(DATA, (), trust=NOBODY) == ()


def test_addresses(stamper: TimeStampAuthority) -> None:
    assert check_urls([stamper.url, stamper.url]) == (stamper.url,)
    for bad in ("ftp://a", "a", "http://me@a/", "https://me:secret@a"):
        with pytest.raises(ArgumentError) as caught:
            check_urls([bad])
        assert "secret" not in str(caught.value)


def test_certificates_in_whatever_order(stamper: TimeStampAuthority) -> None:
    reply = one(stamper.url).reply
    ordered = in_order(reply)
    assert len(ordered) == len(reply)
    assert in_order(ordered) == ordered
    for nothing in (b"", b"x", reply[:50]):
        assert in_order(nothing) == nothing
