"""Assertions that a manifest may make, each as a small typed class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indelible.errors import ManifestError

__all__ = ["AiDisclosure", "Assertion", "Region", "TrainingMining"]

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
class TrainingMining:
    """The ``cawg.training-mining`` assertion: what the owner allows others to do.

    Each field is ``"allowed"``, ``"notAllowed"``, ``"constrained"``, or None to say nothing.
    """

    ai_inference: str | None = "notAllowed"
    ai_generative_training: str | None = "notAllowed"
    ai_training: str | None = "notAllowed"
    data_mining: str | None = "notAllowed"

    def data(self) -> dict[str, Any]:
        """Return the assertion's content."""
        entries: dict[str, Any] = {}
        for name, use in (
            ("cawg.ai_inference", self.ai_inference),
            ("cawg.ai_generative_training", self.ai_generative_training),
            ("cawg.ai_training", self.ai_training),
            ("cawg.data_mining", self.data_mining),
        ):
            if use is None:
                continue
            if use not in ("allowed", "notAllowed", "constrained"):
                raise ManifestError(
                    f"{use!r} is not a permission",
                    hint='Use "allowed", "notAllowed" or "constrained".',
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
