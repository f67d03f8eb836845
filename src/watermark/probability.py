"""How likely an unmarked picture would give a result: a bound, not an estimate.

A result's score is ``z = sum(s_i x_i c_i) / sqrt(sum(x_i^2))`` over the data coefficients ``x_i``
with the key's secret signs ``s_i`` and the code word's bits ``c_i``. For one given code word and
one given hypothesis (key, variant, geometry, tile offset) the signs are independent fair coins,
whatever the picture is, so that ``P(z >= t) <= 3.18 P(g >= t)`` with a standard normal ``g``
(Bentkus and Dzindzalieta, 2015, doi:10.3150/14-BEJ603). The union over the payloads and size
classes that belong to the hypothesis' variant and over all hypotheses that a search may decode
gives the bound. It holds for every picture, flat, periodic or hostile, as long as its maker does
not know the key.
"""

from __future__ import annotations

import math

from indelible.watermark.carrier import TILES_PER_SUPER, VARIANTS
from indelible.watermark.coding import CRC_BITS, MESSAGE_BITS

__all__ = ["CLOSER_DECODES", "DECODES", "LIMIT", "MAX_LOCKS", "false_positive_bound"]

LIMIT = 1e-9  # the promise: one unmarked picture in a billion, at most
# A search has at most two stages: the usual one, of which a quick search is the beginning, and the
# closer look of a thorough one. Each may spend half of LIMIT, so that a gate does not depend on
# whether another stage follows, and a thorough search finds whatever a lesser one does.
STAGES = 2
MAX_LOCKS = 32  # that one search decodes: doubling them costs 0.06 of z, a hundredth of its energy
TRIES_PER_LOCK = 5  # as found, refined, settled, at another size, and bent
TRIES_UNMOVED = 3  # of each variant: with flat weights, with the pilots', with inverted ones'
CLOSER_LOCKS = 32  # likewise, of a closer look
TRIES_PER_CLOSER_LOCK = 2  # bent, and bent more softly
OFFSETS = TILES_PER_SUPER**2  # tile offsets at which each of them may be decoded
# What is decoded for a key: by the usual stage, the picture that was not moved included ...
DECODES = MAX_LOCKS * TRIES_PER_LOCK * OFFSETS + TRIES_UNMOVED * VARIANTS
CLOSER_DECODES = CLOSER_LOCKS * TRIES_PER_CLOSER_LOCK * OFFSETS  # ... and by a closer look
SMALLEST = 1e-300  # a bound is never zero
RADEMACHER = 1 / (2 * math.erfc(1.0))  # 1 / (4 P(g >= sqrt(2))), the best constant there is
# A payload is taken from its own variant only: an eighth of all, by the key's pseudo-random choice.
MESSAGES = 2.0 ** (MESSAGE_BITS - CRC_BITS) / VARIANTS


def false_positive_bound(z: float, n_keys: int, decodes: int = DECODES) -> float:
    """Return the probability bound of a score `z` in a search over a ring of `n_keys` keys.

    Parameters
    ----------
    z : float
    n_keys : int
    decodes : int
        Of each key, at most, in the stage of the search that gave the score.
    """
    if z <= 0:
        return 1.0
    tail = RADEMACHER * math.erfc(z / math.sqrt(2)) / 2
    return min(max(STAGES * MESSAGES * decodes * n_keys * tail, SMALLEST), 1.0)
