"""When and how kernels are compiled."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config
from numpy.typing import NDArray

from indelible.watermark import _kernels
from indelible.watermark._kernels import _jit

CONFIG: Any = config


def doubled(values: NDArray[np.float32]) -> None:
    for i in range(values.size):
        values[i] *= np.float32(2.0)


def run(program: str, **environment: str) -> str:
    """Run a program in a fresh interpreter and return what it prints."""
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | environment,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_importing_compiles_nothing() -> None:
    program = """
import indelible.watermark
from indelible.watermark._kernels._jit import KERNELS
print(len(KERNELS) > 10, sum(one._compiled is not None for one in KERNELS))
"""
    assert run(program) == "True 0"


def test_every_kernel_can_be_compiled_beforehand() -> None:
    """As a container's image wants it: `compile` of each gives the function itself."""
    for module in pkgutil.iter_modules(_kernels.__path__):
        importlib.import_module(f"{_kernels.__name__}.{module.name}")
    names = {one.function.__name__ for one in _jit.KERNELS}
    assert {"whiten_blocks", "reduce_area", "add_pattern", "bilinear", "climb_each"} <= names
    for one in _jit.KERNELS:
        assert callable(one.compile())


@pytest.mark.compiled
def test_a_kernel_compiles_at_its_first_call_for_one_signature() -> None:
    kernel = _jit.Kernel(doubled, "void(float32[::1])")
    assert kernel._compiled is None
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]
    assert kernel._compiled is not None
    others: Any = np.ones(4, np.complex64)
    with pytest.raises(TypeError):
        kernel(others)


def test_kernels_run_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CONFIG, "DISABLE_JIT", 1)
    kernel = _jit.Kernel(doubled, "void(float32[::1])")
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]
    assert kernel._compiled is doubled


@pytest.mark.compiled
def test_without_a_writable_cache_kernels_compile_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise RuntimeError("cannot cache function 'doubled': no locator available for file 'x'")

    monkeypatch.setattr("numba.core.dispatcher.FunctionCache", nowhere)
    kernel = _jit.Kernel(doubled, "void(float32[::1])")
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]


@pytest.mark.compiled
def test_kernels_use_the_cache_folder_that_is_named(tmp_path: Path) -> None:
    program = """
import numpy as np
from indelible.watermark._kernels import warp
out = np.empty((2, 2), np.float32)
warp.bilinear(np.ones((3, 3), np.float32), np.eye(3), out)
print(out.sum())
"""
    for _ in range(2):  # compiles, then reads
        assert run(program, NUMBA_CACHE_DIR=str(tmp_path)) == "4.0"
    assert [path.suffix for path in tmp_path.rglob("*bilinear*.nb*")].count(".nbc") == 1


@pytest.mark.compiled
def test_kernels_release_the_interpreters_lock() -> None:
    assert _jit.OPTIONS["nogil"]


def test_no_fast_mathematics_that_undefines_results() -> None:
    assert not _jit.OPTIONS["fastmath"] & {"nnan", "ninf", "fast"}
