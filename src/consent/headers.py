"""What the headers with which a picture was fetched ask: of training, none of them of editing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["Headers", "prohibitions"]

Headers = Mapping[str, str]
"""Header fields of an HTTP answer, by name in any case."""

_MAX_VALUE: Final = 8192  # characters of one field; servers send no longer ones
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_MEMBER: Final = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)\s*(?:=\s*([^;\s]+))?")


def prohibitions(headers: Headers) -> Iterator[tuple[str, str]]:
    """Yield the fields that prohibit something, with what they say.

    ``Content-Usage`` (IETF AIPREF, draft), ``tdm-reservation`` (TDMRep), ``X-Robots-Tag`` with
    ``noai`` or ``noimageai``. What is longer than any server's field is cut.
    """
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            continue
        text = value[:_MAX_VALUE].strip().lower()
        known = name.strip().lower()
        if known == "content-usage" and _members(text).get("train-ai") == "n":
            yield "Content-Usage", "train-ai=n"
        elif known == "tdm-reservation" and text == "1":
            yield "tdm-reservation", "1"
        elif known == "x-robots-tag":
            words = set(re.split(r"[\s,:;]+", text))
            yield from (("X-Robots-Tag", one) for one in ("noai", "noimageai") if one in words)


def _members(text: str) -> dict[str, str]:
    """Return the members of a dictionary of tokens (RFC 9651); of two, the last one counts."""
    found: dict[str, str] = {}
    for member in _STRING.sub("", text).split(","):
        match = _MEMBER.match(member)
        if match is not None:
            found[match[1]] = match[2] or "?1"
    return found
