"""Soft decoding of the tail-biting convolutional code: the wrap-around Viterbi algorithm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indelible.compiling import kernel


@kernel("void(float32[:, ::1], uint8[::1], int64, float32[::1], uint8[:, ::1])")
def forward(
    branch: NDArray[np.float32],
    outputs: NDArray[np.uint8],
    steps: int,
    metric: NDArray[np.float32],
    decision: NDArray[np.uint8],
) -> None:
    """Run the trellis once around, from `metric` to `metric`, and note each state's survivor.

    Parameters
    ----------
    branch : float32 (steps, n_outputs)
        Score of each output word at each step; higher is likelier.
    outputs : uint8 (2 * n_states,)
        Output word of the branch that leaves state s with input bit b, at 2 * s + b.
    steps : int
    metric : float32 (n_states,)
        In: score of each state at the start. Out: at the end, with its maximum at 0.
    decision : uint8 (steps, n_states)
        Out: which of its two predecessors each state kept, the one with the oldest bit set (1) or
        not (0).
    """
    n_states = metric.size
    half = n_states // 2
    following = np.empty(n_states, np.float32)
    for step in range(steps):
        scores = branch[step]
        kept = decision[step]
        for low in range(half):
            # The states low and low + half both lead to 2 * low and 2 * low + 1.
            high = low + half
            from_low, from_high = metric[low], metric[high]
            for bit in range(2):
                stay = from_low + scores[outputs[2 * low + bit]]
                move = from_high + scores[outputs[2 * high + bit]]
                target = 2 * low + bit
                kept[target] = 1 if move > stay else 0
                following[target] = max(stay, move)
        best = following[0]
        for state in range(1, n_states):
            best = max(best, following[state])
        for state in range(n_states):
            metric[state] = following[state] - best


@kernel("int64(uint8[:, ::1], int64, uint8[::1])")
def trace_back(decision: NDArray[np.uint8], state: int, bits: NDArray[np.uint8]) -> int:
    """Follow the survivors from a final state; fill `bits` and return the path's first state."""
    steps, n_states = decision.shape
    half = n_states // 2
    for step in range(steps - 1, -1, -1):
        bits[step] = state & 1
        state = (state >> 1) + half * int(decision[step, state])
    return state
