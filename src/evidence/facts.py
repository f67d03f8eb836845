"""What statement and letters are written from: one picture, how it was obtained, what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from indelible.languages import ENGLISH
from indelible.verification import Verification

__all__ = ["CaptureFacts", "Facts", "Obtained", "PictureFacts", "SignerFacts"]

Obtained = Literal["file", "fetched", "page"]
"""How a picture came: as a file, fetched from an address by this software, or through the page."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """The picture's file, byte for byte.

    Attributes
    ----------
    name : str
        What it is called; a stranger's text, of one line.
    media_type : str
        ``image/jpeg`` and the like, from its content.
    size : int
        Bytes.
    width, height : int or None
        Pixels; None where its header could not be read.
    sha256, sha512, sha1, md5 : str
        Of its bytes, in small hexadecimal digits.
    pdq : str or None
        Its perceptual hash, 64 hexadecimal digits; None where it could not be decoded.
    pdq_quality : int or None
        0 to 100; below 50 the hash means nothing.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    sha512: str
    sha1: str
    md5: str
    width: int | None = None
    height: int | None = None
    pdq: str | None = None
    pdq_quality: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """How the picture was obtained.

    Attributes
    ----------
    how : {"file", "fetched", "page"}
        See `Obtained`.
    at : datetime
        When, UTC; aware.
    clock : str
        Whose clock says so ("this computer's clock, not synchronised with anybody").
    url : str or None
        The address that it was fetched from, or that who gave the file says it is shown at.
    headers : tuple of (str, str)
        What the server sent with it.
    status : int or None
        The HTTP status.
    certificates : tuple of str
        The server's certificates, in words ("CN=example.com, SHA-256 ...").
    tool : str
        What obtained it, with its version.
    operator : str or None
        Who obtained it, if they want to be named.
    """

    how: Obtained
    at: dt.datetime
    clock: str
    url: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    certificates: tuple[str, ...] = ()
    tool: str = ""
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """Who signs the bundle.

    Attributes
    ----------
    name : str
        By the certificate.
    issuer : str
        Who issued it.
    development : bool
        Whether it is this machine's development identity, which nobody else trusts.
    sha256 : str
        Of the certificate, in small hexadecimal digits.
    """

    name: str
    issuer: str = ""
    development: bool = False
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that statement and letters may say.

    Attributes
    ----------
    picture : PictureFacts
        The file.
    capture : CaptureFacts
        How it was obtained.
    result : Verification
        What `verify` found.
    versions : mapping of str to str
        Software by name ("indelible", "python", "c2pa", ...).
    signer : SignerFacts
        Who signs the bundle.
    authorities : tuple of str
        Names or addresses of the time-stamp authorities that are asked.
    holder : str or None
        Who holds the bundle, if they want to be named.
    sealed : bool
        Whether the picture is encrypted for a recipient, and nobody else can look at it.
    recipient : str or None
        For whom, by the recipient's certificate or key.
    may_show_minor : bool
        Whether the picture may show a minor: then neither it nor any copy is in the bundle.
    coarse : bool
        Whether the bundle is for strangers, who learn no scores, geometry or ids.
    language : str
        One of `indelible.languages.LANGUAGES`.
    """

    picture: PictureFacts
    capture: CaptureFacts
    result: Verification
    versions: Mapping[str, str]
    signer: SignerFacts
    authorities: tuple[str, ...] = ()
    holder: str | None = None
    sealed: bool = False
    recipient: str | None = None
    may_show_minor: bool = False
    coarse: bool = False
    language: str = ENGLISH
