"""The one module that opens outbound connections: fetch a file from an allowed host.

Addresses come from pictures and from people, and a server that follows them can be made to talk to
its own network. So a fetch here goes only to hosts that the caller lists, only over HTTP or HTTPS,
and only to addresses on the public internet, whatever the name resolves to: the address is checked
and then connected to, so that a name which resolves differently the second time changes nothing.
Redirects are followed by hand and checked again each time. No proxy is used, no credentials are
sent.

Time-stamp authorities and OCSP responders are the exception: the C2PA library contacts those by
itself, when a signer names one, or when OCSP is asked for.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from indelible.errors import NetworkError

__all__ = ["Fetcher"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver: TypeAlias = Callable[[str, int], list[str]]

_REDIRECTS = (301, 302, 303, 307, 308)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Beyond what the ipaddress module counts as private: carrier-grade NAT, and prefixes that carry an
# IPv4 address inside, which decides.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in ("100.64.0.0/10", "192.88.99.0/24", "2001::/32", "fec0::/10", "::/96")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


_MAX_ADDRESSES = 8  # of one host: who needs more tries than this is not there
_LOOKUP_SECONDS = 10.0


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


def _resolve_in_time(resolve: Resolver, host: str, port: int, seconds: float) -> list[str]:
    """Look a name up, for so many seconds at most: the system itself may take minutes.

    Raises
    ------
    OSError
        If that was not enough. The look-up goes on in its thread, whose answer nobody reads.
    """
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked
            answers.put(error)

    threading.Thread(target=look_up, name="indelible-dns", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("its name could not be looked up in time") from None
    if isinstance(answer, Exception):
        raise answer
    return list(dict.fromkeys(answer))[:_MAX_ADDRESSES]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches over HTTP from listed hosts.

    Attributes
    ----------
    hosts : tuple of str
        Allowed host names, exactly ("trust.example.org"), with a leading ``*.`` for any name
        below ("*.example.org"), or with a port ("example.org:8443"). Without a port only the
        scheme's own is allowed. None are allowed by default.
    allow_private : bool
        Let listed hosts be on private networks or this machine: for a mirror of one's own.
    timeout : float
        Seconds for the whole fetch.
    max_bytes : int
        Longest answer to accept.
    max_redirects : int
        How many redirects to follow.
    """

    hosts: tuple[str, ...] = ()
    allow_private: bool = False
    timeout: float = 20.0
    max_bytes: int = 16 * 1024 * 1024
    max_redirects: int = 3
    resolve: Resolver = field(default=_resolve, repr=False)

    @classmethod
    def of(cls, hosts: Iterable[str]) -> Fetcher:
        """Return a fetcher for `hosts`."""
        return cls(hosts=tuple(hosts))

    def get(self, url: str, *, accept: str = "*/*") -> bytes:
        """Return what lies at `url`.

        Raises
        ------
        NetworkError
            If the address is not allowed, or the server does not answer with the file.
        """
        deadline = time.monotonic() + self.timeout
        for _ in range(self.max_redirects + 1):
            target = _parse(url)
            self._check_host(target)
            status, location, body = self._request(target, accept, deadline)
            if status not in _REDIRECTS:
                if status != http.HTTPStatus.OK:
                    raise NetworkError(f"{_shown(target)} answered with status {status}")
                return body
            if not location:
                raise NetworkError(f"{_shown(target)} redirects to nowhere")
            url = _joined(url, location)
            if target.scheme == "https" and _parse(url).scheme != "https":
                raise NetworkError(f"{_shown(target)} redirects from https to an unsafe address")
        raise NetworkError(f"{_shown(_parse(url))} redirects more than {self.max_redirects} times")

    def _check_host(self, target: SplitResult) -> None:
        host = (target.hostname or "").rstrip(".").lower()
        port = _port(target)
        default = port == _DEFAULT_PORTS[target.scheme]
        if any(_allows(item.lower(), host, port, default=default) for item in self.hosts):
            return
        raise NetworkError(
            f"connecting to {host} is not allowed",
            hint="Only hosts that you list explicitly are contacted.",
        )

    def _addresses(self, target: SplitResult, deadline: float) -> list[str]:
        """Return all addresses of a host, each of them one that may be contacted."""
        host, port = target.hostname or "", _port(target)
        try:
            found = _resolve_in_time(self.resolve, host, port, deadline - time.monotonic())
        except (OSError, ValueError) as error:  # ValueError: no name at all
            raise NetworkError(f"the host {host} cannot be found: {error}") from error
        if not self.allow_private:
            for text in found:
                if not is_public(text):
                    raise NetworkError(
                        f"the host {host} lies on a private network or on this machine ({text})",
                        hint="Addresses from elsewhere are only followed to the public internet.",
                    )
        if not found:
            raise NetworkError(f"the host {host} has no address")
        return found

    def _request(
        self, target: SplitResult, accept: str, deadline: float
    ) -> tuple[int, str | None, bytes]:
        connection = self._connected(target, deadline)
        path = target.path or "/"
        # A server that sends a byte now and then would never run into the socket's own time-out.
        watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), connection.abort)
        watchdog.daemon = True
        watchdog.start()
        try:
            connection.request(
                "GET",
                f"{path}?{target.query}" if target.query else path,
                headers={"Accept": accept, "Accept-Encoding": "identity", "Connection": "close"},
            )
            with connection.getresponse() as answer:
                body = self._read(answer, target, deadline)
                location = answer.getheader("Location")
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() > deadline:
                raise self._too_long(target) from error
            raise NetworkError(f"fetching {_shown(target)} failed: {error}") from error
        finally:
            watchdog.cancel()
            connection.close()
        if time.monotonic() > deadline:  # what was read may end where it was broken off
            raise self._too_long(target)
        return answer.status, location, body

    def _connected(self, target: SplitResult, deadline: float) -> _Connection:
        """Return a connection to the first address that answers, each getting its share of time."""
        addresses = self._addresses(target, deadline)
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
            raise self._too_long(target)
        raise NetworkError(f"fetching {_shown(target)} failed: {failure}") from failure

    def _too_long(self, target: SplitResult) -> NetworkError:
        return NetworkError(f"{_shown(target)} took longer than {self.timeout} s")

    def _read(
        self, answer: http.client.HTTPResponse, target: SplitResult, deadline: float
    ) -> bytes:
        if answer.status != http.HTTPStatus.OK:
            return b""
        body = bytearray()
        while chunk := answer.read1(64 * 1024):
            body += chunk
            if len(body) > self.max_bytes:
                raise NetworkError(f"{_shown(target)} sent more than {self.max_bytes} bytes")
            if time.monotonic() > deadline:
                raise self._too_long(target)
        if answer.length:
            raise NetworkError(f"{_shown(target)} sent less than it announced")
        return bytes(body)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name that was asked for."""

    def __init__(self, target: SplitResult, address: str, timeout: float) -> None:
        super().__init__(target.hostname or "", _port(target), timeout=timeout)
        self._address = address
        self._secure = target.scheme == "https"

    def connect(self) -> None:
        """Connect to the checked address; for https, verify the certificate for the name."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def allow(self, seconds: float) -> None:
        """Set how long each read and write may take from now on."""
        self.timeout = max(0.01, seconds)
        self.sock.settimeout(self.timeout)

    def abort(self) -> None:
        """Break the connection off, from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def is_public_host(host: str, port: int) -> bool:
    """Whether a name resolves to addresses of the public internet only."""
    try:
        found = _resolve_in_time(_resolve, host, port, _LOOKUP_SECONDS)
    except (OSError, ValueError):
        return False
    return bool(found) and all(is_public(address) for address in found)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, in whatever spelling it hides."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner_address(address)
        if inner is not None:
            return is_public(str(inner))
    refused = any(address.version == net.version and address in net for net in _REFUSED)
    return (
        address.is_global and not address.is_multicast and not address.is_reserved and not refused
    )


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, if it stands for one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _NAT64_LOCAL:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _parse(url: str) -> SplitResult:
    if not url.isascii() or any(letter <= " " or letter in '\\"<>^`{|}' for letter in url):
        raise NetworkError("the address has characters that addresses do not have")
    try:
        target = urlsplit(url)
        _ = target.port
    except ValueError as error:
        raise NetworkError(f"the address cannot be read: {error}") from error
    if target.scheme not in _DEFAULT_PORTS or not target.hostname:
        raise NetworkError("the address is not an http or https URL")
    if target.username is not None or target.password is not None:
        raise NetworkError("the address carries a user name or password")
    return target


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise NetworkError(f"the redirect cannot be followed: {error}") from error


def _port(target: SplitResult) -> int:
    return _DEFAULT_PORTS[target.scheme] if target.port is None else target.port


def _allows(allowed: str, host: str, port: int, *, default: bool) -> bool:
    name = allowed
    if _has_port(allowed):
        name, _, only = allowed.rpartition(":")
        if str(port) != only:
            return False
    elif not default:
        return False
    return name.strip("[]") == host or (name.startswith("*.") and host.endswith(name[1:]))


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and (host.count(":") == 1 or host.startswith("["))


def _shown(target: SplitResult) -> str:
    """Return the address without its query, which may hold a secret."""
    return f"{target.scheme}://{target.netloc}{target.path}"
