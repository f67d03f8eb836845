"""Reader of TIFF and BigTIFF files (TIFF revision 6.0, TIFF/EP and EXIF for the metadata)."""

from __future__ import annotations

import struct
from typing import Final

from indelible.imaging._container import Container, damaged, truncated, unsupported
from indelible.imaging._ifd import Entry, Layout, read_directory, read_layout, write_directory
from indelible.imaging.picture import Header, Limits, Mode

__all__ = ["EXIF_POINTER", "GPS_POINTER", "STRUCTURE", "exif_from_directory", "read_tiff"]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_COLORMAP, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _YCBCR_SUBSAMPLING = 320, 338, 339, 530
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_XMP, _IPTC, _ICC = 700, 33723, 34675

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
_UNCOMPRESSED: Final = 1
_OLD_JPEG: Final = 6


def read_tiff(data: bytes, limits: Limits) -> Container:
    """Walk the directories of a TIFF file; the first one is the picture.

    Raises
    ------
    ImageError
        The file is cut short, damaged, of an unsupported kind, or over a limit.
    """
    layout = read_layout(data)
    if layout is None:
        damaged("TIFF", "its header is wrong")
    # Strip tables of large pictures count as values, beside the metadata.
    max_values = limits.max_metadata_bytes + len(data) // 8
    try:
        entries, _ = read_directory(data, layout, layout.first, strict=False, max_bytes=max_values)
    except ValueError as error:
        if layout.first >= len(data):
            truncated("TIFF")
        damaged("TIFF", str(error))
    tags = {entry.tag: entry for entry in entries}
    width, height = _one(tags, layout, _WIDTH, 0), _one(tags, layout, _HEIGHT, 0)
    limits.check_size(width, height)
    frames = _count_directories(data, layout, limits)
    mode, depth, samples = _kind(tags, layout)
    _check_strips(data, tags, layout, width, height, samples * depth, limits)
    metadata = [e for e in entries if e.tag not in STRUCTURE]
    limits.check_metadata(sum(len(entry.value) for entry in metadata))
    return Container(
        Header("tiff", width, height, frames, mode, depth),
        _reduced(data, layout, [e for e in entries if e.tag in STRUCTURE]),
        icc_profile=_value(tags, _ICC),
        exif=exif_from_directory(data, layout, metadata, limits.max_metadata_bytes),
        xmp=_value(tags, _XMP),
        iptc=_value(tags, _IPTC),
        dpi=_resolution(tags, layout),
    )


def _integers(tags: dict[int, Entry], layout: Layout, tag: int) -> tuple[int, ...]:
    entry = tags.get(tag)
    return entry.integers(layout.order) if entry is not None else ()


def _one(tags: dict[int, Entry], layout: Layout, tag: int, default: int) -> int:
    values = _integers(tags, layout, tag)
    return values[0] if values else default


def _value(tags: dict[int, Entry], tag: int) -> bytes | None:
    entry = tags.get(tag)
    return entry.value or None if entry is not None else None


def _kind(tags: dict[int, Entry], layout: Layout) -> tuple[Mode, int, int]:
    """Return mode, bits per channel and channels, or refuse what would not be read right."""
    samples = _one(tags, layout, _SAMPLES, 1)
    depths = _integers(tags, layout, _BITS) or (1,)
    depth = depths[0]
    photometric = _one(tags, layout, _PHOTOMETRIC, -1)
    extra = _integers(tags, layout, _EXTRA_SAMPLES)
    alpha = any(kind in (1, 2) for kind in extra)
    if set(_integers(tags, layout, _SAMPLE_FORMAT)) - {1}:
        unsupported(
            "a TIFF file of floating-point or signed numbers",
            "Export it with 8 or 16 bits per channel.",
        )
    if _one(tags, layout, _COMPRESSION, _UNCOMPRESSED) == _OLD_JPEG:
        unsupported("a TIFF file with old-style JPEG compression", "Open and re-save the picture.")
    if not 1 <= samples <= 6 or any(other != depth for other in depths):
        unsupported("a TIFF file with such channels", "Export it as RGB with 8 bits per channel.")
    allowed = (8, 16)
    mode: Mode
    if photometric in (0, 1):
        mode = "LA" if alpha else "L"
        # Pillow does not invert 16-bit pictures whose white is 0.
        allowed = (1, 2, 4, 8) if photometric == 0 else (1, 2, 4, 8, 16)
        allowed = (8,) if extra else allowed
    elif photometric == 2:
        mode = "RGBA" if alpha or (samples == 4 and not extra) else "RGB"
    elif photometric == 3:
        mode, allowed = "PA" if alpha else "P", (1, 2, 4, 8)
        if len(_integers(tags, layout, _COLORMAP)) != 3 << depth:
            damaged("TIFF", "its palette has an impossible length")
    elif photometric == 5:
        mode = "CMYK"
    elif photometric == 6:
        mode, allowed = "RGB", (8,)
        raw = _one(tags, layout, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
        if raw and _integers(tags, layout, _YCBCR_SUBSAMPLING) != (1, 1):
            unsupported("a TIFF file of subsampled raw YCbCr", "Export it as RGB.")
    else:
        unsupported(
            "a TIFF file of this colour kind (Lab, Log or mask)",
            "Export it as RGB or grey with 8 bits per channel.",
        )
    if depth not in allowed:
        unsupported(
            f"a TIFF file with {depth} bits per channel of this kind",
            "Export it with 8 bits per channel.",
        )
    return mode, depth, samples


def _check_strips(
    data: bytes,
    tags: dict[int, Entry],
    layout: Layout,
    width: int,
    height: int,
    pixel_bits: int,
    limits: Limits,
) -> None:
    """Make sure that every strip or tile of the picture is there, and inside the file."""
    planes = 1
    if _one(tags, layout, _PLANAR, 1) == 2:
        planes = _one(tags, layout, _SAMPLES, 1)
    if _TILE_OFFSETS in tags:
        offsets, sizes = (
            _integers(tags, layout, _TILE_OFFSETS),
            _integers(tags, layout, _TILE_BYTES),
        )
        across, down = _one(tags, layout, _TILE_WIDTH, 0), _one(tags, layout, _TILE_HEIGHT, 0)
        limits.check_size(across, down)
        expected = -(-width // across) * -(-height // down) * planes
        rows = [down] * expected
    else:
        offsets = _integers(tags, layout, _STRIP_OFFSETS)
        across, down = width, min(_one(tags, layout, _ROWS_PER_STRIP, height), height)
        if down < 1:
            damaged("TIFF", "its strips have no rows")
        strips = -(-height // down)
        rows = ([down] * (strips - 1) + [height - down * (strips - 1)]) * planes
        expected = strips * planes
        sizes = _integers(tags, layout, _STRIP_BYTES)
        if not sizes and len(offsets) == 1:  # some old writers leave it out
            sizes = (max(len(data) - offsets[0], 0),)
    if len(offsets) < expected or len(sizes) < expected:
        truncated("TIFF", "parts of its picture are missing")
    raw = _one(tags, layout, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
    row_bytes = -(-across * (pixel_bits // planes) // 8)
    for offset, size, count in zip(offsets[:expected], sizes[:expected], rows, strict=True):
        if not size or offset + size > len(data) or (raw and size < count * row_bytes):
            truncated("TIFF", "parts of its picture are missing")


def _count_directories(data: bytes, layout: Layout, limits: Limits) -> int:
    """Return the number of pages, following the chain of directories without reading them."""
    number, entry_size, link = ("Q", 20, "Q") if layout.big else ("H", 12, "I")
    seen: set[int] = set()
    offset = layout.first
    while offset and offset not in seen:
        if offset + struct.calcsize(f"{layout.order}{number}") > len(data):
            break
        seen.add(offset)
        limits.check_frames(len(seen))
        (count,) = struct.unpack_from(f"{layout.order}{number}", data, offset)
        end = offset + struct.calcsize(f"{layout.order}{number}") + count * entry_size
        if end + struct.calcsize(f"{layout.order}{link}") > len(data):
            break
        (offset,) = struct.unpack_from(f"{layout.order}{link}", data, end)
    return len(seen)


def _resolution(tags: dict[int, Entry], layout: Layout) -> tuple[float, float] | None:
    scale = {2: 1.0, 3: 2.54}.get(_one(tags, layout, _RESOLUTION_UNIT, 2))
    if scale is None or _X_RESOLUTION not in tags or _Y_RESOLUTION not in tags:
        return None
    x = tags[_X_RESOLUTION].rational(layout.order)
    y = tags[_Y_RESOLUTION].rational(layout.order)
    return (x * scale, y * scale) if x and y else None


def _reduced(data: bytes, layout: Layout, structure: list[Entry]) -> bytes:
    """Return the file with a first directory that says how to read the pixels and nothing else."""
    offset = len(data) + len(data) % 2
    directory = write_directory(structure, layout, offset)
    if layout.big:
        header = data[:8] + struct.pack(f"{layout.order}Q", offset)
    else:
        if offset > 2**32 - 1:
            unsupported("a TIFF file of over 4 GiB", "Save it as BigTIFF.")
        header = data[:4] + struct.pack(f"{layout.order}I", offset)
    return b"".join([header, memoryview(data)[len(header) :], bytes(len(data) % 2), directory])


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
        targets = pointer.integers(layout.order) if pointer is not None else ()
        if targets:
            try:
                found, _ = read_directory(
                    data, layout, targets[0], strict=False, max_bytes=max_bytes
                )
            except ValueError:
                continue
            below.append((tag, [entry for entry in found if entry.type not in (13, 16, 17, 18)]))
    if not main and not below:
        return None
    block = Layout(layout.order, False, 8)

    def pointer_to(tag: int, offset: int) -> Entry:
        return Entry(tag, 4, 1, struct.pack(f"{block.order}I", offset))

    # The length of the main directory does not depend on where its pointers lead.
    directory = [*main.values(), *(pointer_to(tag, 0) for tag, _ in below)]
    offset = 8 + len(write_directory(directory, block, 8))
    tail = b""
    pointers: list[Entry] = []
    for tag, found in below:
        pointers.append(pointer_to(tag, offset + len(tail)))
        tail += write_directory(found, block, offset + len(tail))
    head = b"II*\0\x08\0\0\0" if block.order == "<" else b"MM\0*\0\0\0\x08"
    return head + write_directory([*main.values(), *pointers], block, 8) + tail
