"""When and how kernels are compiled."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config
from numba.core.caching import FunctionCache
from numpy.typing import NDArray

from indelible import compiling
from indelible.compiling import cache, jit
from indelible.watermark import _kernels

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
from indelible.compiling import KERNELS
print(len(KERNELS) > 10, sum(one._compiled is not None for one in KERNELS))
"""
    assert run(program) == "True 0"


def test_every_kernel_can_be_compiled_beforehand() -> None:
    """As a container's image wants it: `compile` of each gives the function itself."""
    for module in pkgutil.iter_modules(_kernels.__path__):
        importlib.import_module(f"{_kernels.__name__}.{module.name}")
    names = {one.function.__name__ for one in jit.KERNELS}
    assert {"whiten_blocks", "reduce_area", "add_pattern", "bilinear", "climb_each"} <= names
    for one in jit.KERNELS:
        assert callable(one.compile())


@pytest.mark.compiled
def test_a_kernel_compiles_at_its_first_call_for_one_signature() -> None:
    kernel = jit.Kernel(doubled, "void(float32[::1])")
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
    kernel = jit.Kernel(doubled, "void(float32[::1])")
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]
    assert kernel._compiled is doubled


@pytest.mark.compiled
def test_without_a_writable_cache_kernels_compile_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache.KernelCache._impl_class, "_locator_classes", [])
    kernel = jit.Kernel(doubled, "void(float32[::1])")
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]
    assert not kernel.kept


@pytest.mark.compiled
def test_on_a_full_disk_kernels_compile_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(CONFIG, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(FunctionCache, "save_overload", full)
    kernel = jit.Kernel(doubled, "void(float32[::1])")
    values = np.ones(4, np.float32)
    kernel(values)
    assert values.tolist() == [2, 2, 2, 2]
    assert not kernel.kept
    assert "No space left" in caplog.text


SHADES = """
import numpy as np
from indelible.watermark._kernels import masking
one, out = np.ones((1, 1), np.float32), np.empty((1, 1), np.float32)
masking.amplitudes(one, 2.0, 1.0, 1.0, out)
hits = len(masking.amplitudes._compiled.stats.cache_hits)
print(masking.__file__, round(float(out[0, 0]), 2), hits)
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    """Return a copy of the folder of kernels, in a package of its own of the same name."""
    folder = tmp_path / "copy/indelible/watermark/_kernels"
    for package, place in ((_kernels, folder), (compiling, folder.parents[1] / "compiling")):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package.__path__[0], place, ignore=ignored)
    for above in (folder.parent, folder.parents[1]):
        (above / "__init__.py").touch()
    return folder


@pytest.mark.compiled
@pytest.mark.parametrize("locator", ["InTree", "UserWide"])
def test_a_change_of_what_a_kernel_calls_is_noticed(
    kernels: Path, tmp_path: Path, locator: str
) -> None:
    """`amplitudes` calls `power`, of another file; numba looks at the kernel's own file alone."""

    def shade() -> tuple[float, bool]:
        place, value, hits = run(
            SHADES,
            PYTHONPATH=str(kernels.parents[2]),
            NUMBA_CACHE_DIR="",
            NUMBA_CACHE_LOCATOR_CLASSES=f"{locator}CacheLocator",
            XDG_CACHE_HOME=str(tmp_path / "user"),
        ).split()
        assert Path(place).parent == kernels
        return float(value), int(hits) == 1

    def kept() -> dict[str, str]:
        return {path.suffix: path.name for path in tmp_path.rglob("masking.amplitudes-*.nb?")}

    assert shade() == (2.0, False)
    assert shade() == (2.0, True)
    before = kept()
    powers = kernels / "powers.py"
    text = powers.read_text(encoding="utf-8")
    powers.write_text(text.replace("return np.float32(", "return np.float32(3.0) * ("), "utf-8")
    assert shade() == (6.0, False)
    assert shade() == (6.0, True)
    # in other files, and without leaving the old ones
    assert kept().keys() == before.keys() == {".nbi", ".nbc"}
    assert not set(kept().values()) & set(before.values())
    assert len(list(tmp_path.rglob("*.nb?"))) == 2


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
    assert jit.OPTIONS["nogil"]


def test_no_fast_mathematics_that_undefines_results() -> None:
    assert not jit.OPTIONS["fastmath"] & {"nnan", "ninf", "fast"}
