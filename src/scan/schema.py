"""The columns of a scan's results: one table that writers, engines, readers and the docs go by.

`SCHEMA_VERSION` grows with every change; within a version columns keep their names, types and
meanings. pyarrow is loaded where a schema is made: importing this module needs no extra.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from indelible import extras

__all__ = [
    "COLUMNS",
    "INPUT_COLUMNS",
    "NAMES",
    "SCHEMA_VERSION",
    "VERSION_KEY",
    "Column",
    "ddl_schema",
    "fits",
    "input_schema",
    "pyarrow",
    "schema",
    "version_of",
]

SCHEMA_VERSION: Final = 1
"""Version of the columns; a file names it in its metadata, under `VERSION_KEY`."""

VERSION_KEY: Final = b"indelible.scan"


class Column(NamedTuple):
    """One column.

    Attributes
    ----------
    name : str
    type : str
        ``string``, ``bool``, ``int32``, ``int64``, ``float32``, ``float64``, ``timestamp`` (UTC,
        microseconds) or ``list<string>``.
    meaning : str
        What a value says; and when there is none.
    required : bool
        Whether every row has a value.
    """

    name: str
    type: str
    meaning: str
    required: bool = False


COLUMNS: Final = (
    Column("scan_id", "string", "which scan this row is of", required=True),
    Column("uri", "string", "the picture's file or address, or that of what holds it", True),
    Column("member", "string", "its name in an archive, or its row in a Parquet file; else none"),
    Column("size", "int64", "bytes of the picture's file; none where it could not be read"),
    Column("sha256", "string", "hash of these bytes, hexadecimal"),
    Column(
        "duplicate_of",
        "string",
        "the earlier picture with the same bytes (`uri`, or `uri::member`), whose answers these "
        "are: it was verified once",
    ),
    Column("media_type", "string", "by the content, never by the name"),
    Column("width", "int32", "px, as stored, before EXIF orientation"),
    Column("height", "int32", "px"),
    # The verdict, and the origin that it rests on.
    Column(
        "verdict",
        "string",
        "one of the words of [verdicts.md](verdicts.md); none for an error, and with "
        "`--only watermark`",
    ),
    Column("reasons", "list<string>", "the sentences that led to it"),
    Column("complete", "bool", "false where a registry or resolvers that failed might change it"),
    Column("origin_where", "string", "`manifest` or `recovered`: which manifest speaks for it"),
    Column("origin_standing", "string", "`trusted`, `untrusted` or `broken`: a fact, or a claim"),
    Column("origin_generator", "string", "what made it, by that manifest"),
    Column("origin_signer", "string", "who signed that manifest"),
    Column("origin_source_type", "string", "its digital source type"),
    Column("origin_time", "string", "when it was signed, ISO 8601, by that manifest"),
    Column("origin_manifest_id", "string", "id of that manifest"),
    # The manifest in the file: integrity and trust are two things.
    Column(
        "credential_state",
        "string",
        "`trusted`, `valid`, `invalid`, `absent` or `unreadable`; none where not looked at",
    ),
    Column(
        "credential_integrity",
        "string",
        "`intact`, `changed`, `broken`, `absent` or `unreadable`",
    ),
    Column("credential_standing", "string", "`trusted`, `untrusted` or `broken`"),
    Column("credential_failures", "list<string>", "codes of what fails in the active manifest"),
    Column("credential_manifest_id", "string", "id of the active manifest"),
    Column("credential_signer", "string", "who signed it; a claim unless its standing is trusted"),
    Column("credential_issuer", "string", "who issued the signer's certificate"),
    Column("credential_trusted", "bool", "whether a trust list vouches for the signer"),
    Column("credential_trusted_by", "string", "which list"),
    Column("credential_development", "bool", "whether the signer is a development identity"),
    Column("credential_expired", "bool", "whether the certificate expired, with no time stamp"),
    Column("credential_generator", "string", "what made the claim"),
    Column("credential_source_type", "string", "digital source type"),
    Column("credential_time", "string", "when it was signed, ISO 8601"),
    Column("credential_timestamped", "bool", "whether a trusted authority stamped that time"),
    # Whether anything says that AI was at work, and who says so.
    Column("ai_claimed", "bool", "whether anything says that AI made or edited it"),
    Column("ai_kind", "string", "`generated` or `edited`"),
    Column("ai_by", "string", "who says so"),
    Column("ai_where", "string", "`manifest`, `ingredient`, `recovered` or `metadata`"),
    Column("ai_standing", "string", "`trusted`, `untrusted`, `broken` or `metadata`"),
    # The pixels.
    Column("watermark_state", "string", "`found`, `not_found` or `not_checked`"),
    Column("watermark_found", "bool", "none where not checked"),
    Column("watermark_payload", "string", "the id, 16 hexadecimal digits"),
    Column(
        "watermark_false_positive_probability",
        "float64",
        "bound on the chance that an unmarked picture gives this, over the whole search",
    ),
    Column("watermark_key_id", "string", "which key found it"),
    Column("watermark_algorithm", "string", "which carrier"),
    Column("watermark_area", "float32", "share of the picture that carries it, 0 to 1"),
    Column("watermark_regions_gone", "bool", "whether it is missing in a part of the picture"),
    Column("watermark_others", "list<string>", "ids of marks beside it"),
    Column("watermark_reason", "string", "why it was not checked"),
    Column("consent_ids", "list<string>", "ids of consent marks"),
    Column("consent_standings", "list<string>", "what each of them comes to"),
    # Where the id led.
    Column("registry_state", "string", "`not_asked`, `unknown`, `found` or `unavailable`"),
    Column("registry_manifest_id", "string", "the manifest under the id"),
    Column("registry_status", "string", "`live`, `withdrawn` or `erased`; none where none is held"),
    Column("registry_standing", "string", "`trusted`, `untrusted` or `broken`"),
    Column("registry_generator", "string", "what made the registered picture"),
    Column("registry_signer", "string", "who signed the registered manifest"),
    Column("registry_reason", "string", "why it was not asked, or failed"),
    Column("resolver", "string", "the server of others whose manifest the verdict goes by"),
    Column("resolver_states", "list<string>", "what each resolver that was to be asked answered"),
    # What it looks like.
    Column("fingerprint_state", "string", "`not_checked`, `match`, `mismatch` or `unclear`"),
    Column("fingerprint_score", "float32", "correlation of details with the original, 0 to 1"),
    Column("resembles", "list<string>", "manifests of registered pictures that it looks like"),
    Column("pdq", "string", "PDQ hash, 64 hexadecimal digits"),
    Column("pdq_quality", "int32", "0 to 100; below 50 it matches too much"),
    # Of a scan that looks for copies (`--find`): the best match; none where it is no copy.
    Column("match_kind", "string", "`exact`, `watermark`, `pdq` or `reference`: what told it"),
    Column("match_query", "string", "the picture, or the list, that it is a copy of"),
    Column("match_entry", "string", "which entry: a picture's SHA-256, or a list's PDQ hash"),
    Column("match_distance", "int32", "bits in which the PDQ hashes differ, 0 to 256"),
    Column("match_orientation", "string", "how it is turned or mirrored, by PDQ: `flip_x`"),
    Column("match_score", "float32", "correlation of details with the picture, 0 to 1"),
    Column(
        "match_confirmed",
        "bool",
        "whether both, laid upon each other, show the same; none where that cannot be told, and "
        "of a list",
    ),
    # What went wrong, how long it took, and by what.
    Column("error_type", "string", "name of the error; none where the picture was verified"),
    Column("error", "string", "what went wrong, in a sentence"),
    Column("error_hint", "string", "what can be done about it"),
    Column("read_ms", "float32", "reading the bytes; for a member, its part of the stream"),
    Column("credential_ms", "float32", "the manifest"),
    Column("watermark_ms", "float32", "decoding, and looking for marks"),
    Column("registry_ms", "float32", "asking the registry"),
    Column("fingerprint_ms", "float32", "comparing with the original; and the PDQ hash"),
    Column("total_ms", "float32", "all but the reading"),
    Column("engine_version", "string", "version of Indelible", required=True),
    Column("scanned_at", "timestamp", "when this row was made", required=True),
)
"""The columns, in their order."""

NAMES: Final = tuple(column.name for column in COLUMNS)

INPUT_COLUMNS: Final = ("uri", "member", "content", "error_type", "error")
"""What `scan_batch` takes, see there; all but ``uri`` may be missing."""


def pyarrow(module: str = "pyarrow") -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return pyarrow, or a module of it.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    missing = "Scanning many pictures needs the package pyarrow."
    return extras.load(module, extra="scan", missing=missing)


@cache
def schema() -> Any:  # noqa: ANN401 - as above
    """Return the columns as a ``pyarrow.Schema``, with the version in its metadata."""
    pa = pyarrow()
    types = {
        "timestamp": pa.timestamp("us", tz="UTC"),
        "list<string>": pa.list_(pa.field("element", pa.string(), nullable=False)),
    }
    fields = [
        pa.field(
            one.name, types.get(one.type) or getattr(pa, _MAKERS[one.type])(), not one.required
        )
        for one in COLUMNS
    ]
    return pa.schema(fields, metadata={VERSION_KEY: str(SCHEMA_VERSION).encode()})


def ddl_schema() -> str:
    """Return the columns as SQL has them: what Spark's ``mapInArrow`` and ``mapInPandas`` take."""
    return ", ".join(f"{one.name} {_SQL.get(one.type, one.type)}" for one in COLUMNS)


@cache
def input_schema() -> Any:  # noqa: ANN401 - as above
    """Return the columns that sources give, as a ``pyarrow.Schema``."""
    pa = pyarrow()
    return pa.schema(
        [
            pa.field("uri", pa.string(), nullable=False),
            pa.field("member", pa.string()),
            pa.field("content", pa.large_binary()),
            pa.field("error_type", pa.string()),
            pa.field("error", pa.string()),
        ]
    )


def fits(row: Mapping[str, Any]) -> bool:
    """Whether a row that was JSON has every column, in order, with a value of its type or none.

    Arrow would say the same, in fifty times the time.
    """
    if tuple(row) != NAMES:
        return False
    for column in COLUMNS:
        value = row[column.name]
        if value is None:
            if column.required:
                return False
        elif not _FITS[column.type](value):
            return False
    return True


def version_of(metadata: dict[bytes, bytes] | None) -> int | None:
    """Return the version that a file's metadata name, None where it is none of a scan's."""
    value = (metadata or {}).get(VERSION_KEY, b"")
    return int(value) if value.isdigit() and len(value) < 10 else None


_SQL: Final = {
    "bool": "boolean",
    "int32": "int",
    "int64": "bigint",
    "float32": "float",
    "float64": "double",
    "list<string>": "array<string>",
}
_MAKERS: Final = {
    "string": "string",
    "bool": "bool_",
    "int32": "int32",
    "int64": "int64",
    "float32": "float32",
    "float64": "float64",
}


def _is_unicode(value: object) -> bool:
    """Whether it is text that UTF-8 has."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_whole(value: object, bits: int) -> bool:
    return type(value) is int and -(1 << bits - 1) <= value < 1 << bits - 1


def _is_number(value: object) -> bool:
    if type(value) is int:
        return abs(value) < 1 << 53
    return type(value) is float and math.isfinite(value)


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "string": _is_unicode,
    "bool": lambda value: isinstance(value, bool),
    "int32": lambda value: _is_whole(value, 32),
    "int64": lambda value: _is_whole(value, 64),
    "float32": _is_number,
    "float64": _is_number,
    "timestamp": _is_moment,
    "list<string>": lambda value: isinstance(value, list) and all(map(_is_unicode, value)),
}
