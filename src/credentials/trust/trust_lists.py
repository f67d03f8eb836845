"""Trust lists: named certificate authorities, from the official list in JSON or from PEM."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Literal

from cryptography import x509

from indelible.credentials.signers.chains import load_chain
from indelible.errors import CertificateError, TrustError
from indelible.languages import say

__all__ = [
    "OFFICIAL",
    "OFFICIAL_TSA",
    "USER",
    "TrustList",
    "checked_pem",
    "parse_list",
]

OFFICIAL = "C2PA Trust List"
OFFICIAL_TSA = "C2PA TSA Trust List"
USER = say("user anchors")

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


def _pem_block(value: str) -> str:
    if len(value) > _MAX_CERTIFICATE:
        raise ValueError("a certificate is far too long")
    text = base64.b64encode(base64.b64decode(value, validate=True)).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])


def _when(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
