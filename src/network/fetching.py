"""Requests to listed hosts: a file that is fetched, a service that is asked.

Redirects are followed by hand, and each is checked as the first address was. What is sent along, a
body or a token, never goes to another host than the one that it was meant for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult

from indelible.errors import NetworkError
from indelible.network._connection import (
    Lookup,
    RawAnswer,
    Request,
    Witness,
    exchange,
    look_up,
)
from indelible.network.addresses import is_listed, joined, origin_of, parse, shown
from indelible.secret import Secret

__all__ = ["Answer", "Fetcher", "Hop", "Method", "Recording"]

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_SAME_METHOD: Final = (307, 308)  # the redirects that ask for the very same request
_OK: Final = 200
_TOKEN: Final = re.compile(rb"[!-~]{1,8192}")
_MOST_SECONDS: Final = 86_400.0  # that a server may ask to be left alone: longer says "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes
    ----------
    status : int
        Of HTTP.
    body : bytes
        Of an error 16 KiB at most.
    content_type : str
        Media type in small letters, without parameters; empty where none is said.
    retry_after : float or None
        Seconds after which to ask again, where that was said in seconds.
    url : str
        Who answered: another address than the one that was asked after a redirect.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    retry_after: float | None = None
    url: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way to a file, and how it came.

    Attributes
    ----------
    url : str
        What was asked for.
    status : int
        Of HTTP.
    witness : Witness
        Address, request, headers and certificates.
    """

    url: str
    status: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that was fetched, and every answer on the way to it; see `Fetcher.record`.

    Attributes
    ----------
    hops : tuple of Hop
        Redirects in their order, then the answer that held the file.
    body : bytes
        The file.
    """

    hops: tuple[Hop, ...]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Talks HTTP with listed hosts.

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
    resolve: Lookup = field(default=look_up, repr=False)

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
        answer = self.ask("GET", url, accept=accept)
        if answer.status != _OK:
            raise NetworkError(f"{shown(parse(answer.url))} answered with status {answer.status}")
        return answer.body

    def ask(
        self,
        method: Method,
        url: str,
        *,
        body: bytes | None = None,
        content_type: str | None = None,
        accept: str = "*/*",
        token: Secret | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        max_bytes: int | None = None,
    ) -> Answer:
        """Send a request, and return the answer, whatever its status.

        Parameters
        ----------
        method : "GET", "POST", "PUT" or "DELETE"
            What to do.
        url : str
            Where.
        body : bytes, optional
            What to send along.
        content_type : str, optional
            Its media type.
        accept : str
            Media types to ask for.
        token : Secret, optional
            Bearer token, for whoever `url` names and nobody else.
        idempotency_key : str, optional
            What tells a repeated request from a second one.
        timeout, max_bytes : optional
            Less than the fetcher's own.

        Raises
        ------
        NetworkError
            If the address is not allowed, or there is no answer. Its `sent` says whether the
            request may have been received all the same.
        """
        seconds = self.timeout if timeout is None else min(timeout, self.timeout)
        limit = self.max_bytes if max_bytes is None else min(max_bytes, self.max_bytes)
        deadline = time.monotonic() + seconds
        named = {
            "Accept": accept,
            "Content-Type": content_type,
            "Idempotency-Key": idempotency_key,
        }
        headers = {name: value for name, value in named.items() if value is not None}
        if token is not None and not _TOKEN.fullmatch(token.reveal()):
            raise NetworkError("the token has characters that tokens do not have")
        bound = body is not None or token is not None or method != "GET"
        for _ in range(self.max_redirects + 1):
            target = parse(url)
            self._check_host(target)
            request = Request(method, target, headers, body, token)
            answer = self._send(request, deadline, seconds, limit)
            if answer.status not in _REDIRECTS:
                return _answer(answer, url)
            url = _redirected(request, answer, url, bound=bound)
        raise NetworkError(f"{shown(parse(url))} redirects more than {self.max_redirects} times")

    def record(self, url: str, *, accept: str = "*/*") -> Recording:
        """Return what lies at `url`, with all that the servers said on the way to it.

        Raises
        ------
        NetworkError
            As `get`.
        """
        deadline = time.monotonic() + self.timeout
        hops: list[Hop] = []
        for _ in range(self.max_redirects + 1):
            target = parse(url)
            self._check_host(target)
            request = Request("GET", target, {"Accept": accept}, witnessed=True)
            answer = self._send(request, deadline, self.timeout, self.max_bytes)
            if answer.witness is not None:
                hops.append(Hop(url, answer.status, answer.witness))
            if answer.status == _OK:
                return Recording(tuple(hops), answer.body)
            if answer.status not in _REDIRECTS:
                raise NetworkError(f"{shown(target)} answered with status {answer.status}")
            url = _redirected(request, answer, url, bound=False)
        raise NetworkError(f"{shown(parse(url))} redirects more than {self.max_redirects} times")

    def _send(self, request: Request, deadline: float, timeout: float, limit: int) -> RawAnswer:
        return exchange(
            request,
            deadline,
            timeout=timeout,
            max_bytes=limit,
            allow_private=self.allow_private,
            lookup=self.resolve,
        )

    def _check_host(self, target: SplitResult) -> None:
        if not is_listed(target, self.hosts):
            raise NetworkError(
                f"connecting to {(target.hostname or '').rstrip('.').lower()} is not allowed",
                hint="Only hosts that you list explicitly are contacted.",
            )


def _redirected(request: Request, answer: RawAnswer, url: str, *, bound: bool) -> str:
    """Return where a redirect leads, if it may be followed.

    Raises
    ------
    NetworkError
        If it leads nowhere, from https to http, or if a request that is `bound` to its host is to
        go to another, or to become another one.
    """
    target, location = request.target, answer.headers.get("location")
    if not location:
        raise NetworkError(f"{shown(target)} redirects to nowhere")
    url = joined(url, location)
    new = parse(url)
    if target.scheme == "https" and new.scheme != "https":
        raise NetworkError(f"{shown(target)} redirects from https to an unsafe address")
    if bound:
        if origin_of(new) != origin_of(target):
            raise NetworkError(
                f"{shown(target)} redirects to another host, where what was sent does not belong",
                hint="If that is where it lives now, name that address.",
            )
        if request.method != "GET" and answer.status not in _SAME_METHOD:
            raise NetworkError(f"{shown(target)} redirects to something else than was asked for")
    return url


def _answer(raw: RawAnswer, url: str) -> Answer:
    media_type = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(
        raw.status, raw.body, media_type, _seconds(raw.headers.get("retry-after", "")), url
    )


def _seconds(text: str) -> float | None:
    """Read Retry-After where it is a number; a date is not worth the trouble."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return min(float(text), _MOST_SECONDS)
