"""Assertions that a manifest may make, each as a small typed class."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from indelible.errors import ManifestError

__all__ = ["AiDisclosure", "Assertion", "PictureFingerprint", "Region", "Step", "TrainingMining"]

_MAX_REFERENCE_BYTES = 4096
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class AiDisclosure:
    """The ``c2pa.ai-disclosure`` assertion: which model, and how much a person had a hand in it."""

    model_type: str = "c2pa.types.model"
    model_name: str | None = None
    model_identifier: str | None = None
    human_oversight: str | None = "prompt_guided"

    def data(self) -> dict[str, Any]:
        """Return the assertion's content."""
        content: dict[str, Any] = {"modelType": self.model_type}
        if self.model_name is not None:
            content["modelName"] = self.model_name
        if self.model_identifier is not None:
            content["modelIdentifier"] = self.model_identifier
        if self.human_oversight is not None:
            content["contentProfile"] = {"humanOversightLevel": self.human_oversight}
        return content


@dataclass(frozen=True, slots=True)
class PictureFingerprint:
    """What the picture looked like when it was signed, so that anybody can compare without a key.

    Attributes
    ----------
    pdq : bytes
        Its perceptual hash, 32 bytes; also a soft binding of the algorithm `PDQ_ALGORITHM`.
    quality : int
        How much detail the hash rests on, 0 to 100.
    reference : bytes
        A small reference picture, as `indelible.fingerprint` writes it; 4,096 bytes at most.
    """

    pdq: bytes
    quality: int
    reference: bytes = field(repr=False)

    LABEL: ClassVar = "org.indelible.fingerprint"
    PDQ_ALGORITHM: ClassVar = "org.indelible.pdq.1"

    def __post_init__(self) -> None:
        if len(self.pdq) != 32:
            raise ManifestError("a PDQ hash has 32 bytes")
        if not 0 <= self.quality <= 100:
            raise ManifestError("the quality of a PDQ hash is 0 to 100")
        if not 0 < len(self.reference) <= _MAX_REFERENCE_BYTES:
            raise ManifestError(f"a reference has 1 to {_MAX_REFERENCE_BYTES} bytes")

    def data(self) -> dict[str, Any]:
        """Return the assertion's content."""
        return {
            "pdq": self.pdq.hex(),
            "pdqQuality": self.quality,
            "reference": base64.b64encode(self.reference).decode("ascii"),
        }

    @classmethod
    def of_data(cls, data: object) -> PictureFingerprint | None:
        """Read what `data` returned; None for anything else, whoever signed it."""
        if not isinstance(data, Mapping):
            return None
        pdq, quality, reference = (data.get(key) for key in ("pdq", "pdqQuality", "reference"))
        if not (isinstance(pdq, str) and isinstance(reference, str)) or type(quality) is not int:
            return None
        if len(reference) > 2 * _MAX_REFERENCE_BYTES:
            return None
        try:
            return cls(bytes.fromhex(pdq), quality, base64.b64decode(reference, validate=True))
        except (ValueError, ManifestError):
            return None


@dataclass(frozen=True, slots=True)
class TrainingMining:
    """The ``cawg.training-mining`` assertion: what the owner allows others to do.

    Each field is ``"allowed"``, ``"notAllowed"``, ``"constrained"``, or None to say nothing.
    `others` are entries of one's own, by a reversed domain name ("org.example.printing").
    """

    ai_inference: str | None = "notAllowed"
    ai_generative_training: str | None = "notAllowed"
    ai_training: str | None = "notAllowed"
    data_mining: str | None = "notAllowed"
    others: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return the assertion's content."""
        entries: dict[str, Any] = {}
        for name, use in (
            ("cawg.ai_inference", self.ai_inference),
            ("cawg.ai_generative_training", self.ai_generative_training),
            ("cawg.ai_training", self.ai_training),
            ("cawg.data_mining", self.data_mining),
            *self.others.items(),
        ):
            if use is None:
                continue
            if use not in ("allowed", "notAllowed", "constrained"):
                raise ManifestError(
                    f"{use!r} is not a permission",
                    hint='Use "allowed", "notAllowed" or "constrained".',
                )
            if name in self.others and (name.startswith("cawg.") or not _LABEL.fullmatch(name)):
                raise ManifestError(
                    f"{name!r} is not an entry of one's own",
                    hint='Use a reversed domain name, such as "com.example.printing".',
                )
            entries[name] = {"use": use}
        return {"entries": entries}


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the picture that the claim is about, as fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float
    description: str | None = None

    def __post_init__(self) -> None:
        inside = (
            0 <= self.x <= 1
            and 0 <= self.y <= 1
            and 0 < self.width <= 1 - self.x + 1e-9
            and 0 < self.height <= 1 - self.y + 1e-9
        )
        if not inside:
            raise ManifestError(
                "a region must lie within the picture",
                hint="Give x, y, width and height as fractions between 0 and 1.",
            )

    def data(self) -> dict[str, Any]:
        """Return the region as C2PA writes it."""
        region: dict[str, Any] = {
            "region": [
                {
                    "type": "spatial",
                    "shape": {
                        "type": "rectangle",
                        "unit": "percent",
                        "origin": {"x": self.x * 100, "y": self.y * 100},
                        "width": self.width * 100,
                        "height": self.height * 100,
                    },
                }
            ]
        }
        if self.description is not None:
            region["description"] = self.description
        return region


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done to a picture without making it another one.

    Attributes
    ----------
    action : str
        C2PA's name of it: "c2pa.cropped", "c2pa.resized.proportional", "c2pa.converted", ...
    description : str, optional
        In words for people.
    """

    action: str
    description: str | None = None

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.action):
            raise ManifestError(
                f"{self.action!r} is not an action",
                hint='Use one of C2PA\'s, such as "c2pa.cropped", or a reversed domain name.',
            )


@dataclass(frozen=True, slots=True)
class Assertion:
    """Any further assertion: a label of one's own ("com.example.review") and JSON content."""

    label: str
    data: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not _LABEL.fullmatch(self.label):
            raise ManifestError(
                f"{self.label!r} is not an assertion label",
                hint='Use a reversed domain name, such as "com.example.review".',
            )
