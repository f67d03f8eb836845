"""Compiled kernels: how numba compiles them, and where the compiled code is kept."""

from __future__ import annotations

from indelible.compiling.jit import CONFIG, KERNELS, Kernel, inlined, inner, kernel, summing

__all__ = ["CONFIG", "KERNELS", "Kernel", "inlined", "inner", "kernel", "summing"]
