"""Memory that a thread keeps between calls, for the few arrays whose pages are costly to get.

The operating system hands out new memory page by page. That costs more than filling it does, and
threads wait for each other meanwhile.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scratch", "scratch"]

Number = TypeVar("Number", bound=np.generic)

MOST_KEPT = 1 << 23  # bytes of one array: the mask and the pattern of pictures up to 6 MP

_KEPT = threading.local()


class Scratch:
    """Arrays by name: for the spectrum of a picture, say, 6.3 MB for 1024 x 1024 bins."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: type[Number]) -> NDArray[Number]:
        """Return an array, not cleared.

        It is the same memory at each call with this name: what was in it is overwritten. An array
        above `MOST_KEPT` is new each time, so that no thread holds a large picture's for ever.
        """
        size = math.prod(shape) * np.dtype(dtype).itemsize
        kept = self._kept.get(name)
        if kept is None or kept.nbytes < size:
            kept = np.empty(size, np.uint8)
            if size <= MOST_KEPT:
                self._kept[name] = kept
        return kept[:size].view(dtype).reshape(shape)

    def spectrum(self, size: int) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
        """Return arrays for a half spectrum and its power, (size, size // 2 + 1), not cleared."""
        shape = (size, size // 2 + 1)
        values = self.array("spectrum", shape, np.complex64)
        return values, self.array("power", shape, np.float32)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Lend the thread's arrays; nothing that holds one of them may leave the block.

    A nested block, however deep, is lent other arrays.
    """
    mine = getattr(_KEPT, "scratch", None) or Scratch()
    _KEPT.scratch = None
    try:
        yield mine
    finally:
        _KEPT.scratch = mine
