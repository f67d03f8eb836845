"""The mask: what hides a mark and what does not, in pictures painted for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible.watermark._kernels import masking
from indelible.watermark._scratch import Scratch
from indelible.watermark.visibility import (
    CALM,
    LEAST_SHADE,
    VIEWED_SIDE,
    Room,
    as_viewed,
    discount_of,
    room_of,
    shade_of,
    spread,
)

SIDE = 128


def textured(deviation: float, side: int = SIDE) -> NDArray[np.uint8]:
    """Grey with noise, uint8 (side, side, 3)."""
    grey = np.random.default_rng(0).normal(128, deviation, (side, side, 1))
    return np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8), 3, axis=2)


def amplitude(room: Room) -> float:
    return float(np.median(room.mask))


# --- detail --------------------------------------------------------------------------------------


def test_what_has_no_detail_is_calm() -> None:
    flat = room_of(np.full((SIDE, SIDE, 3), 90, np.uint8))
    assert np.allclose(flat.mask, CALM, rtol=1e-3)
    assert flat.textured == flat.detailed == 0
    gradient = np.repeat(np.arange(SIDE, dtype=np.uint8)[None, :, None], SIDE, 0)
    assert amplitude(room_of(gradient)) < 1.3 * CALM


def test_the_mask_grows_with_detail() -> None:
    masks = [amplitude(room_of(textured(deviation))) for deviation in (0, 2, 5, 12, 30)]
    assert masks == sorted(masks)
    assert masks[-1] > 2 * masks[0]


def test_a_lone_edge_raises_it_little() -> None:
    """Less than texture of the same contrast, and only where it is: flat sides hide nothing."""
    edge = np.full((SIDE, SIDE, 3), 60, np.uint8)
    edge[:, SIDE // 2 :] = 200
    mask = room_of(edge).mask
    assert np.allclose(np.delete(mask, np.s_[28:36], axis=1), CALM, rtol=1e-3)
    assert mask.max() < 0.75 * amplitude(room_of(textured(70)))


def test_a_place_gets_the_same_mark_in_any_picture() -> None:
    """The mask is absolute: what lies far away does not matter."""
    one, other = textured(8), textured(8)
    other[:, SIDE // 2 :] = 90
    left = np.s_[:, : SIDE // 4 - 4]
    assert np.array_equal(room_of(one).mask[left], room_of(other).mask[left])


@pytest.mark.parametrize("shape", [(64, 65, 3), (65, 64, 1), (33, 47, 4)])
def test_the_mask_has_half_the_size(shape: tuple[int, int, int], rng: np.random.Generator) -> None:
    room = room_of(rng.integers(0, 256, shape, dtype=np.uint8))
    assert room.mask.shape == (-(-shape[0] // 2), -(-shape[1] // 2))
    assert room.mask.dtype == np.float32
    assert np.sum(room.classes) == pytest.approx(1)


def test_a_mask_in_borrowed_memory_is_the_same() -> None:
    image, memory = textured(8), Scratch()
    room_of(textured(20, 200), memory)
    assert np.array_equal(room_of(image, memory).mask, room_of(image).mask)


@pytest.mark.parametrize("shape", [(9, 14), (10, 13), (100, 77)])
def test_a_mask_is_spread_as_embedding_does(shape: tuple[int, int]) -> None:
    mask = np.arange(12, dtype=np.float32).reshape(3, 4)
    image, out = np.full((*shape, 1), 128, np.uint8), np.empty((*shape, 1), np.uint8)
    masking.add_pattern(image, mask, 1.0, np.ones((2, 2), np.float32), 1.0, 0.0, out)
    assert np.array_equal(out[::2, ::2, 0] - 128, spread(mask, *shape))


# --- transparency --------------------------------------------------------------------------------


def cut_out(alpha: int) -> NDArray[np.uint8]:
    """Texture on the left; on the right what `alpha` says of quite another texture."""
    image = np.dstack([textured(6), np.full((SIDE, SIDE), 255, np.uint8)])
    image[:, SIDE // 2 :, :3] = textured(50)[:, SIDE // 2 :]
    image[:, SIDE // 2 :, 3] = alpha
    return image


def test_what_is_hidden_does_not_count() -> None:
    hidden, plain = room_of(cut_out(0)), room_of(textured(6))
    assert hidden.shown == pytest.approx(0.5, abs=0.03)
    assert np.allclose(hidden.classes, plain.classes, atol=0.05)
    # nor does it mask what lies beside it
    beside = hidden.mask[:, : SIDE // 4 - 1]
    assert beside.max() < 1.5 * plain.mask.max()


def test_what_shines_through_counts() -> None:
    faint, opaque = room_of(cut_out(1)), room_of(cut_out(255))
    assert faint.shown == opaque.shown == 1
    assert np.array_equal(faint.classes, opaque.classes)
    assert np.array_equal(faint.mask, opaque.mask)


def test_nothing_but_hidden_pixels_is_no_room() -> None:
    room = room_of(np.zeros((SIDE, SIDE, 4), np.uint8))
    assert (room.shown, room.textured, room.detailed) == (0, 0, 0)
    assert np.all(np.isfinite(room.mask))


# --- size and level ------------------------------------------------------------------------------


def test_large_pictures_are_measured_as_they_are_viewed() -> None:
    """Fine noise is gone once a picture is shrunk to a screen: it hides less."""
    assert as_viewed(1000, 1000) == 1
    assert as_viewed(4000, 4000) == pytest.approx(VIEWED_SIDE / 4000)
    assert as_viewed(2000, 8000) == as_viewed(4000, 4000)
    small, large = room_of(textured(8, 512)), room_of(textured(8, 2880))
    assert large.mask.shape == (720, 720)
    assert spread(large.mask, 2880, 2880).shape == (1440, 1440)
    assert amplitude(large) < 0.9 * amplitude(small)


def test_coarse_marks_are_weaker() -> None:
    assert discount_of(1.0) == 1
    assert 1 > discount_of(1.5) > discount_of(3.0) > 0.5


def test_dark_channels_take_less() -> None:
    shades = shade_of(np.arange(256, dtype=np.uint8))
    assert shades[0] == pytest.approx(LEAST_SHADE)
    assert np.all(np.diff(shades) >= 0)
    assert np.all(shades[40:] == 1)
