"""The error-correcting code: against an obvious encoder and decoder, and at known noise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indelible.watermark import coding
from indelible.watermark._kernels import viterbi
from indelible.watermark.probability import false_positive_bound
from tests import naive

PAYLOADS = st.binary(min_size=8, max_size=8)
SIZE_CLASSES = st.integers(0, 2**coding.SIZE_BITS - 1)
PAYLOAD = bytes.fromhex("fedcba9876543210")


def bits_of(value: int, count: int) -> list[int]:
    return [(value >> shift) & 1 for shift in range(count - 1, -1, -1)]


@given(PAYLOADS, SIZE_CLASSES)
@settings(deadline=None)
def test_encode(payload: bytes, size_class: int) -> None:
    data = bits_of(int.from_bytes(payload, "big"), 64)
    data += bits_of(size_class, coding.SIZE_BITS)
    message = data + naive.crc12(data)
    coded = naive.convolutional_code(message, coding.GENERATORS, coding.CONSTRAINT)
    assert coding.encode(payload, size_class).tolist() == [1 - 2 * bit for bit in coded]


def test_check_is_the_published_crc() -> None:
    """The check value that every catalogue gives for CRC-12/CDMA2000."""
    bits = [bit for byte in b"123456789" for bit in bits_of(byte, 8)]
    assert naive.crc12(bits) == bits_of(0xD4D, 12)


@given(PAYLOADS, SIZE_CLASSES, st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_round_trip_at_any_scale(payload: bytes, size_class: int, scale: float) -> None:
    soft = (scale * coding.encode(payload, size_class)).astype(np.float32)
    assert coding.decode(soft) == (payload, size_class)


@pytest.mark.compiled
def test_every_single_error_is_corrected() -> None:
    word = coding.encode(PAYLOAD, 5).astype(np.float32)
    for place in range(coding.CODED_BITS):
        word[place] *= -1
        assert coding.decode(word) == (PAYLOAD, 5)
        word[place] *= -1


def test_code_words_are_far_apart() -> None:
    """Every payload bit moves at least 32 coded bits: the code's free distance."""
    word = coding.encode(PAYLOAD, 5)
    for place in range(64):
        other = int.from_bytes(PAYLOAD, "big") ^ (1 << place)
        changed = coding.encode(other.to_bytes(8, "big"), 5)
        assert np.count_nonzero(word != changed) >= 32


def decoded_share(noise: float, trials: int, seed: int) -> tuple[float, int]:
    """Share of words that decode, and how many wrong ones, with this deviation of noise per bit."""
    random = np.random.default_rng(seed)
    right = wrong = 0
    for _ in range(trials):
        payload, size_class = random.bytes(8), int(random.integers(16))
        word = coding.encode(payload, size_class)
        soft = (word + random.normal(0, noise, word.size)).astype(np.float32)
        answer = coding.decode(soft)
        right += answer == (payload, size_class)
        wrong += answer not in (None, (payload, size_class))
    return right / trials, wrong


@pytest.mark.compiled
@pytest.mark.parametrize(("noise", "least"), [(0.9, 1.0), (1.1, 1.0), (1.3, 0.9), (1.5, 0.5)])
def test_noise_is_corrected(noise: float, least: float) -> None:
    """1.3 is an Eb/N0 of 1.7 dB: 5 coded bits carry one of the payload."""
    share, wrong = decoded_share(noise, 100, seed=8)
    assert share >= least
    assert wrong == 0


@pytest.mark.compiled
def test_pure_noise_scores_below_the_bound() -> None:
    """The check lets 1 word in 4,096 of a list pass; its score says that it is chance's."""
    random = np.random.default_rng(4)
    for _ in range(150):
        soft = random.normal(size=coding.CODED_BITS).astype(np.float32)
        answer = coding.decode(soft)
        if answer is not None:
            z = float(soft @ coding.encode(*answer)) / float(np.linalg.norm(soft))
            assert false_positive_bound(z, 1) == 1


@pytest.mark.compiled
def test_the_likeliest_of_the_list_is_chosen() -> None:
    """Where the first lap's best path does not close, other words may pass the check before it."""
    random = np.random.default_rng(6)
    for _ in range(40):
        payload = random.bytes(8)
        word = coding.encode(payload, 3)
        soft = (word + random.normal(0, 1.4, word.size)).astype(np.float32)
        answer = coding.decode(soft)
        if answer is not None and answer != (payload, 3):
            assert soft @ coding.encode(*answer) > soft @ word


@pytest.mark.parametrize("soft", [np.zeros, np.ones])
def test_degenerate_input_raises_nothing(soft: type) -> None:
    answer = coding.decode(soft(coding.CODED_BITS, np.float32))
    assert answer is None or len(answer[0]) == 8


# --- the trellis ---------------------------------------------------------------------------------


def small_trellis(seed: int, steps: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A random code of constraint length 4: branch scores (steps, 4), output words (16,)."""
    random = np.random.default_rng(seed)
    branch = random.normal(size=(steps, 4)).astype(np.float32)
    return branch, random.integers(0, 4, 16, dtype=np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_forward_and_trace_back(seed: int, steps: int) -> None:
    branch, outputs = small_trellis(seed, steps)
    start = np.random.default_rng(seed + 1).normal(size=8).astype(np.float32)
    metric, decision = start.copy(), np.empty((steps, 8), np.uint8)
    viterbi.forward(branch, outputs, steps, metric, decision)
    expected, paths = naive.viterbi_forward(
        branch.astype(np.float64), outputs, start.astype(np.float64)
    )
    assert np.allclose(metric, expected, atol=1e-4)
    bits = np.empty(steps, np.uint8)
    for state in range(8):
        origin = viterbi.trace_back(decision, state, bits)
        assert np.array_equal(bits, paths[state])
        for bit in bits:  # the path leads from its origin to the state
            origin = (2 * origin + int(bit)) % 8
        assert origin == state


def test_the_survivor_is_the_best_of_all_paths() -> None:
    """Against the scores of every path there is."""
    steps = 7
    branch, outputs = small_trellis(11, steps)
    best = np.full(8, -np.inf)
    for start in range(8):
        for path in itertools.product((0, 1), repeat=steps):
            state, score = start, 0.0
            for step, bit in enumerate(path):
                score += float(branch[step, outputs[2 * state + bit]])
                state = (2 * state + bit) % 8
            best[state] = max(best[state], score)
    metric, decision = np.zeros(8, np.float32), np.empty((steps, 8), np.uint8)
    viterbi.forward(branch, outputs, steps, metric, decision)
    assert np.allclose(metric, best - best.max(), atol=1e-5)
