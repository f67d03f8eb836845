"""Compiling ahead."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import numba
import pytest

from indelible import watermark
from indelible.errors import ConfigurationError
from indelible.watermark import warming
from indelible.watermark._kernels import _jit
from indelible.watermark._kernels._jit import KERNELS


def test_all_kernels_are_compiled() -> None:
    assert watermark.warm_up() == len(KERNELS) > 10
    assert all(kernel._compiled is not None for kernel in KERNELS)


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    total = watermark.warm_up(lambda ready, all_: seen.append((ready, all_)))
    assert seen == [(ready, total) for ready in range(1, total + 1)]


def test_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm-up that the next process has nothing of is an error that names the variable."""

    def njit(*args: Any, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return lambda function: function

    kernels = [_jit.Kernel(kernel.function, "void()") for kernel in KERNELS[:2]]
    monkeypatch.setattr(numba, "njit", njit)
    monkeypatch.setattr(warming, "KERNELS", kernels)
    with pytest.raises(ConfigurationError, match="NUMBA_CACHE_DIR") as caught:
        watermark.warm_up()
    assert "NUMBA_CACHE_DIR" in (caught.value.hint or "")


def test_one_notice_and_only_for_who_listens(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def njit(*args: Any, **options: Any) -> Any:
        return lambda function: SimpleNamespace(stats=SimpleNamespace(cache_misses={"()": 1}))

    _jit._say_once.cache_clear()
    monkeypatch.setattr(numba, "njit", njit)
    with caplog.at_level(logging.INFO, logger="indelible.engine"):
        for _ in range(3):
            _jit.Kernel(test_progress_is_told, "void()").compile()
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "once" in caplog.text
    _jit._say_once.cache_clear()
