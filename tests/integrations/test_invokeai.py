"""InvokeAI's services, of which there is a stub here, written after its own disk storage."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indelible import Verdict, imaging
from indelible.errors import ArgumentError, IndelibleError
from indelible.integrations.invokeai import protect_services
from tests.integrations.conftest import House

Pixels = NDArray[np.uint8]


class StubImageFiles:
    """A stub of ``DiskImageFileStorage``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self, image: Image.Image, image_name: str, metadata: str | None = None, **more: Any
    ) -> None:
        image.save(self.get_path(image_name), "PNG")
        small = image.copy()
        small.thumbnail((64, 64))
        small.save(self.get_path(image_name).with_suffix(".webp"), "WEBP")

    def get_path(self, image_name: str, thumbnail: bool = False) -> Path:
        return self.folder / image_name

    def delete(self, image_name: str) -> None:
        for suffix in (".png", ".webp"):
            self.get_path(image_name).with_suffix(suffix).unlink(missing_ok=True)


class StubImages:
    """A stub of ``ImageService``."""

    def __init__(self, files: StubImageFiles) -> None:
        self.files = files

    def create(self, image: Image.Image, image_origin: Any, **more: Any) -> str:
        self.files.save(image=image, image_name="a.png", metadata=None)
        return "a.png"


@pytest.fixture
def services(house: House, tmp_path: Path) -> SimpleNamespace:
    folder = tmp_path / "images"
    folder.mkdir()
    files = StubImageFiles(folder)
    made = SimpleNamespace(image_files=files, images=StubImages(files))
    protect_services(made, house.protector)
    return made


INTERNAL, EXTERNAL = (SimpleNamespace(value=value) for value in ("internal", "external"))


def test_what_was_generated(house: House, services: SimpleNamespace, photograph: Pixels) -> None:
    name = services.images.create(Image.fromarray(photograph), image_origin=INTERNAL)
    data = services.image_files.get_path(name).read_bytes()
    assert house.verdict(data) is Verdict.AUTHENTIC
    assert house.verdict(imaging.decode(data).pixels) is Verdict.RECOVERED


def test_an_upload_stays_as_it_is(services: SimpleNamespace, photograph: Pixels) -> None:
    name = services.images.create(Image.fromarray(photograph), image_origin=EXTERNAL)
    kept = imaging.decode(services.image_files.get_path(name).read_bytes()).pixels
    assert np.array_equal(kept, photograph)


def test_nothing_unprotected_is_left(services: SimpleNamespace, photograph: Pixels) -> None:
    with pytest.raises(IndelibleError):
        services.images.create(Image.fromarray(photograph[:12, :12]), image_origin=INTERNAL)
    assert list(services.image_files.folder.iterdir()) == []


def test_once(house: House, services: SimpleNamespace) -> None:
    with pytest.raises(ArgumentError, match="already"):
        protect_services(services, house.protector)
    with pytest.raises(ArgumentError):
        protect_services(SimpleNamespace(), house.protector)
