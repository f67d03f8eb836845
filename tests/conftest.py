"""What every test shares: a home of its own, and real photographs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from numba.core import config
from numpy.typing import NDArray
from PIL import Image

from indelible.credentials import DevelopmentIdentity, Trust, create_identity

# Photographs inside scikit-image's wheel: public domain or CC0 but for the motorcycle (Middlebury).
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",  # 512 x 512, a portrait
    "chelsea": "chelsea.png",  # 451 x 300, a cat: small
    "coffee": "coffee.png",  # 600 x 400, smooth gradients
    "rocket": "rocket.jpg",  # 640 x 427, a dark scene with flat sky
    "motorcycle": "motorcycle_left.png",  # 741 x 497, fine detail
    "hubble": "hubble_deep_field.jpg",  # 1000 x 872, mostly black
    "retina": "retina.jpg",  # 1411 x 1411, black margins
}


CONFIG: Any = config


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "compiled: too slow where NUMBA_DISABLE_JIT is set")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CONFIG.DISABLE_JIT:
        for item in items:
            if item.get_closest_marker("compiled"):
                item.add_marker(pytest.mark.skip(reason="NUMBA_DISABLE_JIT is set"))


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Give each test an empty home, so that none sees or leaves a key, an identity, a registry."""
    home = tmp_path_factory.mktemp("home")
    for name in settings_in_environment():
        monkeypatch.delenv(name)
    for name, folder in {
        "HOME": "",
        "USERPROFILE": "",
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
        "XDG_CACHE_HOME": ".cache",
        "APPDATA": "AppData/Roaming",
        "LOCALAPPDATA": "AppData/Local",
    }.items():
        monkeypatch.setenv(name, str(home / folder))
    yield home
    for name in settings_in_environment():  # as `indelible --config` leaves one for its process
        del os.environ[name]


def settings_in_environment() -> list[str]:
    """Name every environment variable that the package would read a setting from."""
    return [name for name in os.environ if name.startswith("INDELIBLE_")]


@pytest.fixture(scope="session")
def photograph_path() -> dict[str, Path]:
    """Where the photographs of `PHOTOGRAPHS` lie, by name."""
    folder = Path(skimage.__file__).parent / "data"
    return {name: folder / file for name, file in PHOTOGRAPHS.items()}


@pytest.fixture(scope="session")
def photographs(photograph_path: dict[str, Path]) -> dict[str, NDArray[np.uint8]]:
    """The photographs of `PHOTOGRAPHS`, uint8 (H, W, 3) RGB, read-only."""
    pictures = {}
    for name, path in photograph_path.items():
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("RGB"))
        pixels.flags.writeable = False
        pictures[name] = pixels
    return pictures


@pytest.fixture(scope="session")
def photograph(photographs: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One photograph for everyday use: a portrait, uint8 (512, 512, 3) RGB, read-only."""
    return photographs["astronaut"]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIdentity:
    return create_identity(tmp_path_factory.mktemp("config") / "identity")


@pytest.fixture(scope="session")
def other_identity(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIdentity:
    return create_identity(tmp_path_factory.mktemp("other") / "identity")


@pytest.fixture(scope="session")
def trust(identity: DevelopmentIdentity) -> Trust:
    return identity.trust()
