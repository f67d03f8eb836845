"""The hard hosts: of the right kind, reproducible, and as smooth or flat as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.hosts import HOSTS, hard
from benchmarks.hosts.brushes import Field, clouds, ramp

_SIDE = 192


@pytest.mark.parametrize("name", list(HOSTS))
def test_hosts_are_reproducible(name: str) -> None:
    (source,) = hard((name,), side=_SIDE, seed=3)
    pixels = source.load()
    assert pixels.shape == (_SIDE, _SIDE, 3)
    assert pixels.dtype == np.uint8
    assert len(np.unique(pixels)) > 5
    np.testing.assert_array_equal(pixels, source.load())


def test_hosts_depend_on_the_seed() -> None:
    first, second = (hard(("dusk sky",), side=_SIDE, seed=seed)[0].load() for seed in (0, 1))
    assert (first != second).any()


@pytest.mark.parametrize("name", ["dusk sky", "studio wall", "gradient", "fog"])
def test_smooth_hosts_have_faint_noise_and_no_bands(name: str) -> None:
    pixels = hard((name,), side=512, seed=0)[0].load()[:160].astype(float)
    steps = np.diff(pixels, axis=1)
    assert 0.3 < steps.std() < 3
    # In a band, neighbours would all be equal.
    assert (steps == 0).mean() < 0.9


def test_flat_hosts_are_flat() -> None:
    black = hard(("black with a logo",), side=_SIDE)[0].load()
    assert (black == 0).all(axis=2).mean() > 0.5
    art = hard(("pixel art",), side=256)[0].load()
    assert (art[::2, ::2] == art[1::2, 1::2]).all()
    assert len(np.unique(art.reshape(-1, 3), axis=0)) <= 20


def test_brushes() -> None:
    field: Field = clouds(64, np.random.default_rng(0))
    assert field.std() == pytest.approx(1, abs=1e-3)
    position = np.linspace(0, 1, 64, dtype=np.float32)[None]
    colours = ramp(position, [(0.0, (0.0, 10.0, 20.0)), (1.0, (255.0, 10.0, 0.0))])
    assert colours.shape == (1, 64, 3)
    assert (np.diff(colours[0, :, 0]) >= 0).all()
    np.testing.assert_allclose(colours[0, :, 1], 10, atol=0.01)
