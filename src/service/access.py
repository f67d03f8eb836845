"""Who asks: a token's owner with what it allows, or a stranger where strangers may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from indelible.service.failures import RefusedError
from indelible.service.parts import parts_of

__all__ = ["Caller", "needs"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    owner : str or None
        Of the token; None for a stranger.
    token_id : str or None
        Which one.
    """

    owner: str | None = None
    token_id: str | None = None

    @property
    def is_stranger(self) -> bool:
        """Whether nobody knows who it is."""
        return self.owner is None


def needs(scope: str, *, open_by: str | None = None) -> Callable[[Request], Caller]:
    """Return what an endpoint depends on: a token that allows something, unless a setting opens it.

    Raises
    ------
    RefusedError
        401 without a token that is good.
    """

    def caller(request: Request) -> Caller:
        given = request.headers.get("authorization")
        if given is None and open_by and getattr(parts_of(request).settings, open_by):
            return Caller()
        raise RefusedError(401, "token_needed", f"This needs a token that allows {scope}.")

    return caller
