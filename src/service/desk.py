"""The consent desk: where people have a photograph signed with what they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indelible.credentials import Signer
from indelible.imaging import Limits

if TYPE_CHECKING:
    from indelible.registry import SqlRegistry

__all__ = ["ConsentDesk"]


@dataclass(frozen=True, slots=True)
class ConsentDesk:
    """What signing for strangers takes; travels to worker processes.

    Attributes
    ----------
    signer : Signer
        Who signs. Never the one of an operator's own pictures: whatever a stranger brings is
        signed, and would read as his.
    registry : SqlRegistry
        Where the records are kept, by which a wish can be read and withdrawn.
    limits : Limits
        Sizes above which a photograph is refused.
    """

    signer: Signer
    registry: SqlRegistry
    limits: Limits
