"""A small photograph and a registry of its own for each test of `protect`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indelible import imaging
from indelible.protection.markable import MarkablePicture
from indelible.registry import open_registry, sqlite_url
from indelible.registry.sql import SqlRegistry

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="session")
def photograph(photographs: dict[str, Pixels]) -> Pixels:
    """A face, uint8 (256, 256, 3) RGB, read-only: a quarter of the work of the whole photograph."""
    face = np.ascontiguousarray(photographs["astronaut"][20:276, 90:346])
    face.flags.writeable = False
    return face


@pytest.fixture(scope="session")
def picture_file(photograph: Pixels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photograph as a PNG file."""
    path = tmp_path_factory.mktemp("pictures") / "face.png"
    path.write_bytes(imaging.encode(photograph, "png"))
    return path


@pytest.fixture
def registry(tmp_path: Path) -> SqlRegistry:
    return open_registry(f"{sqlite_url(tmp_path / 'registry.sqlite3')}?timeout=0.05")


@pytest.fixture
def never_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take pictures for unmarked ones without looking, which is half of the work.

    For tests about what happens after that.
    """
    monkeypatch.setattr(MarkablePicture, "clear", lambda *_, **__: ())


def left_in(folder: Path) -> list[str]:
    """Name what lies in a folder beside a registry."""
    return sorted(path.name for path in folder.iterdir() if "registry" not in path.name)
