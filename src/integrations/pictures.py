"""Pictures as generators pass them around: PIL images, arrays and tensors, in ones and in batches.

Neither torch nor Pillow is imported: a tensor is known by what it can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indelible import extras, imaging
from indelible.errors import UnsupportedImageError
from indelible.imaging import Pixels
from indelible.protection import ProtectedImage, Protector

__all__ = [
    "Handle",
    "is_picture",
    "is_pil",
    "is_tensor",
    "mapped",
    "marked_pil",
    "protect_all",
    "to_pixels",
]

Handle: TypeAlias = "Callable[[Pixels], tuple[Pixels, ProtectedImage | None]]"
"""From pixels to those that take their place, and to the signed file that they are from."""

_MANY: Final = "Video frames cannot be protected: a mark in each would not make a signed video."


def is_pil(value: object) -> bool:
    """Whether something is a PIL image."""
    return any(
        kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(value).__mro__
    )


def is_tensor(value: object) -> bool:
    """Whether something is a torch tensor."""
    return any(
        kind.__module__.partition(".")[0] == "torch" and kind.__name__ == "Tensor"
        for kind in type(value).__mro__
    )


def is_picture(value: object) -> bool:
    """Whether something is a picture, or holds one: a PIL image, or an array of three axes."""
    if isinstance(value, Mapping):
        return any(is_picture(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(is_picture(one) for one in value)
    if is_pil(value):
        return True
    return (isinstance(value, np.ndarray) or is_tensor(value)) and len(_shape(value)) >= 3


def mapped(value: Any, handle: Handle, *, low: float = 0.0) -> Any:
    """Return pictures with others in their places, as they came: PIL images, arrays or tensors.

    Parameters
    ----------
    value : PIL image, ndarray, tensor, or a list of these
        Arrays are (H, W, C) or (N, H, W, C), tensors (C, H, W) or (N, C, H, W); uint8, or floats
        from `low` to 1.
    handle : callable
        Called with the pixels of each picture, in order.
    low : float
        The value of black in floats.

    Raises
    ------
    UnsupportedImageError
        If something is no picture.
    """
    if isinstance(value, list | tuple):
        if not value:
            raise UnsupportedImageError("There is no picture.", hint="Generate one at least.")
        return type(value)([mapped(one, handle, low=low) for one in value])
    if is_pil(value):
        pixels, made = handle(_of_pil(value))
        image: Any = imaging.as_pillow(pixels)
        image.protected = made
        return image
    if is_tensor(value):
        return _mapped_tensor(value, handle, low)
    if isinstance(value, np.ndarray):
        return _mapped_array(value, handle, low)
    raise UnsupportedImageError(
        f"A {type(value).__name__} is no picture that can be protected.",
        hint="Use PIL images, NumPy arrays or tensors.",
    )


def marked_pil(image: Any, made: ProtectedImage) -> Any:
    """Return the pixels of a signed file as a PIL image, with what else the unmarked one holds."""
    marked: Any = imaging.as_pillow(imaging.decode(made.data).pixels)
    marked.info.update(image.info)
    return marked


def to_pixels(value: NDArray[Any], low: float = 0.0) -> Pixels:
    """Return one picture (H, W, C) as uint8 pixels; floats from `low` to 1 are rounded.

    What is no number becomes black, as diffusers does it.

    Raises
    ------
    UnsupportedImageError
        If it has not 1, 3 or 4 channels.
    """
    if value.ndim != 3 or value.shape[2] not in (1, 3, 4):
        raise UnsupportedImageError(
            f"An array of shape {value.shape} is no picture.",
            hint="Give (H, W, C) with 1, 3 or 4 channels.",
        )
    if value.dtype != np.uint8:
        scaled = (np.asarray(value, np.float32) - low) * (255 / (1 - low))
        scaled = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
        value = np.clip(scaled, 0, 255).round().astype(np.uint8)
    return np.ascontiguousarray(value[:, :, 0] if value.shape[2] == 1 else value)


def protect_all(
    protector: Protector,
    pictures: Iterable[Pixels],
    *,
    workers: int | None = None,
    **options: Any,
) -> Iterator[ProtectedImage | None]:
    """Protect pictures several at a time, in order; nothing is left out.

    Yields
    ------
    ProtectedImage or None
        None for a picture of one colour alone, which shows nothing and can carry nothing: what a
        safety checker puts in the place of a picture.

    Raises
    ------
    IndelibleError
        At the first picture that cannot be protected.
    """
    blank: list[bool] = []

    def shown() -> Iterator[Pixels]:
        for picture in pictures:
            blank.append(_is_blank(picture))
            if not blank[-1]:
                yield picture

    yielded = 0
    for done in protector.protect_many(shown(), workers=workers, **options):
        while blank[yielded]:
            yielded += 1
            yield None
        if done.error is not None:
            raise done.error
        yielded += 1
        yield done.value
    while yielded < len(blank):
        yielded += 1
        yield None


def _is_blank(pixels: Pixels) -> bool:
    return bool((pixels == pixels[:1, :1]).all())


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(value.shape)


def _of_pil(image: Any) -> Pixels:
    if getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImageError(_MANY, hint="Protect still pictures.")
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.mode else "RGB")
    return np.array(image, np.uint8)


def _mapped_tensor(tensor: Any, handle: Handle, low: float) -> Any:
    array = tensor.detach().cpu()
    whole = str(array.dtype) == "torch.uint8"
    array = (array if whole else array.float()).numpy()
    marked = np.moveaxis(_mapped_array(np.moveaxis(array, -3, -1), handle, low), -1, -3)
    # A tensor is made by torch, which is there where a tensor is.
    torch = extras.load("torch", extra="diffusers", missing="tensors need torch")
    return torch.from_numpy(np.ascontiguousarray(marked)).to(tensor.device, tensor.dtype)


def _mapped_array(array: NDArray[Any], handle: Handle, low: float) -> NDArray[Any]:
    if array.ndim == 5:
        raise UnsupportedImageError(_MANY, hint="Protect still pictures.")
    if array.ndim == 4:
        return np.stack([_mapped_array(one, handle, low) for one in array])
    pixels, _ = handle(to_pixels(array, low))
    if pixels.shape[:2] != array.shape[:2]:
        raise UnsupportedImageError("A protected picture has another size than it had.")
    pixels = pixels.reshape(array.shape)
    if array.dtype == np.uint8:
        return pixels
    return (pixels.astype(np.float32) * ((1 - low) / 255) + low).astype(array.dtype)
