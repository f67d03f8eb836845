"""Butteraugli and FLIP, where they are installed, and what is said where they are not."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from benchmarks import _visibility
from benchmarks._running import SettingsError
from benchmarks.images import photograph

_PICTURE = np.ascontiguousarray(photograph(0)[:96, :128])
_CHANGED = (
    np.clip(_PICTURE.astype(np.int16) + 9 * (np.indices((96, 128)).sum(0) % 2)[..., None], 0, 255)
).astype(np.uint8)


@pytest.mark.skipif(not _visibility.has_butteraugli(), reason="libjxl-devtools is not installed")
def test_butteraugli_sees_a_difference(tmp_path: Path) -> None:
    seen = _visibility.butteraugli(_PICTURE, _CHANGED, tmp_path / "map.png")
    assert 0.1 < seen.norm < seen.worst
    with Image.open(tmp_path / "map.png") as drawn:
        assert drawn.size == (128, 96)
    assert _visibility.butteraugli(_PICTURE, _PICTURE) == _visibility.Visibility(0, 0)


def _command(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    command = folder / "butteraugli_main"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_butteraugli_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = 'head -c 14 "$1" | grep -q "P6 128 96 255" || exit 3'
    _command(monkeypatch, tmp_path, f"{check}\necho 2.1239089966\necho '3-norm: 0.664'")
    assert _visibility.butteraugli(_PICTURE, _CHANGED) == _visibility.Visibility(
        0.664, 2.1239089966
    )


def test_a_failing_command_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _command(monkeypatch, tmp_path, "echo broken >&2; exit 1")
    with pytest.raises(SettingsError, match="butteraugli_main failed: broken"):
        _visibility.butteraugli(_PICTURE, _CHANGED)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(_visibility, "has_flip", lambda: False)
    with pytest.raises(SettingsError, match="apt install libjxl-devtools"):
        _visibility.butteraugli(_PICTURE, _CHANGED)
    with pytest.raises(SettingsError, match="pip install flip-evaluator"):
        _visibility.flip(_PICTURE, _CHANGED)
    assert len(_visibility.missing()) == 2
    assert all(math.isnan(value) for value in _visibility.visibility(_PICTURE, _CHANGED).values())


def test_flip_is_asked_for_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(
        first: np.ndarray, second: np.ndarray, span: str, **_: object
    ) -> tuple[object, ...]:
        assert (span, float(second.max()) <= 1) == ("LDR", True)
        return first, 0.25, {}

    monkeypatch.setitem(sys.modules, "flip_evaluator", SimpleNamespace(evaluate=evaluate))
    monkeypatch.setattr(_visibility, "has_flip", lambda: True)
    assert _visibility.flip(_PICTURE, _CHANGED) == 0.25


def test_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="Two sizes"):
        _visibility.butteraugli(_PICTURE, _CHANGED[:50])
