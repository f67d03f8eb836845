"""A mark beside the one that the verdict rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from indelible.credentials import Standing
from indelible.verification.evidence import RegistryState
from indelible.watermark import Detection

__all__ = ["SAME_PLACE", "OtherMark"]

SAME_PLACE: Final = 0.3
"""Overlap from which two marks lie over each other: of pictures that were marked twice it is .37
and more, of collages .03 and less (``python -m benchmarks.several``)."""


@dataclass(frozen=True, slots=True)
class OtherMark:
    """A mark beside the one that the verdict rests on.

    Attributes
    ----------
    detection : Detection
        What was found.
    box : (int, int, int, int)
        Left, top, right and bottom of where it stands, px; right and bottom are exclusive.
    area : float
        Share of the picture in which it is seen, 0 to 1.
    overlap : float
        Share of where either mark surely stands that it has in common with the main one: near 1
        where both lie over each other, near 0 in a collage.
    registry : {"not_asked", "unknown", "found", "unavailable"}
        Whether its id was looked up, and with what result.
    manifest_id, generator, signer : str or None
        Of the manifest that its id led to.
    standing : {"trusted", "untrusted", "broken"} or None
        What that manifest's words are worth; None where there is none.
    history : frozenset of bytes
        The ids that it and the manifests of its history name.
    """

    detection: Detection
    box: tuple[int, int, int, int]
    area: float
    overlap: float
    registry: RegistryState = "not_asked"
    manifest_id: str | None = None
    generator: str | None = None
    signer: str | None = None
    standing: Standing | None = None
    history: frozenset[bytes] = field(default=frozenset(), repr=False)

    @property
    def payload(self) -> bytes:
        """Its id, 8 bytes."""
        return self.detection.payload or b""

    @property
    def key_id(self) -> str | None:
        """Which key found it."""
        return self.detection.key_id

    @property
    def algorithm(self) -> str | None:
        """Version of the mark, as manifests name it."""
        return self.detection.algorithm

    @property
    def false_positive_probability(self) -> float:
        """Bound on the chance that an unmarked picture gives this."""
        return self.detection.false_positive_probability

    @property
    def same_place(self) -> bool:
        """Whether it lies over the main mark, rather than beside it."""
        return self.overlap >= SAME_PLACE

    def to_dict(self) -> dict[str, Any]:
        """Return the mark as JSON-ready data; the payload in hexadecimal."""
        return {
            "payload": self.payload.hex(),
            "false_positive_probability": self.false_positive_probability,
            "key_id": self.key_id,
            "algorithm": self.algorithm,
            "box": list(self.box),
            "area": round(self.area, 3),
            "overlap": round(self.overlap, 3),
            "registry": self.registry,
            "manifest_id": self.manifest_id,
            "generator": self.generator,
            "standing": self.standing,
        }
