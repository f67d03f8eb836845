"""Scores of forced decodings: how near to the threshold an unmarked picture comes.

Detection gives up early on nearly every unmarked picture, and its check rejects the rest, so that a
count of zero says little about the margin. Here the gate is opened and the check ignored: every
hypothesis is decoded to the likeliest code word, and its score is what the bound is computed from.
That search is larger than the real one, so that the scores err on the high side.
"""

from __future__ import annotations

import contextlib
import math
from functools import lru_cache
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from benchmarks.attacks import Pixels
from indelible.watermark import coding, decoding, detection, probability

__all__ = ["best_metric", "forced_scores", "threshold"]

_LAPS = 2
_MOST = 3  # decodings per picture: enough for a histogram, and affordable


class _EnoughError(Exception):
    """Ends a detection from inside: no further hypothesis is needed."""


def forced_scores(image: Pixels, key: Any) -> list[float]:  # noqa: ANN401 -- watermark.Key
    """Return the scores of the first hypotheses that a detection would decode in a picture."""
    scores: list[float] = []
    original = decoding.decode_lines

    def record(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- passes through
        with mock.patch.object(coding, "decode", return_value=None) as decode:
            list(original(*arguments, **options))
        norm = float(np.sqrt(np.sum(np.abs(arguments[0]) ** 2))) + 1e-20
        scores.append(max(best_metric(call.args[0]) / norm for call in decode.call_args_list))
        if len(scores) == _MOST:
            raise _EnoughError
        return []

    gates = {name: -math.inf for name in vars(detection) if name.startswith("LEAST_")}
    with (
        mock.patch.object(decoding, "decode_lines", record),
        mock.patch.object(decoding, "decode_unmoved", return_value=[]),
        mock.patch.dict(vars(detection), gates),
        mock.patch.object(decoding, "LEAST_ENERGY", -math.inf),
        contextlib.suppress(_EnoughError),
    ):
        detection.detect(image, key)
    return scores


def threshold(keys: int) -> float:
    """Return the score from which a detection with a ring of `keys` keys says "found"."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        found = probability.false_positive_bound(middle, keys) <= probability.LIMIT
        low, high = (low, middle) if found else (middle, high)
    return high


@lru_cache(maxsize=1)
def _trellis() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return each state's two predecessors, and the code bits' signs on the way, (2, states, n)."""
    states = 1 << (coding.CONSTRAINT - 1)
    state = np.arange(states)
    before = np.stack([state >> 1, (state >> 1) | (states >> 1)])
    window = 2 * before + (state & 1)
    signs = np.empty((2, states, len(coding.GENERATORS)), np.float32)
    for index, generator in enumerate(coding.GENERATORS):
        parity = np.zeros_like(window)
        for shift in range(coding.CONSTRAINT):
            parity ^= (window & generator) >> shift & 1
        signs[..., index] = 1 - 2 * parity
    return before, signs


def best_metric(soft: npt.NDArray[np.float32]) -> float:
    """Return the largest correlation of soft values with a code word, its check ignored.

    A plain wrap-around Viterbi decoder, slow and apart from the engine's. Where the survivor does
    not end where it began, its metric is an upper bound.
    """
    before, signs = _trellis()
    states = np.arange(before.shape[1])
    metric = np.zeros(states.size, np.float32)
    start, gained = states, metric
    for _ in range(_LAPS):
        # Of the last lap alone: where each survivor began, and what it gained.
        start, gained = states, np.zeros_like(metric)
        for group in soft.reshape(-1, len(coding.GENERATORS)):
            branch = signs @ group
            reached = metric[before] + branch
            choice = reached.argmax(axis=0)
            chosen = before[choice, states]
            metric = reached[choice, states]
            gained = gained[chosen] + branch[choice, states]
            start = start[chosen]
    closed = start == states
    return float(gained[closed].max() if closed.any() else gained[metric.argmax()])
