"""What the service is made of: given once, used by every request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from fastapi import Request

from indelible.errors import ConfigurationError
from indelible.protection import Protector
from indelible.registry import Registry, SqlRegistry, own_registry
from indelible.service.desk import ConsentDesk
from indelible.settings import ServiceSettings
from indelible.verification import Verifier

if TYPE_CHECKING:
    from indelible.registry.private import TokenStore

__all__ = ["Parts", "parts_of"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service is made of.

    Attributes
    ----------
    verifier : Verifier
        Looks for marks with the operator's keys, and looks them up.
    registry : Registry or None
        Where ids lead; None answers look-ups with nothing.
    settings : ServiceSettings
        How the service behaves.
    protector : Protector or None
        Protects pictures; without, the service does not.
    tokens : TokenStore or None
        Who may do what; without, no token is good, and nothing can be stored.
    desk : ConsentDesk or None
        Signs photographs with what their owners ask; without, the service does not.
    sandbox : bool
        Take anything for a manifest store, for trying clients out.

    Raises
    ------
    ConfigurationError
        If a sandbox is to be opened over a registry that holds something.
    """

    verifier: Verifier
    registry: Registry | None
    settings: ServiceSettings = field(default_factory=ServiceSettings)
    protector: Protector | None = None
    tokens: TokenStore | None = None
    desk: ConsentDesk | None = None
    sandbox: bool = False

    def __post_init__(self) -> None:
        store = self.store
        if self.sandbox and (store is None or store.count()):
            raise ConfigurationError(
                "A sandbox takes anything for a manifest: it is not opened over a registry that "
                "holds something.",
                hint="Leave --sandbox out, or give an empty registry.",
            )

    @property
    def store(self) -> SqlRegistry | None:
        """The registry that is written to; None where there is none that can be."""
        own = own_registry(self.registry)
        return own if isinstance(own, SqlRegistry) else None

    @property
    def is_writable(self) -> bool:
        """Whether anybody can store anything: there is a registry for it, and there are tokens."""
        return self.store is not None and self.tokens is not None


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves a request."""
    return cast("Parts", request.app.state.parts)
