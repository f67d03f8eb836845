"""The error-correcting code: 64 payload bits, a size class and a check, coded at rate 1/4.

The size class (4 bits) says how large the mark's period is in the original's pixels; the check
covers it. The convolutional code has constraint length 11 and the generators 2327, 2353, 2671, 3175
(octal; Proakis, Digital Communications, table 8-2-3). Tail-biting spends no bits on ending the
trellis (Ma and Wolf, 1986, doi:10.1109/TCOM.1986.1096498); the wrap-around Viterbi algorithm
decodes it (Shao, Lin and Fossorier, 2003, doi:10.1109/TCOMM.2003.818084).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indelible.watermark._kernels import viterbi

__all__ = ["CODED_BITS", "PAYLOAD_BYTES", "decode", "encode"]

PAYLOAD_BYTES = 8
SIZE_BITS = 4
CRC_BITS = 16
CRC_POLYNOMIAL = 0x1021  # CRC-16-CCITT
MESSAGE_BITS = 8 * PAYLOAD_BYTES + SIZE_BITS + CRC_BITS
CONSTRAINT = 11
GENERATORS = (0o2327, 0o2353, 0o2671, 0o3175)
CODED_BITS = MESSAGE_BITS * len(GENERATORS)
STATES = 1 << (CONSTRAINT - 1)
MAX_LAPS = 4
LIST_SIZE = 8  # final states that are tried, best first


def encode(payload: bytes, size_class: int) -> NDArray[np.int8]:
    """Return the code word of a message, int8 (336,): 1 for a coded bit 0, -1 for a 1."""
    message = _message(payload, size_class)
    register = 0
    for bit in message[-(CONSTRAINT - 1) :]:
        register = (register << 1 | int(bit)) & (STATES - 1)
    words = np.empty(MESSAGE_BITS, dtype=np.int64)
    for step, bit in enumerate(message):
        words[step] = _outputs()[2 * register + int(bit)]
        register = (register << 1 | int(bit)) & (STATES - 1)
    shifts = np.arange(len(GENERATORS))
    coded = (words[:, None] >> shifts) & 1
    return (1 - 2 * coded.ravel()).astype(np.int8)


def decode(soft: NDArray[np.float32]) -> tuple[bytes, int] | None:
    """Return the likeliest payload and size class whose check holds, or None.

    Parameters
    ----------
    soft : float32 (336,)
        One value per coded bit, positive where 0 is likelier; any common scale.
    """
    groups = np.ascontiguousarray(soft, dtype=np.float32).reshape(MESSAGE_BITS, len(GENERATORS))
    branch = groups @ _output_signs()
    metric = np.zeros(STATES, dtype=np.float32)
    decision = np.empty((MESSAGE_BITS, STATES), dtype=np.uint8)
    bits = np.empty(MESSAGE_BITS, dtype=np.uint8)
    for _ in range(MAX_LAPS):
        viterbi.forward(branch, _outputs(), MESSAGE_BITS, metric, decision)
        for state in np.argsort(-metric, kind="stable")[:LIST_SIZE]:
            if viterbi.trace_back(decision, state, bits) == state:
                checked = _checked(bits)
                if checked is not None:
                    return checked
    return None


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
    """Payload, size class and check as bits, uint8 (84,), most significant first."""
    check = _crc16(payload + bytes([size_class]))
    fields = (payload, bytes([size_class << 8 - SIZE_BITS]), check.to_bytes(2, "big"))
    whole, size, remainder = (np.unpackbits(np.frombuffer(f, dtype=np.uint8)) for f in fields)
    return np.concatenate([whole, size[:SIZE_BITS], remainder])


def _checked(bits: NDArray[np.uint8]) -> tuple[bytes, int] | None:
    """Return what is in a message's bits if its check holds."""
    whole, size, remainder = np.split(bits, [8 * PAYLOAD_BYTES, 8 * PAYLOAD_BYTES + SIZE_BITS])
    payload = np.packbits(whole).tobytes()
    size_class = int(np.packbits(size)[0]) >> 8 - SIZE_BITS
    check = int.from_bytes(np.packbits(remainder).tobytes(), "big")
    return (payload, size_class) if check == _crc16(payload + bytes([size_class])) else None


def _crc16(data: bytes) -> int:
    remainder = 0xFFFF
    for byte in data:
        remainder ^= byte << 8
        for _ in range(8):
            remainder <<= 1
            if remainder & 0x10000:
                remainder ^= 0x10000 | CRC_POLYNOMIAL
    return remainder
