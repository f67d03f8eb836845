"""Where a picture differs from the one that was signed: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.credentials import Standing

__all__ = ["ChangeReport", "ChangedRegion"]

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ChangedRegion:
    """A part of the picture that was changed.

    Attributes
    ----------
    original, picture : (int, int, int, int)
        Boxes around it, in pixels of the original and of the picture in hand: left, top, right,
        bottom, the last two exclusive.
    share : float
        Of the area that both show, 0 to 1.
    presence : float or None
        How likely the watermark stands in it, on average, 0 to 1: near 0 where it was replaced,
        0.5 where that cannot be told; None where no mark was found.
    """

    original: Box
    picture: Box
    share: float
    presence: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the region as JSON-ready data."""
        return {
            "original": list(self.original),
            "picture": list(self.picture),
            "share": round(self.share, 4),
            "presence": None if self.presence is None else round(self.presence, 3),
        }


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Where a picture differs from the one that was signed.

    Attributes
    ----------
    state : {"compared", "not_compared"}
        ``"not_compared"`` where there is nothing to compare with: see `reason`.
    reason : str or None
        Why it was not compared.
    about : {"recovered", "manifest"} or None
        Whose preview it was compared with: the recovered manifest's, or the file's own.
    standing : {"trusted", "untrusted", "broken"} or None
        What that manifest is worth: where not ``"trusted"``, the preview is a claim.
    share : float or None
        Of the area that both show that was changed, 0 to 1.
    visible : float or None
        Share of the original that both show, 0 to 1; of the rest nothing is known.
    regions : tuple of ChangedRegion
        Largest first.
    mask, compared : bool (rows, columns) or None
        On a grid that the original fills: the cells that were changed, and those that both show.
    to_picture : float64 (3, 3) or None
        Homography from that grid's cells to the picture's pixels.
    """

    state: Literal["compared", "not_compared"] = "not_compared"
    reason: str | None = None
    about: Literal["recovered", "manifest"] | None = None
    standing: Standing | None = None
    share: float | None = None
    visible: float | None = None
    regions: tuple[ChangedRegion, ...] = ()
    mask: NDArray[np.bool_] | None = field(default=None, repr=False, compare=False)
    compared: NDArray[np.bool_] | None = field(default=None, repr=False, compare=False)
    to_picture: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data, without the grids."""
        return {
            "state": self.state,
            "reason": self.reason,
            "about": self.about,
            "standing": self.standing,
            "share": None if self.share is None else round(self.share, 4),
            "visible": None if self.visible is None else round(self.visible, 3),
            "regions": [region.to_dict() for region in self.regions],
        }
