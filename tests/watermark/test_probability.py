"""The bound on false positives: that it holds, and counts what it says it counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from indelible.watermark import carrier, coding, keys, probability
from indelible.watermark.probability import false_positive_bound

SCORES = st.floats(-50, 200)
RINGS = st.integers(1, keys.MAX_RING)


@given(SCORES, SCORES, RINGS)
def test_a_higher_score_is_never_likelier(one: float, other: float, n_keys: int) -> None:
    low, high = sorted([one, other])
    assert false_positive_bound(high, n_keys) <= false_positive_bound(low, n_keys)


@given(SCORES, RINGS)
def test_the_bound_is_a_probability_and_never_zero(z: float, n_keys: int) -> None:
    assert 0 < false_positive_bound(z, n_keys) <= 1


@given(st.floats(12, 30), RINGS)
def test_every_key_of_a_ring_is_counted(z: float, n_keys: int) -> None:
    one, ring = false_positive_bound(z, 1), false_positive_bound(z, n_keys)
    assert ring == pytest.approx(min(n_keys * one, 1), rel=1e-6)


@given(st.floats(12, 30))
def test_every_message_and_every_decode_is_counted(z: float) -> None:
    """The union bound, written out."""
    messages = 2.0 ** (8 * coding.PAYLOAD_BYTES + coding.SIZE_BITS) / carrier.VARIANTS
    union = messages * probability.STAGES * probability.DECODES * 3.1787 * stats.norm.sf(z)
    assert false_positive_bound(z, 1) == pytest.approx(min(union, 1), rel=1e-4)


@pytest.mark.parametrize("z", [-1e9, -1.0, 0.0, 5.0, 10.0])
def test_low_scores_prove_nothing(z: float) -> None:
    assert false_positive_bound(z, 1) == 1


@pytest.mark.parametrize("host", ["noise", "flat", "spike", "ramp", "few"])
def test_the_tail_of_random_signs_stays_below_the_bound(host: str) -> None:
    """Whatever the coefficients are, signs that nobody knows keep z below the bound's tail."""
    random = np.random.default_rng(3)
    n, trials = 200, 20_000
    x = {
        "noise": random.normal(size=n),
        "flat": np.ones(n),
        "spike": np.eye(n)[7],
        "ramp": np.linspace(0, 1, n),
        "few": (np.arange(n) < 4).astype(float),
    }[host]
    word = random.choice([-1.0, 1.0], n)
    signs = random.integers(0, 2, (trials, n), dtype=np.int8) * 2.0 - 1
    z = signs @ (x * word) / math.sqrt(np.sum(x**2))
    for t in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
        bound = probability.RADEMACHER * stats.norm.sf(t)
        allowance = 4 * math.sqrt(bound / trials)  # of the simulation itself
        assert np.mean(z >= t) <= bound + allowance


def test_the_constant_is_reached_by_two_coins() -> None:
    """P(e1 + e2 >= sqrt(2) sqrt(2)) is 1/4: no smaller constant would do."""
    assert probability.RADEMACHER * stats.norm.sf(math.sqrt(2)) == pytest.approx(0.25)
