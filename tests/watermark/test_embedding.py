"""What `embed` promises about arrays, strength and errors."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.choices import DEFAULT_STRENGTH
from indelible.errors import (
    ConfigurationError,
    KeyFileError,
    PayloadError,
    UnmarkableImageError,
    UnsupportedImageError,
)
from indelible.watermark import Key, Strength, can_carry, detect, embed
from indelible.watermark.embedding import BUDGETS, ORDINARY_AREA

pytestmark = pytest.mark.compiled


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB."""
    difference = one.astype(float) - other.astype(float)
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


# --- arrays --------------------------------------------------------------------------------------


def test_the_result_is_a_new_array_of_the_same_kind(
    photograph: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    before = photograph.copy()
    marked = embed(photograph, payload, key)  # the photograph is read-only
    assert marked.shape == photograph.shape
    assert marked.dtype == np.uint8
    assert marked.flags.writeable
    assert not np.shares_memory(marked, photograph)
    assert np.array_equal(photograph, before)


def test_grey(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    grey = photograph[..., 1]
    marked = embed(grey, payload, key)
    assert marked.shape == grey.shape
    assert detect(marked, key).payload == payload


def test_alpha_is_kept(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, rng: np.random.Generator
) -> None:
    alpha = rng.integers(1, 256, photograph.shape[:2], dtype=np.uint8)
    marked = embed(np.dstack([photograph, alpha]), payload, key)
    assert np.array_equal(marked[..., 3], alpha)
    assert np.array_equal(marked[..., :3], embed(photograph, payload, key))


def test_what_is_hidden_keeps_its_values(
    photograph: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    """Around an opaque disc all is transparent: neither what is there nor how much counts."""
    y, x = np.mgrid[:512, :512]
    opaque = np.hypot(y - 256, x - 256) < 200
    alpha = np.where(opaque, 255, 0).astype(np.uint8)
    image = np.dstack([photograph, alpha])
    marked = embed(image, payload, key)
    assert np.array_equal(marked[~opaque], image[~opaque])
    assert np.mean(marked[opaque] != image[opaque]) > 0.3
    other = image.copy()
    other[~opaque, :3] = 77
    again = embed(other, payload, key)
    inner = np.hypot(y - 256, x - 256) < 190
    assert np.mean(marked[inner] != again[inner]) < 0.01
    laid = np.where(opaque[..., None], marked[..., :3], 255).astype(np.uint8)
    assert detect(laid, key).payload == payload


@pytest.mark.parametrize("size", [(301, 300), (300, 301), (301, 301), (512, 511)])
def test_odd_sizes(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, size: tuple[int, int]
) -> None:
    part = photograph[: size[0], : size[1]]
    marked = embed(part, payload, key)
    assert marked.shape == part.shape
    assert detect(marked, key).payload == payload


def test_any_memory_layout(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    mirrored = photograph[:, ::-1]
    expected = embed(mirrored.copy(), payload, key)
    assert np.array_equal(embed(mirrored, payload, key), expected)
    assert np.array_equal(embed(np.asfortranarray(mirrored), payload, key), expected)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64, 3), np.float32),
        np.zeros((64, 64, 3), np.uint16),
        np.zeros((64, 64, 3), bool),
        np.zeros((64, 64, 2), np.uint8),
        np.zeros((64, 64, 5), np.uint8),
        np.zeros((2, 64, 64, 3), np.uint8),
        np.zeros(64, np.uint8),
        np.zeros((0, 64, 3), np.uint8),
        np.zeros((64, 64, 0), np.uint8),
        np.array(7, np.uint8),
        [[1, 2], [3, 4]],
        None,
        b"bytes",
    ],
    ids=lambda image: f"{getattr(image, 'dtype', type(image).__name__)}{np.shape(image)}",
)
def test_what_is_not_an_image(image: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    with pytest.raises(UnsupportedImageError, match="Expected"):
        embed(image, payload, key)
    with pytest.raises(UnsupportedImageError, match="Expected"):
        detect(image, key)


# --- payload and strength ------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", bytes(7), bytes(9), "8 chars.", None, 8, [1] * 8])
def test_what_is_not_a_payload(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    with pytest.raises(PayloadError, match="8 bytes"):
        embed(photograph, payload, key)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_payloads_of_any_bytes_type(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key, payload: bytes, kind: type
) -> None:
    assert np.array_equal(embed(photograph, kind(payload), key), marked)


@pytest.mark.parametrize("payload", [bytes(8), b"\xff" * 8])
def test_extreme_payloads(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    assert detect(embed(photograph, payload, key), key).payload == payload


def test_strengths(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    """From the first to the last each is fainter, and each is found."""
    costs = []
    for strength in get_args(Strength):
        marked = embed(photograph, payload, key, strength=strength)
        assert detect(marked, key).payload == payload
        costs.append(psnr(marked, photograph))
    robust, balanced, discreet = costs
    assert robust + 1 < balanced < discreet - 2


def test_the_default_is_balanced(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    assert DEFAULT_STRENGTH == "balanced"
    assert np.array_equal(embed(photograph, payload, key, strength="balanced"), marked)


def test_every_strength_has_its_budget() -> None:
    assert tuple(BUDGETS) == get_args(Strength)


@given(st.floats(0, 5), st.floats(1e3, 1e7))
def test_budgets_are_ordered(need: float, samples: float) -> None:
    """Whatever a picture needs, and however large it is."""
    robust, balanced, discreet = (
        BUDGETS[strength].visibility(need, samples) for strength in get_args(Strength)
    )
    assert robust > balanced > discreet > 0


@given(st.floats(0, 5), st.floats(0, 5), st.floats(1e3, 1e7))
def test_a_budget_gives_more_where_more_is_needed(one: float, other: float, samples: float) -> None:
    less, more = sorted((one, other))
    for budget in BUDGETS.values():
        assert budget.visibility(less, samples) <= budget.visibility(more, samples)
        assert budget.lowest <= budget.visibility(less, samples)
        assert budget.visibility(more, ORDINARY_AREA) <= budget.highest


def test_marks_are_faint(
    photographs: dict[str, NDArray[np.uint8]], key: Key, payload: bytes
) -> None:
    """Where there is no detail a mark is about a grey level; nowhere does a pixel move far."""
    for name, picture in photographs.items():
        part = picture[:700, :700]
        change = np.abs(embed(part, payload, key).astype(int) - part)
        assert change.max() < 30, name
        assert np.percentile(change, 99) < 15, name


def test_marks_of_payloads_and_keys_are_unlike(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    one = marked.astype(float) - photograph
    another_key = Key.from_bytes(b"another key of the engine's test")
    for other in (embed(photograph, b"8 bytes.", key), embed(photograph, payload, another_key)):
        difference = other.astype(float) - photograph
        assert abs(np.corrcoef(one.ravel(), difference.ravel())[0, 1]) < 0.2


def test_embedding_is_deterministic_in_any_thread(
    photograph: NDArray[np.uint8], marked: NDArray[np.uint8], key: Key, payload: bytes
) -> None:
    with ThreadPoolExecutor(4) as pool:
        for again in pool.map(lambda _: embed(photograph, payload, key), range(8)):
            assert np.array_equal(again, marked)


# --- pictures that carry nothing -----------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_cannot_be_marked(level: int, key: Key, payload: bytes) -> None:
    with pytest.raises(UnmarkableImageError, match="flat"):
        embed(np.full((256, 256, 3), level, np.uint8), payload, key)


@pytest.mark.parametrize("shape", [(1, 1), (8, 8, 3), (31, 500, 3), (500, 31, 4)])
def test_tiny_pictures_cannot_be_marked(
    shape: tuple[int, ...], key: Key, payload: bytes, rng: np.random.Generator
) -> None:
    with pytest.raises(UnmarkableImageError):
        embed(rng.integers(0, 256, shape, dtype=np.uint8), payload, key)


@pytest.mark.parametrize("side", [32, 64, 128])
def test_small_pictures_are_marked_or_refused(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, side: int
) -> None:
    """`embed` never hands out a small picture whose mark is not there."""
    part = photograph[100 : 100 + side, 100 : 100 + side]
    try:
        marked = embed(part, payload, key)
    except UnmarkableImageError:
        return
    assert detect(marked, key).payload == payload


def test_texture_beside_black(photograph: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    """A black margin clips half of the mark; the picture beside it carries it."""
    image = np.zeros((512, 768, 3), np.uint8)
    image[:, :512] = photograph
    assert detect(embed(image, payload, key), key).payload == payload


def test_results_do_not_depend_on_compiling(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, tmp_path: Path
) -> None:
    """Compiled, a product and a sum may be rounded once, not twice: never more than 1 apart."""
    image = photograph[150:280, 150:280]
    np.save(tmp_path / "image.npy", image)
    program = f"""
import numpy as np
from indelible.watermark import Key, embed
image = np.load({str(tmp_path / "image.npy")!r})
key = Key.from_bytes(b"a key of the engine's own tests!")
np.save({str(tmp_path / "marked.npy")!r}, embed(image, bytes.fromhex({payload.hex()!r}), key))
"""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=300)
    uncompiled = np.load(tmp_path / "marked.npy")
    difference = np.abs(embed(image, payload, key).astype(int) - uncompiled)
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 1e-3


@pytest.mark.parametrize("key", [None, "key", b"k" * 32, 5])
def test_what_is_no_key(photograph: NDArray[np.uint8], key: object) -> None:
    with pytest.raises(KeyFileError, match=r"^key is a watermark key, not"):
        embed(photograph, b"8 bytes.", key)  # type: ignore[arg-type]


@pytest.mark.parametrize("strength", [None, 5, ["robust"], "best", "high"])
def test_what_is_no_strength(photograph: NDArray[np.uint8], key: Key, strength: object) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^strength.*is one of robust, balanced, discreet, not"
    ):
        embed(photograph, b"8 bytes.", key, strength=strength)  # type: ignore[arg-type]


# --- what can carry a mark -----------------------------------------------------------------------


def test_photographs_can_carry_a_mark(photographs: dict[str, NDArray[np.uint8]], key: Key) -> None:
    for name in ("astronaut", "chelsea", "coffee", "motorcycle"):
        assert can_carry(photographs[name], key), name


@pytest.mark.parametrize("side", [16, 40, 64])
def test_tiny_pictures_cannot(photograph: NDArray[np.uint8], key: Key, side: int) -> None:
    assert not can_carry(photograph[:side, :side], key)


def test_flat_pictures_cannot(key: Key) -> None:
    assert not can_carry(np.full((400, 400, 3), 90, np.uint8), key)


def test_what_is_no_picture_cannot_be_asked_about(key: Key) -> None:
    wrong: Any = np.zeros((40, 40), np.float32)
    with pytest.raises(UnsupportedImageError):
        can_carry(wrong, key)
