"""The module that connects: one request to a host whose addresses were checked.

The address is checked and then connected to, so that a name which resolves differently the second
time changes nothing. No proxy is used.
"""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult

from indelible.errors import NetworkError
from indelible.network.addresses import is_public, port_of, shown
from indelible.secret import Secret

__all__ = [
    "Lookup",
    "RawAnswer",
    "Request",
    "Witness",
    "exchange",
    "is_public_host",
    "look_up",
]

Lookup: TypeAlias = Callable[[str, int], list[str]]

_MAX_ADDRESSES: Final = 8  # of one host: who needs more tries than this is not there
_LOOKUP_SECONDS: Final = 10.0
_MAX_ERROR_BYTES: Final = 16 * 1024  # of an answer that says why there is none
_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes
    ----------
    method : str
        "GET", "POST", ...
    target : SplitResult
        Where to.
    headers : mapping
        Besides those that every request has; no secret is among them.
    body : bytes or None
        What is sent along.
    token : Secret or None
        Bearer token.
    witnessed : bool
        Whether the answer is to tell how it came. Without a token only.
    """

    method: str
    target: SplitResult
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    token: Secret | None = None
    witnessed: bool = False


@dataclass(frozen=True, slots=True)
class Witness:
    """How an answer came.

    Attributes
    ----------
    address : str
        The IP address that answered.
    request : bytes
        What was sent, head and all.
    status_line : str
        The first line of the answer.
    headers : tuple of (str, str)
        All of the answer's headers, in their order.
    certificates : tuple of bytes
        The server's certificates in DER, its own first; empty without TLS.
    tls : str or None
        Version and cipher of TLS.
    """

    address: str
    request: bytes = field(repr=False)
    status_line: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    tls: str | None = None


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back.

    Attributes
    ----------
    status : int
        Of HTTP.
    headers : dict of str to str
        Content-Type, Location and Retry-After, those that are there, by their names in small
        letters.
    body : bytes
        Of an error 16 KiB at most.
    witness : Witness or None
        How it came, where the request asks for that.
    """

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    witness: Witness | None = None


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


def is_public_host(host: str, port: int) -> bool:
    """Whether a name resolves to addresses of the public internet only."""
    try:
        found = _look_up_in_time(look_up, host, port, _LOOKUP_SECONDS)
    except (OSError, ValueError):
        return False
    return bool(found) and all(is_public(address) for address in found)


def exchange(
    request: Request,
    deadline: float,
    *,
    timeout: float,
    max_bytes: int,
    allow_private: bool,
    lookup: Lookup,
) -> RawAnswer:
    """Send a request, and return the answer.

    Parameters
    ----------
    request : Request
        What to send.
    deadline : float
        When it has to be over, by `time.monotonic`.
    timeout : float
        How many seconds that were in all, for the message.
    max_bytes : int
        Longest answer to accept.
    allow_private : bool
        Whether the host may be on a private network or this machine.
    lookup : callable
        Returns a host's addresses.

    Raises
    ------
    NetworkError
        If there is no answer; it says whether the request may have arrived all the same.
    """
    target = request.target
    addresses = _addresses(target, deadline, lookup, allow_private=allow_private)
    connection = _connected(target, addresses, deadline, timeout)
    # A server that sends a byte now and then would never run into the socket's own time-out.
    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), connection.abort)
    watchdog.daemon = True
    watchdog.start()
    failure: Exception | None = None
    answer = None
    try:
        answer = _transfer(connection, request, max_bytes, deadline)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Its frames hold what was sent, a token too: reporters of errors write them down.
        failure = error.with_traceback(None)
    finally:
        watchdog.cancel()
        connection.close()
    if time.monotonic() > deadline:  # what was read may end where it was broken off
        raise _too_long(target, timeout, sent=True) from failure
    if answer is None:
        raise NetworkError(f"fetching {shown(target)} failed: {failure}", sent=True) from failure
    return answer


def _transfer(
    connection: _Connection, request: Request, max_bytes: int, deadline: float
) -> RawAnswer:
    target = request.target
    path = target.path or "/"
    headers = {"Accept-Encoding": "identity", "Connection": "close", **request.headers}
    if request.witnessed:
        connection.begin_witness()
    # Who refuses a request may do so before all of it was read, and close.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(
            request.method,
            f"{path}?{target.query}" if target.query else path,
            body=request.body,
            headers={**headers, **_authorization(request.token)},
        )
    with connection.getresponse() as answer:
        headers = {
            name: value
            for name in ("content-type", "location", "retry-after")
            if (value := answer.getheader(name)) is not None
        }
        witness = connection.witness(answer) if request.witnessed else None
        body = _read(answer, target, max_bytes, deadline)
        return RawAnswer(answer.status, headers, body, witness)


def _authorization(token: Secret | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token.reveal().decode('ascii')}"}


def _read(
    answer: http.client.HTTPResponse, target: SplitResult, max_bytes: int, deadline: float
) -> bytes:
    wanted = answer.status in _OK
    body = bytearray()
    while chunk := answer.read1(64 * 1024):
        body += chunk
        if not wanted and len(body) >= _MAX_ERROR_BYTES:
            return bytes(body[:_MAX_ERROR_BYTES])
        if wanted and len(body) > max_bytes:
            raise NetworkError(f"{shown(target)} sent more than {max_bytes} bytes", sent=True)
        if time.monotonic() > deadline:
            raise TimeoutError("it took too long")
    if answer.length and wanted:
        raise NetworkError(f"{shown(target)} sent less than it announced", sent=True)
    return bytes(body)


def _look_up_in_time(lookup: Lookup, host: str, port: int, seconds: float) -> list[str]:
    """Look a name up, for so many seconds at most: the system itself may take minutes.

    Raises
    ------
    OSError
        If that was not enough. The look-up goes on in its thread, whose answer nobody reads.
    """
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(lookup(host, port))
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked
            answers.put(error)

    threading.Thread(target=work, name="indelible-dns", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("its name could not be looked up in time") from None
    if isinstance(answer, Exception):
        raise answer
    return list(dict.fromkeys(answer))[:_MAX_ADDRESSES]


def _addresses(
    target: SplitResult, deadline: float, lookup: Lookup, *, allow_private: bool
) -> list[str]:
    """Return all addresses of a host, each of them one that may be contacted."""
    host, port = target.hostname or "", port_of(target)
    try:
        found = _look_up_in_time(lookup, host, port, deadline - time.monotonic())
    except (OSError, ValueError) as error:  # ValueError: no name at all
        raise NetworkError(f"the host {host} cannot be found: {error}") from error
    if not allow_private:
        for text in found:
            if not is_public(text):
                raise NetworkError(
                    f"the host {host} lies on a private network or on this machine ({text})",
                    hint="Addresses from elsewhere are only followed to the public internet.",
                )
    if not found:
        raise NetworkError(f"the host {host} has no address")
    return found


def _connected(
    target: SplitResult, addresses: list[str], deadline: float, timeout: float
) -> _Connection:
    """Return a connection to the first address that answers, each getting its share of time."""
    failure: Exception | None = None
    for index, address in enumerate(addresses):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection = _Connection(target, address, left / (len(addresses) - index))
        try:
            connection.connect()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            failure = error
            continue
        connection.allow(deadline - time.monotonic())
        return connection
    if failure is None:
        raise _too_long(target, timeout, sent=False)
    raise NetworkError(f"fetching {shown(target)} failed: {failure}") from failure


def _too_long(target: SplitResult, timeout: float, *, sent: bool) -> NetworkError:
    return NetworkError(f"{shown(target)} took longer than {timeout:g} s", sent=sent)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name that was asked for."""

    def __init__(self, target: SplitResult, address: str, timeout: float) -> None:
        super().__init__(target.hostname or "", port_of(target), timeout=timeout)
        self._address = address
        self._sent: bytearray | None = None  # kept where it is witnessed only: it may hold a token
        self._certificates: tuple[bytes, ...] = ()
        self._tls: str | None = None
        self._secure = target.scheme == "https"
        if self._secure:
            self.default_port = 443

    def connect(self) -> None:
        """Connect to the checked address; for https, verify the certificate for the name."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def begin_witness(self) -> None:
        """Note who is at the other end, and from now on what is sent.

        The answer's reader takes the socket over, so this has to come before.
        """
        self._sent = bytearray()
        self._certificates = _certificates(self.sock)
        if isinstance(self.sock, ssl.SSLSocket):
            name, *_ = self.sock.cipher() or ("",)
            self._tls = f"{self.sock.version()} {name}".strip()

    def send(self, data: Any) -> None:  # noqa: ANN401 - as the base says
        """Send a part of the request."""
        if self._sent is not None and isinstance(data, bytes):
            self._sent += data
        super().send(data)

    def witness(self, answer: http.client.HTTPResponse) -> Witness:
        """Return how an answer came."""
        version = "1.0" if answer.version == 10 else "1.1"
        return Witness(
            self._address,
            bytes(self._sent or b""),
            f"HTTP/{version} {answer.status} {answer.reason}".strip(),
            tuple(answer.getheaders()),
            self._certificates,
            self._tls,
        )

    def allow(self, seconds: float) -> None:
        """Set how long each read and write may take from now on."""
        self.timeout = max(0.01, seconds)
        self.sock.settimeout(self.timeout)

    def abort(self) -> None:
        """Break the connection off, from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _certificates(connected: object) -> tuple[bytes, ...]:
    """Return the certificates that a server showed, as they were verified, in DER."""
    if not isinstance(connected, ssl.SSLSocket):
        return ()
    if sys.version_info >= (3, 13):
        return tuple(connected.get_verified_chain())
    # Older Pythons have the chain, and offer only its first certificate by a public name.
    inner: Any = getattr(connected, "_sslobj", None)
    with suppress(AttributeError, TypeError, ValueError):
        return tuple(
            ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_verified_chain()
        )
    leaf = connected.getpeercert(binary_form=True)
    return () if leaf is None else (leaf,)
