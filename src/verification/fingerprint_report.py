"""What a fingerprint says of a picture: plain data, ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indelible.verification.evidence import FingerprintState

__all__ = ["FingerprintReport"]


@dataclass(frozen=True, slots=True)
class FingerprintReport:
    """Whether the picture looks like the one that a manifest was made for.

    Attributes
    ----------
    state : {"not_checked", "match", "mismatch", "unclear"}
        ``"not_checked"`` where there is nothing to compare with, or a signed hash says more.
        ``"unclear"`` where too little is shared, or it has too little detail.
    about : {"recovered", "manifest"} or None
        Which manifest: the one that the watermark led to, or the file's own.
    score : float or None
        Correlation of details, 0 to 1.
    visible, within : float or None
        Share of the original that the picture shows, and of the picture that is of the original.
    geometry : float64 (3, 3) or None
        Homography from the original's pixels to this picture's, its origin resolved; None unless
        they match.
    resembles : tuple of str
        Manifests of registered pictures that this one looks like, where neither a manifest nor a
        watermark was found. The original of an edit resembles it, too: this attributes nothing.
    """

    state: FingerprintState = "not_checked"
    about: Literal["recovered", "manifest"] | None = None
    score: float | None = None
    visible: float | None = None
    within: float | None = None
    geometry: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    resembles: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        numbers = {"score": self.score, "visible": self.visible, "within": self.within}
        return {
            "state": self.state,
            "about": self.about,
            **{name: None if one is None else round(one, 3) for name, one in numbers.items()},
            "geometry": None if self.geometry is None else self.geometry.tolist(),
            "resembles": list(self.resembles),
        }
