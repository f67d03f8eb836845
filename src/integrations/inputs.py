"""The pictures among a call's arguments, and what a gate says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from indelible.errors import UnsupportedImageError
from indelible.imaging import Pixels
from indelible.integrations.gates import Gate, ask_pixels
from indelible.integrations.pictures import is_picture, is_tensor, mapped

__all__ = ["ask_about", "pictures_in"]

# In the names of arguments that are pictures, as arrays or tensors; PIL images are seen anywhere.
_INPUTS: Final = ("image", "img", "mask", "control", "reference", "picture")


def ask_about(given: Mapping[str, Any], gate: Gate | None) -> None:
    """Ask a gate about every picture among arguments, each as a PNG file.

    Raises
    ------
    InputDeniedError
        If it says no.
    UnsupportedImageError
        If there are latents in the place of a picture.
    """
    if gate is None:
        return

    def shown(pixels: Pixels) -> tuple[Pixels, None]:
        ask_pixels(gate, pixels)
        return pixels, None

    for name, value in given.items():
        for picture in pictures_in(name, value):
            _check_visible(name, picture)
            mapped(picture, shown, low=_black(picture))


def pictures_in(name: str, value: Any) -> Iterator[Any]:
    """Yield the pictures in an argument, and arrays that stand in the place of one."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from pictures_in(f"{name}.{key}", one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from pictures_in(name, one)
    elif isinstance(value, np.ndarray) or is_tensor(value):
        named = any(word in name for word in _INPUTS) and "embed" not in name
        if named and value.ndim >= 3:
            yield value
    elif is_picture(value):
        yield value


def _check_visible(name: str, picture: Any) -> None:
    """Make sure that a gate sees what a pipeline will.

    Raises
    ------
    UnsupportedImageError
        If an array has the channels of latents.
    """
    if isinstance(picture, np.ndarray) or is_tensor(picture):
        channels = picture.shape[-3 if is_tensor(picture) else -1]
        if channels not in (1, 3):
            raise UnsupportedImageError(
                f"{name} has {channels} channels: these may be latents, which a gate cannot look "
                "at.",
                hint="Give a PIL image.",
            )


def _black(picture: Any) -> float:
    """Return the value of black in an input: diffusers takes 0 to 1, and -1 to 1."""
    if isinstance(picture, np.ndarray) or is_tensor(picture):
        return -1.0 if float(picture.min()) < 0 else 0.0
    return 0.0
