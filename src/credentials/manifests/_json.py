"""The C2PA library's JSON, read without trust in it.

Everything in a manifest is somebody's bytes. What does not have the expected shape is left out,
never an exception, and text loses its control characters before it reaches anybody's terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["mapping", "mappings", "text_of"]

_MAX_TEXT: Final = 500


def mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object under `name`, or an empty one."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a list."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield item


def text_of(value: object) -> str | None:
    """Return `value` as one clean line of at most 500 characters; None if it is no text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    if len(value) <= _MAX_TEXT and value.isprintable():
        return value.strip()
    clean = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") else letter
        for letter in value[: _MAX_TEXT + 1]
    ).strip()
    return clean if len(clean) <= _MAX_TEXT else clean[: _MAX_TEXT - 1] + "…"
