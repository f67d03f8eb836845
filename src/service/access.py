"""Who asks: a token's owner with what it allows, or a stranger where strangers may ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, TypeAlias

from fastapi import Depends, Request

from indelible.choices import Scope
from indelible.service.parts import parts_of
from indelible.service.problems import refused
from indelible.service.runtime import runtime_of

__all__ = ["Access", "Binder", "Caller", "Reader", "RecordReader", "Storer", "needs"]

Opening: TypeAlias = Literal["consent_desk", "public_consents", "public_manifests", "public_verify"]
"""A setting that lets strangers in."""

_MOST_HEADER: Final = 256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    owner : str or None
        Of the token; None for a stranger.
    token_id : str or None
        Which one.
    client : str
        Whom the request was counted for; empty where it was not counted yet.
    """

    owner: str | None = None
    token_id: str | None = None
    client: str = ""

    @property
    def is_stranger(self) -> bool:
        """Whether nobody knows who it is."""
        return self.owner is None


class Access:
    """What a request needs, as a dependency of its endpoint; see `needs`.

    Attributes
    ----------
    scope : Scope
        What a token has to allow.
    opening : str or None
        The setting that makes one unnecessary.
    """

    def __init__(
        self, scope: Scope, opening: Opening | None = None, *, counted: bool = False
    ) -> None:
        self.scope = scope
        self.opening = opening
        self._counted = counted

    def __call__(self, request: Request) -> Caller:
        """Return who asks.

        Raises
        ------
        RefusedError
            401 without a token that is good, 403 where it does not allow this.
        """
        parts = parts_of(request)
        header = request.headers.get("authorization")
        is_open = self.opening is not None and getattr(parts.settings, self.opening)
        if header is None:
            if is_open:
                return self._count(request, Caller())
            raise refused(401, "This needs a token: Authorization: Bearer TOKEN.")
        kind, _, given = header.partition(" ")
        token = None
        if kind.lower() == "bearer" and len(header) <= _MOST_HEADER and parts.tokens is not None:
            token = parts.tokens.find(given.strip())
        if token is None:
            raise refused(401, "The token is none, has expired, or was revoked.")
        if self.scope not in token.scopes:
            if is_open:  # to everybody: who shows a token for other things is not worse off
                return self._count(request, Caller())
            raise refused(403, f"The token does not allow {self.scope}.")
        request.state.token_id = token.id
        return self._count(request, Caller(token.owner, token.id))

    def _count(self, request: Request, caller: Caller) -> Caller:
        """Count a request for its quota."""
        if not self._counted:
            return caller
        client = runtime_of(request).spend(request, caller.token_id)
        return replace(caller, client=client)


def needs(scope: Scope, *, open_by: Opening | None = None, counted: bool = False) -> Access:
    """Return what an endpoint depends on: a token that allows something, unless a setting opens it.

    Parameters
    ----------
    scope : Scope
        What the token has to allow.
    open_by : str, optional
        The setting that makes a token unnecessary.
    counted : bool
        Count each request for its quota here; by default the endpoint does so itself.

    Examples
    --------
    >>> Reader = Annotated[Caller, Depends(needs("fetch:manifests", open_by="public_manifests"))]
    """
    return Access(scope, open_by, counted=counted)


_READING: Final = needs("fetch:manifests", open_by="public_manifests", counted=True)

Reader = Annotated[Caller, Depends(_READING)]
"""Whoever may look ids up and read manifests."""

Storer = Annotated[Caller, Depends(needs("store:manifests", counted=True))]
"""Whoever may store manifests, and owns those that he stores."""

Binder = Annotated[Caller, Depends(needs("store:bindings", counted=True))]
"""Whoever may lead soft bindings to his manifests."""

RecordReader = Annotated[Caller, Depends(needs("fetch:records", counted=True))]
"""Whoever may read whole records."""
