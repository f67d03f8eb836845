"""Filters and colour tables that only everyday rows use."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import Pixels, chains, colour, filters

_RNG = attacks.generator(0, "")


@pytest.mark.parametrize(("degrees", "axis"), [(0, 1), (90, 0)])
def test_motion_blur_smears_along_its_line(degrees: float, axis: int) -> None:
    dot = np.zeros((61, 61, 3), np.uint8)
    dot[30, 30] = 255
    smeared = filters.motion_blur(dot, _RNG, length=25, degrees=degrees).pixels[..., 0] > 4
    extent = [np.flatnonzero(smeared.any(axis=1 - way)) for way in (0, 1)]
    assert np.ptp(extent[axis]) + 1 == pytest.approx(25, abs=2)
    assert np.ptp(extent[1 - axis]) == 0


def test_the_colour_table_is_warm_and_monotonic() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    graded = colour.graded(ramp, _RNG, warmth=0.06).pixels[0].astype(int)
    assert (np.diff(graded, axis=0) >= 0).all()
    assert graded[128, 0] > graded[128, 1] > graded[128, 2]
    assert graded[0].min() > 8


def test_the_beauty_filter_smooths_skin_and_keeps_edges(picture: Pixels) -> None:
    noisy = filters.gaussian_noise(picture, attacks.generator(0, "n"), sigma=4).pixels
    smooth = chains.beauty(noisy, _RNG, quality=95).pixels
    grain = [float(np.abs(np.diff(p.astype(int), axis=1)).mean()) for p in (noisy, smooth)]
    assert grain[1] < 0.7 * grain[0]
    grey = [p.mean(axis=2).ravel() for p in (noisy, smooth)]
    assert np.corrcoef(*grey)[0, 1] > 0.9
