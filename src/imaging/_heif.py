"""HEIC through libheif.

``pi-heif``, a dependency, decodes and contains LGPL libraries only. ``pillow-heif`` has the same
interface and encodes too, but its wheels contain x265, which is under the GPL: it is used where the
user has installed it, and never installed by Indelible.
"""

from __future__ import annotations

import importlib
import io
from types import ModuleType
from typing import Any

from PIL import Image

from indelible.errors import MissingDependencyError
from indelible.limits import Limits

__all__ = ["open_heif", "save_heif"]


def open_heif(data: bytes, limits: Limits) -> Image.Image:
    """Return the primary picture of a HEIC file, upright, its ICC profile in ``info``.

    A grid states its size in a place that only libheif reads: the limits hold for that, too.
    """
    library = _library("pillow_heif", "pi_heif")
    if library is None:
        raise MissingDependencyError(
            "HEIC files need the package pi-heif, which is not installed here.",
            hint="Install it with: pip install pi-heif",
        )
    # Other pictures of the file are not used here; each of them is a way to crash.
    options = library.options
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    file = library.open_heif(data, convert_hdr_to_8bit=True)
    limits.check_size(*file.size)
    image: Image.Image = file.to_pillow()
    return image


def save_heif(image: Image.Image, options: dict[str, Any]) -> bytes:
    """Return an image encoded as HEIC."""
    library = _library("pillow_heif")
    if library is None:
        raise MissingDependencyError(
            "Writing HEIC files needs the package pillow-heif, which Indelible does not install.",
            hint="Choose AVIF or JPEG instead, or install it with: pip install pillow-heif "
            "(it contains the x265 encoder, which is under the GPL).",
        )
    buffer = io.BytesIO()
    library.from_pillow(image).save(buffer, **options)
    return buffer.getvalue()


def _library(*names: str) -> ModuleType | None:
    """Return the first of these modules that is installed, None without."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None
