"""The picture as a web archive has it: WARC 1.1 (ISO 28500), an index (CDXJ), a list of pages.

Readers of WACZ files replay what these three say. A picture that was fetched stands as the requests
and answers that were exchanged; one that was given as a file, as a resource of its own.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from indelible.evidence.layout import INDEX, PAGES, WARC, json_line
from indelible.evidence.packing import timestamp
from indelible.network import Hop

__all__ = ["Archived", "archive_parts"]

_CODED: Final = ("transfer-encoding", "content-encoding")
"""Headers of how the body travelled: it is kept as it is without."""


@dataclass(frozen=True, slots=True)
class Archived:
    """What is archived.

    Attributes
    ----------
    url : str or None
        Where the picture was fetched; None for a file.
    name : str
        What it is called.
    media_type : str
        Of `body`.
    body : bytes or None
        The picture, or what stands for it; None where it may not be kept.
    hops : tuple of Hop
        The answers, where it was fetched; they are archived where `body` is the picture.
    at : datetime
        When.
    sha256 : str
        Of the picture.
    """

    url: str | None
    name: str
    media_type: str
    body: bytes | None = field(repr=False)
    hops: Sequence[Hop]
    at: dt.datetime
    sha256: str


def archive_parts(what: Archived, *, software: str, plain: bool) -> dict[str, bytes]:
    """Return the archive, its index and its pages, by their paths.

    Parameters
    ----------
    what : Archived
        What to put into it.
    software : str
        What writes it.
    plain : bool
        Whether `body` is the picture itself: else the answers are told without their bodies.
    """
    writer = _Writer(what.at, what.sha256)
    writer.add(
        "warcinfo",
        {"WARC-Filename": WARC.rpartition("/")[2], "Content-Type": "application/warc-fields"},
        f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode(),
    )
    entries: list[bytes] = []
    fallback = f"urn:indelible:evidence:{quote(what.name)}"
    for hop in what.hops:
        entries.extend(_exchange(writer, hop, what, plain=plain))
    address = (what.hops[-1].url if what.hops else None) or what.url or fallback
    if what.body is not None and not (plain and what.hops):
        head = {"WARC-Target-URI": fallback, "Content-Type": what.media_type}
        place = writer.add("resource", head, what.body)
        entries.append(_line(fallback, writer, place, what.media_type, what.body, 200))
        address = fallback
    page = {
        "id": "picture",
        "url": address,
        "ts": timestamp(what.at),
        "title": what.name,
        "size": len(what.body or b""),
    }
    head_line = {"format": "json-pages-1.0", "id": "pages", "title": "Pictures"}
    return {
        WARC: bytes(writer.data),
        INDEX: b"".join(sorted(entries)) or b"\n",
        PAGES: json_line(head_line) + json_line(page),
    }


def _exchange(writer: _Writer, hop: Hop, what: Archived, *, plain: bool) -> list[bytes]:
    """Archive one request and its answer; return the answer's line of the index."""
    witness = hop.witness
    last = hop is what.hops[-1]
    body = (what.body or b"") if last and plain else b""
    lines = [witness.status_line, *(f"{_kept(name)}: {value}" for name, value in witness.headers)]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    common = {"WARC-Target-URI": hop.url, "WARC-IP-Address": witness.address}
    told = last and not plain  # the head alone: the body may not be here
    if told:
        place = writer.add("metadata", {**common, "Content-Type": "application/http"}, head)
        writer.add("request", _request(common, place), witness.request)
        return []
    fields = {
        **common,
        "Content-Type": "application/http; msgtype=response",
        "WARC-Payload-Digest": _digest(body),
    }
    place = writer.add("response", fields, head + body)
    writer.add("request", _request(common, place), witness.request)
    media_type = next((v for n, v in witness.headers if n.lower() == "content-type"), "unk")
    return [_line(hop.url, writer, place, media_type.partition(";")[0], body, hop.status)]


def _request(common: dict[str, str], place: _Place) -> dict[str, str]:
    kind = "application/http; msgtype=request"
    return {**common, "WARC-Concurrent-To": f"<{place.id}>", "Content-Type": kind}


def _kept(name: str) -> str:
    """Return a header's name; of how the body travelled, in a form that no reader obeys."""
    return f"X-Archive-Orig-{name}" if name.lower() in _CODED else name


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a record lies in the archive."""

    id: str
    start: int
    size: int


class _Writer:
    """Writes records one after the other; their ids follow from the picture and their number."""

    def __init__(self, at: dt.datetime, sha256: str) -> None:
        self.data = bytearray()
        self.at = at
        self._seed = sha256
        self._count = 0

    def add(self, kind: str, fields: dict[str, str], content: bytes) -> _Place:
        self._count += 1
        name = f"{self._seed}/{self._count}/{timestamp(self.at)}"
        id_ = uuid.uuid5(uuid.NAMESPACE_URL, name).urn
        head = {
            "WARC-Type": kind,
            "WARC-Record-ID": f"<{id_}>",
            "WARC-Date": timestamp(self.at),
            **fields,
            "WARC-Block-Digest": _digest(content),
            "Content-Length": str(len(content)),
        }
        lines = ["WARC/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        start = len(self.data)
        self.data += "\r\n".join(lines).encode() + content + b"\r\n\r\n"
        return _Place(id_, start, len(self.data) - start)


def _digest(data: bytes) -> str:
    return f"sha256:{base64.b32encode(hashlib.sha256(data).digest()).decode()}"


def _line(
    url: str, writer: _Writer, place: _Place, media_type: str, body: bytes, status: int
) -> bytes:
    """Return a record's line of the index (CDXJ): key, time, and the rest in JSON."""
    values: dict[str, Any] = {
        "url": url,
        "mime": media_type,
        "status": str(status),
        "digest": _digest(body),
        "length": str(place.size),
        "offset": str(place.start),
        "filename": WARC.rpartition("/")[2],
    }
    return f"{_key(url)} {writer.at.astimezone(dt.UTC):%Y%m%d%H%M%S} ".encode() + json_line(values)


def _key(url: str) -> str:
    """Return an address in the order that indexes are sorted by: ``org,example)/path``."""
    target = urlsplit(url)
    if not target.hostname:
        return url.lower()
    host = ",".join(reversed(target.hostname.lower().removeprefix("www.").split(".")))
    port = "" if target.port is None else f":{target.port}"
    query = f"?{target.query}" if target.query else ""
    return f"{host}{port}){target.path or '/'}{query}".lower()
