"""Closing a bundle: list its parts, sign the list, have the signature stamped, pack all of it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import indelible
from indelible.credentials import Signer, Trust
from indelible.errors import EvidenceError
from indelible.evidence import signing
from indelible.evidence.layout import DATAPACKAGE, STAMPS, json_bytes
from indelible.evidence.packing import datapackage, sha256, timestamp, zipped
from indelible.evidence.stamping import Stamp, stamp
from indelible.files import stage_with
from indelible.languages import Sentence, say

__all__ = [
    "DEVELOPMENT",
    "SOFTWARE",
    "Closed",
    "Closing",
    "check_stamped",
    "close",
    "publish",
    "stamp_notes",
    "stamp_parts",
]

SOFTWARE: Final = f"indelible {indelible.__version__}"

DEVELOPMENT: Final = say(
    "The signer is a development identity of the machine that made this: it shows that nothing was "
    "changed since, and not who signed."
)


@dataclass(frozen=True, slots=True)
class Closing:
    """Who signs and stamps.

    Attributes
    ----------
    signer : Signer
        Signs.
    trust : Trust
        Its lists of time-stamp authorities are roots.
    urls : sequence of str
        Authorities to ask.
    roots : bytes or None
        More roots, in PEM.
    allow_untimed : bool
        Whether it is closed though none of them answered.
    """

    signer: Signer
    trust: Trust
    urls: Sequence[str] = ()
    roots: bytes | None = field(default=None, repr=False)
    allow_untimed: bool = False

    def stamped(self, data: bytes, urls: Sequence[str] | None = None) -> tuple[Stamp, ...]:
        """Have bytes stamped.

        Raises
        ------
        EvidenceError
            If authorities were asked, and none answered.
        """
        asked = self.urls if urls is None else urls
        stamps = stamp(data, asked, trust=self.trust, roots=self.roots)
        check_stamped(stamps, allow_untimed=self.allow_untimed)
        return stamps


@dataclass(frozen=True, slots=True)
class Closed:
    """A whole bundle.

    Attributes
    ----------
    data : bytes
        The file.
    created : str
        When.
    stamps : tuple of Stamp
        What the authorities said of it.
    """

    data: bytes = field(repr=False)
    created: str
    stamps: tuple[Stamp, ...]

    @property
    def sha256(self) -> str:
        """Of the file."""
        return sha256(self.data)


def close(
    parts: Mapping[str, bytes],
    about: Mapping[str, Any],
    by: Closing,
    *,
    urls: Sequence[str] | None = None,
) -> Closed:
    """Return a bundle of these parts.

    Parameters
    ----------
    parts : mapping of str to bytes
        All that is to be listed, by their paths.
    about : mapping
        ``title`` and ``picture``, for ``datapackage.json``.
    by : Closing
        Who signs and stamps.
    urls : sequence of str, optional
        Authorities to ask, instead of all of them.

    Raises
    ------
    EvidenceError
        If no authority that was asked answered, or the bundle would be too large.
    SigningError, CertificateError
        If the signer refuses.
    """
    now = dt.datetime.now(dt.UTC)
    created = timestamp(now)
    facts = signing.signer_facts(by.signer)
    who = {
        "name": facts.name,
        "issuer": facts.issuer,
        "certificate_sha256": facts.sha256,
        "development": facts.development,
        "algorithm": by.signer.algorithm,
    }
    said = {"title": about["title"], "created": created, "software": SOFTWARE}
    package = datapackage(parts, {**said, "picture": about["picture"], "signer": who})
    signed = signing.sign(package, by.signer)
    stamps = by.stamped(signed.stamped_text, urls)
    digest = signing.digest_parts(signed, stamps, by.signer, created=created, software=SOFTWARE)
    return Closed(zipped({**parts, DATAPACKAGE: package, **digest}, now), created, stamps)


def publish(closed: Closed, output: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write a bundle that only its owner can read; it appears as a whole, or not at all.

    Raises
    ------
    OutputExistsError, OutputError
        If the output exists and may not be replaced, or cannot be written.
    """
    with stage_with(
        output, lambda path: path.write_bytes(closed.data), overwrite=overwrite
    ) as file:
        file.publish()


def check_stamped(stamps: Sequence[Stamp], *, allow_untimed: bool) -> None:
    """Make sure that an authority answered, where one was asked.

    Raises
    ------
    EvidenceError
        If none did.
    """
    if not stamps or allow_untimed or any(one.granted for one in stamps):
        return
    reasons = "; ".join(f"{one.url}: {one.reason}" for one in stamps)
    raise EvidenceError(
        f"No time-stamp authority answered with a time stamp ({reasons}).",
        hint="Try again, name another one, or allow a bundle without (--allow-untimed).",
    )


def stamp_parts(stamps: Sequence[Stamp]) -> dict[str, bytes]:
    """Return what authorities said of the capture, by their paths; nothing where none was asked."""
    parts: dict[str, bytes] = {}
    about = []
    number = 0
    for one in stamps:
        files = None
        if one.granted:
            number += 1
            files = [f"capture/{number}.{kind}" for kind in ("tsq", "tsr", "pem")]
            parts |= dict(zip(files, (one.query, one.reply, one.chain), strict=True))
        about.append({**one.to_dict(), "files": files})
    if stamps:
        parts[STAMPS] = json_bytes({"of": "capture/capture.json", "time_stamps": about})
    return parts


def stamp_notes(stamps: Sequence[Stamp]) -> tuple[Sentence, ...]:
    """Return what a reader should know of the time stamps, in sentences."""
    notes = []
    if not stamps:
        notes.append(
            say(
                "No time-stamp authority was asked: that this bundle is of its time, its maker "
                "alone says."
            )
        )
    elif not any(one.granted for one in stamps):
        notes.append(
            say(
                "No time-stamp authority answered: that this bundle is of its time, its maker "
                "alone says."
            )
        )
    notes.extend(
        say("The authority {url} gave no time stamp: {reason}", url=one.url, reason=one.reason)
        for one in stamps
        if one.reason is not None
    )
    return tuple(notes)
