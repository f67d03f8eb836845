"""A secret that does not show itself.

Error reporters write down the local variables of every frame, debuggers show them, loggers format
them. A key or a passphrase that stands in a variable as bytes is then on somebody's screen. In a
`Secret` it is not: only `reveal` gives it away, and that is called where it is handed on, never
kept in a variable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

__all__ = ["Secret"]


class Secret:
    """Secret bytes, hidden from everything but `reveal`.

    Parameters
    ----------
    value : bytes, bytearray or str
        A str is kept in UTF-8.
    """

    __slots__ = ("__reveal",)

    def __init__(self, value: bytes | bytearray | str | Secret) -> None:
        self.__reveal: Callable[[], bytes]
        if isinstance(value, Secret):
            self.__reveal = value.reveal
            return
        # In a closure: what walks over the attributes of an object does not come across it.
        kept = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)
        self.__reveal = lambda: kept

    def reveal(self) -> bytes:
        """Return the secret. Hand it on at once; a variable is what this class avoids."""
        return self.__reveal()

    def __len__(self) -> int:
        return len(self.reveal())

    def __repr__(self) -> str:
        return "<secret>"

    def __str__(self) -> str:
        return "<secret>"

    def __format__(self, spec: str) -> str:
        return "<secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")
