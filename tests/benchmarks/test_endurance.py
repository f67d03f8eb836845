"""Endurance: a slope is told from noise."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import endurance


def test_a_slope_is_found_in_noise() -> None:
    rng = np.random.default_rng(0)
    calls = list(range(0, 3000, 30))
    noise = rng.normal(0, 50, 100)
    flat, _ = endurance.slope_of(calls, (1000 + noise).tolist())
    grows, error = endurance.slope_of(calls, (np.array(calls) * 2.0 + noise).tolist())
    assert abs(flat) < 0.1
    assert grows == pytest.approx(2, abs=4 * error)
    assert error < 0.1


def test_what_fills_at_the_beginning_is_no_slope() -> None:
    calls = list(range(0, 3000, 30))
    filling = [float(min(call, 900)) for call in calls]
    assert endurance.slope_of(calls, filling) == pytest.approx((0, 0), abs=1e-9)
