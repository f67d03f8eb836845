"""A registry of one's own behind one's own service, over HTTPS.

It is believed, as any registry of one's own is: what others run is asked as a resolver instead
(`indelible.resolution`). It speaks the service's own paths, which carry whole records::

    PUT    {base}/records/{manifest id}                 204 new, or the very same; 409 another
    GET    {base}/records/{manifest id}                 200 one record, 404
    GET    {base}/records?alg=&value=&limit=            200 {"records": [...]}
    GET    {base}/records?alg=&value=&limit=&ids=true   200 {"ids": [...]}
    DELETE {base}/records/{manifest id}                 204, 404

Values are base64, records are as `indelible.registry.wire` writes them, ids are percent-encoded.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, urlencode

from indelible.errors import (
    NetworkError,
    NoRegistryError,
    NotOwnerError,
    RegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.network import Answer, Fetcher, Method
from indelible.registry.protocol import MAX_FOUND
from indelible.registry.record import Record, conflict
from indelible.registry.urls import RemoteUrl
from indelible.registry.wire import (
    MAX_RECORD_BYTES,
    MAX_RECORDS_BYTES,
    ids_from_json,
    record_from_json,
    record_to_json,
    records_from_json,
)
from indelible.secret import Secret

if TYPE_CHECKING:
    from indelible.registry.private.sealed import SealedRecord

__all__ = ["TOKEN_VARIABLE", "RemoteRegistry"]

T = TypeVar("T")

TOKEN_VARIABLE: Final = "INDELIBLE_REGISTRY_TOKEN"  # noqa: S105 - a name, not a secret

_JSON: Final = "application/json"
_TRIES: Final = 4
_FIRST_PAUSE: Final = 0.2  # seconds, doubled with each try
_LONGEST_PAUSE: Final = 5.0
_BUSY: Final = (429, 503)  # nothing was done, and nobody was too bold
_HINT_TOKEN: Final = (
    f"Give a token of the right scope: token=, {TOKEN_VARIABLE}, or the setting "
    "registry.token_file."
)


class RemoteRegistry:
    """A registry behind a service; `open_registry` makes one.

    Parameters
    ----------
    place : RemoteUrl
        Where it is, and how long a call may take in all.
    token : Secret, optional
        Bearer token; an empty one sends none. By default the environment variable
        ``INDELIBLE_REGISTRY_TOKEN`` has it, which is read where it is sent.

    Notes
    -----
    A call is repeated where that may help, within its time. Repeating `put` never registers twice:
    the manifest's id says that it is the same registration.
    """

    takes_sealed: Final = True
    """Whether `put` takes a sealed generation record along."""

    def __init__(self, place: RemoteUrl, token: Secret | None = None) -> None:
        self._place = place
        self._token = token
        self._fetcher = Fetcher(
            hosts=(place.host,),
            allow_private=True,  # whoever runs it named it
            timeout=place.timeout,
            max_bytes=MAX_RECORDS_BYTES,
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes; one that was given a token cannot."""
        return RemoteRegistry, (self._place, self._token)

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._place)

    def put(self, record: Record, *, private: SealedRecord | None = None) -> None:
        """Store a manifest and its binding, and what was sealed about it; see `Registry.put`.

        The owner is whoever the token belongs to, whatever the record says.
        """
        body = record_to_json(record, private)
        if len(body) > MAX_RECORD_BYTES:
            raise RegistryError(
                f"the record is too large to be sent: {len(body)} bytes",
                hint="Sign without the large parts of the history, or its thumbnails.",
            )
        url = self._record_url(record.manifest_id)
        attempt = _Attempt(self._place)
        while attempt.goes_on():
            answer = self._tried(
                attempt, "PUT", url, body=body, key=record.manifest_id, expected=(409,)
            )
            if answer is not None and answer.is_success:
                return
            if answer is not None and answer.status == 409:
                raise conflict(record)
            if attempt.unknown and self._is_there(record, attempt):
                return
        raise attempt.failure()

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return the records that an id leads to, the oldest first; see `Registry.find`."""
        answer = self._read(self._query_url(algorithm, payload, limit))
        return _understood(lambda: records_from_json(answer.body))[:limit]

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        answer = self._read(self._record_url(manifest_id), missing=True)
        if answer.status == 404:
            return None
        record, _ = _understood(lambda: record_from_json(answer.body))
        if record.manifest_id != manifest_id:
            raise RegistryUnavailableError("the registry answered about another manifest")
        return record

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is taken."""
        answer = self._read(self._query_url(algorithm, payload, 1) + "&ids=true")
        return bool(_understood(lambda: ids_from_json(answer.body)))

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; see `Registry.withdraw`."""
        attempt = _Attempt(self._place)
        url = self._record_url(manifest_id)
        while attempt.goes_on():
            answer = self._tried(attempt, "DELETE", url, expected=(404,))
            if answer is None:
                continue
            # What an earlier try removed is not there any more.
            return answer.is_success or attempt.unknown
        raise attempt.failure()

    def check(self, *, must_exist: bool = True) -> None:
        """Make sure that what is at the URL is a registry that can be asked.

        Raises
        ------
        NoRegistryError
            If somebody else answers there, and `must_exist`.
        RegistryUnavailableError
            If nobody does.
        """
        answer = self._read(f"{self._place.base}/services/status", missing=True)
        if answer.status == 404 and must_exist:
            raise NoRegistryError(
                f"there is no registry at {self._place.base}",
                hint="Its address ends with /v1, as `indelible serve` prints it.",
            )

    def __repr__(self) -> str:
        """Show where the registry is."""
        return f"RemoteRegistry({self.url!r})"

    # --- behind them ------------------------------------------------------------------------------

    def _record_url(self, manifest_id: str) -> str:
        return f"{self._place.base}/records/{quote(manifest_id, safe='')}"

    def _query_url(self, algorithm: str, payload: bytes, limit: int) -> str:
        value = base64.b64encode(payload).decode("ascii")
        asked = {"alg": algorithm, "value": value, "limit": str(limit)}
        return f"{self._place.base}/records?{urlencode(asked, quote_via=quote, safe='')}"

    def _secret(self) -> Secret | None:
        found = self._token
        if found is None:
            found = Secret(os.environ.get(TOKEN_VARIABLE, ""))
        return found if len(found) else None

    def _read(self, url: str, *, missing: bool = False) -> Answer:
        """Return an answer of success, or, where something may be `missing`, 404."""
        expected = (404,) if missing else ()
        attempt = _Attempt(self._place)
        while attempt.goes_on():
            answer = self._tried(attempt, "GET", url, expected=expected)
            if answer is not None:
                return answer
        raise attempt.unavailable()

    def _ask(
        self,
        method: Method,
        url: str,
        seconds: float,
        *,
        body: bytes | None = None,
        key: str | None = None,
    ) -> Answer:
        return self._fetcher.ask(
            method,
            url,
            body=body,
            content_type=None if body is None else _JSON,
            accept=_JSON,
            token=self._secret(),
            idempotency_key=key,
            timeout=seconds,
        )

    def _tried(
        self,
        attempt: _Attempt,
        method: Method,
        url: str,
        *,
        body: bytes | None = None,
        key: str | None = None,
        expected: tuple[int, ...] = (),
    ) -> Answer | None:
        """Ask once; return an answer of success or an expected one, None to ask again.

        Raises
        ------
        RegistryError
            If the registry refuses.
        """
        try:
            answer = self._ask(method, url, attempt.left, body=body, key=key)
        except NetworkError as error:
            attempt.failed(error.reason(), unknown=error.sent)
            return None
        if answer.is_success or answer.status in expected:
            return answer
        if answer.status in _BUSY:
            attempt.failed("it is busy", pause=answer.retry_after)
            return None
        if answer.status >= 500:
            attempt.failed(f"it answered with status {answer.status}", unknown=True)
            return None
        raise _refusal(answer.status, self._place.base)

    def _is_there(self, record: Record, attempt: _Attempt) -> bool:
        """Whether a registration of unknown outcome was made.

        Raises
        ------
        BindingConflictError
            If another record has its manifest's id.
        """
        try:
            url = self._record_url(record.manifest_id)
            answer = self._ask("GET", url, max(attempt.left, _FIRST_PAUSE))
            if not answer.is_success:
                return False
            found, _ = record_from_json(answer.body)
        except (NetworkError, RegistryError):
            return False
        if replace(found, owner=record.owner) != record:
            raise conflict(record)
        return True


class _Attempt:
    """Tries of one call: how many, for how long, and what the last one failed with."""

    def __init__(self, place: RemoteUrl) -> None:
        self._place = place
        self._deadline = time.monotonic() + place.timeout
        self._tries = 0
        self._pause = 0.0
        self._reason = "it took too long"
        self.unknown = False  # whether something may have been done

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self._deadline - time.monotonic())

    def goes_on(self) -> bool:
        """Wait for the next try; return whether there is one."""
        if self._tries:
            if self._tries >= _TRIES or self._pause >= self.left:
                return False
            time.sleep(self._pause)
        self._tries += 1
        return self.left > 0

    def failed(self, reason: str, *, unknown: bool = False, pause: float | None = None) -> None:
        """Note why a try failed."""
        self._reason = reason
        self.unknown = self.unknown or unknown
        doubled = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._tries - 1))
        self._pause = doubled if pause is None else max(pause, doubled)

    def failure(self) -> RegistryUnavailableError:
        """Return the error of a change that was not acknowledged."""
        if not self.unknown:
            return self.unavailable()
        return RegistryOutcomeUnknownError(
            f"the registry {self._place.base} may have done it or not: {self._reason}",
            hint="Ask for the record, repeat the call, or withdraw the record.",
        )

    def unavailable(self) -> RegistryUnavailableError:
        """Return the error of a question without an answer."""
        return RegistryUnavailableError(
            f"the registry {self._place.base} cannot be asked: {self._reason}"
        )


def _understood(read: Callable[[], T]) -> T:
    """Return what an answer says.

    Raises
    ------
    RegistryUnavailableError
        If it is none of a registry.
    """
    try:
        return read()
    except RegistryError as error:
        raise RegistryUnavailableError(
            f"the registry answered with something else: {error.message}",
            hint="Check its address, and that both sides are of one version.",
        ) from error


def _refusal(status: int, base: str) -> RegistryError:
    """Return the error of a request that need not be repeated."""
    if status == 401:
        return RegistryUnavailableError(f"the registry {base} asks for a token", hint=_HINT_TOKEN)
    if status == 403:
        return NotOwnerError(
            f"the registry {base} does not let this token do that", hint=_HINT_TOKEN
        )
    if status == 404:
        return NoRegistryError(
            f"there is no registry at {base}",
            hint="Its address ends with /v1, as `indelible serve` prints it.",
        )
    if status == 413:
        return RegistryError("the record is too large for the registry")
    return RegistryError(f"the registry {base} refuses the request with status {status}")
