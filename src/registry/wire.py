"""Records as JSON: what goes between a registry behind the service and those who use it.

A record is one object; binary fields are base64, the time is ISO 8601 with its zone::

    {"manifest_id": "urn:c2pa:...", "algorithm": "org.indelible.dft.2", "payload": "<base64>",
     "manifest_store": "<base64>", "media_type": "image/jpeg", "generator": "Acme Images" or null,
     "created": "2026-11-26T09:00:00.000000+00:00", "picture_sha256": "<hex>" or null,
     "width": 640 or null, "height": 480 or null, "store_sha256": "<hex>", "owner": "..." or null,
     "status": "live" | "withdrawn" | "erased", "status_reason": "..." or null,
     "fingerprint": {"pdq": "<base64>", "quality": 100, "reference": "<base64>"} or null}

What is sent to be registered may hold one more, ``"private": {"sealed": "<base64>", "tokens":
["<base64>", ...]}``: who had the picture made, encrypted by who sends it. Several records are
``{"records": [...]}``, ids alone ``{"ids": [...]}``.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

from indelible.choices import RecordStatus
from indelible.errors import RegistryError
from indelible.registry.record import Record, StoredFingerprint, has_its_hash
from indelible.strict_json import parse_json

if TYPE_CHECKING:
    from indelible.registry.private.sealed import SealedRecord

__all__ = [
    "MAX_RECORDS_BYTES",
    "MAX_RECORD_BYTES",
    "MAX_SEALED_BYTES",
    "MAX_STORE_BYTES",
    "MOST_TOKENS",
    "fingerprint_from_plain",
    "fingerprint_to_plain",
    "ids_from_json",
    "ids_to_json",
    "record_from_json",
    "record_to_json",
    "records_from_json",
    "records_to_json",
]

MAX_STORE_BYTES: Final = 24 * 1024 * 1024
"""Largest manifest store: as much as a registry's row takes."""

MAX_SEALED_BYTES: Final = 1024 * 1024
"""Largest sealed generation record."""

MOST_TOKENS: Final = 4096
"""Tokens of the inputs in a generation record, 16 bytes each."""

MAX_RECORD_BYTES: Final = (MAX_STORE_BYTES + MAX_SEALED_BYTES) * 4 // 3 + 1024 * 1024
"""Longest JSON text of one record."""

MAX_RECORDS_BYTES: Final = 2 * MAX_RECORD_BYTES
"""Longest JSON text of several: as much as a registry finds at once."""

_MAX_DEPTH: Final = 5
_MAX_TEXT: Final = 4096  # characters
_MAX_VALUE: Final = 4096  # bytes of a binding's value
_MOST_RECORDS: Final = 1000
_MAX_SIDE: Final = 2**31 - 1
_TOKEN_BYTES: Final = 16
_MAX_REFERENCE: Final = 4096
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS: Final = frozenset({
    "manifest_id", "algorithm", "payload", "manifest_store", "media_type", "generator", "created",
    "picture_sha256", "width", "height", "store_sha256", "owner", "status", "status_reason",
    "fingerprint",
})  # fmt: skip


def record_to_json(record: Record, private: SealedRecord | None = None) -> bytes:
    """Return a record, and what was sealed about it, as a JSON text."""
    data = _plain(record)
    if private is not None:
        data["private"] = {
            "sealed": _encoded(private.sealed),
            "tokens": [_encoded(token) for token in private.tokens],
        }
    return _text(data)


def record_from_json(data: bytes) -> tuple[Record, SealedRecord | None]:
    """Read a record, and what was sealed about it.

    Raises
    ------
    RegistryError
        If it is none, is too large, holds what a record has not, or its store has not its hash.
    """
    value = _parsed(data, MAX_RECORD_BYTES)
    private = value.pop("private", None) if isinstance(value, dict) else None
    return _record(value), None if private is None else _sealed(private)


def records_to_json(records: Sequence[Record]) -> bytes:
    """Return records as a JSON text."""
    return _text({"records": [_plain(one) for one in records]})


def records_from_json(data: bytes) -> list[Record]:
    """Read records.

    Raises
    ------
    RegistryError
        If that is none of them, or something else.
    """
    return [_record(one) for one in _listed(data, "records", MAX_RECORDS_BYTES)]


def ids_to_json(ids: Sequence[str]) -> bytes:
    """Return manifests' ids as a JSON text."""
    return _text({"ids": list(ids)})


def ids_from_json(data: bytes) -> list[str]:
    """Read manifests' ids.

    Raises
    ------
    RegistryError
        If that is none of them, or something else.
    """
    return [_string(one, "ids") for one in _listed(data, "ids", MAX_RECORDS_BYTES)]


# --- writing --------------------------------------------------------------------------------------


def _plain(record: Record) -> dict[str, Any]:
    return {
        "manifest_id": record.manifest_id,
        "algorithm": record.algorithm,
        "payload": _encoded(record.payload),
        "manifest_store": _encoded(record.manifest_store),
        "media_type": record.media_type,
        "generator": record.generator,
        "created": record.created.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "picture_sha256": record.picture_sha256,
        "width": record.width,
        "height": record.height,
        "store_sha256": record.store_sha256,
        "owner": record.owner,
        "status": record.status,
        "status_reason": record.status_reason,
        "fingerprint": fingerprint_to_plain(record.fingerprint),
    }


def fingerprint_to_plain(looks: StoredFingerprint | None) -> dict[str, Any] | None:
    """Return a fingerprint as JSON-ready data."""
    if looks is None:
        return None
    return {
        "pdq": _encoded(looks.pdq),
        "quality": looks.quality,
        "reference": _encoded(looks.reference),
    }


def _text(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# --- reading --------------------------------------------------------------------------------------


def _parsed(data: bytes, limit: int) -> Any:  # noqa: ANN401 - checked by who asks
    try:
        return parse_json(data, max_bytes=limit, max_depth=_MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"a record cannot be read: {_short(error)}") from error


def _listed(data: bytes, name: str, limit: int) -> list[Any]:
    value = _parsed(data, limit)
    if not isinstance(value, dict) or set(value) != {name} or not isinstance(value[name], list):
        raise RegistryError(f"there are no {name} in the answer")
    items: list[Any] = value[name]
    if len(items) > _MOST_RECORDS:
        raise RegistryError(f"there are {len(items)} {name}, more than anybody asks for")
    return items


def _record(value: Any) -> Record:  # noqa: ANN401
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise RegistryError("a record has not the fields of one")
    store = _bytes(value["manifest_store"], "manifest_store", MAX_STORE_BYTES)
    status = value["status"]
    if status not in get_args(RecordStatus):
        raise RegistryError("a record's status is none")
    read = Record(
        manifest_id=_string(value["manifest_id"], "manifest_id"),
        algorithm=_string(value["algorithm"], "algorithm"),
        payload=_bytes(value["payload"], "payload", _MAX_VALUE),
        manifest_store=store,
        media_type=_string(value["media_type"], "media_type"),
        generator=_optional(value["generator"], "generator"),
        created=_time(value["created"]),
        picture_sha256=_hash(value["picture_sha256"], "picture_sha256"),
        width=_side(value["width"], "width"),
        height=_side(value["height"], "height"),
        owner=_optional(value["owner"], "owner"),
        status=status,
        status_reason=_optional(value["status_reason"], "status_reason"),
        store_sha256=_hash(value["store_sha256"], "store_sha256") or "",
        fingerprint=fingerprint_from_plain(value["fingerprint"]),
    )
    if not has_its_hash(read):
        raise RegistryError("a record's manifest store has not its hash")
    return read


def _sealed(value: Any) -> SealedRecord:  # noqa: ANN401
    # Whoever only looks records up does not wait for cryptography to be loaded.
    from indelible.registry.private.sealed import SealedRecord  # noqa: PLC0415

    if not isinstance(value, dict) or set(value) != {"sealed", "tokens"}:
        raise RegistryError("a sealed record has not the fields of one")
    tokens = value["tokens"]
    if not isinstance(tokens, list) or len(tokens) > MOST_TOKENS:
        raise RegistryError("a sealed record's tokens are none")
    read = [_bytes(one, "token", _TOKEN_BYTES) for one in tokens]
    if any(len(one) != _TOKEN_BYTES for one in read):
        raise RegistryError("a sealed record's token has not 16 bytes")
    return SealedRecord(_bytes(value["sealed"], "sealed", MAX_SEALED_BYTES), tuple(read))


def fingerprint_from_plain(value: Any) -> StoredFingerprint | None:  # noqa: ANN401
    """Return the fingerprint in such data.

    Raises
    ------
    RegistryError
        If it is none.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"pdq", "quality", "reference"}:
        raise RegistryError("a fingerprint has not the fields of one")
    if type(value["quality"]) is not int:
        raise RegistryError("a fingerprint's quality is no whole number")
    reference = _bytes(value["reference"], "reference", _MAX_REFERENCE)
    return StoredFingerprint(_bytes(value["pdq"], "pdq", 32), value["quality"], reference)


def _bytes(value: object, name: str, most: int) -> bytes:
    if not isinstance(value, str) or len(value) > (most + 2) // 3 * 4:
        raise RegistryError(f"a record's {name} is no base64, or too long")
    try:
        data = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise RegistryError(f"a record's {name} is no base64") from error
    if len(data) > most:
        raise RegistryError(f"a record's {name} is too long")
    return data


def _string(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or "\0" in value:
        raise RegistryError(f"a record's {name} is no text, or too long")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RegistryError(f"a record's {name} is not valid Unicode") from error
    return value


def _optional(value: object, name: str) -> str | None:
    return None if value is None else _string(value, name)


def _hash(value: object, name: str) -> str | None:
    if value is not None and not (isinstance(value, str) and _HASH.fullmatch(value)):
        raise RegistryError(f"a record's {name} is no SHA-256")
    return value


def _side(value: object, name: str) -> int | None:
    if value is not None and not (type(value) is int and 0 <= value <= _MAX_SIDE):
        raise RegistryError(f"a record's {name} is no size")
    return value


def _time(value: object) -> dt.datetime:
    try:
        read = dt.datetime.fromisoformat(_string(value, "created"))
        return read.astimezone(dt.UTC) if read.tzinfo is not None else read
    except (ValueError, OverflowError) as error:
        raise RegistryError("a record's created is no time") from error


def _short(error: Exception) -> str:
    """Return a parser's message without what it quotes."""
    return str(error).partition(":")[0][:80]
