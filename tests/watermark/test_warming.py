"""Compiling ahead."""

from indelible import watermark
from indelible.watermark._kernels._jit import KERNELS


def test_all_kernels_are_compiled() -> None:
    assert watermark.warm_up() == len(KERNELS) > 10
    assert all(kernel._compiled is not None for kernel in KERNELS)
