"""What `protect` accepts as a picture, brought to pixels and metadata."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indelible import imaging
from indelible.errors import UnreadableImageError, UnsupportedImageError
from indelible.imaging import Limits, Metadata, Pixels

__all__ = ["ImageInput", "PillowImage", "Source", "open_source"]


@runtime_checkable
class PillowImage(Protocol):
    """As much of ``PIL.Image.Image`` as is needed, so that nobody has to import Pillow."""

    info: dict[Any, Any]

    @property
    def mode(self) -> str:
        """Pillow's name for the kind of pixels."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px."""
        ...

    def convert(self, mode: str) -> PillowImage:
        """Return the picture in another mode."""
        ...

    def tobytes(self) -> bytes:
        """Return the pixels, row by row."""
        ...


ImageInput: TypeAlias = "str | os.PathLike[str] | bytes | NDArray[np.uint8] | PillowImage"

_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}
# Pillow modes of 8 bits that convert without a choice to be made.
_CONVERSIONS = {"1": "L", "LA": "RGBA", "P": "RGBA", "PA": "RGBA", "La": "RGBA", "RGBa": "RGBA"}


_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A picture to protect.

    Attributes
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, upright.
    format : str or None
        Format of the file that it came from; None for bare pixels.
    metadata : Metadata
        What is kept beside the pixels.
    data : bytes or None
        The file itself, which may carry a manifest; None for bare pixels.
    notes : tuple of str
        What was converted knowingly.
    """

    pixels: Pixels
    format: str | None = None
    metadata: Metadata = field(default_factory=Metadata)
    data: bytes | None = None
    notes: tuple[str, ...] = ()


def open_source(image: ImageInput, limits: Limits) -> Source:
    """Bring a picture of any accepted kind to pixels.

    Raises
    ------
    ImageError
        If it is no picture, is animated, is of an unsupported kind, or exceeds the limits.
    """
    if isinstance(image, str | os.PathLike | bytes):
        return _from_file(image, limits)
    if isinstance(image, np.ndarray):
        return _from_array(image, limits)
    if isinstance(image, PillowImage):
        return _from_pillow(image, limits)
    raise UnsupportedImageError(
        f"A picture cannot be made of a {type(image).__name__}.",
        hint="Give a path, bytes, a NumPy array of uint8, or a PIL image.",
    )


def _from_file(image: str | os.PathLike[str] | bytes, limits: Limits) -> Source:
    data = imaging.read_bytes(image, limits=limits)
    header = imaging.read_header(data, limits=limits)
    if header.animated:
        tiff = header.format == "tiff"
        several, each = ("is one of several", "page") if tiff else ("is animated", "frame")
        raise UnsupportedImageError(
            f"The picture {several} ({header.frames} {each}s); only single pictures can be "
            "protected.",
            hint=f"Marking one {each} would leave the others unmarked. Protect the {each}s one by "
            "one, as files of their own.",
        )
    picture = imaging.decode(data, limits=limits)
    return Source(picture.pixels, picture.format, picture.metadata, data, picture.notes)


def _from_array(array: NDArray[Any], limits: Limits) -> Source:
    if array.dtype != np.uint8:
        raise UnsupportedImageError(
            f"The array's values are {array.dtype}, not uint8.",
            hint="Scale to 0..255 and round: (x * 255).round().astype(numpy.uint8) for 0..1.",
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise UnsupportedImageError(
            f"An array of shape {array.shape} is no picture.",
            hint="Give (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.",
        )
    limits.check_size(array.shape[1], array.shape[0])
    return Source(np.ascontiguousarray(array))


def _from_pillow(image: PillowImage, limits: Limits) -> Source:
    width, height = image.size
    limits.check_size(width, height)
    if getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImageError(
            "The picture is animated; only still pictures can be protected.",
            hint="Protect the frames one by one.",
        )
    notes: tuple[str, ...] = ()
    if image.mode in _CONVERSIONS:
        mode = _CONVERSIONS[image.mode]
        if mode == "RGBA" and image.mode == "P" and "transparency" not in image.info:
            mode = "RGB"
        notes = (f"Converted from Pillow's mode {image.mode} to {mode}.",)
        image = image.convert(mode)
    if image.mode not in _CHANNELS:
        raise UnsupportedImageError(
            f"Pillow's mode {image.mode!r} is not supported.",
            hint='Convert it first, with .convert("RGB") for example.',
        )
    try:
        # Pillow loads lazily: a truncated file fails here, with Pillow's exceptions.
        flat = np.frombuffer(image.tobytes(), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError) as error:
        raise UnreadableImageError(f"The picture cannot be decoded: {error}") from error
    channels = _CHANNELS[image.mode]
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = _upright(flat.reshape(shape), _orientation(image))
    return Source(pixels, metadata=_pillow_metadata(image), notes=notes)


def _orientation(image: PillowImage) -> int:
    """Return the EXIF orientation that Pillow read but did not apply, 1 to 8."""
    getexif = getattr(image, "getexif", None)
    value = None if getexif is None else getexif().get(_ORIENTATION_TAG)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and flip as the orientation says (EXIF 2.32, 4.6.4, tag 274)."""
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _pillow_metadata(image: PillowImage) -> Metadata:
    """Keep the ICC profile; EXIF and the like belong to the file, which is not here."""
    icc = image.info.get("icc_profile")
    return Metadata(icc_profile=icc if isinstance(icc, bytes) and icc else None)
