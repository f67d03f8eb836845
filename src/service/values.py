"""Values of soft bindings, and ids of manifests, as they come in addresses and bodies."""

from __future__ import annotations

import base64
import re
from typing import Final

from indelible.service.problems import refused

__all__ = ["ANY_ALGORITHM", "MOST_IN_ADDRESS", "check_algorithm", "check_manifest_id", "value_of"]

MOST_IN_ADDRESS: Final = 4096
"""Longest value in an address, characters; a longer one is sent as a body."""

ANY_ALGORITHM: Final = "*"
"""Under which a sandbox keeps bindings that name no algorithm."""

_MOST_ID: Final = 512
_MOST_ALGORITHM: Final = 255
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+", re.ASCII)
_OTHER_ALPHABET: Final = str.maketrans("-_ ", "+/+")  # a plus in a query arrives as a blank


def value_of(text: str, *, opaque: bool = False) -> bytes:
    """Return the bytes of a value in base64, of either alphabet, with padding or without.

    Parameters
    ----------
    text : str
        The value as it was sent.
    opaque : bool
        Take what is no base64 as the value itself: a sandbox does.

    Raises
    ------
    RefusedError
        400 if it is none.
    """
    plain = text.translate(_OTHER_ALPHABET).rstrip("=")
    if _BASE64.fullmatch(plain) and len(plain) % 4 != 1:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    if opaque and text:
        return text.encode("utf-8", "surrogatepass")
    raise refused(400, "The value is not in base64.")


def check_algorithm(name: str) -> str:
    """Return the name of an algorithm.

    Raises
    ------
    RefusedError
        400 if it can be none.
    """
    if not 0 < len(name) <= _MOST_ALGORITHM or not name.isprintable() or name == ANY_ALGORITHM:
        raise refused(400, "alg is no name of an algorithm.")
    return name


def check_manifest_id(name: str) -> str:
    """Return the id of a manifest.

    Raises
    ------
    RefusedError
        400 if it can be none.
    """
    if not 0 < len(name) <= _MOST_ID or not name.isprintable():
        raise refused(400, "This is no id of a manifest.")
    return name
