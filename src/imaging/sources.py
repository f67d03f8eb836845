"""What `protect` accepts as a picture, brought to pixels and metadata."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final, Protocol, TypeAlias, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indelible.errors import IndelibleError, UnreadableImageError, UnsupportedImageError
from indelible.imaging._ifd import EXIF_POINTER, GPS_POINTER
from indelible.imaging.exif import clean_exif
from indelible.imaging.fitting import fit_metadata, upright
from indelible.imaging.image_file import Encoded, ImageFile, open_image
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Pixels
from indelible.limits import Limits

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


ImageInput: TypeAlias = "Encoded | ImageFile | NDArray[np.uint8] | PillowImage"

_CHANNELS: Final = {"L": 1, "RGB": 3, "RGBA": 4}
# Pillow modes of 8 bits that convert without a choice to be made.
_CONVERSIONS: Final = {"1": "L", "LA": "RGBA", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
# Modes whose transparency Pillow keeps beside the pixels, until they are converted.
_KEYED: Final = ("1", "L", "RGB", "P")
_IPTC_RESOURCE: Final = 0x0404
_DIRECTORIES: Final = (EXIF_POINTER, GPS_POINTER)
# TIFF 6.0: how pixels are stored, and what is kept beside EXIF (XMP, IPTC, Photoshop, ICC).
_STRUCTURE: Final = frozenset(
    {
        *range(254, 267), 273, *range(277, 282), 284, *range(290, 294), 297, 317, 320,
        *range(321, 326), 330, *range(332, 348), *range(512, 533), 700, 33723, 34377, 34675,
    }
)  # fmt: skip
# What Pillow keeps of a file that is about that file, not about the picture.
_OF_THE_FILE: Final = frozenset(
    {
        "XML:com.adobe.xmp", "adobe", "adobe_transform", "aux", "background", "bbox",
        "bits_per_sample", "blend", "chroma", "comment", "compression", "default_image",
        "depth_images", "disposal", "dpi", "duration", "exif", "exif_orientation", "extension",
        "gamma", "icc_profile", "interlace", "jfif", "jfif_density", "jfif_unit", "jfif_version",
        "loop", "metadata", "mp", "mpoffset", "primary", "progression", "progressive",
        "resolution", "sizes", "srgb", "timestamp", "transparency", "version", "xmp",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A picture to protect.

    Attributes
    ----------
    pixels : ndarray of uint8
        (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, upright.
    metadata : Metadata
        What is kept beside the pixels.
    notes : tuple of str
        What was converted knowingly.
    file : ImageFile or None
        The encoded picture itself, which may carry a manifest; None for bare pixels.
    """

    pixels: Pixels
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    file: ImageFile | None = None

    @property
    def data(self) -> bytes | None:
        """The bytes of the file; None for bare pixels."""
        return None if self.file is None else self.file.data

    @property
    def format(self) -> str | None:
        """Format of the file; None for bare pixels."""
        return None if self.file is None else self.file.format

    @property
    def lossless(self) -> bool:
        """WebP only: whether the file is stored without loss."""
        return self.file is not None and self.file.header.lossless


def open_source(image: ImageInput, limits: Limits) -> Source:
    """Bring a picture of any accepted kind to pixels.

    A file that was opened already keeps its own limits.

    Raises
    ------
    ImageError
        If it is no picture, is animated, is of an unsupported kind, or exceeds the limits.
    """
    if isinstance(image, np.ndarray):
        return _from_array(image, limits)
    if isinstance(image, ImageFile | str | os.PathLike | bytes | bytearray | memoryview):
        return _from_file(open_image(image, limits=limits))
    if callable(getattr(image, "read", None)):
        return _from_file(open_image(cast("IO[bytes]", image), limits=limits))
    if isinstance(image, PillowImage):
        return _from_pillow(image, limits)
    raise UnsupportedImageError(
        f"A picture cannot be made of a {type(image).__name__}.",
        hint="Give a path, bytes, a binary stream, a NumPy array of uint8, or a PIL image.",
    )


def _from_file(file: ImageFile) -> Source:
    if file.header.animated:
        tiff = file.format == "tiff"
        several, each = ("is one of several", "page") if tiff else ("is animated", "frame")
        raise UnsupportedImageError(
            f"The picture {several} ({file.header.frames} {each}s); only single pictures can be "
            "protected.",
            hint=f"Marking one {each} would leave the others unmarked. Protect the {each}s one by "
            "one, as files of their own.",
        )
    picture = file.decode()
    return Source(picture.pixels, picture.metadata, picture.notes, file)


def _refuse_empty(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise UnreadableImageError(
            f"The image has no pixels: it is {width} x {height}.",
            hint="Give a picture of at least one pixel.",
        )


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
    _refuse_empty(array.shape[1], array.shape[0])
    limits.check_size(array.shape[1], array.shape[0])
    return Source(np.ascontiguousarray(np.asarray(array)))


@contextmanager
def _pillow_errors() -> Iterator[None]:
    """Turn what Pillow raises about a damaged file, or about an impossible tag, into our error."""
    try:
        yield
    except IndelibleError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        OSError,
        SyntaxError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise UnreadableImageError(f"The picture cannot be decoded: {error}.") from error


@_pillow_errors()
def _from_pillow(image: PillowImage, limits: Limits) -> Source:
    width, height = image.size
    _refuse_empty(width, height)
    limits.check_size(width, height)
    if getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImageError(
            "The picture is animated; only still pictures can be protected.",
            hint="Protect the frames one by one.",
        )
    notes: list[str] = []
    # Pillow loads lazily: a truncated file fails here, with Pillow's exceptions, and part of
    # its metadata is known only afterwards.
    _read_directories(image)  # loading closes a TIFF file, in which they lie
    load = getattr(image, "load", None)
    if callable(load):
        load()
    metadata, orientation = _pillow_metadata(image, notes)
    stored = image.mode
    if stored in _KEYED and "transparency" in image.info:
        image = image.convert("RGBA")
    while image.mode in _CONVERSIONS:
        image = image.convert(_CONVERSIONS[image.mode])
    if stored != image.mode:
        notes.append(f"Converted from Pillow's mode {stored} to {image.mode}.")
    if image.mode not in _CHANNELS:
        raise UnsupportedImageError(
            f"Pillow's mode {image.mode!r} is not supported.",
            hint='Convert it first, with .convert("RGB") for example.',
        )
    flat = np.frombuffer(image.tobytes(), dtype=np.uint8)
    channels = _CHANNELS[image.mode]
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = upright(flat.reshape(shape), orientation)
    metadata, changes = fit_metadata(metadata, pixels, orientation)
    return Source(pixels, metadata, (*notes, *changes))


def _pillow_metadata(image: PillowImage, notes: list[str]) -> tuple[Metadata, int]:
    """Return what Pillow keeps beside the pixels, and the orientation that it did not apply."""
    info = image.info
    icc = info.get("icc_profile")
    exif, orientation = _pillow_exif(image, notes)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    xmp = xmp.encode(errors="replace") if isinstance(xmp, str) else xmp
    dpi = info.get("dpi")
    photoshop = info.get("photoshop")
    iptc = photoshop.get(_IPTC_RESOURCE) if isinstance(photoshop, dict) else None
    text = [("Comment", _text_of(info["comment"]))] if info.get("comment") else []
    lost = []
    for name, value in info.items():
        if name in _OF_THE_FILE or (iptc is not None and value == {_IPTC_RESOURCE: iptc}):
            continue
        if isinstance(name, str) and isinstance(value, str):
            text.append((name, str(value)))
        else:
            lost.append(str(name))
    if lost:
        notes.append(f"Left out of the PIL image's info: {', '.join(sorted(lost))}.")
    metadata = Metadata(
        icc_profile=icc if isinstance(icc, bytes) and icc else None,
        exif=exif,
        xmp=bytes(xmp) if isinstance(xmp, bytes | bytearray) and xmp else None,
        iptc=iptc if isinstance(iptc, bytes) and iptc else None,
        text=tuple(text),
        dpi=_resolution(dpi),
    )
    return metadata, orientation


def _read_directories(image: PillowImage) -> None:
    getexif = getattr(image, "getexif", None)
    if callable(getexif):
        tags: Any = getexif()
        for directory in _DIRECTORIES:
            tags.get_ifd(directory)


def _pillow_exif(image: PillowImage, notes: list[str]) -> tuple[bytes | None, int]:
    """Return the EXIF block, as it is in the file unless it was changed since, made upright."""
    raw = image.info.get("exif")
    raw = raw if isinstance(raw, bytes) else b""
    getexif = getattr(image, "getexif", None)
    tags = None if getexif is None else getexif()
    if tags:
        read_again = type(tags)()
        if raw:
            read_again.load(raw)
        if _all_tags(read_again) != _all_tags(tags):  # changed since
            raw = _without_structure(tags).tobytes()
    if not raw:
        return None, 1
    exif, orientation = clean_exif(raw)
    if exif is None:
        notes.append("The EXIF block is damaged and was left out.")
    return exif, orientation


def _all_tags(tags: Any) -> dict[int, Any]:  # noqa: ANN401 - Pillow's Exif, which is not imported
    """Return Pillow's tags, those of EXIF's and GPS's own directories below their pointers."""
    below = {tag: dict(tags.get_ifd(tag)) for tag in _DIRECTORIES}
    return {
        **{tag: value for tag, value in tags.items() if tag not in _DIRECTORIES},
        **{tag: values for tag, values in below.items() if values},
    }


def _without_structure(tags: Any) -> Any:  # noqa: ANN401
    """Return a copy of Pillow's tags without those that say how a TIFF file stores its pixels."""
    kept = type(tags)()
    for tag, value in _all_tags(tags).items():
        if tag not in _STRUCTURE:
            kept[tag] = value
    return kept


def _resolution(dpi: object) -> tuple[float, float] | None:
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    x, y = (float(value) for value in dpi)
    return (x, y) if 0 < x < 1e6 and 0 < y < 1e6 else None


def _text_of(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")
    return str(value)
