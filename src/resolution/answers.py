"""Reading answers of the Resolution API, which anybody may have written: bounded and typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from indelible.errors import NetworkError
from indelible.network import Answer
from indelible.strict_json import parse_json

__all__ = [
    "MAX_JSON_BYTES",
    "MOST_MATCHES",
    "Match",
    "WellKnown",
    "read_capabilities",
    "read_manifest",
    "read_matches",
    "read_well_known",
]

T = TypeVar("T")
K = TypeVar("K", list[object], str)

MAX_JSON_BYTES: Final = 1 << 20
MOST_MATCHES: Final = 100
"""Of one answer; more are refused, since nobody asked for them."""

_MAX_DEPTH: Final = 16
_ID: Final = re.compile(r"[!-~]{1,512}")  # printable ASCII: urn:c2pa:..., urn:uuid:..., xmp:iid:...
_URL: Final = re.compile(r"[!-~]{1,2048}")
_JSON: Final = re.compile(r"(?:application|text)/(?:[a-z0-9.+-]+\+)?json")
# What servers call a manifest store, or do not call anything.
_STORES: Final = ("application/c2pa", "application/x-c2pa-manifest-store",
                  "application/octet-stream", "")  # fmt: skip
_JUMBF: Final = b"jumb"  # the type of the first box, after its length


@dataclass(frozen=True, slots=True)
class Match:
    """A manifest that a resolver names.

    Attributes
    ----------
    manifest_id : str
        512 characters at most.
    endpoint : str or None
        Base address of another Resolution API that holds it; None: the one that was asked.
    """

    manifest_id: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class WellKnown:
    """What a host says of its Resolution API.

    Attributes
    ----------
    endpoint : str
        Base address, perhaps relative to the host's.
    capabilities : str or None
        Where its capabilities are.
    """

    endpoint: str
    capabilities: str | None = None


def read_matches(answer: Answer) -> tuple[Match, ...]:
    """Return the matches in an answer to a query.

    Raises
    ------
    NetworkError
        If it is no such answer, or has more than `MOST_MATCHES` matches.
    """
    return _read(answer, _matches)


def read_well_known(answer: Answer) -> WellKnown:
    """Return where a host's Resolution API is.

    Raises
    ------
    NetworkError
        If the answer does not say that.
    """
    return _read(answer, _well_known)


def read_capabilities(answer: Answer) -> frozenset[str]:
    """Return what a server can do besides what every server can.

    Raises
    ------
    NetworkError
        If the answer does not say that.
    """
    return _read(answer, _capabilities)


def read_manifest(answer: Answer) -> bytes:
    """Return what may be a manifest store.

    Raises
    ------
    NetworkError
        If it is said to be something else, or begins otherwise.
    """
    if answer.content_type not in _STORES:
        raise NetworkError(f"it sent {answer.content_type!r} where a manifest was asked for")
    if answer.body[4:8] != _JUMBF:
        raise NetworkError("it sent something that is no manifest")
    return answer.body


def _read(answer: Answer, read: Callable[[object], T]) -> T:
    if answer.content_type and not _JSON.fullmatch(answer.content_type):
        raise NetworkError(f"it sent {answer.content_type!r} where JSON was asked for")
    try:
        return read(parse_json(answer.body, max_bytes=MAX_JSON_BYTES, max_depth=_MAX_DEPTH))
    except (ValueError, TypeError, RecursionError) as error:
        reason = str(error) if isinstance(error, _OddError) else "it cannot be read"
        raise NetworkError(f"its answer is none of the Resolution API: {reason}") from error


class _OddError(ValueError):
    """Says what is wrong in words of our own, so that nothing of a stranger's is repeated."""


def _matches(data: object) -> tuple[Match, ...]:
    matches = _member(data, "matches", list)
    if len(matches) > MOST_MATCHES:
        raise _OddError(f"it has {len(matches)} matches")
    found: dict[Match, None] = {}
    for one in matches:
        found[Match(_text(one, "manifestId", _ID), _optional(one, "endpoint", _URL))] = None
    return tuple(found)


def _well_known(data: object) -> WellKnown:
    return WellKnown(
        _text(data, "apiEndpoint", _URL), _optional(data, "capabilitiesEndpoint", _URL)
    )


def _capabilities(data: object) -> frozenset[str]:
    listed = _member(data, "supportedCapabilities", list)
    return frozenset(one for one in listed if isinstance(one, str))


def _member(data: object, name: str, kind: type[K]) -> K:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise _OddError(f"it has no {name}")
    return value


def _optional(data: object, name: str, form: re.Pattern[str]) -> str | None:
    there = isinstance(data, dict) and data.get(name) is not None
    return _text(data, name, form) if there else None


def _text(data: object, name: str, form: re.Pattern[str]) -> str:
    value = _member(data, name, str)
    if not form.fullmatch(value):
        raise _OddError(f"a {name} is none")
    return value
