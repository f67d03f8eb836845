"""Records of consent as JSON, between a registry behind the service and those who use it.

All of a record is public. Times are ISO 8601 with their zone, the fingerprint is as in
`indelible.registry.wire`::

    {"algorithm": "org.indelible.dft.2", "consent_id": "<hex>",
     "entries": {"cawg.ai_training": "notAllowed"}, "statement": "...", "owner": "..." or null,
     "created": "...", "until": "..." or null, "revoked_at": "..." or null,
     "revoked_reason": "..." or null, "manifest_id": "..." or null,
     "fingerprint": {"pdq": "<base64>", "quality": 100, "reference": "<base64>"} or null}

Several are ``{"consents": [...]}``. What is sent to be registered may name an ``account`` besides.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Final

from indelible.errors import RegistryError
from indelible.registry.consents import ConsentRecord
from indelible.registry.wire import fingerprint_from_plain, fingerprint_to_plain
from indelible.strict_json import parse_json

__all__ = [
    "MAX_CONSENT_BYTES",
    "consent_from_json",
    "consent_to_json",
    "consents_from_json",
    "consents_to_json",
]

MAX_CONSENT_BYTES: Final = 128 * 1024
"""Longest JSON text of one record."""

_MOST: Final = 16
_MAX_DEPTH: Final = 4
_TIMES: Final = ("created", "until", "revoked_at")
_TEXTS: Final = ("algorithm", "statement", "owner", "revoked_reason", "manifest_id")
_FIELDS: Final = frozenset({*_TIMES, *_TEXTS, "consent_id", "entries", "fingerprint"})


def consent_to_json(record: ConsentRecord, account: str | None = None) -> bytes:
    """Return a record, and on whose behalf it is to be registered, as a JSON text."""
    data = _plain(record)
    if account is not None:
        data["account"] = account
    return _text(data)


def consent_from_json(data: bytes) -> tuple[ConsentRecord, str | None]:
    """Read a record, and on whose behalf it is to be registered.

    Raises
    ------
    RegistryError
        If it is none, is too large, or holds what a record has not.
    """
    value = _parsed(data, MAX_CONSENT_BYTES)
    account = value.pop("account", None) if isinstance(value, dict) else None
    if account is not None and not isinstance(account, str):
        raise RegistryError("the account of a consent is text")
    return _record(value), account


def consents_to_json(records: Sequence[ConsentRecord]) -> bytes:
    """Return records as a JSON text."""
    return _text({"consents": [_plain(one) for one in records]})


def consents_from_json(data: bytes) -> list[ConsentRecord]:
    """Read records.

    Raises
    ------
    RegistryError
        If that is none of them, or something else.
    """
    value = _parsed(data, _MOST * MAX_CONSENT_BYTES)
    found = value.get("consents") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(found, list) or len(found) > _MOST:
        raise RegistryError("these are no records of consent")
    return [_record(one) for one in found]


def _plain(record: ConsentRecord) -> dict[str, Any]:
    times = {name: getattr(record, name) for name in _TIMES}
    return {
        "consent_id": record.consent_id.hex(),
        "entries": dict(record.entries),
        **{name: getattr(record, name) for name in _TEXTS},
        **{name: None if time is None else time.isoformat() for name, time in times.items()},
        "fingerprint": fingerprint_to_plain(record.fingerprint),
    }


def _record(value: object) -> ConsentRecord:
    if not isinstance(value, dict) or not set(value) <= _FIELDS:
        raise RegistryError("it is no record of consent")
    fields = dict(value)
    try:
        return ConsentRecord(
            consent_id=bytes.fromhex(fields.pop("consent_id")),
            fingerprint=fingerprint_from_plain(fields.pop("fingerprint", None)),
            created=dt.datetime.fromisoformat(fields.pop("created")),
            until=_time(fields.pop("until", None)),
            revoked_at=_time(fields.pop("revoked_at", None)),
            **fields,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryError("it is no record of consent") from error


def _time(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def _parsed(data: bytes, most: int) -> object:
    try:
        return parse_json(data, max_bytes=most, max_depth=_MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"it is no JSON of a record of consent: {error}") from error


def _text(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
