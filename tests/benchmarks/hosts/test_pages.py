"""Hosts that are no photographs."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.hosts import pages

_ALL = pages.DOCUMENTS | pages.PERIODIC


@pytest.mark.parametrize("name", list(_ALL))
def test_hosts_are_reproducible_and_differ_by_number(name: str) -> None:
    first, second = pages.sources({name: _ALL[name]}, 2)
    pixels = first.load()
    assert pixels.shape == (_ALL[name].height, _ALL[name].width, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, first.load())
    assert (second.load() != pixels).any()
    assert first.name != second.name
    (other,) = pages.sources({name: _ALL[name]}, seed=1)
    assert (other.load() != pixels).any()


@pytest.mark.parametrize("name", list(_ALL))
def test_hosts_have_ink_and_paper(name: str) -> None:
    pixels = pages.sources({name: _ALL[name]})[0].load()
    dark = (pixels.mean(axis=2) < 128).mean()
    assert 0.003 < dark < 0.99
    assert pixels.std() > 20


def test_a_checkerboard_repeats_itself() -> None:
    pixels = pages.sources({"checkerboard": pages.PERIODIC["checkerboard"]})[0].load()
    row = pixels[5, :, 0].astype(int)
    (edges,) = np.nonzero(np.diff(row))
    assert len(set(np.diff(edges))) == 1
