"""Talking with one server of the Resolution API about one picture."""

from __future__ import annotations

import base64
import json
import math
import re
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from indelible.errors import NetworkError
from indelible.network import Answer, Fetcher
from indelible.network.addresses import is_listed, joined, origin_of, parse
from indelible.network.fetching import Method
from indelible.resolution.answers import (
    MAX_JSON_BYTES,
    Match,
    read_capabilities,
    read_manifest,
    read_matches,
    read_well_known,
)
from indelible.resolution.question import Binding
from indelible.secret import Secret

__all__ = ["MAX_MANIFEST_BYTES", "Conversation", "Place"]

MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
_WELL_KNOWN: Final = "/.well-known/c2pa-soft-binding-resolution"
_VERSIONED: Final = re.compile(r"/v[0-9]+")
_RENEW: Final = 3600.0  # seconds after which a host is asked anew where its API is
_MOST_WANTED: Final = 10  # matches: the document's default
_LONGEST_IN_URL: Final = 512  # bytes of a value; the document has POST for what is larger
_BY_CONTENT: Final = "queryByContent"
_JSON: Final = "application/json"


@dataclass(slots=True)
class Place:
    """Where a server's API was found: kept from picture to picture, for a while.

    Attributes
    ----------
    base : str
        Base address of the API, without a slash at its end.
    capabilities : str or None
        Where it says what it can do, if it said where.
    found : float
        When, by `time.monotonic`.
    silent : int
        How many pictures in a row it kept waiting in vain.
    left_alone_until : float
        Before this time, by `time.monotonic`, it is not asked again.
    """

    base: str = ""
    capabilities: str | None = None
    found: float = -_RENEW
    silent: int = 0
    left_alone_until: float = -math.inf

    @property
    def is_fresh(self) -> bool:
        """Whether it need not be looked for again."""
        return bool(self.base) and time.monotonic() - self.found < _RENEW


class Conversation:
    """What is asked of one resolver about one picture, in a limited time.

    Parameters
    ----------
    address : str
        The resolver's.
    fetcher : Fetcher
        Which hosts may be asked, and for how long in all.
    place : Place
        Where its API is; filled in when that is found.
    token : Secret or None
        Bearer token, for the host of `address` alone.

    Notes
    -----
    Every method raises `NetworkError` where there is no answer, or one that is none of the API.
    """

    def __init__(
        self, address: str, fetcher: Fetcher, place: Place, token: Secret | None = None
    ) -> None:
        self._address = address
        self._fetcher = fetcher
        self._place = place
        self._token = token
        self._deadline = time.monotonic() + fetcher.timeout

    def by_binding(self, binding: Binding) -> tuple[Match, ...]:
        """Ask which manifests an id leads to."""
        value = base64.b64encode(binding.value).decode("ascii")
        base = f"{self._base()}/matches/byBinding"
        most = {"maxResults": str(_MOST_WANTED)}
        if len(binding.value) <= _LONGEST_IN_URL:
            query = urlencode({"alg": binding.algorithm, "value": value, **most}, quote_via=quote)
            answer = self._ask("GET", f"{base}?{query}")
            if answer.status not in (405, 414):
                return read_matches(_successful(answer))
        asked = json.dumps({"alg": binding.algorithm, "value": value}).encode("ascii")
        return read_matches(
            _successful(
                self._ask(
                    "POST",
                    f"{base}?{urlencode(most)}",
                    body=asked,
                    content_type=_JSON,
                )
            )
        )

    def takes_pictures(self) -> bool | None:
        """Ask whether it answers about pictures; None where it does not say, as older ones."""
        base = self._base()
        where = self._place.capabilities or f"{base}/services/capabilities"
        answer = self._ask("GET", where)
        if not answer.is_success:
            return None
        try:
            return _BY_CONTENT in read_capabilities(answer)
        except NetworkError:  # a page for everybody who looks for what is not there
            return None

    def by_content(self, picture: bytes, media_type: str) -> tuple[Match, ...]:
        """Send the picture, and ask which manifests it leads to."""
        return read_matches(
            _successful(
                self._ask(
                    "POST",
                    f"{self._base()}/matches/byContent?maxResults={_MOST_WANTED}",
                    body=picture,
                    content_type=media_type,
                )
            )
        )

    def manifest(self, match: Match, *, max_bytes: int = MAX_MANIFEST_BYTES) -> bytes:
        """Fetch what may be the manifest of a match.

        One that lies at another server is fetched there only if that host is listed.
        """
        base, own = self._base(), True
        if match.endpoint is not None:
            target = parse(match.endpoint)
            if target.scheme != "https" and parse(base).scheme == "https":
                raise NetworkError("it names another server, at an unsafe address")
            if not is_listed(target, self._fetcher.hosts):
                raise NetworkError(
                    f"it names another server, {target.hostname}, which nobody said may be asked",
                    hint="Ask that one, too.",
                )
            base, own = match.endpoint.rstrip("/"), match.endpoint.rstrip("/") == base
        url = f"{base}/manifests/{quote(match.manifest_id, safe='')}"
        answer = self._ask(
            "GET", url, accept="application/c2pa", max_bytes=max_bytes, with_token=own
        )
        return read_manifest(_successful(answer))

    def _base(self) -> str:
        """Return the base address of the API; the host is asked for it once in a while."""
        place = self._place
        if not place.is_fresh:
            # Two threads may find the same at the same time, which does no harm.
            place.base, place.capabilities = self._find_api()
            place.found = time.monotonic()
        return place.base

    def _find_api(self) -> tuple[str, str | None]:
        address = self._address
        target = parse(address)
        path = target.path.rstrip("/")
        if _VERSIONED.fullmatch(path[path.rfind("/") :] if path else ""):
            return address, None
        if not path:
            told = self._told(address)
            return (f"{address}/v1", None) if told is None else told
        # Where a folder is named, the API is there or below: who answers at all is the one.
        below = self._ask("GET", f"{address}/v1/services/supportedAlgorithms")
        return (address if below.status == 404 else f"{address}/v1"), None

    def _told(self, address: str) -> tuple[str, str | None] | None:
        """Return where the host says that its API is, if it says so.

        Raises
        ------
        NetworkError
            If that is a host that is not listed.
        """
        answer = self._ask("GET", address + _WELL_KNOWN)
        if not answer.is_success:
            return None
        try:
            known = read_well_known(answer)
            base = joined(address, known.endpoint).rstrip("/")
            target = parse(base)
        except NetworkError:  # a page for everybody who looks for what is not there
            return None
        if target.query or target.fragment:
            return None
        if parse(address).scheme == "https" != target.scheme:
            raise NetworkError("its API is at an unsafe address, by what it says")
        if not is_listed(target, self._fetcher.hosts):
            raise NetworkError(
                f"its API is at {target.hostname}, by what it says, which nobody said may be asked",
                hint="Ask that address.",
            )
        takes = None if known.capabilities is None else joined(address, known.capabilities)
        return base, takes

    def _ask(
        self,
        method: Method,
        url: str,
        *,
        accept: str = _JSON,
        body: bytes | None = None,
        content_type: str | None = None,
        max_bytes: int = MAX_JSON_BYTES,
        with_token: bool = True,
    ) -> Answer:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NetworkError(f"it took longer than {self._fetcher.timeout:g} s")
        return self._fetcher.ask(
            method,
            url,
            body=body,
            content_type=content_type,
            accept=accept,
            token=self._token if with_token and self._is_own(url) else None,
            timeout=left,
            max_bytes=max_bytes,
        )

    def _is_own(self, url: str) -> bool:
        """Whether an address is on the host that was given, for which the token is."""
        return origin_of(parse(url)) == origin_of(parse(self._address))


def _successful(answer: Answer) -> Answer:
    """Return an answer that is one.

    Raises
    ------
    NetworkError
        If the status is none of success, in words.
    """
    if answer.is_success:
        return answer
    wait = "" if answer.retry_after is None else f" for {answer.retry_after:.0f} s"
    known = {
        400: "it does not take the question",
        401: "it asks for a token",
        403: "it does not answer us",
        404: "it does not have that",
        413: "the picture is too large for it",
        415: "it takes no pictures of this kind",
        429: f"it asks to be left alone{wait}",
        503: f"it is busy{wait}",
    }
    raise NetworkError(known.get(answer.status, f"it answered with status {answer.status}"))
