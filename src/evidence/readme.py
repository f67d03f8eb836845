"""The page that lies on top: what this file is, where to begin, and what is not in it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from indelible.languages import say, translate

__all__ = ["readme"]

_WIDTH: Final = 80
_LINES: Final = (
    say("This file is evidence about one picture. Nothing in it was made to be believed blindly."),
    say(
        "Begin with statement/statement.html: it says in plain words what was found, and what not."
    ),
    say(
        "To check that nothing was changed since, unpack verify/check.py and run: python3 check.py "
        "BUNDLE. It needs no network and no other software than Python and openssl; "
        "verify/VERIFY.md has every step by hand."
    ),
    say("Do not unpack and pack it again: then its hash is another one. Hand on the whole file."),
    say("custody/custody.jsonl says who held it. Whoever takes it over adds a line."),
)


def readme(title: str, notes: Sequence[str], language: str) -> bytes:
    """Return the text.

    Parameters
    ----------
    title : str
        What the bundle is called.
    notes : sequence of str
        What is left out or out of the ordinary.
    language : str
        Of the text.
    """
    said = [title, *(translate(one, language) for one in (*_LINES, *notes))]
    return ("\n\n".join(textwrap.fill(one, _WIDTH) for one in said) + "\n").encode()
