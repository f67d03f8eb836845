"""Compiling ahead of the first call: for images, containers and servers."""

from __future__ import annotations

from indelible.watermark._kernels._jit import KERNELS

__all__ = ["warm_up"]


def warm_up() -> int:
    """Compile every kernel, or read it from the cache, and return how many there are.

    Without this the first calls of :func:`embed` and :func:`detect` do so. The compiled code is
    kept beside the installed package, or in the user's cache folder where that is read-only.
    """
    for kernel in KERNELS:
        kernel.compile()
    return len(KERNELS)
