"""The error-correcting code: 64 payload bits, a size class and a check, coded at rate 1/4.

The size class (4 bits) says how large the mark's period is in the original's pixels; the check
(12 bits) covers it. The convolutional code has constraint length 12 and the generators 4767, 5723,
6265, 7455 (octal; Proakis, Digital Communications, table 8-2-3). Tail-biting spends no bits on
ending the trellis (Ma and Wolf, 1986, doi:10.1109/TCOM.1986.1096498); the wrap-around Viterbi
algorithm decodes it (Shao, Lin and Fossorier, 2003, doi:10.1109/TCOMM.2003.818084). The check
chooses from a list of the likeliest words, so that most of its bits' energy is not lost (Seshadri
and Sundberg, 1994, doi:10.1109/TCOMM.1994.577040).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import viterbi

__all__ = ["CODED_BITS", "PAYLOAD_BYTES", "decode", "encode"]

PAYLOAD_BYTES = 8  # a random id: two of 2^32 pictures share one with a chance of 0.4
SIZE_BITS = 4  # pattern.size_class_for: 16 classes reach pictures of 16,000 pixels a side
CRC_BITS = 12  # docs/adr/0012: with a list, 8 gain 0.2 dB, but let wrong words through
CRC_POLYNOMIAL = 0xF13  # CRC-12/CDMA2000
MESSAGE_BITS = 8 * PAYLOAD_BYTES + SIZE_BITS + CRC_BITS  # payload, class and check
CONSTRAINT = 12  # docs/adr/0012: each 1 more gains little and doubles the decoder's time
GENERATORS = (0o4767, 0o5723, 0o6265, 0o7455)  # of the largest free distance: Proakis, as above
CODED_BITS = MESSAGE_BITS * len(GENERATORS)
STATES = 1 << (CONSTRAINT - 1)  # all but the newest bit
MAX_LAPS = 4  # the metrics have settled: python -m benchmarks.constants coding.MAX_LAPS 2 8
LIST_SIZE = 64  # final states tried after each lap: docs/adr/0012; of 50 hard marks 8 loses one


def encode(payload: bytes, size_class: int) -> NDArray[np.int8]:
    """Return the code word of a message, int8 (320,): 1 for a coded bit 0, -1 for a 1."""
    message = _message(payload, size_class)
    recent = (np.arange(MESSAGE_BITS)[:, None] - np.arange(CONSTRAINT)) % MESSAGE_BITS
    words = _outputs()[message[recent] @ (1 << np.arange(CONSTRAINT))]
    coded = (words[:, None] >> np.arange(len(GENERATORS))) & 1
    return np.asarray(1 - 2 * coded.ravel(), np.int8)


def decode(soft: NDArray[np.float32]) -> tuple[bytes, int] | None:
    """Return the likeliest payload and size class whose check holds, or None.

    Parameters
    ----------
    soft : float32 (320,)
        One value per coded bit, positive where 0 is likelier; any common scale.
    """
    soft = np.ascontiguousarray(soft, dtype=np.float32)
    branch = soft.reshape(MESSAGE_BITS, len(GENERATORS)) @ _output_signs()
    metric = np.zeros(STATES, dtype=np.float32)
    decision = np.empty((MESSAGE_BITS, STATES), dtype=np.uint8)
    bits = np.empty(MESSAGE_BITS, dtype=np.uint8)
    checked: set[tuple[bytes, int]] = set()
    for _ in range(MAX_LAPS):
        viterbi.forward(branch, _outputs(), MESSAGE_BITS, metric, decision)
        for rank, state in enumerate(np.argsort(-metric, kind="stable")[:LIST_SIZE]):
            if viterbi.trace_back(decision, state, bits) == state:
                message = _checked(bits)
                if message is not None and rank == 0:
                    return message  # of all paths the best, and it closes
                if message is not None:
                    checked.add(message)
    return max(checked, key=lambda message: float(soft @ encode(*message)), default=None)


@lru_cache(maxsize=1)
def _outputs() -> NDArray[np.uint8]:
    """Output word of each branch (bit i is generator i's), uint8 (2 * STATES,)."""
    windows = np.arange(2 * STATES)
    words = np.zeros(2 * STATES, dtype=np.uint8)
    for index, generator in enumerate(GENERATORS):
        ones = windows & generator
        parity = np.zeros_like(windows)
        for shift in range(CONSTRAINT):
            parity ^= ones >> shift & 1
        words |= (parity << index).astype(np.uint8)
    return words


@lru_cache(maxsize=1)
def _output_signs() -> NDArray[np.float32]:
    """Sign of each generator's bit in each output word, float32 (generators, words)."""
    n = len(GENERATORS)
    bits = (np.arange(1 << n)[None, :] >> np.arange(n)[:, None]) & 1
    return (1 - 2 * bits).astype(np.float32)


def _message(payload: bytes, size_class: int) -> NDArray[np.uint8]:
    """Payload, size class and check as bits, uint8 (80,), most significant first."""
    data = np.frombuffer(payload + bytes([size_class << 8 - SIZE_BITS]), dtype=np.uint8)
    bits = np.unpackbits(data)[: MESSAGE_BITS - CRC_BITS]
    return np.concatenate([bits, _check(bits)])


def _checked(bits: NDArray[np.uint8]) -> tuple[bytes, int] | None:
    """Return what is in a message's bits if its check holds."""
    data, check = bits[: MESSAGE_BITS - CRC_BITS], bits[MESSAGE_BITS - CRC_BITS :]
    if not np.array_equal(check, _check(data)):
        return None
    packed = np.packbits(data).tobytes()
    return packed[:PAYLOAD_BYTES], packed[PAYLOAD_BYTES] >> 8 - SIZE_BITS


def _check(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the check of a sequence of bits, most significant first, uint8 (CRC_BITS,)."""
    top = 1 << (CRC_BITS - 1)
    remainder = 2 * top - 1
    for bit in bits.tolist():
        out = bool(remainder & top) != bit
        remainder = (remainder << 1) & (2 * top - 1) ^ (CRC_POLYNOMIAL if out else 0)
    return np.array([remainder >> shift & 1 for shift in range(CRC_BITS - 1, -1, -1)], np.uint8)
