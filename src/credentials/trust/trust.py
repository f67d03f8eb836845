"""Trust: which signers are believed, and which lists vouch for them.

A valid signature says that nothing was changed since somebody signed. Whether that somebody is to
be believed is a separate question, and the answer to it is a list of certificate authorities. The
official C2PA lists ship with this package; anchors of one's own can be added, single signers can
be pinned, and the anchor of this machine's development identity is marked as what it is.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import functools
import hashlib
import importlib.resources
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from indelible.credentials.signers.chains import load_chain
from indelible.errors import CertificateError, TrustError

__all__ = ["DEVELOPMENT", "OFFICIAL", "OFFICIAL_TSA", "PINNED", "USER", "Trust", "TrustList"]

OFFICIAL = "C2PA Trust List"
OFFICIAL_TSA = "C2PA TSA Trust List"
USER = "user anchors"
DEVELOPMENT = "development identity of this machine"
PINNED = "pinned signers"

# Extended key usages that a claim signer may have: e-mail protection, document signing,
# time stamping (for authorities) and C2PA claim signing.
EXTENDED_KEY_USAGES = (
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.4.1.62558.2.1",
)
_FOUND_IN = re.compile(r"found in \[([a-z0-9-]*)\] trust anchors")
_MAX_LIST_BYTES = 4 * 1024 * 1024
_MAX_CERTIFICATE = 64 * 1024  # in base64


@dataclass(frozen=True, slots=True)
class TrustList:
    """One named list of certificate authorities.

    Attributes
    ----------
    name : str
        Shown in reports ("C2PA Trust List").
    pem : str
        The authorities' certificates.
    kind : {"manifest", "tsa"}
        Whether it vouches for signers of manifests or for time-stamp authorities.
    issued, next_update : datetime.datetime, optional
        The list's own dates, where it carries them.
    source : str, optional
        Where it came from.
    """

    name: str
    pem: str
    kind: Literal["manifest", "tsa"] = "manifest"
    issued: dt.datetime | None = None
    next_update: dt.datetime | None = None
    source: str | None = None

    def certificates(self) -> list[x509.Certificate]:
        """Return the authorities' certificates."""
        return load_chain(self.pem.encode("ascii"))

    def is_stale(self, now: dt.datetime | None = None) -> bool:
        """Whether the list's own date for its next update has passed."""
        if self.next_update is None:
            return False
        return (dt.datetime.now(dt.UTC) if now is None else now) > self.next_update


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


def checked_pem(pem: str | bytes) -> str:
    """Return `pem` as text after making sure that it holds certificates.

    Raises
    ------
    TrustError
        If it does not.
    """
    raw = pem.encode() if isinstance(pem, str) else pem
    if len(raw) > _MAX_LIST_BYTES:
        raise TrustError(f"a trust list of {len(raw)} bytes is too large")
    try:
        load_chain(raw)
        return raw.decode("utf-8")
    except (CertificateError, UnicodeDecodeError) as error:
        raise TrustError(
            f"the trust anchors cannot be read: {error}", hint="They must be PEM certificates."
        ) from error


def parse_list(text: str | bytes, *, source: str | None = None) -> TrustList:
    """Parse a trust list: the official JSON form (a *list of trusted entities*), or plain PEM.

    Raises
    ------
    TrustError
        If it is neither, or holds no certificate.
    """
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > _MAX_LIST_BYTES:
        raise TrustError(f"a trust list of {len(raw)} bytes is too large")
    if not raw.lstrip().startswith(b"{"):
        return TrustList(name=USER, pem=checked_pem(raw), source=source)
    try:
        body = json.loads(raw)["LoTE"]
        scheme = body["ListAndSchemeInformation"]
        name = str(scheme["SchemeName"][0]["value"])
        blocks = [
            _pem_block(certificate["val"])
            for entity in body["TrustedEntitiesList"]
            for service in entity["TrustedEntityServices"]
            if service["ServiceInformation"]["ServiceStatus"].rpartition("/")[2] == "trusted"
            for certificate in service["ServiceInformation"]["ServiceDigitalIdentity"][
                "X509Certificates"
            ]
        ]
        return TrustList(
            name=name,
            pem=checked_pem("\n".join(blocks)),
            kind="tsa" if "TSA" in name else "manifest",
            issued=_when(scheme["ListIssueDateTime"]),
            next_update=_when(scheme["NextUpdate"]),
            source=source,
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise TrustError(
            f"the trust list cannot be read: {type(error).__name__}: {error}",
            hint="It must be the C2PA list in its JSON form, or PEM certificates.",
        ) from error


def fingerprint(certificate: x509.Certificate) -> str:
    """Return a certificate's SHA-256, in hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _pem_block(value: str) -> str:
    if len(value) > _MAX_CERTIFICATE:
        raise ValueError("a certificate is far too long")
    text = base64.b64encode(base64.b64decode(value, validate=True)).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])


def _when(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


@functools.cache
def _shipped_lists() -> tuple[TrustList, ...]:
    folder = importlib.resources.files("indelible.credentials") / "data"
    return tuple(
        parse_list((folder / name).read_bytes(), source="shipped with Indelible")
        for name in ("c2pa-trust-list.json", "c2pa-tsa-trust-list.json")
    )
