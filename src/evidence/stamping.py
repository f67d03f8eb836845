"""Time stamps (RFC 3161): somebody else says that these bytes existed at a time.

Who asks names the authority; the request holds a hash and a random number, nothing else. An answer
counts where it is about these bytes and this request, and its signature leads to a root: of a list
of time-stamp authorities, one that was given, or else the one that came with the answer, which says
so. Whether a court believes the authority (eIDAS, article 42: a *qualified* one) is for the reader.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from indelible import extras
from indelible.credentials import Trust
from indelible.credentials.signers.chains import UNREADABLE, load_chain
from indelible.credentials.trust.time_stamps import in_order, stamping_chain
from indelible.errors import ArgumentError, CertificateError, IndelibleError, NetworkError
from indelible.network import Fetcher

__all__ = ["MOST_AUTHORITIES", "Stamp", "check_urls", "stamp"]

MOST_AUTHORITIES: Final = 8

_MOST_BYTES: Final = 64 * 1024  # of an answer; real ones have 2 to 8 kB
_SECONDS: Final = 20.0
_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one authority answered.

    Attributes
    ----------
    url : str
        Who was asked.
    reason : str or None
        Why there is no time stamp; None where there is one.
    query, reply : bytes
        Request and answer, as files of RFC 3161; empty where there is none.
    at : datetime or None
        The authority's time, UTC.
    authority : str or None
        Its certificate's name.
    root : str or None
        How its root is known: the name of a list, "given", or "came with the time stamp".
    chain : bytes
        Its certificates and the root, in PEM, the signer's first.
    """

    url: str
    reason: str | None = None
    query: bytes = field(default=b"", repr=False)
    reply: bytes = field(default=b"", repr=False)
    at: dt.datetime | None = None
    authority: str | None = None
    root: str | None = None
    chain: bytes = field(default=b"", repr=False)

    @property
    def granted(self) -> bool:
        """Whether there is a time stamp."""
        return self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """Return what is said of it, as JSON-ready data."""
        return {
            "authority_address": self.url,
            "state": "granted" if self.granted else "failed",
            "reason": self.reason,
            "authority": self.authority,
            "time": None if self.at is None else self.at.isoformat(),
            "root": self.root,
        }


def check_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """Return addresses of authorities, each once.

    Raises
    ------
    ArgumentError
        If one is no http or https address, or there are more than `MOST_AUTHORITIES`.
    """
    found = tuple(dict.fromkeys(urls))
    if len(found) > MOST_AUTHORITIES:
        raise ArgumentError(
            "time_stamps", f"{len(found)} authorities are too many.", hint="Name 8 at most."
        )
    for url in found:
        if not url.startswith(("http://", "https://")) or "@" in urlsplit(url).netloc:
            raise ArgumentError(
                "time_stamps",
                "An authority's address begins with http:// or https:// and names nobody.",
                hint="For example http://timestamp.digicert.com.",
            )
    return found


def stamp(
    data: bytes, urls: Sequence[str], *, trust: Trust, roots: bytes | None = None
) -> tuple[Stamp, ...]:
    """Ask each authority to stamp bytes, one after the other.

    Parameters
    ----------
    data : bytes
        What they stamp; only its SHA-256 is sent.
    urls : sequence of str
        The authorities, as `check_urls` returns them. Each may be on this machine or network.
    trust : Trust
        Its lists of time-stamp authorities are roots.
    roots : bytes, optional
        More of them, in PEM.

    Returns
    -------
    tuple of Stamp
        One for each, in their order; one that failed says why.

    Raises
    ------
    MissingDependencyError
        If there is an authority to ask, and `rfc3161-client` is not installed.
    """
    if not urls:
        return ()
    client = extras.load(
        "rfc3161_client", extra="evidence", missing="time stamps need the package rfc3161-client"
    )
    known = _roots(trust, roots)
    return tuple(_asked(client, data, url, known) for url in urls)


def _roots(trust: Trust, given: bytes | None) -> list[tuple[str, x509.Certificate]]:
    found = [] if given is None else [("given", one) for one in load_chain(given)]
    for one in trust.lists:
        if one.kind == "tsa":
            try:
                found.extend((one.name, certificate) for certificate in one.certificates())
            except CertificateError:
                continue
    return found


def _asked(
    client: Any,  # noqa: ANN401 - a module
    data: bytes,
    url: str,
    known: Iterable[tuple[str, x509.Certificate]],
) -> Stamp:
    try:
        query = _query(client, data)
        reply = _reply(url, query.as_bytes())
        return _checked(client, url, query, reply, data, known)
    except (IndelibleError, client.VerificationError, *UNREADABLE) as error:
        reason = error.reason() if isinstance(error, IndelibleError) else str(error)
        return Stamp(url, reason=reason.split(": ErrorStack")[0] or type(error).__name__)


def _query(client: Any, data: bytes) -> Any:  # noqa: ANN401 - the library's own
    builder = client.TimestampRequestBuilder().data(data)
    return builder.hash_algorithm(client.HashAlgorithm.SHA256).build()


def _reply(url: str, query: bytes) -> bytes:
    fetcher = Fetcher(
        (_host(url),), allow_private=True, timeout=_SECONDS, max_bytes=_MOST_BYTES, max_redirects=0
    )
    answer = fetcher.ask("POST", url, body=query, content_type=_QUERY, accept=_REPLY)
    if not answer.is_success:
        raise NetworkError(f"the authority answered with status {answer.status}")
    return answer.body


def _host(url: str) -> str:
    target = urlsplit(url)
    return target.netloc if target.port is not None else target.hostname or ""


def _checked(
    client: Any,  # noqa: ANN401 - a module
    url: str,
    query: Any,  # noqa: ANN401 - the library's own
    reply: bytes,
    data: bytes,
    known: Iterable[tuple[str, x509.Certificate]],
) -> Stamp:
    """Return the time stamp in an answer.

    Raises
    ------
    ValueError, VerificationError
        If it is none, is about something else, or its signature leads to no root.
    """
    ordered = in_order(reply)
    response = client.decode_timestamp_response(ordered)
    if response.status not in (0, 1):
        raise ValueError(f"the authority refused: {'; '.join(response.status_string) or 'no why'}")
    chain = stamping_chain(reply)
    if not chain:
        raise ValueError("the answer does not hold the authority's certificate")
    token = response.tst_info
    if token.message_imprint.message != hashlib.sha256(data).digest():
        raise ValueError("the answer is about something else")
    root, certificate = _led_to(client, response, query, data, chain, known)
    held = dict.fromkeys([*chain, certificate])
    at: dt.datetime = token.gen_time
    return Stamp(
        url,
        query=query.as_bytes(),
        reply=reply,
        at=at.astimezone(dt.UTC),
        authority=chain[0].subject.rfc4514_string(),
        root=root,
        chain=b"".join(one.public_bytes(serialization.Encoding.PEM) for one in held),
    )


def _led_to(
    client: Any,  # noqa: ANN401 - a module
    response: Any,  # noqa: ANN401 - the library's own
    query: Any,  # noqa: ANN401 - the library's own
    data: bytes,
    chain: Sequence[x509.Certificate],
    known: Iterable[tuple[str, x509.Certificate]],
) -> tuple[str, x509.Certificate]:
    """Return the root that the signature leads to, and how it is known."""
    issuers = {one.issuer for one in chain}
    own = [("came with the time stamp", one) for one in chain if one.issuer == one.subject]
    candidates = [(name, one) for name, one in known if one.subject in issuers or one in chain]
    failure: Exception | None = None
    for name, one in [*candidates, *own]:
        builder = client.VerifierBuilder(
            roots=[one], intermediates=list(chain), nonce=query.nonce, policy_id=query.policy
        )
        try:
            builder.build().verify_message(response, data)
        except client.VerificationError as error:
            failure = error
        else:
            return name, one
    if failure is not None:
        raise failure
    raise ValueError("its certificates lead to no root that is known here: name it (--tsa-ca)")
