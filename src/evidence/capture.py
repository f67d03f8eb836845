"""How a picture was obtained: a file that was given, or an address that was fetched."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from indelible import files
from indelible.credentials.signers.chains import UNREADABLE
from indelible.errors import ArgumentError
from indelible.evidence.facts import CaptureFacts, Obtained
from indelible.evidence.packing import timestamp
from indelible.imaging import Encoded, Limits
from indelible.languages import say
from indelible.network import Fetcher, Hop, Recording

__all__ = ["Captured", "fetched", "given"]

_MOST_LETTERS: Final = 300  # of who did it
_SECONDS: Final = 60.0
CLOCK: Final = say("this computer's own clock, which nobody vouches for")


@dataclass(frozen=True, slots=True)
class Captured:
    """The picture's bytes, and where they come from.

    Attributes
    ----------
    data : bytes
        The whole file.
    name : str
        What it was called.
    facts : CaptureFacts
        How it was obtained.
    hops : tuple of Hop
        The servers' answers, where it was fetched.
    """

    data: bytes = field(repr=False)
    name: str
    facts: CaptureFacts
    hops: tuple[Hop, ...] = ()

    def to_dict(self, sha256: str) -> dict[str, Any]:
        """Return what ``capture/capture.json`` says."""
        facts = self.facts
        return {
            "sha256": sha256,
            "how": facts.how,
            "at": timestamp(facts.at),
            "clock": str(facts.clock),
            "url": facts.url,
            "operator": facts.operator,
            "tool": facts.tool,
            "answers": [_described(hop) for hop in self.hops],
        }

    def certificates(self) -> bytes:
        """Return the certificates of the server that sent the picture, in PEM."""
        if not self.hops:
            return b""
        found = _readable(self.hops[-1])
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in found)


def given(
    picture: Encoded,
    *,
    name: str | None,
    how: Obtained,
    url: str | None,
    operator: str | None,
    tool: str,
    at: dt.datetime,
    limits: Limits,
) -> Captured:
    """Return a picture that was given as a file.

    Parameters
    ----------
    picture : path, bytes-like or binary stream
        The encoded picture.
    name : str, optional
        What it was called; by default the path's own name.
    how : {"file", "page"}
        From whom.
    url : str, optional
        Where it is said to be shown; nothing is fetched.
    operator : str, optional
        Who gives it.
    tool : str
        What takes it.
    at : datetime
        When; aware.
    limits : Limits
        What the file may demand.

    Raises
    ------
    ImageError
        If it cannot be read.
    ArgumentError
        If a text is none.
    """
    data = files.read_bytes(picture, limits=limits)
    if name is None:
        name = Path(picture).name if isinstance(picture, str | os.PathLike) else ""
    facts = CaptureFacts(
        how=how,
        at=at,
        clock=CLOCK,
        url=None if url is None else _address(url),
        tool=tool,
        operator=_operator(operator),
    )
    return Captured(data, name, facts)


def fetched(
    url: str,
    *,
    fetcher: Fetcher | None,
    hosts: Sequence[str],
    operator: str | None,
    tool: str,
    at: dt.datetime,
    limits: Limits,
) -> Captured:
    """Fetch a picture from its address, which is what allows its host to be asked.

    Parameters
    ----------
    url : str
        The address; a redirect to another host is followed only where `hosts` has that.
    fetcher : Fetcher, optional
        How to fetch; by default from the public internet, from the hosts that are named alone.
    hosts : sequence of str
        Further hosts.
    operator, tool, at, limits
        As for `given`.

    Raises
    ------
    NetworkError
        If it may not, or cannot, be fetched.
    """
    target = urlsplit(_address(url))
    if fetcher is None:
        host = target.netloc if target.port is not None else (target.hostname or "")
        fetcher = Fetcher((host, *hosts), timeout=_SECONDS, max_bytes=limits.max_bytes)
    recording: Recording = fetcher.record(url, accept="image/*,*/*;q=0.5")
    last = recording.hops[-1]
    facts = CaptureFacts(
        how="fetched",
        at=at,
        clock=CLOCK,
        url=url,
        headers=last.witness.headers,
        status=last.status,
        certificates=tuple(_words(one) for one in _readable(last)),
        tool=tool,
        operator=_operator(operator),
    )
    name = unquote(urlsplit(last.url).path.rpartition("/")[2])
    return Captured(recording.body, name, facts, recording.hops)


def _described(hop: Hop) -> dict[str, Any]:
    witness = hop.witness
    return {
        "url": hop.url,
        "address": witness.address,
        "status": hop.status,
        "status_line": witness.status_line,
        "headers": [list(pair) for pair in witness.headers],
        "request": witness.request.decode("latin-1"),
        "tls": witness.tls,
        "certificates": [_words(one) for one in _readable(hop)],
    }


def _readable(hop: Hop) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(one) for one in hop.witness.certificates]
    except UNREADABLE:
        return []


def _words(certificate: x509.Certificate) -> str:
    print_ = certificate.fingerprint(hashes.SHA256()).hex()
    return f"{certificate.subject.rfc4514_string()}, SHA-256 {print_}"


def _address(url: str) -> str:
    try:
        target = urlsplit(url)
        known = target.scheme in ("http", "https") and bool(target.hostname)
        known = known and target.username is None and target.password is None
        _ = target.port
    except ValueError:
        known = False
    if not known or not url.isprintable() or len(url) > 8192:
        raise ArgumentError(
            "url",
            "That is no web address, or one with a user's name or password in it.",
            hint="An address begins with https:// or http://.",
        )
    return url


def _operator(name: str | None) -> str | None:
    if name is None:
        return None
    if not name.strip() or len(name) > _MOST_LETTERS or not name.isprintable():
        raise ArgumentError(
            "operator",
            f"A name is one line of at most {_MOST_LETTERS} letters.",
            hint="Shorten it.",
        )
    return name
