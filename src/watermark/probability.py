"""How likely an unmarked picture would give a result: a bound, not an estimate.

A result's score is ``z = sum(s_i x_i c_i) / sqrt(sum(x_i^2))`` over the data coefficients ``x_i``
with the key's secret signs ``s_i`` and the code word's bits ``c_i``. For one given code word and
one given hypothesis (key, variant, geometry, tile offset) the signs are independent fair coins,
whatever the picture is, so that by Hoeffding's inequality ``P(z >= t) <= exp(-t^2 / 2)``. The union
over the 2^68 payloads and size classes and over all hypotheses that a search may decode gives the
bound. It holds for every picture, flat, periodic or hostile, as long as whoever made it does not
know the key.
"""

from __future__ import annotations

import math

from indelible.watermark.carrier import TILES_PER_SUPER, VARIANTS
from indelible.watermark.coding import CRC_BITS, MESSAGE_BITS

__all__ = ["DECODES_PER_KEY", "LIMIT", "MAX_LOCKS", "false_positive_bound"]

LIMIT = 1e-9
MAX_LOCKS = 32  # synchronised hypotheses that one search decodes
TRIES_PER_LOCK = 2  # before and after its map is settled
DECODES_PER_KEY = MAX_LOCKS * TRIES_PER_LOCK * TILES_PER_SUPER**2 + VARIANTS  # these unmoved
SMALLEST = 1e-300  # a bound is never zero
_LOG_MESSAGES = (MESSAGE_BITS - CRC_BITS) * math.log(2)  # payloads and size classes


def false_positive_bound(z: float, n_keys: int) -> float:
    """Return the probability bound of a score `z` in a search over a ring of `n_keys` keys."""
    if z <= 0:
        return 1.0
    exponent = _LOG_MESSAGES + math.log(DECODES_PER_KEY * n_keys) - z * z / 2
    return 1.0 if exponent >= 0 else max(math.exp(exponent), SMALLEST)
