"""Trust: which signers are believed, and which lists vouch for them.

A valid signature says that nothing was changed since somebody signed. Whether that somebody is to
be believed is a separate question, and the answer to it is a list of certificate authorities. The
official C2PA lists ship with this package; anchors of one's own can be added, single signers can
be pinned, and the anchor of this machine's development identity is marked as what it is.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import importlib.resources
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from indelible.credentials.trust.trust_lists import USER, TrustList, checked_pem, parse_list
from indelible.languages import say

__all__ = ["DEVELOPMENT", "PINNED", "Trust"]

DEVELOPMENT = say("development identity of this machine")
PINNED = say("pinned signers")

# Extended key usages that a claim signer may have: e-mail protection, document signing,
# time stamping (for authorities) and C2PA claim signing.
EXTENDED_KEY_USAGES = (
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.4.1.62558.2.1",
)
_FOUND_IN = re.compile(r"found in \[([a-z0-9-]*)\] trust anchors")


@dataclass(frozen=True, slots=True)
class Trust:
    """The lists that a verification goes by; make one with `official` or `nobody`.

    Attributes
    ----------
    lists : tuple of TrustList
        In order: the first that vouches for a signer is the one reported.
    pinned : tuple of str
        PEM certificates of single signers that are trusted whoever issued them.
    """

    lists: tuple[TrustList, ...] = ()
    pinned: tuple[str, ...] = ()

    @classmethod
    def nobody(cls) -> Trust:
        """Trust no one: every intact picture reads as ``valid``."""
        return cls()

    @classmethod
    def official(cls) -> Trust:
        """Return trust in the official C2PA lists, as shipped with this version of the package."""
        return cls(lists=_shipped_lists())

    @classmethod
    def of(cls, lists: Iterable[TrustList]) -> Trust:
        """Trust exactly these lists."""
        return cls(lists=tuple(lists))

    def with_anchors(
        self, pem: str | bytes, *, name: str = USER, kind: Literal["manifest", "tsa"] = "manifest"
    ) -> Trust:
        """Also trust the certificate authorities in `pem`.

        Raises
        ------
        TrustError
            If there is no PEM certificate in it.
        """
        return self.with_lists((TrustList(name, checked_pem(pem), kind=kind),))

    def with_lists(self, lists: Iterable[TrustList]) -> Trust:
        """Also trust these lists; what was trusted before stays so, single signers too."""
        return dataclasses.replace(self, lists=(*self.lists, *lists))

    def with_development(self, pem: str | bytes) -> Trust:
        """Also trust a development identity's authority; reports then say ``development``."""
        return self.with_anchors(pem, name=DEVELOPMENT)

    def with_pinned(self, pem: str | bytes) -> Trust:
        """Also trust the signing certificates in `pem`, whoever issued them."""
        return dataclasses.replace(self, pinned=(*self.pinned, checked_pem(pem)))

    def stale_lists(self, now: dt.datetime | None = None) -> tuple[TrustList, ...]:
        """Return the lists whose next update is overdue."""
        return tuple(item for item in self.lists if item.is_stale(now))

    def settings(self) -> dict[str, Any]:
        """Return the C2PA library's trust settings."""
        ekus = "\n".join(EXTENDED_KEY_USAGES)
        # Lists for time stamps come last: the library lets them vouch for signers too, and it names
        # the first list that does. `read` does not count those.
        anchors = [
            {
                "trust_anchors": item.pem,
                "trust_uri": _uri(index, item),
                "trust_kind": item.kind,
                "trust_config": ekus,
            }
            for index, item in sorted(enumerate(self.lists), key=lambda pair: pair[1].kind == "tsa")
        ]
        if self.pinned:
            pins = {"trust_anchors": "", "trust_uri": "pinned", "trust_kind": "manifest"}
            anchors.insert(0, pins | {"allowed_list": "\n".join(self.pinned)})
        return {"anchors": anchors, "trust_config": ekus}

    def voucher(self, explanation: str) -> str | None:
        """Return the name of the list that vouches for a signer, from the library's explanation.

        Parameters
        ----------
        explanation : str
            Of the success code ``signingCredential.trusted`` of one manifest.

        Returns
        -------
        str or None
            None if only a list of time-stamp authorities vouches, which is not enough.
        """
        found = _FOUND_IN.search(explanation)
        if found is None:
            return None
        if found[1] in ("", "pinned"):
            return PINNED if self.pinned else None
        for index, item in enumerate(self.lists):
            if item.kind == "manifest" and found[1] == _uri(index, item):
                return item.name
        return None


def _uri(index: int, item: TrustList) -> str:
    """Return what the library calls a list: unlike its name, nobody else's to choose."""
    return f"{item.kind}-{index}"


@functools.cache
def _shipped_lists() -> tuple[TrustList, ...]:
    folder = importlib.resources.files("indelible.credentials") / "data"
    return tuple(
        parse_list((folder / name).read_bytes(), source="shipped with Indelible")
        for name in ("c2pa-trust-list.json", "c2pa-tsa-trust-list.json")
    )
