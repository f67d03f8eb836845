"""A registry of one's own behind one's own service, over HTTPS.

It is believed, as any registry of one's own is: what others run is asked as a resolver instead
(`indelible.resolution`). It speaks the service's own paths, which carry whole records::

    PUT    {base}/records/{manifest id}                 204 new, or the very same; 409 another
    GET    {base}/records/{manifest id}                 200 one record, 404
    GET    {base}/records?alg=&value=&limit=            200 {"records": [...]}
    GET    {base}/records?alg=&value=&limit=&ids=true   200 {"ids": [...]}
    DELETE {base}/records/{manifest id}                 204, 404

and those of `indelible.registry.remote_consents`.

Values are base64, records are as `indelible.registry.wire` writes them, ids are percent-encoded.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from indelible.errors import (
    NetworkError,
    NoRegistryError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry.protocol import MAX_FOUND
from indelible.registry.record import Record, conflict
from indelible.registry.remote_consents import RemoteConsents
from indelible.registry.remote_line import FIRST_PAUSE, Attempt, Line, understood
from indelible.registry.urls import RemoteUrl
from indelible.registry.wire import (
    MAX_RECORD_BYTES,
    ids_from_json,
    record_from_json,
    record_to_json,
    records_from_json,
)
from indelible.secret import Secret

if TYPE_CHECKING:
    from indelible.registry.private.sealed import SealedRecord

__all__ = ["RemoteRegistry"]


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
        self._line = Line(place, token)
        self._base = place.base

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes; one that was given a token cannot."""
        return RemoteRegistry, (self._line.place, self._line.token)

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._line.place)

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
        attempt = self._line.attempt()
        while attempt.goes_on():
            answer = self._line.tried(
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
        answer = self._line.read(self._query_url(algorithm, payload, limit))
        return understood(lambda: records_from_json(answer.body))[:limit]

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        answer = self._line.read(self._record_url(manifest_id), missing=True)
        if answer.status == 404:
            return None
        record, _ = understood(lambda: record_from_json(answer.body))
        if record.manifest_id != manifest_id:
            raise RegistryUnavailableError("the registry answered about another manifest")
        return record

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is taken."""
        answer = self._line.read(self._query_url(algorithm, payload, 1) + "&ids=true")
        return bool(understood(lambda: ids_from_json(answer.body)))

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; see `Registry.withdraw`."""
        attempt = self._line.attempt()
        url = self._record_url(manifest_id)
        while attempt.goes_on():
            answer = self._line.tried(attempt, "DELETE", url, expected=(404,))
            if answer is None:
                continue
            # What an earlier try removed is not there any more.
            return answer.is_success or attempt.unknown
        raise attempt.failure()

    @property
    def consents(self) -> RemoteConsents:
        """Its records of consent."""
        return RemoteConsents(self._line)

    def check(self, *, must_exist: bool = True) -> None:
        """Make sure that what is at the URL is a registry that can be asked.

        Raises
        ------
        NoRegistryError
            If somebody else answers there, and `must_exist`.
        RegistryUnavailableError
            If nobody does.
        """
        answer = self._line.read(f"{self._base}/services/status", missing=True)
        if answer.status == 404 and must_exist:
            raise NoRegistryError(
                f"there is no registry at {self._base}",
                hint="Its address ends with /v1, as `indelible serve` prints it.",
            )

    def __repr__(self) -> str:
        """Show where the registry is."""
        return f"RemoteRegistry({self.url!r})"

    # --- behind them ------------------------------------------------------------------------------

    def _record_url(self, manifest_id: str) -> str:
        return f"{self._base}/records/{quote(manifest_id, safe='')}"

    def _query_url(self, algorithm: str, payload: bytes, limit: int) -> str:
        value = base64.b64encode(payload).decode("ascii")
        asked = {"alg": algorithm, "value": value, "limit": str(limit)}
        return f"{self._base}/records?{urlencode(asked, quote_via=quote, safe='')}"

    def _is_there(self, record: Record, attempt: Attempt) -> bool:
        """Whether a registration of unknown outcome was made.

        Raises
        ------
        BindingConflictError
            If another record has its manifest's id.
        """
        try:
            url = self._record_url(record.manifest_id)
            answer = self._line.ask("GET", url, max(attempt.left, FIRST_PAUSE))
            if not answer.is_success:
                return False
            found, _ = record_from_json(answer.body)
        except (NetworkError, RegistryError):
            return False
        if replace(found, owner=record.owner) != record:
            raise conflict(record)
        return True
