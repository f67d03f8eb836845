"""Displacements that all cells agree on."""

from __future__ import annotations

import numpy as np

from indelible.watermark import Key
from indelible.watermark.carrier import carrier_of
from indelible.watermark.matching import displacements


def test_a_smooth_field_is_found_where_no_cell_shows_its_own(
    key: Key, rng: np.random.Generator
) -> None:
    pilots = carrier_of(key).pilots
    y, x = np.mgrid[0:16, 0:20]
    field = 0.08 * np.stack([np.sin(y / 4), np.cos(x / 5)], axis=-1)
    phases = 2 * np.pi * field @ pilots.lines.T
    noise = rng.normal(size=(2, *phases.shape))
    values = 0.35 * np.exp(-1j * phases) + noise[0] + 1j * noise[1]
    seen = np.ones((16, 20), np.bool_)
    found = displacements(values, seen, pilots, 0.2, 0.03)
    assert np.median(np.hypot(*(found - field).T)) < 0.02

    alone = displacements(values, seen, pilots, 0.2, 100.0)
    assert np.median(np.hypot(*(alone - field).T)) > 0.04


def test_cells_that_are_not_seen_follow_their_neighbours(key: Key) -> None:
    pilots = carrier_of(key).pilots
    field = np.full((8, 10, 2), (0.06, -0.1))
    values = np.exp(-2j * np.pi * field @ pilots.lines.T)
    seen = np.ones((8, 10), np.bool_)
    seen[:, 4:6] = False
    values[~seen] = 100.0
    found = displacements(values, seen, pilots, 0.2, 0.02)
    assert np.abs(found - field).max() < 0.02
