"""Memory that a thread keeps between calls, for the few arrays whose pages are costly to get.

The operating system hands out new memory page by page. That costs more than filling it does, and
threads wait for each other meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scratch", "scratch"]

_KEPT = threading.local()


class Scratch:
    """The arrays for the spectrum of a whole picture: 6.3 MB for 1024 x 1024 bins."""

    def __init__(self) -> None:
        self._values = np.empty((0, 0), np.complex64)
        self._power = np.empty((0, 0), np.float32)

    def spectrum(self, size: int) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
        """Return arrays for a half spectrum and its power, (size, size // 2 + 1), not cleared.

        They are the same arrays at each call: what was in them is overwritten.
        """
        shape = (size, size // 2 + 1)
        if self._values.shape != shape:
            self._values, self._power = np.empty(shape, np.complex64), np.empty(shape, np.float32)
        return self._values, self._power


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
