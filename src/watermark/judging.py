"""From a synchronised picture to a result, unless chance may have produced it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.watermark import decoding, probability
from indelible.watermark.alignment import Canonical
from indelible.watermark.carrier import TILES_PER_SUPER, Carrier
from indelible.watermark.geometry import original_to_received, to_full_size
from indelible.watermark.keys import Key
from indelible.watermark.locking import Lock
from indelible.watermark.pattern import period_of, variant_for
from indelible.watermark.result import Detection

__all__ = ["Judge"]


@dataclass(frozen=True)
class Judge:
    """What decodes hypotheses about one picture, and believes them or not.

    Attributes
    ----------
    shape : (int, int)
        Height and width of the picture.
    ring : tuple of Key
    carriers : list of Carrier
        Of the keys.
    decodes : int
        Of each key, at most, in this stage of the search: the bound counts them.
    """

    shape: tuple[int, int]
    ring: tuple[Key, ...]
    carriers: list[Carrier]
    decodes: int = probability.DECODES

    def decode(self, canonical: Canonical, lock: Lock) -> decoding.Decoded | None:
        """Decode a synchronised picture; None unless chance is ruled out."""
        carrier = self.carriers[lock.ring_index]
        seen = decoding.PilotsSeen(carrier, lock.variant, lock.polarity, lock.high)
        values = decoding.coefficients(decoding.folded(canonical), seen)
        return self.first_sure(
            decoding.decode_lines(values, carrier, lock.variant, lock.polarity), lock
        )

    def read_unmoved(
        self, values: NDArray[np.complex64], lock: Lock, size_class: int
    ) -> decoding.Decoded | None:
        """Decode lines that lie where a mark of this size class has them; None as above."""
        carrier = self.carriers[lock.ring_index]
        found = self.first_sure(decoding.decode_unmoved(values, carrier, lock.variant), lock)
        return found if found is not None and found.size_class == size_class else None

    def first_sure(self, found: Iterable[decoding.Decoded], lock: Lock) -> decoding.Decoded | None:
        """Return the first word that chance can hardly have produced; the others are not decoded.

        A payload's variant is known: a word read with another variant's signs is wrong.
        """
        key = self.ring[lock.ring_index]
        for one in found:
            sure = self._chance(one) <= probability.LIMIT
            if sure and variant_for(key, one.payload) == lock.variant:
                return one
        return None

    def report(self, working: tuple[int, ...], lock: Lock, decoded: decoding.Decoded) -> Detection:
        """Return the result, given the size (height, width) at which the lock's map holds."""
        full = to_full_size(lock.map, working, self.shape)
        period = period_of(decoded.size_class)
        key = self.ring[lock.ring_index]
        return Detection(
            found=True,
            payload=decoded.payload,
            false_positive_probability=self._chance(decoded),
            geometry=original_to_received(full, period, decoded.offset, self.shape),
            key_id=key.id,
            size_class=decoded.size_class,
            polarity=lock.polarity,
            algorithm=key.algorithm,
            period=period * TILES_PER_SUPER,
        )

    def _chance(self, decoded: decoding.Decoded) -> float:
        return probability.false_positive_bound(decoded.z, len(self.ring), self.decodes)
