"""The public list of soft-binding algorithms, and of servers that resolve them.

Shipped with the package, so that nothing is asked only to learn whom to ask.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from dataclasses import dataclass
from typing import Final

__all__ = ["Algorithm", "find_algorithm", "public_resolvers"]

_FILE: Final = "softbinding-algorithm-list.json"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An entry of the list.

    Attributes
    ----------
    name : str
        "com.example.watermark.1".
    kind : str
        "watermark" or "fingerprint".
    about : str
        Address of a page about it.
    resolvers : tuple of str
        Public servers that resolve it.
    media : tuple of str
        What it is for: families ("image") or media types.
    """

    name: str
    kind: str
    about: str
    resolvers: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


def find_algorithm(name: str) -> Algorithm | None:
    """Return what the public list says of an algorithm, or None."""
    return _list().get(name)


def public_resolvers() -> tuple[Algorithm, ...]:
    """Return the algorithms for pictures that name a public server."""
    return tuple(
        one for one in _list().values()
        if one.resolvers and any(kind.partition("/")[0] == "image" for kind in one.media)
    )  # fmt: skip


@functools.cache
def _list() -> dict[str, Algorithm]:
    text = (importlib.resources.files("indelible.resolution") / "data" / _FILE).read_text("utf-8")
    return {
        entry["alg"]: Algorithm(
            entry["alg"],
            entry["type"],
            entry["entryMetadata"]["informationalUrl"],
            tuple(entry.get("softBindingResolutionApis", ())),
            (*entry.get("decodedMediaTypes", ()), *entry.get("encodedMediaTypes", ())),
        )
        for entry in json.loads(text)
        if not entry.get("deprecated", False)
    }
