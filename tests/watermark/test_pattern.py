"""The mark's pattern: where its energy is, and that decoding undoes it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.ndimage import uniform_filter

from indelible.watermark import Key, coding
from indelible.watermark._scratch import Scratch
from indelible.watermark.alignment import Canonical
from indelible.watermark.carrier import (
    BAND,
    PILOT_SHARE,
    SUPER_TILE,
    TILE,
    TILES_PER_SUPER,
    VARIANTS,
    carrier_of,
    pilots_of,
)
from indelible.watermark.decoding import (
    PilotsSeen,
    coefficients,
    decode_lines,
    decode_unmoved,
    folded,
    pilots_unmoved,
)
from indelible.watermark.pattern import (
    CLASS_RATIO,
    LEVEL_RADIUS,
    PERIODS,
    _sum_of_lines,
    drawn,
    period_of,
    size_class_for,
    synthesise,
    synthesise_canonical,
    variant_for,
)

SAMPLES = 64


@pytest.fixture(scope="module")
def period(key: Key, payload: bytes) -> NDArray[np.float32]:
    return synthesise(carrier_of(key), 3, payload, 0)


# --- the pattern ---------------------------------------------------------------------------------


def test_a_period_has_unit_variance(period: NDArray[np.float32]) -> None:
    assert period.shape == (SUPER_TILE, SUPER_TILE)
    assert period.dtype == np.float32
    assert period.mean() == pytest.approx(0, abs=0.01)
    assert period.var() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size_class", [0, 5])
def test_a_period_is_nearly_as_strong_everywhere(key: Key, payload: bytes, size_class: int) -> None:
    """Levelling evens the local energy, and leaves what a detector sums up."""
    samples = period_of(size_class)
    plain = _sum_of_lines(carrier_of(key), 3, payload, size_class, samples, Scratch())
    level = synthesise(carrier_of(key), 3, payload, size_class)
    side = 2 * max(1, round(LEVEL_RADIUS * samples / TILE)) + 1

    def unevenness(pattern: NDArray[np.float32]) -> float:
        energy = uniform_filter(np.square(pattern, dtype=np.float64), side, mode="wrap")
        return float(energy.std() / energy.mean())

    assert unevenness(plain) > 0.55
    assert unevenness(level) < 0.3
    assert np.abs(level).max() < 0.7 * np.abs(plain).max()
    assert np.corrcoef(level.ravel(), plain.ravel())[0, 1] > 0.9


def test_a_response_changes_no_level(key: Key, payload: bytes) -> None:
    """A part of the frequencies is a part of the same pattern: the parts add up to the whole."""

    def part(low: float, high: float) -> NDArray[np.float32]:
        def within(radius: NDArray[np.float64]) -> NDArray[np.float64]:
            return ((radius >= low) & (radius < high)).astype(np.float64)

        return synthesise_canonical(carrier_of(key), 3, payload, 0, SAMPLES, within)

    whole = synthesise_canonical(carrier_of(key), 3, payload, 0, SAMPLES)
    assert np.allclose(part(0, 0.1) + part(0.1, 1), whole, atol=1e-4)


def test_nearly_all_energy_is_in_the_band(period: NDArray[np.float32]) -> None:
    """Levelling spreads a little of it."""
    energy = np.abs(np.fft.fft2(period)) ** 2
    frequency = np.fft.fftfreq(SUPER_TILE)
    radius = np.hypot(frequency[:, None], frequency[None, :])
    inside = (radius >= BAND[0] - 1e-9) & (radius <= BAND[1] + 1e-9)
    assert energy[inside].sum() > 0.97 * energy.sum()


def test_on_the_tiles_lattice_there_are_pilots_only(period: NDArray[np.float32], key: Key) -> None:
    energy = np.abs(np.fft.fft2(period)) ** 2
    lattice = energy[::TILES_PER_SUPER, ::TILES_PER_SUPER]
    assert lattice.sum() == pytest.approx(PILOT_SHARE * energy.sum(), rel=0.12)
    lines = pilots_of(key.family).lines
    on_pilots = lattice[lines[:, 1], lines[:, 0]].sum() + lattice[-lines[:, 1], -lines[:, 0]].sum()
    assert on_pilots == pytest.approx(lattice.sum(), rel=0.03)


def test_variants_share_no_phases(key: Key, payload: bytes) -> None:
    patterns = [synthesise(carrier_of(key), variant, payload, 0) for variant in range(VARIANTS)]
    flat = np.stack([one.ravel() for one in patterns])
    correlation = np.corrcoef(flat) - np.eye(VARIANTS)
    assert np.abs(correlation).max() < 0.25  # pilots alone: PILOT_SHARE times a random sum's


def test_a_mark_has_one_variant(key: Key) -> None:
    variants = [variant_for(key, bytes([i]) * 8) for i in range(200)]
    assert variants == [variant_for(key, bytes([i]) * 8) for i in range(200)]
    assert set(variants) == set(range(VARIANTS))
    stranger = Key.from_bytes(bytes(32))
    assert variants != [variant_for(stranger, bytes([i]) * 8) for i in range(200)]


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_size_classes(height: int, width: int) -> None:
    size_class = size_class_for(height, width)
    assert 0 <= size_class <= 15
    assert size_class == size_class_for(width, height)
    assert size_class <= size_class_for(2 * height, width)


def test_periods_are_the_nearest_that_transform_fast() -> None:
    def is_fast(length: int) -> bool:
        return length % 2 == 0 and next_fast_len(length) == length

    for size_class, period in enumerate(PERIODS):
        wanted = TILE * CLASS_RATIO**size_class
        others = filter(is_fast, range(round(0.9 * wanted), round(1.1 * wanted)))
        assert period == period_of(size_class) == min(others, key=lambda one: abs(one - wanted))
    assert all(1.15 < b / a < 1.25 for a, b in itertools.pairwise(PERIODS))


def test_a_pattern_in_borrowed_memory_is_the_same(key: Key, payload: bytes) -> None:
    """Whatever was in it before; and nobody else's pattern lies there."""
    memory = Scratch()
    for other in (payload, bytes(8), payload):
        pattern, factor = drawn(carrier_of(key), 3, other, 0, SAMPLES, memory)
        own = synthesise_canonical(carrier_of(key), 3, other, 0, SAMPLES)
        assert np.allclose(pattern * factor, own, atol=1e-6)
        assert not np.shares_memory(pattern, own)


# --- decoding it ---------------------------------------------------------------------------------


def canonical_mark(
    key: Key, payload: bytes, *, shift: tuple[int, int] = (0, 0), noise: float = 0.0, seed: int = 0
) -> Canonical:
    """Two by two periods of a mark of variant 3, moved by whole tiles, in noise."""
    one = synthesise_canonical(carrier_of(key), 3, payload, 7, SAMPLES)
    moved = np.roll(np.tile(one, (2, 2)), (shift[1] * SAMPLES, shift[0] * SAMPLES), axis=(0, 1))
    pixels = moved + np.random.default_rng(seed).normal(0, noise, moved.shape)
    return Canonical(pixels.astype(np.float32), SAMPLES, (0, 0))


@pytest.mark.compiled
@given(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.sampled_from([1, -1]))
@settings(max_examples=12, deadline=None)
def test_every_tile_offset_decodes(
    key: Key, payload: bytes, shift: tuple[int, int], polarity: int
) -> None:
    canonical = canonical_mark(key, payload, shift=shift, noise=2)
    canonical.pixels[:] *= polarity
    carrier = carrier_of(key)
    values = coefficients(folded(canonical), PilotsSeen(carrier, 3, polarity))
    best = max(decode_lines(values, carrier, 3, polarity), key=lambda one: one.z)
    assert (best.payload, best.size_class, best.offset) == (payload, 7, shift)
    assert best.z > 20


def test_an_origin_elsewhere_is_the_same_picture(key: Key, payload: bytes) -> None:
    here = canonical_mark(key, payload, shift=(1, 2))
    there = Canonical(here.pixels, SAMPLES, (-5, 2))
    carrier = carrier_of(key)
    decoded = list(decode_lines(coefficients(folded(there)), carrier, 3, 1))
    assert [one.offset for one in decoded if one.payload == payload] == [((1 - 5) % 4, (2 + 2) % 4)]


def test_unmoved_pictures_decode_without_pilots(key: Key, payload: bytes) -> None:
    carrier = carrier_of(key)
    values = coefficients(folded(canonical_mark(key, payload, noise=2)))
    assert [one.payload for one in decode_unmoved(values, carrier, 3)] == [payload]
    moved = coefficients(folded(canonical_mark(key, payload, shift=(1, 0), noise=2)))
    assert decode_unmoved(moved, carrier, 3) == []


def test_pilots_of_an_unmoved_picture_are_seen_without_a_search(key: Key, payload: bytes) -> None:
    carrier = carrier_of(key)
    seen = pilots_unmoved(folded(canonical_mark(key, payload, noise=3)), carrier)
    assert (seen[0].variant, seen[0].high) == (3, 1)
    noise = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    assert len(pilots_unmoved(folded(Canonical(noise, SAMPLES, (0, 0))), carrier)) <= 1


@pytest.mark.compiled
def test_noise_is_not_decoded_for_want_of_energy(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).normal(size=(256, 256)).astype(np.float32)
    values = coefficients(folded(Canonical(noise, SAMPLES, (0, 0))))
    monkeypatch.setattr(coding, "decode", lambda _: pytest.fail("decoded noise"))
    assert list(decode_lines(values, carrier_of(key), 0, 1)) == []


@pytest.mark.compiled
def test_another_variant_or_key_decodes_nothing_likely(key: Key, payload: bytes) -> None:
    values = coefficients(folded(canonical_mark(key, payload)))
    stranger = carrier_of(Key.from_bytes(bytes(32)))
    for carrier, variant in ((carrier_of(key), 4), (stranger, 3)):
        assert all(one.z < 11 for one in decode_lines(values, carrier, variant, 1))


def test_nothing_decodes_to_nothing(key: Key) -> None:
    empty = Canonical(np.zeros((128, 128), np.float32), SAMPLES, (0, 0))
    carrier = carrier_of(key)
    for one in decode_lines(coefficients(folded(empty)), carrier, 0, 1):
        assert one.z == 0
