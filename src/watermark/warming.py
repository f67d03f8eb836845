"""Compiling ahead of the first call: for images, containers and servers."""

from __future__ import annotations

from collections.abc import Callable

from indelible.compiling import CONFIG, KERNELS
from indelible.errors import ConfigurationError

__all__ = ["warm_up"]


def warm_up(progress: Callable[[int, int], None] | None = None) -> int:
    """Compile every kernel, or read it from the cache, and return how many there are.

    Without this the first calls of :func:`embed` and :func:`detect` do so. The compiled code is
    kept beside the installed package, or in the user's cache folder where that is read-only.

    Parameters
    ----------
    progress : callable, optional
        Called with how many kernels are ready, and how many there are.

    Raises
    ------
    ConfigurationError
        If the compiled code cannot be kept anywhere: every process would compile anew.
    """
    for ready, kernel in enumerate(KERNELS, 1):
        kernel.compile()
        if progress is not None:
            progress(ready, len(KERNELS))
    if not CONFIG.DISABLE_JIT and not all(kernel.kept for kernel in KERNELS):
        folder = f"{CONFIG.CACHE_DIR!r}" if CONFIG.CACHE_DIR else "not set"
        raise ConfigurationError(
            "The compiled engine cannot be kept: neither the package's folder nor the user's cache "
            f"folder can be written (NUMBA_CACHE_DIR is {folder}).",
            hint="Set NUMBA_CACHE_DIR to a folder that can be written, here and where it is used.",
        )
    return len(KERNELS)
