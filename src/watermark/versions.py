"""Versions of the carrier: one value each, from which all that names or separates them derives.

Marks outlive programs. A later version is one more entry of :data:`VERSIONS`: it gets a name of its
own in manifests and registries, keys of its own, and streams that are independent of all others',
so that keys of every version stand in one ring and each finds its own marks only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ALGORITHM", "CURRENT", "VERSIONS", "CarrierVersion", "is_known"]


@dataclass(frozen=True, slots=True)
class CarrierVersion:
    """A version of the carrier.

    Attributes
    ----------
    number : int
        Stands in key files and in every purpose for which a key's bytes are drawn.
    """

    number: int

    @property
    def algorithm(self) -> str:
        """Name in manifests, registries and detections."""
        return f"org.indelible.dft.{self.number}"

    @property
    def salt(self) -> bytes:
        """Salt of the derivation of all keys of this version (RFC 5869)."""
        return f"indelible watermark v{self.number}".encode()

    def purpose(self, name: str) -> str:
        """Name what bytes are drawn for, apart from the same purpose in other versions."""
        return f"v{self.number} {name}"

    def pilots_seed(self, family: str) -> bytes:
        """Seed of the places of a family's pilots."""
        return f"indelible pilots v{self.number} {family}".encode()


CURRENT: Final = CarrierVersion(2)  # of new keys; version 1 was never released, and is not read
VERSIONS: Final = {version.number: version for version in (CURRENT,)}
ALGORITHM: Final = CURRENT.algorithm


def is_known(algorithm: str) -> bool:
    """Whether this is the name of a version that is known here."""
    return any(version.algorithm == algorithm for version in VERSIONS.values())
