"""What `detect` promises: what it finds, what it never finds, and that it never raises."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from indelible import watermark
from indelible.errors import KeyFileError
from indelible.watermark import (
    Detection,
    Key,
    alignment,
    budget,
    carrier,
    decoding,
    detect,
    detection,
    embed,
    embedding,
    judging,
    locking,
    probability,
    versions,
    view,
)
from indelible.watermark.pattern import variant_for
from indelible.watermark.view import View
from indelible.watermark.whitening import whiten

pytestmark = pytest.mark.compiled

STRANGER = Key.from_bytes(b"the key of somebody else's marks")
# Session fixtures and no state: the same pictures for every example
SHARED = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NOTHING = (False, None, 1.0, None, None)


def summary(found: Detection) -> tuple[object, ...]:
    return (
        found.found,
        found.payload,
        found.false_positive_probability,
        found.geometry,
        found.key_id,
    )


def jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream))


def turned(
    image: NDArray[np.uint8], degrees: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Rotate around the centre in a frame that holds all of it; return image and 3 x 3 map."""
    height, width = image.shape[:2]
    map_ = np.eye(3)
    map_[:2] = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    cosine, sine = np.abs(map_[0, 0]), np.abs(map_[0, 1])
    size = (
        int(np.ceil(width * cosine + height * sine)),
        int(np.ceil(width * sine + height * cosine)),
    )
    map_[:2, 2] += (np.array(size) - (width, height)) / 2
    return cv2.warpAffine(image, map_[:2], size, flags=cv2.INTER_CUBIC).astype(np.uint8), map_


def corner_error(
    found: NDArray[np.float64], truth: NDArray[np.float64], height: int, width: int
) -> float:
    """Mean distance, in pixels, between the corners of the original under two maps."""
    corners = np.array(
        [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]], float
    ).T
    one, other = found @ corners, truth @ corners
    return float(np.hypot(*(one[:2] / one[2] - other[:2] / other[2])).mean())


# --- the answer ----------------------------------------------------------------------------------


def test_what_is_found(marked: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    found = detect(marked, key)
    assert found.found
    assert found.payload == payload
    assert found.key_id == key.id
    assert 0 < found.false_positive_probability <= 1e-9
    assert found.geometry is not None
    assert found.geometry.shape == (3, 3)
    assert found.geometry.dtype == np.float64
    assert corner_error(found.geometry, np.eye(3), *marked.shape[:2]) < 1


def test_the_answer_cannot_be_changed(marked: NDArray[np.uint8], key: Key) -> None:
    with pytest.raises(AttributeError):
        detect(marked, key).found = False  # type: ignore[misc]


def test_what_is_not_found(photograph: NDArray[np.uint8], key: Key) -> None:
    assert summary(detect(photograph, key)) == NOTHING


def test_another_key_finds_nothing(marked: NDArray[np.uint8]) -> None:
    assert summary(detect(marked, STRANGER)) == NOTHING
    same_places = Key.from_bytes(bytes(32))
    other_places = Key.from_bytes(bytes(32), family="another")
    assert summary(detect(marked, [same_places, other_places])) == NOTHING


@pytest.mark.parametrize("family", ["default", "another"])
def test_a_ring_tells_which_key(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, family: str
) -> None:
    mine = Key.from_bytes(bytes(range(32)), family=family)
    ring = [STRANGER, key, mine, Key.from_bytes(bytes(32))]
    found = detect(embed(photograph, payload, mine), ring)
    assert found.payload == payload
    assert found.key_id == mine.id


@pytest.mark.parametrize("ring", [[], None, "key", [1]])
def test_what_is_not_a_ring(marked: NDArray[np.uint8], ring: Key) -> None:
    with pytest.raises(KeyFileError):
        detect(marked, ring)


def test_the_same_answer_again_in_any_thread(marked: NDArray[np.uint8], key: Key) -> None:
    first = detect(marked, key)
    with ThreadPoolExecutor(4) as pool:
        for again in pool.map(lambda _: detect(marked, key), range(8)):
            assert again.false_positive_probability == first.false_positive_probability
            assert np.array_equal(again.geometry, first.geometry)  # type: ignore[arg-type]


def test_any_memory_layout(marked: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    assert detect(marked[::-1], key).payload == payload
    assert detect(np.asfortranarray(marked), key).payload == payload
    assert detect(np.dstack([marked, marked[..., :1]]), key).payload == payload  # with alpha


@pytest.mark.parametrize("others", ["none", "another family", "another version"])
def test_the_bound_counts_every_decode(
    marked: NDArray[np.uint8], key: Key, monkeypatch: pytest.MonkeyPatch, others: str
) -> None:
    """A search that believes nothing decodes no more hypotheses than the union bound has.

    Which tile offsets of a hypothesis are decoded depends on the signs, so that all of them count.
    """
    for name in vars(detection):
        if name.startswith("LEAST_"):
            monkeypatch.setattr(detection, name, -np.inf)
    monkeypatch.setattr(probability, "LIMIT", -1.0)
    hypotheses = 0

    def counted(decode: Callable[..., object], weight: int) -> Callable[..., object]:
        def wrapper(*args: object, **options: object) -> object:
            nonlocal hypotheses
            hypotheses += weight
            return decode(*args, **options)

        return wrapper

    for function, weight in (("decode_lines", len(decoding.OFFSETS)), ("decode_unmoved", 1)):
        monkeypatch.setattr(decoding, function, counted(getattr(decoding, function), weight))
    toy = versions.CarrierVersion(versions.CURRENT.number + 1)
    monkeypatch.setitem(versions.VERSIONS, toy.number, toy)
    ring = [key]
    if others == "another family":
        ring.append(Key.from_bytes(bytes(32), family="another"))
    if others == "another version":
        ring.append(Key.from_bytes(bytes(32), version=toy))
    assert not detect(marked, ring).found
    assert len(ring) * 16 < hypotheses <= len(ring) * probability.DECODES


def test_one_block_of_whitening_is_looked_at(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[tuple[int, ...]] = []

    def remember(luminance: NDArray[np.float32]) -> NDArray[np.float32]:
        looked_at.append(luminance.shape)
        return whiten(luminance)

    monkeypatch.setattr(view, "whiten", remember)
    assert not detect(np.zeros((31, 64), np.uint8), key).found
    assert looked_at == []
    assert not detect(np.zeros((32, 64), np.uint8), key).found
    assert looked_at[0] == (32, 64)


def test_the_bound_counts_every_try_of_an_unmoved_picture(
    photograph: NDArray[np.uint8], key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All variants, with flat weights and with the pilots', if these stand out everywhere."""
    monkeypatch.setattr(decoding, "UNMOVED", -np.inf)
    monkeypatch.setattr(probability, "LIMIT", -1.0)
    real, tried = decoding.decode_unmoved, 0

    def counted(
        values: NDArray[np.complex64], own: carrier.Carrier, variant: int
    ) -> list[decoding.Decoded]:
        nonlocal tried
        tried += 1
        return real(values, own, variant)

    monkeypatch.setattr(decoding, "decode_unmoved", counted)
    search = detection._Search(View(photograph), (key,), [carrier.carrier_of(key)])
    assert search._unmoved() is None
    of_locks = probability.MAX_LOCKS * probability.TRIES_PER_LOCK * carrier.TILES_PER_SUPER**2
    assert tried == probability.DECODES - of_locks


def test_a_payload_of_another_variant_does_not_count(
    photograph: NDArray[np.uint8], key: Key, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound divides by the variants because of it: a word read with foreign signs is wrong."""
    own = variant_for(key, payload)
    monkeypatch.setattr(embedding, "variant_for", lambda *_: (own + 1) % carrier.VARIANTS)
    forged = embed(photograph, payload, key)
    monkeypatch.undo()
    assert summary(detect(forged, key)) == NOTHING
    monkeypatch.setattr(judging, "variant_for", lambda *_: (own + 1) % carrier.VARIANTS)
    assert detect(forged, key).payload == payload  # nothing else is wrong with it


def test_the_name_of_what_was_found(
    marked: NDArray[np.uint8], photograph: NDArray[np.uint8], key: Key
) -> None:
    assert detect(marked, key).algorithm == watermark.ALGORITHM == "org.indelible.dft.2"
    assert detect(photograph, key).algorithm is None


def test_the_gate_stands_at_the_limit(
    marked: NDArray[np.uint8], key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = detect(marked, key).false_positive_probability
    monkeypatch.setattr(probability, "LIMIT", exact)
    assert detect(marked, key).found
    monkeypatch.setattr(probability, "LIMIT", exact / 1.0000001)
    for name in ("_resized", "_unmoved"):
        monkeypatch.setattr(detection._Search, name, lambda *_: None)
    found = detect(marked, key)
    assert not found.found or found.false_positive_probability < exact


# --- what it may cost ----------------------------------------------------------------------------


def wallpaper(side: int = 1024, period: int = 48) -> NDArray[np.uint8]:
    """A random tile, repeated: hundreds of lines where pilots may be."""
    rng = np.random.default_rng(5)
    tile = cv2.GaussianBlur(rng.normal(0, 1, (period, period, 3)), (0, 0), 1.5)
    tile = np.clip(128 + 60 * tile / tile.std(), 0, 255).astype(np.uint8)
    return np.tile(tile, (side // period + 1, side // period + 1, 1))[:side, :side]


@pytest.mark.parametrize("keys", [1, 64])
def test_the_worst_pictures_cost_no_more_than_counted(
    monkeypatch: pytest.MonkeyPatch, keys: int
) -> None:
    pixels, tests = 0, 0
    read, lock = alignment.pilot_values, locking.lock_candidates

    def counted(white: NDArray[np.float32], grid: alignment.Grid, *rest: Any) -> Any:
        nonlocal pixels
        answer = read(white, grid, *rest)
        pixels += len(answer[0]) * grid.samples**2
        return answer

    def tested(*args: Any) -> Any:
        nonlocal tests
        tests += len(args[3])
        return lock(*args)

    monkeypatch.setattr(alignment, "pilot_values", counted)
    monkeypatch.setattr(locking, "lock_candidates", tested)
    ring = [Key.from_bytes(bytes([number]) * 32) for number in range(keys)]
    assert not detect(wallpaper(), ring).found
    assert pixels < 1.1 * budget.MOST_PIXELS
    assert 0 < tests <= budget.TESTS + (budget.TESTS_PER_KEY + 1) * keys


def test_later_steps_of_a_search_get_their_turn(
    marked: NDArray[np.uint8], key: Key, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an early step may spend is a share: a stretched mark is found by a later one."""
    steps: list[tuple[str, float]] = []
    real = detection._Search._try

    def seen(self: Any, part: Any, search: Any, reach: float) -> Any:
        before = self.budget.pixels
        answer = real(self, part, search, reach)
        steps.append((search.__name__, before - self.budget.pixels))
        assert self.budget.pixels > 0
        return answer

    monkeypatch.setattr(detection._Search, "_try", seen)
    detect(wallpaper(), STRANGER)
    names = [name for name, _ in steps]
    assert names == ["search_similarity", "search_upright", "search_affine"]  # a lattice: no parts
    assert steps[0][1] < 0.8 * budget.MOST_PIXELS


# --- what people do to pictures ------------------------------------------------------------------


def test_jpeg_of_every_photograph(
    photographs: dict[str, NDArray[np.uint8]], key: Key, payload: bytes
) -> None:
    for name, picture in photographs.items():
        marked = embed(picture[:720, :720], payload, key)
        assert detect(jpeg(marked, 70), key).payload == payload, name


@given(st.integers(0, 152), st.integers(0, 152))
@SHARED
def test_crops_at_any_offset(
    marked: NDArray[np.uint8], key: Key, payload: bytes, top: int, left: int
) -> None:
    assert detect(marked[top : top + 360, left : left + 360], key).payload == payload


@given(st.floats(0, 360, exclude_max=True))
@SHARED
def test_any_rotation(marked: NDArray[np.uint8], key: Key, payload: bytes, degrees: float) -> None:
    image, truth = turned(marked, degrees)
    found = detect(image, key)
    assert found.payload == payload
    assert found.geometry is not None
    assert corner_error(found.geometry, truth, *marked.shape[:2]) < 3


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("flipped", [False, True])
def test_quarter_turns_and_flips(
    marked: NDArray[np.uint8], key: Key, payload: bytes, quarters: int, flipped: bool
) -> None:
    image = np.rot90(marked[:, ::-1] if flipped else marked, quarters)
    found = detect(image, key)
    assert found.payload == payload
    assert found.geometry is not None
    assert np.sign(np.linalg.det(found.geometry)) == (-1 if flipped else 1)


@given(st.floats(0.6, 1.4), st.floats(-40, 40), st.floats(0.6, 1.6))
@SHARED
def test_brightness_contrast_and_gamma(
    marked: NDArray[np.uint8],
    key: Key,
    payload: bytes,
    contrast: float,
    brightness: float,
    gamma: float,
) -> None:
    changed = 255 * (marked / 255.0) ** gamma * contrast + brightness
    assert detect(np.clip(changed, 0, 255).astype(np.uint8), key).payload == payload


def test_tones(marked: NDArray[np.uint8], key: Key, payload: bytes) -> None:
    grey = cv2.cvtColor(marked, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    assert detect(grey, key).payload == payload
    assert detect(255 - marked, key).payload == payload
    assert detect(cv2.equalizeHist(grey).astype(np.uint8), key).payload == payload


@pytest.mark.parametrize(("across", "down"), [(0.5, 0.5), (2.0, 2.0), (1.25, 1.0), (1.0, 0.8)])
def test_resizing(
    marked: NDArray[np.uint8], key: Key, payload: bytes, across: float, down: float
) -> None:
    height, width = marked.shape[:2]
    size = round(width * across), round(height * down)
    image = cv2.resize(marked, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    found = detect(image, key)
    assert found.payload == payload
    assert found.geometry is not None
    truth = np.diag([across, down, 1.0])
    truth[:2, 2] = (across - 1) / 2, (down - 1) / 2
    assert corner_error(found.geometry, truth, height, width) < 2


def test_noise_and_blur(
    marked: NDArray[np.uint8], key: Key, payload: bytes, rng: np.random.Generator
) -> None:
    noisy = marked + rng.normal(0, 12, marked.shape)
    assert detect(np.clip(noisy, 0, 255).astype(np.uint8), key).payload == payload
    assert detect(cv2.GaussianBlur(marked, (0, 0), 1.5).astype(np.uint8), key).payload == payload


def test_a_replaced_region(
    marked: NDArray[np.uint8], key: Key, payload: bytes, rng: np.random.Generator
) -> None:
    image = marked.copy()
    image[100:350, 100:350] = rng.integers(0, 256, (250, 250, 3), dtype=np.uint8)
    assert detect(image, key).payload == payload


# --- whatever comes ------------------------------------------------------------------------------


def odd_picture(kind: str, shape: tuple[int, ...], seed: int) -> NDArray[np.uint8]:
    """A picture that nobody would protect, uint8 of a shape."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    values = {
        "black": np.zeros_like(y),
        "white": np.full_like(y, 255),
        "ramp": x + y,
        "checks": 255 * ((x + y) % 2),
        "stripes": 255 * (x // 4 % 2),
        "dots": 255 * ((x % 8 == 0) & (y % 8 == 0)),
        "noise": np.random.default_rng(seed).integers(0, 256, y.shape),
        "point": 255 * ((x == 0) & (y == 0)),
    }[kind].astype(np.uint8)
    return values if len(shape) == 2 else np.repeat(values[..., None], shape[2], axis=2)


KINDS = st.sampled_from(["black", "white", "ramp", "checks", "stripes", "dots", "noise", "point"])
SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 90), st.sampled_from([0, 1, 3, 4]))


@given(KINDS, SHAPES, st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_small_and_odd_pictures_raise_nothing(
    kind: str, shape: tuple[int, int, int], seed: int
) -> None:
    shape_ = shape[: 3 if shape[2] else 2]
    assert summary(detect(odd_picture(kind, shape_, seed), STRANGER)) == NOTHING


@pytest.mark.parametrize("kind", ["black", "white", "ramp", "checks", "stripes", "dots", "noise"])
def test_large_odd_pictures_hold_nothing(kind: str) -> None:
    assert summary(detect(odd_picture(kind, (512, 512, 3), 1), STRANGER)) == NOTHING


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (33, 4000), (4000, 40, 3), (32, 32)])
def test_extreme_shapes_raise_nothing(shape: tuple[int, ...]) -> None:
    for kind in ("noise", "black", "stripes"):
        assert summary(detect(odd_picture(kind, shape, 2), STRANGER)) == NOTHING


def test_unmarked_photographs_hold_nothing(
    photographs: dict[str, NDArray[np.uint8]], key: Key
) -> None:
    for name, picture in photographs.items():
        assert summary(detect(picture[:600, :600], [key, STRANGER])) == NOTHING, name
