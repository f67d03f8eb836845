"""Reader of TIFF and BigTIFF files: what must hold before a decoder sees one (ADR 0015).

References
----------
TIFF revision 6.0; TIFF/EP and EXIF for the metadata.
"""

from __future__ import annotations

import struct
from typing import Final

from indelible.imaging import _photoshop
from indelible.imaging._container import (
    Container,
    CutShortError,
    damaged,
    names_note,
    truncated,
    unsupported,
)
from indelible.imaging._ifd import (
    EXIF_POINTER,
    GPS_POINTER,
    Directory,
    Layout,
    read_directory,
    read_layout,
    walk,
)
from indelible.imaging._ifd_writing import as_block, narrowed, write_directory
from indelible.imaging._raw import raw_kind
from indelible.imaging.picture import Header, Mode
from indelible.limits import Limits

__all__ = ["STRUCTURE", "read_tiff"]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_COLORMAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _YCBCR_SUBSAMPLING = 320, 338, 339, 530
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_XMP, _IPTC, _ICC, _PHOTOSHOP = 700, 33723, 34675, 34377

#: What the codec needs to find and read the pixels; FillOrder, T4 and T6 options, Predictor,
#: JPEGTables and the YCbCr tags among it.
STRUCTURE: Final = frozenset(
    {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _SAMPLES, _PLANAR}
    | {_ROWS_PER_STRIP, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES}
    | {_COLORMAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT, 266, 292, 293, 317, 347, 529, 530, 531, 532}
)
# What describes the picture, and is EXIF in other formats: description, make, model, orientation,
# resolution, software, date, artist, host, copyright, Windows' titles.
_DESCRIPTION: Final = frozenset(
    {270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432, *range(40091, 40096)}
    | {EXIF_POINTER, GPS_POINTER}
)
# What other fields hold, the C2PA store, and what nobody misses: kind of page, its number and
# place, paper's colours.
_UNNAMED: Final = frozenset(
    {_XMP, _IPTC, _ICC, _PHOTOSHOP, 52545}
    | {254, 255, 263, 264, 265, 280, 281, 284, 286, 287, 290, 291, 297}
)
# What people call the tags that they miss most.
_TITLES: Final = {
    **dict.fromkeys((301, 318, 319), "colour space (white, primaries, curve)"),
    330: "further pictures (SubIFDs)",
    37724: "Photoshop layers",
    269: "document name",
    285: "page name",
    **dict.fromkeys((33550, 33920, 33922, 34264, 34735, 34736, 34737), "GeoTIFF"),
    42112: "GDAL metadata",
    42113: "GDAL no-data value",
    **dict.fromkeys((33628, 33629, 34361, 34362, 50838, 50839), "microscope's tags"),
}
_FIRST_TAGS: Final = 8
_YCBCR: Final = 6
# Photometric interpretation -> mode, mode with alpha, and bits per channel that Pillow reads right
# (it does not invert 16-bit pictures whose white is 0).
_KINDS: Final[dict[int, tuple[Mode, Mode, tuple[int, ...]]]] = {
    0: ("L", "LA", (1, 2, 4, 8)),
    1: ("L", "LA", (1, 2, 4, 8, 16)),
    2: ("RGB", "RGBA", (8, 16)),
    3: ("P", "PA", (1, 2, 4, 8)),
    5: ("CMYK", "CMYK", (8, 16)),
    _YCBCR: ("RGB", "RGB", (8,)),
}
_UNCOMPRESSED: Final = 1
_OLD_JPEG: Final = 6
_JPEG: Final = 7

# A decoder reads each of them whole: parts that share their bytes could be read without end. Flat
# tiles do share theirs in some files.
_MAX_SHARED_BYTES: Final = 256 * 1024 * 1024
# A decoder allocates whole tiles, however small the picture is.
_MAX_TILE_PIXELS: Final = 4_194_304


def read_tiff(data: bytes, limits: Limits) -> Container:
    """Walk the directories of a TIFF file; the first one is the picture.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    layout = read_layout(data)
    if layout is None:
        raise damaged("TIFF", "its header is wrong")
    if layout.first >= len(data):
        raise truncated("TIFF")
    try:
        return _read(data, layout, limits)
    except ValueError as error:
        raise damaged("TIFF", str(error)) from error


def _read(data: bytes, layout: Layout, limits: Limits) -> Container:
    # Strip tables of large pictures count as values, beside the metadata.
    max_values = limits.max_metadata_bytes + len(data) // 8
    directory = read_directory(data, layout, layout.first, max_bytes=max_values)
    pages = _pages(data, layout, limits)
    raw = raw_kind(data, layout, directory, pages)
    if raw is not None:
        limits.check_size(raw.width, raw.height)
        return Container(Header("tiff", raw.width, raw.height, 1, "RGB", 8), b"", raw=raw.title)
    width, height = directory.first(_WIDTH), directory.first(_HEIGHT)
    limits.check_size(width, height)
    mode, depth = _kind(directory)
    cut = None
    try:
        _check_parts(data, directory, limits)
    except CutShortError as error:
        cut = error
    metadata = [entry for entry in directory.entries if entry.tag not in STRUCTURE]
    limits.check_metadata(sum(len(entry.value) for entry in metadata))
    described = [entry for entry in metadata if entry.tag in _DESCRIPTION]
    resources = _photoshop.read(directory.value(_PHOTOSHOP) or b"")
    notes = [*resources.notes, *_other_tags(directory)]
    if directory.lost:
        notes.append("Some tags are damaged and were left out.")
    return Container(
        Header("tiff", width, height, max(len(pages), 1), mode, depth),
        _reduced(data, layout, directory),
        icc_profile=directory.value(_ICC),
        exif=as_block(data, layout, described, max_bytes=limits.max_metadata_bytes),
        xmp=directory.value(_XMP),
        iptc=directory.value(_IPTC) or resources.iptc,
        photoshop=resources.kept,
        dpi=_resolution(directory),
        notes=tuple(notes),
        cut=cut,
    )


def _pages(data: bytes, layout: Layout, limits: Limits) -> list[int]:
    """Return where the directories of the pages lie.

    Those that describe no picture are no pages: C2PA puts the manifest into one.
    """
    pages: list[int] = []
    try:
        for number, extent in enumerate(walk(data, layout), 1):
            limits.check_frames(number)
            # Tags are in ascending order: the width is among the first.
            last = min(extent.end, extent.start + _FIRST_TAGS * layout.entry_size)
            heads = range(extent.start, last, layout.entry_size)
            if any(struct.unpack_from(f"{layout.order}H", data, at)[0] == _WIDTH for at in heads):
                pages.append(extent.at)
    except ValueError:
        raise truncated("TIFF", "a page is missing") from None
    return pages


def _other_tags(directory: Directory) -> tuple[str, ...]:
    """Return a note that names the tags which nothing keeps."""
    others = sorted(directory.tags.keys() - STRUCTURE - _DESCRIPTION - _UNNAMED)
    return names_note("Some TIFF tags", (_TITLES.get(tag, str(tag)) for tag in others))


def _kind(directory: Directory) -> tuple[Mode, int]:
    """Return mode and bits per channel, or refuse what would not be read right."""
    samples = directory.first(_SAMPLES, 1)
    depths = directory.integers(_BITS) or (1,)
    compression = directory.first(_COMPRESSION, _UNCOMPRESSED)
    photometric = directory.first(_PHOTOMETRIC, -1)
    if set(directory.integers(_SAMPLE_FORMAT)) - {1}:
        raise unsupported(
            "a TIFF file of floating-point or signed numbers",
            "Export it with 8 or 16 bits per channel.",
        )
    if compression == _OLD_JPEG:
        raise unsupported(
            "a TIFF file with old-style JPEG compression", "Open and re-save the picture."
        )
    if photometric not in _KINDS:
        raise unsupported(
            "a TIFF file of this colour kind (Lab, Log or mask)",
            "Export it as RGB or grey with 8 bits per channel.",
        )
    plain, with_alpha, allowed = _KINDS[photometric]
    extra = directory.integers(_EXTRA_SAMPLES)
    if extra and plain == "L":
        allowed = (8,)
    if set(depths) - {depths[0]} or depths[0] not in allowed or not 1 <= samples <= 6:
        raise unsupported(
            f"a TIFF file with {samples} channels of {depths[0]} bits of this kind",
            "Export it as RGB or grey with 8 bits per channel.",
        )
    if plain == "P" and len(directory.integers(_COLORMAP)) != 3 << depths[0]:
        raise ValueError("its palette has an impossible length")
    subsampled = directory.integers(_YCBCR_SUBSAMPLING) != (1, 1)
    if photometric == _YCBCR and compression == _UNCOMPRESSED and subsampled:
        raise unsupported("a TIFF file of subsampled raw YCbCr", "Export it as RGB.")
    # Associated or unassociated alpha; four channels of RGB that say nothing are taken for RGBA.
    alpha = any(kind in (1, 2) for kind in extra) or (
        photometric == 2 and samples == 4 and not extra
    )
    return with_alpha if alpha else plain, depths[0]


def _check_parts(data: bytes, directory: Directory, limits: Limits) -> None:
    """Make sure that every strip or tile of the picture is there, and inside the file."""
    width, height = directory.first(_WIDTH), directory.first(_HEIGHT)
    samples, depth = directory.first(_SAMPLES, 1), directory.first(_BITS, 1)
    planes = samples if directory.first(_PLANAR, 1) == 2 else 1
    if _TILE_OFFSETS in directory.tags:
        offsets = directory.integers(_TILE_OFFSETS)
        sizes = directory.integers(_TILE_BYTES)
        across, down = directory.first(_TILE_WIDTH), directory.first(_TILE_HEIGHT)
        limits.check_size(across, down)
        if across * down > max(2 * width * height, _MAX_TILE_PIXELS):
            raise ValueError("its tiles are far larger than its picture")
        parts, full, last = -(-width // across) * -(-height // down), down, down
    else:
        offsets = directory.integers(_STRIP_OFFSETS)
        sizes = directory.integers(_STRIP_BYTES)
        across, down = width, min(directory.first(_ROWS_PER_STRIP, height), height)
        if down < 1:
            raise ValueError("its strips have no rows")
        parts, full = -(-height // down), down
        last = height - (parts - 1) * down
        if not sizes and len(offsets) == 1:  # some old writers leave it out
            sizes = (max(len(data) - offsets[0], 0),)
    if min(len(offsets), len(sizes)) < parts * planes:
        raise truncated("TIFF", "parts of its picture are missing")
    if sum(sizes[: parts * planes]) > max(2 * len(data), _MAX_SHARED_BYTES):
        raise ValueError("the parts of its picture lie over each other")
    compression = directory.first(_COMPRESSION, _UNCOMPRESSED)
    raw = compression == _UNCOMPRESSED
    row_bytes = -(-across * (samples // planes) * depth // 8) if raw else 0
    for index in range(parts * planes):
        offset, size = offsets[index], sizes[index]
        rows = last if index % parts == parts - 1 else full
        if not size or offset + size > len(data) or size < rows * row_bytes:
            raise truncated("TIFF", "parts of its picture are missing")
        # Its decoder fills what is missing with grey; each strip ends with a marker, and padding.
        if compression == _JPEG and b"\xff\xd9" not in data[offset + size - 16 : offset + size]:
            raise truncated("TIFF", "parts of its picture are missing")


def _resolution(directory: Directory) -> tuple[float, float] | None:
    scale = {2: 1.0, 3: 2.54}.get(directory.first(_RESOLUTION_UNIT, 2))  # per inch, per cm
    sides = [directory.tags.get(tag) for tag in (_X_RESOLUTION, _Y_RESOLUTION)]
    x, y = (None if entry is None else entry.rational(directory.order) for entry in sides)
    return (x * scale, y * scale) if scale and x and y else None


def _reduced(data: bytes, layout: Layout, directory: Directory) -> bytes:
    """Return the file with a first directory that says how to read the pixels and nothing else.

    Always as plain TIFF, of which there is room for as large a file as is ever read here: of
    BigTIFF the codec reads only the little-endian kind.
    """
    offset = len(data) + len(data) % 2
    try:
        structure = [narrowed(e, layout.order) for e in directory.entries if e.tag in STRUCTURE]
    except ValueError:
        raise truncated("TIFF", "parts of its picture are missing") from None
    block, first = write_directory(structure, Layout(layout.order, False, 0), offset)
    if first > 2**32 - 1:
        raise unsupported("a TIFF file of over 4 GiB", "Save it as several files.")
    header = (b"II*\0" if layout.order == "<" else b"MM\0*") + struct.pack(
        f"{layout.order}I", first
    )
    return b"".join([header, memoryview(data)[len(header) :], bytes(len(data) % 2), block])
