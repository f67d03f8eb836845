"""Outbound connections: only where allowed, never to a private address, in any disguise."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import NetworkError
from indelible.network import Fetcher, is_public
from indelible.network._connection import RawAnswer, Request
from indelible.secret import Secret
from tests.credentials.authority import Authority, Leaf, key_pem, name, new_key, pem

THE_FILE = RawAnswer(200, {}, b"the file")


def redirect(location: str) -> RawAnswer:
    return RawAnswer(302, {"location": location}, b"")


class Server:
    """Answers on the loopback interface, and notes who comes, and with what."""

    def __init__(self, secure: ssl.SSLContext | None = None) -> None:
        self.visits = 0
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.visits += 1
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append((self.command, self.path, headers, sent))
                status, headers, body = outer.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for header, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def do_PUT(self) -> None:
                self.do_GET()

            def do_DELETE(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if secure is not None:
            self._server.socket = secure.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def url(self, path: str = "/file", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.answers["/file"] = (200, {}, b"the file")
    yield made
    made.close()


def fetcher(server: Server, **options: object) -> Fetcher:
    hosts = (f"127.0.0.1:{server.port}",)
    return Fetcher(hosts=hosts, allow_private=True, **options)  # type: ignore[arg-type]


def test_a_listed_host_is_fetched_from(server: Server) -> None:
    assert fetcher(server).get(server.url()) == b"the file"


def test_no_host_is_listed_by_default(server: Server) -> None:
    with pytest.raises(NetworkError, match="not allowed"):
        Fetcher().get(server.url())
    with pytest.raises(NetworkError, match="not allowed"):
        Fetcher(hosts=("127.0.0.1",), allow_private=True).get(server.url())  # another port
    assert server.visits == 0


PRIVATE = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001",
    "0177.0.0.1", "127.000.000.001", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]", "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.1", "192.168.1.1",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "100.64.0.1", "100.100.100.200",
    "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "[ff02::1]", "[2001:db8::1]", "[2001:0:7f00:1::]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_in_every_spelling(host: str, server: Server) -> None:
    for allowed in (host, host.rstrip("."), f"{host}:{server.port}"):
        for url in (server.url(host=host), f"http://{host}/file"):
            with pytest.raises(NetworkError):
                Fetcher(hosts=(allowed, f"{allowed}:{server.port}"), timeout=2).get(url)
    assert server.visits == 0


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "gopher://example.org/",
        "//example.org/x",
        "http://",
        "http:///x",
        "http://user:secret@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org:99999/",
        "http://example.org:x/",
        "http://[::1/",
        "http://exa mple.org/",
        "http://example.org/\r\nX-Evil: 1",
        "http://ⓔxample.org/",
        "",
    ],
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(NetworkError):
        Fetcher(hosts=("example.org", "127.0.0.1", "::1")).get(url)


def resolves_to(*answers: str) -> Callable[[str, int], list[str]]:
    left = list(answers)
    return lambda host, port: [left.pop(0) if len(left) > 1 else left[0]]


def test_a_public_name_with_a_private_address_is_refused(server: Server) -> None:
    hosts = (f"trust.example:{server.port}",)
    url = server.url(host="trust.example")
    for address in ("127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%eth0"):
        with pytest.raises(NetworkError, match="private"):
            Fetcher(hosts=hosts, resolve=resolves_to(address)).get(url)
    mixed = Fetcher(hosts=hosts, resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(NetworkError, match="private"):
        mixed.get(url)
    assert server.visits == 0


def test_a_name_that_changes_its_address_changes_nothing(server: Server) -> None:
    """DNS rebinding: the checked address is the one that is connected to."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["203.0.113.1"] if len(asked) == 1 else ["127.0.0.1"]

    hosts = (f"trust.example:{server.port}",)
    with pytest.raises(NetworkError):
        Fetcher(hosts=hosts, resolve=resolve).get(server.url(host="trust.example"))
    assert len(asked) == 1
    assert server.visits == 0


def test_redirects_are_checked_again(server: Server) -> None:
    allowed = fetcher(server)
    server.answers["/go"] = (302, {"Location": "/file"}, b"")
    assert allowed.get(server.url("/go")) == b"the file"
    server.answers["/loop"] = (302, {"Location": "/loop"}, b"")
    with pytest.raises(NetworkError, match="more than 3 times"):
        allowed.get(server.url("/loop"))
    visits = server.visits
    for location in (
        "http://169.254.169.254/latest/meta-data/",
        f"http://localhost:{server.port}/file",
        "file:///etc/passwd",
        "//evil.example/x",
    ):
        server.answers["/away"] = (302, {"Location": location}, b"")
        with pytest.raises(NetworkError):
            allowed.get(server.url("/away"))
        visits += 1
    server.answers["/nowhere"] = (302, {}, b"")
    with pytest.raises(NetworkError, match="nowhere"):
        allowed.get(server.url("/nowhere"))
    assert server.visits == visits + 1


def test_answers_that_are_no_file_are_refused(server: Server) -> None:
    server.answers["/big"] = (200, {}, b"x" * 2000)
    server.answers["/short"] = (200, {"Content-Length": "100"}, b"x")
    with pytest.raises(NetworkError, match="more than 1000"):
        fetcher(server, max_bytes=1000).get(server.url("/big"))
    with pytest.raises(NetworkError):
        fetcher(server, timeout=1.0).get(server.url("/short"))
    with pytest.raises(NetworkError, match="404"):
        fetcher(server).get(server.url("/missing"))
    server.close()
    with pytest.raises(NetworkError, match="failed"):
        fetcher(server).get(server.url())


def test_names_below_a_domain_can_be_listed() -> None:
    below = Fetcher(hosts=("*.example.org",), resolve=resolves_to("127.0.0.1"))
    with pytest.raises(NetworkError, match="private"):
        below.get("https://lists.example.org/x")
    for host in ("example.org", "badexample.org", "example.org.evil.net"):
        with pytest.raises(NetworkError, match="not allowed"):
            below.get(f"https://{host}/x")


@given(st.ip_addresses(v=4))
def test_embedded_addresses_are_judged_by_what_they_stand_for(address: object) -> None:
    text = str(address)
    assert is_public(f"::ffff:{text}") == is_public(text)
    assert not is_public(f"::{text}")


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_network_error(url: str) -> None:
    with pytest.raises(NetworkError):
        Fetcher().get(url)


def test_every_address_of_a_host_is_tried(server: Server) -> None:
    """Nobody answers at the first two; the third is the server."""
    hosts = (f"trust.example:{server.port}",)
    addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
    found = Fetcher(hosts=hosts, allow_private=True, resolve=lambda host, port: addresses)
    assert found.get(server.url(host="trust.example")) == b"the file"
    nobody = Fetcher(hosts=hosts, allow_private=True, resolve=lambda host, port: addresses[:2])
    with pytest.raises(NetworkError, match="failed"):
        nobody.get(server.url(host="trust.example"))


def test_every_address_is_checked_before_one_is_tried(server: Server) -> None:
    hosts = (f"trust.example:{server.port}",)
    mixed = Fetcher(hosts=hosts, resolve=lambda host, port: ["127.0.0.1", "93.184.216.34"])
    with pytest.raises(NetworkError, match="private"):
        mixed.get(server.url(host="trust.example"))
    assert server.visits == 0


def test_looking_a_name_up_counts_towards_the_deadline() -> None:
    stuck = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        stuck.wait(30)
        return ["93.184.216.34"]

    slow = Fetcher(hosts=("trust.example",), timeout=0.1, resolve=resolve)
    started = time.monotonic()
    with pytest.raises(NetworkError, match="in time"):
        slow.get("https://trust.example/x")
    stuck.set()
    assert time.monotonic() - started < 5


def test_an_address_that_never_answers_leaves_time_for_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    connect = socket.create_connection

    def connecting(address: tuple[str, int], timeout: float) -> socket.socket:
        given.append(timeout)
        if address[0] != "127.0.0.1":
            raise TimeoutError("timed out")
        return connect(address, timeout)

    monkeypatch.setattr(socket, "create_connection", connecting)
    hosts = (f"trust.example:{server.port}",)
    addresses = ["192.0.2.1", "127.0.0.1"]
    found = Fetcher(
        hosts=hosts, allow_private=True, timeout=10, resolve=lambda host, port: addresses
    )
    assert found.get(server.url(host="trust.example")) == b"the file"
    assert given[0] <= 5 < given[1] <= 10


@pytest.mark.parametrize("where", ["/", "/head", "/body"])
def test_a_server_that_drips_runs_into_the_deadline(where: str) -> None:
    """A byte now and then keeps every time-out of the socket itself from running out."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        answered, _ = listener.accept()
        with answered, contextlib.suppress(OSError):
            if where == "/":
                stop.wait(30)
            answered.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if where == "/body" else b"X: "))
            while not stop.wait(0.02):
                answered.sendall(b"x")

    threading.Thread(target=drip, daemon=True).start()
    port = listener.getsockname()[1]
    slow = Fetcher(hosts=(f"127.0.0.1:{port}",), allow_private=True, timeout=0.3)
    started = time.monotonic()
    with pytest.raises(NetworkError):
        slow.get(f"http://127.0.0.1:{port}{where}")
    assert time.monotonic() - started < 5
    stop.set()
    listener.close()


@pytest.mark.parametrize(
    "location",
    ["http://trust.example/file", "HTTP://trust.example/file", "ftp://trust.example/", ""],
)
def test_a_redirect_never_leaves_https(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_: Fetcher, request: Request, *limits: float) -> RawAnswer:
        asked.append(request.target.scheme)
        return redirect(location) if len(asked) == 1 else THE_FILE

    monkeypatch.setattr(Fetcher, "_send", answer)
    with pytest.raises(NetworkError):
        Fetcher(hosts=("trust.example",)).get("https://trust.example/start")
    assert asked == ["https"]


def test_a_redirect_may_stay_with_https(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [redirect("https://trust.example/file"), THE_FILE]
    monkeypatch.setattr(Fetcher, "_send", lambda *_: answers.pop(0))
    assert Fetcher(hosts=("trust.example",)).get("https://trust.example/") == b"the file"
    upgrade = [redirect("https://trust.example/file"), THE_FILE]
    monkeypatch.setattr(Fetcher, "_send", lambda *_: upgrade.pop(0))
    assert Fetcher(hosts=("trust.example",)).get("http://trust.example/") == b"the file"


@pytest.mark.parametrize("location", ["http://[::1", "//[", "http://a\0b/", "http://ä.example/"])
def test_redirects_that_are_none(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fetcher, "_send", lambda *_: redirect(location))
    with pytest.raises(NetworkError):
        Fetcher(hosts=("trust.example",)).get("https://trust.example/")


# --- requests that carry something --------------------------------------------------------------


def test_a_request_carries_what_it_is_given(server: Server) -> None:
    server.answers["/file"] = (
        503, {"Content-Type": "Application/JSON; charset=utf-8", "Retry-After": "7"}, b"{}",
    )  # fmt: skip
    answer = fetcher(server).ask(
        "PUT",
        server.url(),
        body=b"what is sent",
        content_type="image/png",
        accept="application/json",
        token=Secret("the-token"),
        idempotency_key="urn:1",
    )
    ((method, path, headers, sent),) = server.seen
    assert (method, path, sent) == ("PUT", "/file", b"what is sent")
    assert headers["content-type"] == "image/png"
    assert headers["accept"] == "application/json"
    assert headers["authorization"] == "Bearer the-token"
    assert headers["idempotency-key"] == "urn:1"
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert (answer.status, answer.body, answer.is_success) == (503, b"{}", False)
    assert (answer.content_type, answer.retry_after) == ("application/json", 7.0)


def test_nothing_is_sent_to_a_host_that_is_not_listed(server: Server) -> None:
    for method in ("POST", "PUT", "DELETE"):
        with pytest.raises(NetworkError, match="not allowed") as caught:
            Fetcher(hosts=("example.org",), allow_private=True).ask(
                method, server.url(), body=b"x", token=Secret("x")
            )
        assert not caught.value.sent
    assert server.visits == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("carried", [{"body": b"secret"}, {"token": Secret("secret")}])
def test_what_is_sent_never_goes_to_another_host(
    server: Server, status: int, carried: dict[str, object]
) -> None:
    other = Server()
    other.answers["/file"] = (200, {}, b"caught")
    server.answers["/go"] = (status, {"Location": other.url()}, b"")
    both = Fetcher(
        hosts=(f"127.0.0.1:{server.port}", f"127.0.0.1:{other.port}"), allow_private=True
    )
    method = "POST" if "body" in carried else "GET"
    with pytest.raises(NetworkError, match="another host"):
        both.ask(method, server.url("/go"), **carried)  # type: ignore[arg-type]
    assert other.visits == 0
    assert both.get(server.url("/go")) == b"caught"  # a plain file may lie elsewhere
    other.close()


def test_a_request_is_repeated_as_it_was_or_not_at_all(server: Server) -> None:
    server.answers["/same"] = (308, {"Location": "/file"}, b"")
    server.answers["/other"] = (303, {"Location": "/file"}, b"")
    assert fetcher(server).ask("POST", server.url("/same"), body=b"x").body == b"the file"
    assert [(method, sent) for method, _, _, sent in server.seen] == [("POST", b"x")] * 2
    with pytest.raises(NetworkError, match="something else"):
        fetcher(server).ask("POST", server.url("/other"), body=b"x")
    assert fetcher(server).ask("GET", server.url("/other"), token=Secret("x")).body == b"the file"


def test_the_words_of_an_error_are_cut(server: Server) -> None:
    server.answers["/file"] = (500, {}, b"x" * 1_000_000)
    answer = fetcher(server, max_bytes=100).ask("GET", server.url())
    assert (answer.status, len(answer.body)) == (500, 16 * 1024)


def test_an_answer_before_all_was_sent_counts() -> None:
    """Who refuses a large body need not read it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        answered, _ = listener.accept()
        with answered:
            answered.recv(100)
            answered.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            answered.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                while answered.recv(1 << 20):
                    pass

    threading.Thread(target=refuse, daemon=True).start()
    port = listener.getsockname()[1]
    asking = Fetcher(hosts=(f"127.0.0.1:{port}",), allow_private=True, timeout=10)
    answer = asking.ask("POST", f"http://127.0.0.1:{port}/", body=bytes(1 << 22))
    listener.close()
    assert answer.status == 413


def test_an_error_says_whether_the_request_may_have_arrived() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def hang_up() -> None:
        answered, _ = listener.accept()
        with answered:
            answered.recv(1000)

    threading.Thread(target=hang_up, daemon=True).start()
    asking = Fetcher(hosts=(f"127.0.0.1:{port}",), allow_private=True, timeout=5)
    with pytest.raises(NetworkError) as caught:
        asking.ask("POST", f"http://127.0.0.1:{port}/", body=b"x")
    assert caught.value.sent
    listener.close()
    with pytest.raises(NetworkError) as caught:
        asking.ask("POST", f"http://127.0.0.1:{port}/", body=b"x")
    assert not caught.value.sent


def test_a_token_stands_in_no_frame_of_an_error(server: Server) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def hang_up() -> None:
        answered, _ = listener.accept()
        with answered:
            answered.recv(1000)

    threading.Thread(target=hang_up, daemon=True).start()
    asking = Fetcher(hosts=(f"127.0.0.1:{port}",), allow_private=True, timeout=5)
    try:
        asking.ask("GET", f"http://127.0.0.1:{port}/", token=Secret("canary-in-a-token"))
    except NetworkError as error:
        failure: BaseException | None = error
    else:
        raise AssertionError
    while failure is not None:
        frame = failure.__traceback__
        while frame is not None:
            if frame.tb_frame.f_code.co_filename != __file__:
                assert "canary-in-a-token" not in repr(frame.tb_frame.f_locals)
            frame = frame.tb_next
        failure = failure.__cause__ or failure.__context__
    listener.close()


@pytest.mark.parametrize(
    ("said", "meant"), [("5", 5.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None),
                        ("9" * 40, None), ("999999999", 86400.0), ("٣", None)]
)  # fmt: skip
def test_when_to_ask_again(server: Server, said: str, meant: float | None) -> None:
    answers = RawAnswer(429, {"retry-after": said}, b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fetcher, "_send", lambda *_: answers)
        assert fetcher(server).ask("GET", server.url()).retry_after == meant


# --- what a fetched file came with ---------------------------------------------------------------


def test_a_recording_holds_every_answer_on_the_way(server: Server) -> None:
    server.answers["/old?secret=1"] = (302, {"Location": "/new", "X-Why": "moved"}, b"")
    server.answers["/new"] = (200, {"Content-Type": "image/png"}, b"the file")
    host = f"127.0.0.1:{server.port}"
    recording = Fetcher((host,), allow_private=True).record(f"http://{host}/old?secret=1")
    assert recording.body == b"the file"
    first, last = recording.hops
    assert (first.status, last.status) == (302, 200)
    assert ("X-Why", "moved") in first.witness.headers
    assert first.witness.request.startswith(b"GET /old?secret=1 HTTP/1.1\r\nHost: 127.0.0.1")
    assert last.witness.status_line == "HTTP/1.0 200 OK"
    assert last.witness.address == "127.0.0.1"
    assert last.witness.certificates == ()
    assert "the file" not in repr(recording)


def test_a_recording_goes_only_where_it_may(server: Server) -> None:
    host = f"127.0.0.1:{server.port}"
    server.answers["/away"] = (302, {"Location": f"http://localhost:{server.port}/"}, b"")
    with pytest.raises(NetworkError, match="private network"):
        Fetcher((host,)).record(f"http://{host}/")
    with pytest.raises(NetworkError, match="not allowed"):
        Fetcher(("example.org",)).record(f"http://{host}/")
    with pytest.raises(NetworkError, match="not allowed"):
        Fetcher((host,), allow_private=True).record(f"http://{host}/away")
    with pytest.raises(NetworkError, match="status 404"):
        Fetcher((host,), allow_private=True).record(f"http://{host}/none")


def test_a_recording_holds_the_servers_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    key = new_key()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    leaf = Leaf(
        subject=name("localhost"),
        purposes=(ExtendedKeyUsageOID.SERVER_AUTH,),
        extra=x509.Extension(names.oid, critical=False, value=names),
    )
    certificate = authority.issue(key, leaf)
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "server.pem").write_bytes(pem(certificate) + key_pem(key))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with contextlib.closing(Server(context)) as server:
        server.answers["/"] = (200, {}, b"the file")
        host = f"localhost:{server.port}"
        fetcher = Fetcher((host,), allow_private=True, resolve=lambda _host, _port: ["127.0.0.1"])
        (hop,) = fetcher.record(f"https://{host}/").hops
    assert hop.witness.certificates == tuple(
        one.public_bytes(serialization.Encoding.DER) for one in (certificate, authority.certificate)
    )
    assert (hop.witness.tls or "").startswith("TLSv1.3 ")
