"""Estimating a mark from one picture, and from many, against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import images
from benchmarks.attacks import Pixels
from benchmarks.security import informed, learning
from indelible import watermark
from indelible.watermark.carrier import VARIANTS, carrier_of, data_lines
from indelible.watermark.coding import CODED_BITS
from indelible.watermark.pattern import size_class_for, synthesise, variant_for

_SIDE = 512
_PAYLOAD = bytes(range(8))


@pytest.fixture(scope="module")
def key() -> watermark.Key:
    return watermark.Key.from_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def marked(key: watermark.Key) -> Pixels:
    picture = images.square(images.photograph(2), _SIDE)
    return watermark.embed(picture, _PAYLOAD, key, strength="robust")


@pytest.fixture(scope="module")
def lines(marked: Pixels) -> informed.Lines:
    return informed.lines_of(marked, informed.mask_of(marked, "robust"))


@pytest.fixture(scope="module")
def code(key: watermark.Key) -> informed.Plane:
    variant = variant_for(key, _PAYLOAD)
    return learning.code_of(carrier_of(key), variant, _PAYLOAD, size_class_for(_SIDE, _SIDE))


def test_true_signs_draw_the_true_pattern(key: watermark.Key, code: informed.Plane) -> None:
    carrier, size_class = carrier_of(key), size_class_for(_SIDE, _SIDE)
    variant = variant_for(key, _PAYLOAD)
    pilots = np.exp(1j * carrier.pilot_phases[variant])
    true = synthesise(carrier, variant, _PAYLOAD, size_class)
    drawn = informed.pattern_of(code, pilots, size_class)
    assert np.corrcoef(drawn.ravel(), true.ravel())[0, 1] > 0.999


def test_the_mask_and_the_true_pattern_take_the_mark_out(
    key: watermark.Key, code: informed.Plane
) -> None:
    picture = images.square(images.photograph(2), _SIDE)
    marked = watermark.embed(picture, _PAYLOAD, key, strength="robust")
    pilots = np.exp(1j * carrier_of(key).pilot_phases[variant_for(key, _PAYLOAD)])
    pattern = informed.pattern_of(code, pilots, size_class_for(_SIDE, _SIDE))
    cleaned = informed.subtract(marked, pattern, informed.mask_of(marked, "robust"), 1.0)
    assert np.std(cleaned.astype(float) - picture) < 0.5 * np.std(marked.astype(float) - picture)


def test_a_picture_shows_its_pilots_and_a_little_of_its_data(
    key: watermark.Key, lines: informed.Lines, code: informed.Plane
) -> None:
    signs, phases = informed.estimated(lines, pilots=True, data=True)
    true = np.exp(1j * carrier_of(key).pilot_phases[variant_for(key, _PAYLOAD)])
    assert abs(np.mean(phases * np.conj(true))) > 0.8
    assert 0.05 < np.corrcoef(signs, code)[0, 1] < 0.9
    assert lines.coefficients().shape == (2 * len(data_lines()),)
    nothing, none = informed.estimated(lines, pilots=False, data=False)
    assert not nothing.any()
    assert not none.any()


def test_strain_is_the_score(lines: informed.Lines, code: informed.Plane) -> None:
    strain = learning.strain_of(lines, code)
    seen = lines.coefficients()
    plain = float(code @ seen) / np.sqrt(float(seen @ seen))
    assert strain.energy**0.5 > 0.9 * plain
    assert np.sum(strain.profile) * len(seen) / len(strain.profile) == pytest.approx(
        strain.energy, rel=0.05
    )
    assert learning.mean_of([strain, strain]) == pytest.approx(strain)


def _strain(ratio: float, n: int) -> learning.Strain:
    return learning.Strain(n * ratio**2, n * ratio**4, (ratio**2,) * 16)


def test_theory_knows_its_ends() -> None:
    strain = _strain(0.3, 35_000)
    assert learning.subspace_share(strain, strain.onset) == 0
    assert learning.subspace_share(strain, 1e12) == pytest.approx(1)
    assert learning.known_share(strain, 1) < 0.01
    assert learning.known_share(strain, 1e6) == pytest.approx(1, abs=1e-3)
    for known, share in ((False, 0.5), (True, 0.5), (True, 0.9)):
        pictures = learning.pictures_for(share, strain, known=known)
        reached = learning.known_share if known else learning.subspace_share
        assert reached(strain, pictures) == pytest.approx(share, abs=1e-6)


def test_learning_agrees_with_theory() -> None:
    """A small model: few coefficients, all bits, one variant."""
    rng = np.random.default_rng(0)
    per_bit, ratio, pictures = 12, 0.7, 700
    bit = np.repeat(np.arange(CODED_BITS), per_bit)
    signs = rng.choice([-1.0, 1.0], bit.size)
    words = rng.choice(np.array([-1, 1], np.int8), (pictures, CODED_BITS))
    seen = ratio * signs * words[:, bit] + rng.normal(size=(pictures, bit.size))
    strain = _strain(ratio, bit.size)

    basis = learning.subspace_from(seen.astype(np.float32))
    mark = signs * rng.choice([-1.0, 1.0], CODED_BITS)[bit]
    caught = float(np.sum((basis.T @ mark) ** 2) / bit.size)
    expected = learning.subspace_share(strain, VARIANTS * pictures)
    assert caught == pytest.approx(expected, abs=0.08)

    fainter, some = 0.3, 200
    seen = fainter * signs * words[:some, bit] + rng.normal(size=(some, bit.size))
    found, sign = learning.places_from_payloads(seen.astype(np.float32), words[:some])
    right = float(np.mean((found == bit) & (np.sign(sign) == signs)))
    expected = learning.known_share(_strain(fainter, bit.size), VARIANTS * some)
    assert right == pytest.approx(expected, abs=0.05)
