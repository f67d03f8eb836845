"""What a picture asks, in every form of the signal, in words for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from indelible import credentials, imaging
from indelible.consent.marks import find_marks
from indelible.credentials import Permission, Trust
from indelible.imaging import Encoded, Limits
from indelible.registry import ConsentSource
from indelible.verification import ConsentReport
from indelible.verification.consent_leg import look_up_consents
from indelible.verification.wording import consent_line
from indelible.watermark import ENOUGH_PIXELS, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indelible.registry import ConsentRecord

__all__ = ["Asked", "look", "record_lines"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found in a picture.

    Attributes
    ----------
    permissions : tuple of Permission
        What its manifest and those of its history say.
    mining : str or None
        What its XMP says of data mining.
    consents : tuple of ConsentReport
        Its consent marks, and their records.
    """

    permissions: tuple[Permission, ...] = ()
    mining: str | None = None
    consents: tuple[ConsentReport, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything asks for something."""
        prohibited = any(one.use != "allowed" for one in self.permissions)
        mining = self.mining is not None and credentials.prohibits_mining(self.mining)
        return bool(self.consents) or prohibited or mining

    def lines(self) -> list[tuple[str, str]]:
        """Return what was found, as (label, text)."""
        found: list[tuple[str, str]] = [
            ("consent mark", consent_line(one)) for one in self.consents
        ]
        for one in dict.fromkeys(self.permissions):
            of = "a manifest of its history" if one.ingredient else "its manifest"
            found.append(("manifest", f"{of} ({one.standing}) says {one.entry}: {one.use}"))
        if self.mining is not None:
            found.append(("metadata", f"plus:DataMining is {self.mining}"))
        return found or [("nothing", "nothing in the picture asks for anything")]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "asks": self.anything,
            "consents": [one.to_dict() for one in self.consents],
            "permissions": [asdict(one) for one in self.permissions],
            "data_mining": self.mining,
        }


def look(
    image: Encoded,
    *,
    sources: Sequence[ConsentSource] = (),
    trust: Trust | None = None,
    limits: Limits | None = None,
) -> Asked:
    """Look for everything by which a picture asks for something.

    Parameters
    ----------
    image : path, bytes-like or binary stream
        The encoded picture.
    sources : sequence of ConsentSource
        Where records of consent are looked up.
    trust : Trust, optional
        Whose signatures count; by default those of the official lists.
    limits : Limits, optional
        Sizes above which a picture is refused from its header.

    Raises
    ------
    ImageError
        If it is no picture, or exceeds the limits.
    """
    file = imaging.open_image(image, limits=limits or imaging.DEFAULT_LIMITS)
    shown = file.decode(tolerant=True, enough=ENOUGH_PIXELS)
    view = View(shown.pixels, shown.scale)
    marks = find_marks(view, (), "standard")
    return Asked(
        credentials.read(file, trust=trust).permissions,
        credentials.mining_term(shown.metadata.xmp),
        look_up_consents(view, marks.consents, sources),
    )


def record_lines(record: ConsentRecord) -> list[tuple[str, str]]:
    """Return a record of consent, as (label, text)."""
    lines = [
        ("consent", record.consent_id.hex()),
        ("state", record.state()),
        ("owner", record.owner or "nobody is named"),
        ("statement", record.statement),
        ("since", f"{record.created:%Y-%m-%d}"),
    ]
    if record.until is not None:
        lines.append(("until", f"{record.until:%Y-%m-%d}"))
    if record.revoked_at is not None:
        lines.append(("withdrawn", f"{record.revoked_at:%Y-%m-%d}: {record.revoked_reason or ''}"))
    lines += [(name, use) for name, use in record.entries.items()]
    return lines
