"""Fields of requests that are no pictures: passed on where nothing in them could lead to one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from indelible.gateway.errors import GatewayError
from indelible.gateway.pictures import holds_picture
from indelible.gateway.texts import harmless

__all__ = ["TEXTS", "check_field", "check_text", "count_of", "says_true"]

TEXTS: Final = frozenset(
    {"prompt", "negative_prompt", "user", "safety_identifier", "instructions", "system_prompt"}
)
"""Fields that hold words of any kind."""

# In the names of fields from which a server takes pictures, or anything else, by name.
_SOURCES: Final = re.compile(
    r"image|img|mask|picture|photo|pixel|latent|control|reference|init|markup|frame|video|audio"
    r"|ur[il]|href|link|file|path|dir|blob|bytes|b64|base64|data|media|source|asset|upload",
    re.IGNORECASE,
)
_ENUMERATION: Final = re.compile(
    r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?|true|false|auto|none|null|", re.IGNORECASE
)
_ID: Final = re.compile(
    r"(?:file|img|ig|image|asset|upload|resp|conv)[-_][A-Za-z0-9]", re.IGNORECASE
)
_MAX_DEPTH: Final = 4
_MOST_ITEMS: Final = 256


def check_text(name: str, value: object) -> None:
    """Make sure that words are words.

    Raises
    ------
    GatewayError
        400, if they hold a picture.
    """
    if holds_picture(value):
        raise GatewayError(
            400,
            "image_in_text",
            f"{name} holds what looks like a picture.",
            param=name,
            hint="Send pictures in the fields that are for them.",
        )


def check_field(name: str, value: object, depth: int = 0) -> None:
    """Make sure that a field that is not known leads to no picture.

    Raises
    ------
    GatewayError
        400, if it could.
    """
    if name in TEXTS:
        if not isinstance(value, str | None):
            raise _refused(name)
        check_text(name, value)
        return
    if isinstance(value, Mapping):
        if depth >= _MAX_DEPTH or len(value) > _MOST_ITEMS:
            raise _refused(name)
        for key, one in value.items():
            check_field(str(key), one, depth + 1)
    elif isinstance(value, list):
        if depth >= _MAX_DEPTH or len(value) > _MOST_ITEMS:
            raise _refused(name)
        for one in value:
            check_field(name, one, depth + 1)
    elif isinstance(value, str):
        is_plain = _ENUMERATION.fullmatch(value) is not None
        if not is_plain and (_SOURCES.search(name) or _ID.match(value) or not harmless(value)):
            raise _refused(name)
    if depth == 0 and holds_picture(value):
        raise _refused(name)


def count_of(value: object, most: int) -> None:
    """Refuse to ask for more pictures than one answer may have.

    Raises
    ------
    GatewayError
        400.
    """
    try:
        count = 1 if value in (None, "") else int(str(value))
    except ValueError:
        count = 0
    if not 1 <= count <= most:
        raise GatewayError(
            400, "invalid_value", f"n has to be a number from 1 to {most}.", param="n"
        )


def says_true(value: object) -> bool:
    """Whether a field of JSON or of a form says yes."""
    return value is True or (isinstance(value, str) and value.lower() in ("true", "1", "yes", "on"))


def _refused(name: str) -> GatewayError:
    return GatewayError(
        400,
        "unsupported_field",
        f"The gateway does not pass {name[:64]!r} on with this value: it could lead to a picture "
        "that nobody looked at.",
        param=name[:64],
        hint="Leave it out, or send pictures in the fields that are for them.",
    )
