"""How much work a passphrase makes: an encrypted key says by itself how often it is hashed.

The file decides, and may ask for hours or gigabytes. Here it is read before anything is derived.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final

from indelible.credentials._der import SEQUENCE, Element, elements, whole

__all__ = ["is_too_costly"]

_ENCRYPTED: Final = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END")
_INTEGER: Final = 0x02
_OBJECT_ID: Final = 0x06
_SCRYPT: Final = bytes.fromhex("2b06010401da47040b")
_MAX_ITERATIONS: Final = 2_000_000  # a second or two
_MAX_SCRYPT: Final = 1 << 21  # N times r times p; 128 bytes of memory for each N times r
_MAX_DEPTH: Final = 6


def is_too_costly(pem: bytes) -> bool:
    """Whether opening a private key would take more than seconds, or much memory.

    Parameters
    ----------
    pem : bytes
        The key. One that is not encrypted, or not in PKCS#8, costs little.

    References
    ----------
    RFC 5958, section 3; RFC 8018, appendix A; RFC 7914, section 7.
    """
    for found in _ENCRYPTED.finditer(pem):
        try:
            der = base64.b64decode(b"".join(found[1].split()))
            (key,) = elements(der, whole(der))
            scheme = next(elements(der, key))  # the algorithm; the encrypted key follows it
            parts = list(_inside(der, scheme, _MAX_DEPTH))
        except (ValueError, IndexError, StopIteration):
            continue  # nothing that could be opened
        numbers = [
            int.from_bytes(der[item.content : item.end], "big")
            for item in parts
            if item.tag == _INTEGER
        ]
        if any(number > _MAX_ITERATIONS for number in numbers):
            return True
        kinds = [der[item.content : item.end] for item in parts if item.tag == _OBJECT_ID]
        if _SCRYPT in kinds:
            work = 1
            for number in numbers[:3]:
                work *= number
            if work > _MAX_SCRYPT:
                return True
    return False


def _inside(der: bytes, parent: Element, depth: int) -> Iterator[Element]:
    """Yield what is in an element, in order, at every depth.

    Raises
    ------
    ValueError, IndexError
        If it is no DER, or nested too deeply.
    """
    if depth == 0:
        raise ValueError("nested too deeply")
    for item in elements(der, parent):
        yield item
        if item.tag == SEQUENCE:
            yield from _inside(der, item, depth - 1)
