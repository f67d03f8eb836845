"""The records of consent of a registry behind a service.

::

    GET  {base}/consents/{algorithm}/{id}             200 {"consents": [...]}: one, or none
    PUT  {base}/consents/{algorithm}/{id}             204 new, or the very same; 409 another
    POST {base}/consents/{algorithm}/{id}/withdrawal  200 the record, 403, 404

Ids are hexadecimal; `indelible.registry.consent_wire` has the records. Looking up takes no token
where the service allows that, registering and withdrawing one of the scope ``store:consents``.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from indelible.errors import BindingConflictError, NoRecordError, RegistryError
from indelible.registry.remote_line import Line, understood

if TYPE_CHECKING:
    from indelible.registry.consents import ConsentRecord

__all__ = ["RemoteConsents"]


class RemoteConsents:
    """Records of consent over HTTPS; `RemoteRegistry.consents` returns them.

    Parameters
    ----------
    line : Line
        To the service.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    def put(self, record: ConsentRecord, *, account: str | None = None) -> None:
        """Register a record; see `ConsentRecords.put`. Repeating it registers nothing twice."""
        from indelible.registry.consent_wire import consent_to_json  # noqa: PLC0415 - the database's

        body = consent_to_json(record, account)
        attempt = self._line.attempt()
        url = self._url(record.algorithm, record.consent_id)
        while attempt.goes_on():
            answer = self._line.tried(attempt, "PUT", url, body=body, expected=(409,))
            if answer is None:
                continue
            if answer.status == 409:
                raise BindingConflictError(
                    f"the registry already holds the consent {record.consent_id.hex()}",
                    hint="Draw another id.",
                )
            return
        raise attempt.failure()

    def find(self, algorithm: str, consent_id: bytes) -> list[ConsentRecord]:
        """Return the records under the id of a consent mark: one, or none."""
        from indelible.registry.consent_wire import consents_from_json  # noqa: PLC0415 - as above

        answer = self._line.read(self._url(algorithm, consent_id))
        found = understood(lambda: consents_from_json(answer.body))
        if any((one.algorithm, one.consent_id) != (algorithm, consent_id) for one in found):
            raise RegistryError("the registry answered about another consent")
        return found

    def withdraw(
        self, algorithm: str, consent_id: bytes, *, reason: str, account: str | None = None
    ) -> ConsentRecord:
        """Withdraw a record, and return it as it is now; see `ConsentRecords.withdraw`."""
        from indelible.registry.consent_wire import consent_from_json  # noqa: PLC0415 - as above

        asked = {"reason": reason, **({} if account is None else {"account": account})}
        url = f"{self._url(algorithm, consent_id)}/withdrawal"
        attempt = self._line.attempt()
        while attempt.goes_on():
            answer = self._line.tried(
                attempt, "POST", url, body=json.dumps(asked).encode(), expected=(404,)
            )
            if answer is None:
                continue
            if answer.status == 404:
                raise NoRecordError(f"the registry holds no consent {consent_id.hex()}")
            return understood(functools.partial(consent_from_json, answer.body))[0]
        raise attempt.failure()

    def _url(self, algorithm: str, consent_id: bytes) -> str:
        return f"{self._line.place.base}/consents/{quote(algorithm, safe='')}/{consent_id.hex()}"
