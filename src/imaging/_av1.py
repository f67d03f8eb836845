"""The size of AV1 pictures, from their own header.

An AVIF file states its size twice, in a box and in the AV1 data. Decoders allocate what the data
say and scale the result to what the box says, so the limits must hold for both.

References
----------
AV1 Bitstream and Decoding Process Specification, 5.3 (OBU header) and 5.5 (sequence header).
"""

from __future__ import annotations

from typing import Final

__all__ = ["HEADER_BYTES", "frame_size"]

#: A sequence header is among the first bytes of a picture; this many are always enough.
HEADER_BYTES: Final = 512

_SEQUENCE_HEADER: Final = 1
_MAX_UNITS: Final = 16  # a temporal delimiter and perhaps padding come before it


class _Bits:
    """Reads numbers of any width from bytes, most significant bit first; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, width: int) -> int:
        self._left -= width
        if self._left < 0:
            return 0
        return self._value >> self._left & ((1 << width) - 1)

    def skip_exp_golomb(self) -> None:
        """Skip a number in uvlc() coding (section 4.10.3)."""
        zeros = 0
        while zeros < 32 and self._left > 0 and not self.read(1):
            zeros += 1
        self.read(zeros)


def frame_size(data: bytes) -> tuple[int, int] | None:
    """Return the largest width and height (px) that AV1 data announce, None without a header.

    Parameters
    ----------
    data : bytes
        Open bitstream units, from the beginning of a picture; `HEADER_BYTES` of them suffice.
    """
    at = 0
    for _ in range(_MAX_UNITS):
        if at >= len(data):
            break
        header = data[at]
        at += 2 if header & 4 else 1  # with an extension byte
        size = len(data) - at
        if header & 2:  # with a size, in LEB128
            size = shift = 0
            while at < len(data) and shift < 56:
                byte = data[at]
                size |= (byte & 0x7F) << shift
                at += 1
                shift += 7
                if not byte & 0x80:
                    break
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            return _sequence_size(_Bits(data[at : at + size]))
        at += size
    return None


def _sequence_size(bits: _Bits) -> tuple[int, int]:
    bits.read(4)  # profile, still picture
    if bits.read(1):  # reduced still picture header
        bits.read(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_operating_points(bits: _Bits) -> None:
    """Skip timing, decoder model and operating points (section 5.5.1)."""
    model = delay_bits = 0
    if bits.read(1):  # timing info
        bits.read(64)
        if bits.read(1):
            bits.skip_exp_golomb()
        model = bits.read(1)
        if model:
            delay_bits = bits.read(5) + 1
            bits.read(42)
    display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)
        if model and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if display_delay and bits.read(1):
            bits.read(4)
