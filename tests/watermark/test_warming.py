"""Compiling ahead."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from indelible import watermark
from indelible.compiling import KERNELS, jit
from indelible.errors import ConfigurationError
from indelible.watermark import warming


def test_all_kernels_are_compiled() -> None:
    assert watermark.warm_up() == len(KERNELS) > 10
    assert all(kernel._compiled is not None for kernel in KERNELS)


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    total = watermark.warm_up(lambda ready, all_: seen.append((ready, all_)))
    assert seen == [(ready, total) for ready in range(1, total + 1)]


def test_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm-up from which no other process gains is an error that names the variable."""

    def refuse(_: object) -> None:
        return None

    kernels = [jit.Kernel(kernel.function, kernel._signature) for kernel in KERNELS[:1]]
    monkeypatch.setattr(jit, "open_cache", refuse)
    monkeypatch.setattr(warming, "KERNELS", kernels)
    with pytest.raises(ConfigurationError, match="NUMBA_CACHE_DIR") as caught:
        watermark.warm_up()
    assert "NUMBA_CACHE_DIR" in (caught.value.hint or "")


@pytest.mark.compiled
def test_one_notice_and_only_if_something_is_compiled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def nothing() -> None:
        pass

    jit._announce.cache_clear()
    monkeypatch.setattr(jit.CONFIG, "CACHE_DIR", str(tmp_path))
    with caplog.at_level(logging.INFO, logger="indelible.engine"):
        for _ in range(2):
            jit.Kernel(nothing, "void()").compile()
            assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "once" in caplog.text
    caplog.clear()
    jit._announce.cache_clear()
    with caplog.at_level(logging.INFO, logger="indelible.engine"):
        jit.Kernel(nothing, "void()").compile()  # from the disk
    assert not caplog.records
