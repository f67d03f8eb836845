"""The carrier: what a key and a family determine, and its symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indelible.watermark import Key
from indelible.watermark.carrier import (
    BAND,
    PILOT_ORBITS,
    SUPER_TILE,
    TILE,
    TILES_PER_SUPER,
    VARIANTS,
    carrier_of,
    data_lines,
    pilots_of,
)
from indelible.watermark.coding import CODED_BITS

D4 = [
    np.array(matrix)
    for matrix in (
        ((1, 0), (0, 1)),
        ((0, -1), (1, 0)),
        ((-1, 0), (0, -1)),
        ((0, 1), (-1, 0)),
        ((1, 0), (0, -1)),
        ((0, 1), (1, 0)),
        ((-1, 0), (0, 1)),
        ((0, -1), (-1, 0)),
    )
]
FAMILIES = st.text(min_size=1, max_size=64)


def test_the_same_key_gives_the_same_carrier(key: Key) -> None:
    first = carrier_of(key)
    carrier_of.cache_clear()
    second = carrier_of(Key.from_bytes(b"a key of the engine's own tests!"))
    assert first is not second
    for name in ("pilot_phases", "coded_bit", "signs"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_a_carrier_cannot_be_changed(key: Key) -> None:
    carrier = carrier_of(key)
    for array in (carrier.pilot_phases, carrier.coded_bit, carrier.signs):
        with pytest.raises(ValueError, match="read-only"):
            array.flat[0] = 0


# --- pilots --------------------------------------------------------------------------------------


@given(FAMILIES)
@settings(max_examples=25, deadline=None)
def test_pilots_are_symmetric(family: str) -> None:
    """With their negatives, the lines are the same set under all symmetries of the square."""
    lines = {tuple(line) for line in pilots_of(family).lines.tolist()}
    both = lines | {(-u, -v) for u, v in lines}
    assert len(both) == 2 * len(lines)
    for symmetry in D4:
        assert {tuple((symmetry @ line).tolist()) for line in both} == both


@given(FAMILIES)
@settings(max_examples=25, deadline=None)
def test_pilots_lie_in_their_bands(family: str) -> None:
    pilots = pilots_of(family)
    radii = np.hypot(*pilots.orbits.T) / TILE
    first = 0
    for low, high, count in PILOT_ORBITS:
        orbits = radii[first : first + count]
        assert np.all((orbits > low - 1 / TILE) & (orbits < high + 1 / TILE))
        first += count
    assert first == len(radii)
    assert pilots.lines.shape == (4 * len(radii), 2)
    assert np.all(pilots.lines[:, 0] > 0)
    assert np.all(np.diff(pilots.lines[:, 0]) >= 0)


@given(FAMILIES)
@settings(max_examples=25, deadline=None)
def test_no_two_orbits_look_alike(family: str) -> None:
    """Not of one radius nor of one angle: rings or spokes of a picture must not pass for them."""
    orbits = pilots_of(family).orbits.astype(float)
    radii = np.sort(np.log(np.hypot(*orbits.T)))
    angles = np.sort(np.arctan2(orbits[:, 1], orbits[:, 0]))
    assert np.diff(radii).min() >= 0.05
    assert np.rad2deg(np.diff(angles)).min() >= 2.5


def test_families_have_places_of_their_own() -> None:
    places = [tuple(pilots_of(f"family {i}").orbits.ravel().tolist()) for i in range(10)]
    assert len(set(places)) == 10


def test_keys_of_a_family_share_places_but_not_phases() -> None:
    one, other = (carrier_of(Key.from_bytes(bytes([i]) * 32)) for i in (1, 2))
    assert np.array_equal(one.pilots.lines, other.pilots.lines)
    turn = np.exp(1j * (one.pilot_phases[:, None] - other.pilot_phases[None]))
    assert np.abs(turn.mean(axis=2)).max() < 0.65  # 32 random phases: 5 deviations would be 0.88


# --- data lines ----------------------------------------------------------------------------------


def test_data_lines_are_a_half_plane_of_the_band() -> None:
    lines = data_lines()
    radii = np.hypot(*lines.T) / SUPER_TILE
    assert np.all((radii >= BAND[0]) & (radii <= BAND[1]))
    chosen = {tuple(line) for line in lines.tolist()}
    assert len(chosen) == len(lines)
    assert not any((-u, -v) in chosen for u, v in chosen)


def test_data_lines_stand_in_an_exact_order() -> None:
    """By whole numbers: the last bit of a radius depends on the platform, a mark must not."""
    u, v = data_lines().T
    assert np.array_equal(np.lexsort((v, u, u * u + v * v)), np.arange(len(u)))


def test_no_data_line_is_on_the_tiles_lattice() -> None:
    assert not np.any(np.all(data_lines() % TILES_PER_SUPER == 0, axis=1))


def test_every_coded_bit_has_its_share_of_every_frequency(key: Key) -> None:
    coded_bit = carrier_of(key).coded_bit
    n = len(data_lines())
    counts = np.bincount(coded_bit, minlength=CODED_BITS)
    assert counts.sum() == 2 * n
    assert np.ptp(counts) <= 1
    by_radius = np.stack([coded_bit[:n], coded_bit[n:]], axis=1).ravel()
    for run in range(len(by_radius) // CODED_BITS):
        part = by_radius[run * CODED_BITS : (run + 1) * CODED_BITS]
        assert np.array_equal(np.sort(part), np.arange(CODED_BITS))


def test_signs_are_fair_and_independent(key: Key) -> None:
    """Of all variants, and of another key: within 5 deviations of coins."""
    other = carrier_of(Key.from_bytes(bytes(32)))
    signs = np.concatenate([carrier_of(key).signs, other.signs]).astype(float)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    n = signs.shape[1]
    assert np.abs(signs.sum(axis=1)).max() < 5 * np.sqrt(n)
    correlation = signs @ signs.T - n * np.eye(len(signs))
    assert np.abs(correlation).max() < 5 * np.sqrt(n)


def test_pilot_phases_are_spread_over_the_circle(key: Key) -> None:
    phases = carrier_of(key).pilot_phases
    assert phases.shape == (VARIANTS, len(pilots_of(key.family).lines))
    assert np.all((phases >= 0) & (phases < 2 * np.pi))
    assert np.abs(np.exp(1j * phases).mean()) < 5 / np.sqrt(phases.size)
