"""The kernels that touch pixels, against their obvious twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark import blanks, whitening
from indelible.watermark._kernels import combining, fourier, luminance, masking, powers, warp
from indelible.watermark.view import View
from tests import naive

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=15, deadline=None)


def image_of(seed: int, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Noise beside black, white and a ramp, uint8 (height, width, channels), read-only."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
    image[: height // 3] = random.choice(np.array([0, 255], np.uint8))
    image[:, : width // 4] = np.linspace(0, 255, height).astype(np.uint8)[:, None, None]
    image.flags.writeable = False
    return image


def grey_of(seed: int, height: int, width: int) -> NDArray[np.float32]:
    return image_of(seed, height, width, 1)[..., 0].astype(np.float32)


@given(
    SEEDS,
    st.integers(1, 24),
    st.integers(1, 24),
    st.sampled_from([1, 3, 4]),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
)
@FEW
def test_reduce_area(
    seed: int, height: int, width: int, channels: int, down: float, across: float
) -> None:
    image = image_of(seed, height, width, channels)
    out = np.empty((max(1, round(height * down)), max(1, round(width * across))), np.float32)
    luminance.reduce_area(image, out)
    assert np.allclose(out, naive.reduce_area(image, *out.shape), atol=0.05)


@pytest.mark.parametrize("shape", [(8, 10, 3), (8, 10, 4), (8, 10, 1)])
def test_reduce_area_to_half_is_a_mean_of_four(shape: tuple[int, int, int]) -> None:
    image = image_of(1, *shape)
    out = np.empty((4, 5), np.float32)
    luminance.reduce_area(image, out)
    weights = np.array(naive.LUMA) if shape[2] > 1 else np.ones(1)
    grey = image[..., : len(weights)] @ weights
    assert np.allclose(out, grey.reshape(4, 2, 5, 2).mean(axis=(1, 3)), atol=1e-3)


def test_reduce_area_keeps_the_range() -> None:
    image = np.full((61, 67, 3), 255, np.uint8)
    out = np.empty((17, 13), np.float32)
    luminance.reduce_area(image, out)
    assert np.allclose(out, 255, atol=0.05)


@given(SEEDS, st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
@FEW
def test_box_mean(seed: int, height: int, width: int, radius: int) -> None:
    image = grey_of(seed, height, width)
    mean = np.empty_like(image)
    masking.box_mean(image, radius, mean)
    assert np.allclose(mean, naive.box_mean(image, radius), atol=1e-3)


@given(SEEDS, st.integers(1, 9), st.integers(1, 9), st.integers(1, 3))
@FEW
def test_root_detail(seed: int, height: int, width: int, radius: int) -> None:
    image = grey_of(seed, height, width)
    out = np.empty_like(image)
    masking.root_detail(image, radius, out)
    assert np.allclose(out, naive.root_detail(image, radius), atol=0.03)


@pytest.mark.parametrize("exponent", [0.0, 0.15, 0.4, 1.0])
def test_amplitudes(exponent: float, rng: np.random.Generator) -> None:
    root = (10 ** rng.uniform(-2, 1, (7, 9))).astype(np.float32)
    root[1, 0] = 0
    out = np.empty_like(root)
    masking.amplitudes(root, exponent, 2.5, 0.65, out)
    expected = naive.amplitudes(root, exponent=exponent, amplitude=2.5, knee=0.65)
    assert np.allclose(out, expected, rtol=5e-4)


@given(SEEDS, st.integers(0, 9), st.integers(0, 9), st.integers(1, 4))
@FEW
def test_level(seed: int, height: int, width: int, radius: int) -> None:
    random = np.random.default_rng(seed)
    shape = 2 * radius + 1 + height, radius + width
    pattern = random.normal(size=shape).astype(np.float32)
    values = random.normal(size=shape).astype(np.float32)
    expected = naive.level(pattern, radius, least=0.05)
    others = values.copy()
    total = masking.level(pattern, others, radius, 0.05)
    assert np.allclose(others, expected * values, rtol=1e-4)
    assert np.isclose(total, np.sum((expected * pattern) ** 2), rtol=1e-4)
    itself = pattern.copy()
    assert masking.level(itself, itself, radius, 0.05) == total
    assert np.allclose(itself, expected * pattern, rtol=1e-4)


@pytest.mark.compiled
def test_level_does_not_drift() -> None:
    """What stood in the first rows leaves nothing in the last."""
    pattern = np.full((4000, 8), 1e-2, np.float32)
    pattern[:1000] = 1e3
    factor = np.ones_like(pattern)
    masking.level(pattern, factor, 2, 1e-6)
    assert np.allclose(factor[1100:3900], 1 / np.sqrt(1e-4 + 1e-6), rtol=1e-4)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("height", "width", "period", "share"),
    [(9, 11, 4, 1), (8, 8, 16, 1), (1, 1, 2, 1), (20, 27, 8, 0.6), (30, 19, 8, 0.1)],
)
def test_add_pattern(
    channels: int, height: int, width: int, period: int, share: float, rng: np.random.Generator
) -> None:
    image = image_of(2, height, width, channels)
    half = -(-height // 2), -(-width // 2)
    mask = rng.uniform(0, 4, [math.ceil(share * side) for side in half]).astype(np.float32)
    pattern = rng.normal(size=(period, period)).astype(np.float32)
    out = np.empty_like(image)
    masking.add_pattern(image, mask, 2.0, pattern, 0.35, 0.025, out)
    expected = naive.add_pattern(image, mask, 2.0, pattern, least_shade=0.35, shade_per_level=0.025)
    assert np.all(np.abs(out - np.clip(expected, 0, 255)) <= 0.5 + 1e-4)
    if channels == 4:
        assert np.array_equal(out[..., 3], image[..., 3])
        assert np.array_equal(out[image[..., 3] == 0], image[image[..., 3] == 0])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_add_pattern_of_nothing_changes_nothing(channels: int) -> None:
    image = image_of(3, 7, 300, channels)
    out = np.empty_like(image)
    nothing = np.zeros((4, 150), np.float32)
    masking.add_pattern(image, nothing, 1.0, np.ones((8, 8), np.float32), 0.35, 0.025, out)
    assert np.array_equal(out, image)


@given(SEEDS)
@FEW
def test_bilinear(seed: int) -> None:
    random = np.random.default_rng(seed)
    source = grey_of(seed, 12, 15)
    matrix = np.eye(3) + random.normal(0, 0.3, (3, 3))
    matrix[2] = 0.01 * random.normal(size=2).tolist()[0], 0.005, 1
    matrix[:2, 2] += random.normal(0, 3, 2)
    out = np.empty((10, 13), np.float32)
    warp.bilinear(source, matrix, out)
    assert np.allclose(out, naive.bilinear(source, matrix, out.shape), atol=0.02)


def test_bilinear_is_exact_far_from_the_origin() -> None:
    """A ramp's value is the place that was read."""
    source = np.tile(np.arange(4000, dtype=np.float32), (3, 1))
    matrix = np.array([[0.37, 0.2, 3.1], [0, 0, 1], [0, 0, 1.0]])
    out = np.empty((2, 9000), np.float32)
    warp.bilinear(source, matrix, out)
    place = 0.37 * np.arange(9000) + 0.2 * np.arange(2)[:, None] + 3.1
    assert np.allclose(out, place, atol=4e-3)


def test_bilinear_survives_a_map_through_infinity() -> None:
    source = grey_of(0, 12, 15)
    out = np.empty((16, 16), np.float32)
    with np.errstate(all="ignore"):
        warp.bilinear(source, np.array([[1.0, 0, 0], [0, 1, 0], [0.125, 0, -1]]), out)
    assert np.all(np.isfinite(out))


# --- whitening -----------------------------------------------------------------------------------


@given(SEEDS, st.integers(1, 70), st.integers(1, 50))
@settings(max_examples=8, deadline=None)
def test_whiten(seed: int, height: int, width: int) -> None:
    image = grey_of(seed, height, width)
    block = whitening.BLOCK
    expected = naive.whiten(image, block, whitening.FLOOR * block**2, -whitening.EXPONENT)
    scale = float(np.sqrt(np.mean(expected**2)))
    assert np.allclose(whitening.whiten(image), expected, atol=2e-3 * scale + 2e-4)


def test_whiten_of_nothing_is_nothing() -> None:
    assert np.abs(whitening.whiten(np.full((40, 40), 200, np.float32))).max() < 1e-4


def test_whiten_takes_any_memory_layout() -> None:
    image = grey_of(5, 40, 33)
    turned = np.asfortranarray(image)
    assert np.array_equal(whitening.whiten(image), whitening.whiten(turned))


def test_whiten_does_not_touch_its_input() -> None:
    image = grey_of(6, 33, 40)
    before = image.copy()
    image.flags.writeable = False
    whitening.whiten(image)
    assert np.array_equal(image, before)


def bundle_of(rng: np.random.Generator) -> NDArray[np.float32]:
    return rng.normal(size=fourier.BUNDLE).astype(np.float32)


def complex_points(bundle: NDArray[np.float32]) -> NDArray[np.complex128]:
    """The points of a bundle's lines, complex (SIZE, LANES)."""
    real, imag = bundle.astype(np.float64).reshape(2, fourier.SIZE, fourier.LANES)
    return real + 1j * imag


def test_transforms_are_numpys(rng: np.random.Generator) -> None:
    bundle = bundle_of(rng)
    expected = np.fft.fft(complex_points(bundle), axis=0)
    fourier.forward(bundle)
    assert np.allclose(complex_points(bundle)[fourier.PLACE], expected, atol=1e-4)


def test_inverse_undoes_forward(rng: np.random.Generator) -> None:
    bundle = bundle_of(rng)
    before = bundle.copy()
    fourier.forward(bundle)
    fourier.inverse(bundle)
    assert np.allclose(bundle / fourier.SIZE, before, atol=1e-5)


@given(SEEDS, st.integers(1, 5), st.integers(2, 9), st.integers(0, 9))
@FEW
def test_pack_real(seed: int, rows: int, columns: int, more: int) -> None:
    random = np.random.default_rng(seed)
    half = columns + more
    values = random.normal(size=(2, rows, columns)).astype(np.float32)
    values[1, :, 0] = 0
    spectrum = values[0] + np.complex64(1j) * values[1]
    wave = 1j * np.exp(1j * np.pi * np.arange(columns) / half)
    out = np.empty((rows, half), np.complex64)
    fourier.pack_real(
        spectrum, (1 + wave).astype(np.complex64), (1 - wave).astype(np.complex64), out
    )
    assert np.allclose(out, naive.pack_real(spectrum, 2 * half), atol=1e-5)


@settings(deadline=None)
@given(st.floats(2**-20, 2**40, width=32), st.floats(-1.5, 1.5))
def test_power(base: float, exponent: float) -> None:
    value = powers.power(np.float32(base), np.float32(exponent))
    assert value == pytest.approx(float(np.float32(base)) ** exponent, rel=5e-4)


@given(SEEDS, st.integers(1, 30), st.integers(1, 30), st.sampled_from([1, 3]))
@FEW
def test_shade(seed: int, height: int, width: int, channels: int) -> None:
    image = image_of(seed, height, width, channels)
    rng = np.random.default_rng(seed)
    mask, weights = rng.random((height, width), np.float32), rng.random(channels, np.float32)
    expected = naive.shade(image, mask.astype(float), weights.astype(float), 0.3, 0.02)
    out = np.empty_like(mask)
    masking.shade(image, mask, weights, 0.3, 0.02, out)
    assert np.allclose(out, expected, atol=1e-6)


# --- counting and spectra of blocks ---------------------------------------------------------------


@given(SEEDS, st.integers(9, 40), st.integers(9, 40), st.sampled_from([1, 3, 4]))
@FEW
def test_clipped_shares(seed: int, height: int, width: int, channels: int) -> None:
    view = View(image_of(seed, height, width, channels)[..., slice(None) if channels > 1 else 0])
    expected = naive.clipped_shares(view.pixels, 4, blanks.BLACK, blanks.WHITE)
    assert np.allclose(blanks.clipped_shares(view, 4), expected, atol=1e-6)
    twice = View(view.pixels if channels > 1 else view.pixels[..., 0], scale=2)
    assert np.array_equal(blanks.clipped_shares(twice, 8), blanks.clipped_shares(view, 4))


@given(SEEDS, st.integers(9, 40), st.integers(9, 40), st.sampled_from([1, 3, 4]))
@FEW
def test_plain_shares(seed: int, height: int, width: int, channels: int) -> None:
    image = image_of(seed, height, width, channels) // 50
    view = View(image if channels > 1 else image[..., 0])
    expected = naive.plain_shares(view.pixels, (3, 4), 1)
    assert np.allclose(blanks.plain_shares(view, (3, 4)), expected, atol=1e-6)


def test_plain_shares_of_a_large_picture_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(image_of(4, 60, 80, 3) // 50)
    monkeypatch.setattr(blanks, "SAMPLE", 60 * 80 / 9)
    expected = naive.plain_shares(view.pixels, (3, 4), 3)
    assert np.allclose(blanks.plain_shares(view, (3, 4)), expected, atol=1e-6)


@given(SEEDS, st.integers(33, 90), st.integers(33, 90), st.integers(2, 5))
@FEW
def test_block_products(seed: int, height: int, width: int, nodes: int) -> None:
    random = np.random.default_rng(seed)
    image = grey_of(seed, height, width)
    other = random.normal(size=(height, width)).astype(np.float32)
    position = random.uniform(0, nodes - 1, whitening.frequencies().shape[:2]).astype(np.float32)
    position[0, 0], position[3, 5] = 0, nodes - 1
    found = whitening.block_products(image, other, position, nodes)
    expected = naive.block_products(
        image, other, position, nodes, whitening.FLOOR, -whitening.EXPONENT
    )
    assert not found.shared[..., -1].any()
    seen = found._replace(shared=found.shared[..., :-1])
    for one, another in zip(seen, expected, strict=True):
        assert one.shape == another.shape
        assert np.allclose(one, another, rtol=2e-3, atol=2e-3 * np.abs(another).max())


@given(SEEDS, st.integers(2, 9), st.integers(2, 9))
@FEW
def test_periodic(seed: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    period = random.normal(size=(height, width)).astype(np.float32)
    matrix = np.eye(3) + random.normal(scale=0.5, size=(3, 3))
    matrix[2] = 0, 1e-3, 1
    out = np.empty((11, 13), np.float32)
    warp.periodic(period, matrix, out)
    assert np.allclose(out, naive.periodic(period, matrix, out.shape), atol=1e-3)


def test_periodic_at_the_periods_ends() -> None:
    period = np.arange(6, dtype=np.float32).reshape(2, 3)
    out = np.empty((4, 6), np.float32)
    warp.periodic(period, np.eye(3), out)
    assert np.allclose(out, np.tile(period, (2, 2)), atol=1e-5)


@given(SEEDS, st.integers(9, 20), st.integers(9, 20), st.integers(1, 3))
@FEW
def test_whitened_room(seed: int, height: int, width: int, radius: int) -> None:
    grey, mask = grey_of(seed, height, width), grey_of(seed + 1, height, width)
    out = np.empty_like(grey)
    masking.whitened_room(grey, mask, radius, 2.0, -0.6, out)
    variance = naive.box_mean(grey**2, radius) - naive.box_mean(grey, radius) ** 2
    assert np.allclose(out, mask * (np.maximum(variance, 0) + 2) ** -0.6, rtol=5e-3, atol=1e-2)


@given(SEEDS, st.integers(6, 20), st.integers(6, 20), st.integers(1, 3), st.integers(3, 8))
@FEW
def test_cell_products(seed: int, height: int, width: int, side: int, period: int) -> None:
    random = np.random.default_rng(seed)
    seen, room = random.normal(size=(2, height, width)).astype(np.float32)
    pattern = random.normal(size=(period, period)).astype(np.float32)
    top, left = (int(value) for value in random.integers(0, period, 2))
    out = np.empty((3, height // side, width // side), np.float32)
    combining.cell_products(seen, room, pattern, top, left, side, out)
    rows, columns = (np.arange(n) + first for n, first in ((height, top), (width, left)))
    wanted = pattern[rows[:, None] % period, columns % period] * room
    assert np.allclose(out, naive.cell_products(seen, wanted, side), atol=1e-4)
