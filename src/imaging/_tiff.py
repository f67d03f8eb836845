"""Reader of TIFF and BigTIFF files (TIFF revision 6.0, TIFF/EP and EXIF for the metadata)."""

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
    ByteOrder,
    Entry,
    Layout,
    read_directory,
    read_layout,
    write_directory,
)
from indelible.imaging._raw import raw_kind
from indelible.imaging.picture import Header, Mode
from indelible.limits import Limits

__all__ = ["EXIF_POINTER", "GPS_POINTER", "STRUCTURE", "exif_from_directory", "read_tiff"]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_COLORMAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _YCBCR_SUBSAMPLING = 320, 338, 339, 530
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_XMP, _IPTC, _ICC, _PHOTOSHOP = 700, 33723, 34675, 34377

#: Tags that point to EXIF's own directories.
EXIF_POINTER: Final = 34665
GPS_POINTER: Final = 34853

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
)
# The C2PA store; and nothing that is missed: kind of page, its number and place, paper's colours.
_UNNAMED: Final = frozenset(
    {52545, 254, 255, 263, 264, 265, 280, 281, 284, 286, 287, 290, 291, 297}
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

# Strips and tiles: a picture of the largest size in the smallest tiles (16 px) has 390,000.
_MAX_PARTS: Final = 500_000
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
    # Strip tables of large pictures count as values, beside the metadata.
    max_values = limits.max_metadata_bytes + len(data) // 8
    try:
        directory = read_directory(data, layout, layout.first, max_bytes=max_values)
    except ValueError as error:
        if layout.first >= len(data):
            raise truncated("TIFF") from error
        raise damaged("TIFF", str(error)) from error
    entries = directory.entries
    tags = {entry.tag: entry for entry in entries}
    pages = _pages(data, layout, limits)
    raw = raw_kind(data, layout, entries, pages)
    if raw is not None:
        limits.check_size(raw.width, raw.height)
        return Container(Header("tiff", raw.width, raw.height, 1, "RGB", 8), b"", raw=raw.title)
    width, height = _one(tags, layout, _WIDTH, 0), _one(tags, layout, _HEIGHT, 0)
    limits.check_size(width, height)
    mode, depth = _kind(tags, layout)
    cut = None
    try:
        _check_strips(data, tags, layout, limits)
    except CutShortError as error:
        cut = error
    metadata = [e for e in entries if e.tag not in STRUCTURE]
    limits.check_metadata(sum(len(entry.value) for entry in metadata))
    resources = _photoshop.read(_value(tags, _PHOTOSHOP) or b"")
    notes = [*resources.notes, *_other_tags(metadata)]
    if directory.lost:
        notes.append("Some tags are damaged and were left out.")
    return Container(
        Header("tiff", width, height, max(len(pages), 1), mode, depth),
        _reduced(data, layout, [e for e in entries if e.tag in STRUCTURE]),
        icc_profile=_value(tags, _ICC),
        exif=exif_from_directory(data, layout, metadata, limits.max_metadata_bytes),
        xmp=_value(tags, _XMP),
        iptc=_value(tags, _IPTC) or resources.iptc,
        photoshop=resources.kept,
        dpi=_resolution(tags, layout),
        notes=tuple(notes),
        cut=cut,
    )


def _other_tags(entries: list[Entry]) -> tuple[str, ...]:
    """Return a note that names the tags which nothing keeps."""
    known = {*_DESCRIPTION, *_UNNAMED, _XMP, _IPTC, _ICC, _PHOTOSHOP, EXIF_POINTER, GPS_POINTER}
    others = sorted(entry.tag for entry in entries if entry.tag not in known)
    return names_note("Some TIFF tags", (_TITLES.get(tag, str(tag)) for tag in others))


def _integers(tags: dict[int, Entry], layout: Layout, tag: int) -> tuple[int, ...]:
    entry = tags.get(tag)
    if entry is None:
        return ()
    if entry.length > _MAX_PARTS:
        raise damaged("TIFF", "one of its tables is far too long")
    return entry.integers(layout.order)


def _one(tags: dict[int, Entry], layout: Layout, tag: int, default: int) -> int:
    entry = tags.get(tag)
    value = entry.first(layout.order) if entry is not None else None
    return default if value is None else value


def _value(tags: dict[int, Entry], tag: int) -> bytes | None:
    entry = tags.get(tag)
    return entry.value or None if entry is not None else None


def _kind(tags: dict[int, Entry], layout: Layout) -> tuple[Mode, int]:
    """Return mode and bits per channel, or refuse what would not be read right."""
    samples = _one(tags, layout, _SAMPLES, 1)
    depths = _integers(tags, layout, _BITS) or (1,)
    compression = _one(tags, layout, _COMPRESSION, _UNCOMPRESSED)
    photometric = _one(tags, layout, _PHOTOMETRIC, -1)
    if set(_integers(tags, layout, _SAMPLE_FORMAT)) - {1}:
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
    extra = _integers(tags, layout, _EXTRA_SAMPLES)
    if extra and plain == "L":
        allowed = (8,)
    if set(depths) - {depths[0]} or depths[0] not in allowed or not 1 <= samples <= 6:
        raise unsupported(
            f"a TIFF file with {samples} channels of {depths[0]} bits of this kind",
            "Export it as RGB or grey with 8 bits per channel.",
        )
    if plain == "P" and len(_integers(tags, layout, _COLORMAP)) != 3 << depths[0]:
        raise damaged("TIFF", "its palette has an impossible length")
    subsampled = _integers(tags, layout, _YCBCR_SUBSAMPLING) != (1, 1)
    if photometric == _YCBCR and compression == _UNCOMPRESSED and subsampled:
        raise unsupported("a TIFF file of subsampled raw YCbCr", "Export it as RGB.")
    # Associated or unassociated alpha; four channels of RGB that say nothing are taken for RGBA.
    alpha = any(kind in (1, 2) for kind in extra) or (
        photometric == 2 and samples == 4 and not extra
    )
    return with_alpha if alpha else plain, depths[0]


def _check_strips(data: bytes, tags: dict[int, Entry], layout: Layout, limits: Limits) -> None:
    """Make sure that every strip or tile of the picture is there, and inside the file."""
    width, height = _one(tags, layout, _WIDTH, 0), _one(tags, layout, _HEIGHT, 0)
    samples, depth = _one(tags, layout, _SAMPLES, 1), _one(tags, layout, _BITS, 1)
    planes = samples if _one(tags, layout, _PLANAR, 1) == 2 else 1
    if _TILE_OFFSETS in tags:
        offsets = _integers(tags, layout, _TILE_OFFSETS)
        sizes = _integers(tags, layout, _TILE_BYTES)
        across, down = _one(tags, layout, _TILE_WIDTH, 0), _one(tags, layout, _TILE_HEIGHT, 0)
        limits.check_size(across, down)
        if across * down > max(2 * width * height, _MAX_TILE_PIXELS):
            raise damaged("TIFF", "its tiles are far larger than its picture")
        parts, full, last = -(-width // across) * -(-height // down), down, down
    else:
        offsets = _integers(tags, layout, _STRIP_OFFSETS)
        sizes = _integers(tags, layout, _STRIP_BYTES)
        across, down = width, min(_one(tags, layout, _ROWS_PER_STRIP, height), height)
        if down < 1:
            raise damaged("TIFF", "its strips have no rows")
        parts, full = -(-height // down), down
        last = height - (parts - 1) * down
        if not sizes and len(offsets) == 1:  # some old writers leave it out
            sizes = (max(len(data) - offsets[0], 0),)
    if min(len(offsets), len(sizes)) < parts * planes:
        raise truncated("TIFF", "parts of its picture are missing")
    if sum(sizes[: parts * planes]) > max(2 * len(data), _MAX_SHARED_BYTES):
        raise damaged("TIFF", "the parts of its picture lie over each other")
    compression = _one(tags, layout, _COMPRESSION, _UNCOMPRESSED)
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


def _pages(data: bytes, layout: Layout, limits: Limits) -> list[int]:
    """Return where the directories of the pages lie, following their chain without reading them.

    Those that describe no picture are no pages: C2PA puts the manifest into one.
    """
    number, entry_size, link = ("Q", 20, "Q") if layout.big else ("H", 12, "I")
    number, link = layout.order + number, layout.order + link
    seen: set[int] = set()
    pages: list[int] = []
    offset = layout.first
    while offset and offset not in seen:
        seen.add(offset)
        limits.check_frames(len(seen))
        try:
            (count,) = struct.unpack_from(number, data, offset)
            start = offset + struct.calcsize(number)
            # Tags are in ascending order: the width is among the first.
            head = range(start, start + min(count, _FIRST_TAGS) * entry_size, entry_size)
            tags = {struct.unpack_from(f"{layout.order}H", data, at)[0] for at in head}
            if _WIDTH in tags:
                pages.append(offset)
            (offset,) = struct.unpack_from(link, data, start + count * entry_size)
        except (struct.error, OverflowError):  # an offset of 64 bits may be no index at all
            raise truncated("TIFF", "a page is missing") from None
    return pages


def _resolution(tags: dict[int, Entry], layout: Layout) -> tuple[float, float] | None:
    scale = {2: 1.0, 3: 2.54}.get(_one(tags, layout, _RESOLUTION_UNIT, 2))
    if scale is None or _X_RESOLUTION not in tags or _Y_RESOLUTION not in tags:
        return None
    x = tags[_X_RESOLUTION].rational(layout.order)
    y = tags[_Y_RESOLUTION].rational(layout.order)
    return (x * scale, y * scale) if x and y else None


def _reduced(data: bytes, layout: Layout, structure: list[Entry]) -> bytes:
    """Return the file with a first directory that says how to read the pixels and nothing else.

    Always as plain TIFF, of which there is room for as large a file as is ever read here: of
    BigTIFF the codec reads only the little-endian kind.
    """
    offset = len(data) + len(data) % 2
    plain = Layout(layout.order, False, 0)
    block, first = write_directory([_short(e, layout.order) for e in structure], plain, offset)
    if first > 2**32 - 1:
        raise unsupported("a TIFF file of over 4 GiB", "Save it as several files.")
    header = (b"II*\0" if layout.order == "<" else b"MM\0*") + struct.pack(
        f"{layout.order}I", first
    )
    return b"".join([header, memoryview(data)[len(header) :], bytes(len(data) % 2), block])


def _short(entry: Entry, order: ByteOrder) -> Entry:
    """Return an entry with numbers of 4 bytes instead of 8."""
    narrow = {16: (4, "I"), 17: (9, "i"), 18: (13, "I")}.get(entry.type)
    if narrow is None:
        return entry
    type_, code = narrow
    try:
        value = struct.pack(f"{order}{entry.length}{code}", *entry.integers(order))
    except struct.error:
        raise truncated("TIFF", "parts of its picture are missing") from None
    return Entry(entry.tag, type_, entry.length, value)


def exif_from_directory(
    data: bytes, layout: Layout, entries: list[Entry], max_bytes: int
) -> bytes | None:
    """Return an EXIF block with what a TIFF directory says about the picture, None if nothing.

    The directories that `entries` point to (EXIF, GPS) are moved into the block. Maker notes with
    absolute offsets may not survive that.
    """
    main = {entry.tag: entry for entry in entries if entry.tag in _DESCRIPTION}
    below: list[tuple[int, list[Entry]]] = []
    for tag in (EXIF_POINTER, GPS_POINTER):
        pointer = next((entry for entry in entries if entry.tag == tag), None)
        target_ = pointer.first(layout.order) if pointer is not None else None
        if target_ is not None:
            try:
                found = read_directory(data, layout, target_, max_bytes=max_bytes).entries
            except ValueError:
                continue
            below.append((tag, [entry for entry in found if entry.type not in (13, 16, 17, 18)]))
    if not main and not below:
        return None
    block = bytearray(b"II*\0\0\0\0\0" if layout.order == "<" else b"MM\0*\0\0\0\0")
    target = Layout(layout.order, False, 0)
    for tag, found in below:
        part, first = write_directory(found, target, len(block))
        block += part + bytes(len(part) % 2)
        main[tag] = Entry(tag, 4, 1, struct.pack(f"{layout.order}I", first))
    part, first = write_directory(main.values(), target, len(block))
    struct.pack_into(f"{layout.order}I", block, 4, first)
    return bytes(block + part)
