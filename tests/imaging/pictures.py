"""Pictures and files that the tests of this folder share."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from indelible.imaging._ifd import Entry, Layout
from indelible.imaging._ifd_writing import write_directory
from tests.imaging import hostile

Pixels = NDArray[np.uint8]

SRGB_PROFILE: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x78\x00\x07caption\x1c\x02\x50\x00\x02me"


def cmyk_profile() -> bytes:
    """Return a small ICC profile that turns every mixture of inks into a neutral grey."""
    ramp = bytes(range(256))
    nodes = b"".join(bytes([255 * (4 - inks.bit_count()) // 4, 128, 128]) for inks in range(16))
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + nodes + ramp * 3
    tags = {b"A2B0": table, b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)}
    directory, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        at = 128 + 4 + 12 * len(tags) + len(body)
        directory += name + struct.pack(">II", at, len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", 0, b"test", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H", 2026, 11, 22, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + directory + body
    return struct.pack(">I", len(profile)) + profile[4:]


def scene(height: int = 48, width: int = 64, channels: int = 3) -> Pixels:
    """Return a picture with gradients and shapes, as smooth as a photograph."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        x * 255 // max(width - 1, 1),
        y * 255 // max(height - 1, 1),
        128 + 90 * np.sin(x / 7.0) * np.cos(y / 9.0),
        np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2, 255, 0),
    ]
    pixels = np.stack(planes[:channels], axis=-1).astype(np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def exif(orientation: int = 1, order: str = "<", maker: str = "Maker") -> bytes:
    """Return an EXIF block: make, orientation, and a date in EXIF's own directory."""
    make = maker.encode() + b"\0"
    date = b"2026:11:22 12:00:00\0"
    main = 8
    below = main + 2 + 3 * 12 + 4
    values = below + 2 + 12 + 4
    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", main)
    block += struct.pack(f"{order}H", 3)
    block += struct.pack(f"{order}HHII", 271, 2, len(make), values + len(date))
    block += struct.pack(f"{order}HHIHH", 274, 3, 1, orientation, 0)
    block += struct.pack(f"{order}HHII", 34665, 4, 1, below)
    block += bytes(4)
    block += struct.pack(f"{order}HHHII", 1, 36867, 2, len(date), values) + bytes(4)
    return block + date + make


def read_exif(block: bytes) -> dict[int, Any]:
    """Return what Pillow reads from an EXIF block, its own directory included."""
    parsed = Image.Exif()
    parsed.load(block)
    return {**dict(parsed), **parsed.get_ifd(34665)}


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return an image as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def pillow_pixels(data: bytes) -> Pixels:
    """Return what Pillow alone reads from a file."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def jpeg_with(*segments: bytes, trailer: bytes = b"", base: bytes | None = None) -> bytes:
    """Return a JPEG file with segments placed behind its first marker, and bytes after its end."""
    data = saved(Image.fromarray(scene()), "JPEG", quality=95) if base is None else base
    return data[:2] + b"".join(segments) + data[2:] + trailer


def xmp_segment(attributes: str = "", inside: str = "") -> bytes:
    """Return a JPEG segment with an XMP packet."""
    return hostile.jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(attributes, inside))


def xmp(attributes: str = "", inside: str = "") -> bytes:
    """Return an XMP packet with a description that has attributes and elements."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


MOTION = (
    'xmlns:Q="http://ns.google.com/photos/1.0/camera/" Q:MotionPhoto="1" Q:MicroVideo="1" '
    'Q:MicroVideoOffset="40" Q:HdrPlus="kept" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
)
DIRECTORY = (
    "<Container:Directory><rdf:Seq><rdf:li rdf:parseType='Resource'>"
    "<Container:Item Item:Mime='video/mp4' Item:Semantic='MotionPhoto' Item:Length='40'/>"
    "</rdf:li></rdf:Seq></Container:Directory>"
)
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(28)


def motion_photo() -> bytes:
    """Return a photo of a phone, with a second of video behind it."""
    return jpeg_with(xmp_segment(MOTION, DIRECTORY), trailer=VIDEO)


def gain_map_jpeg() -> bytes:
    """Return a picture with a gain map behind it, as Ultra HDR files have."""
    attributes = (
        'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" '
        'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="00" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"'
    )
    index = hostile.jpeg_segment(0xE2, b"MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    iso = hostile.jpeg_segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")
    gain_map = saved(Image.fromarray(scene(24, 32, 1)), "JPEG")
    return jpeg_with(xmp_segment(attributes), index, iso, trailer=gain_map)


def photoshop_segment(*resources: tuple[int, bytes]) -> bytes:
    """Return a JPEG segment with Photoshop's image resources."""
    body = b"Photoshop 3.0\0"
    for number, value in resources:
        body += b"8BIM" + struct.pack(">H", number) + b"\x04Name\0" + struct.pack(">I", len(value))
        body += value + bytes(len(value) % 2)
    return hostile.jpeg_segment(0xED, body)


def sized_exif(orientation: int, width: int, height: int, order: str = "<") -> bytes:
    """Return an EXIF block that states a size, and two resolutions, 300 and 150."""
    main, below = 8, 8 + 2 + 4 * 12 + 4
    values = below + 2 + 2 * 12 + 4
    block = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", main)
    block += struct.pack(f"{order}H", 4)
    block += struct.pack(f"{order}HHIHH", 0x112, 3, 1, orientation, 0)
    block += struct.pack(f"{order}HHII", 0x11A, 5, 1, values)
    block += struct.pack(f"{order}HHII", 0x11B, 5, 1, values + 8)
    block += struct.pack(f"{order}HHII", 0x8769, 4, 1, below) + bytes(4)
    block += struct.pack(f"{order}H", 2)
    block += struct.pack(f"{order}HHIHH", 0xA002, 3, 1, width, 0)
    block += struct.pack(f"{order}HHII", 0xA003, 4, 1, height) + bytes(4)
    return block + struct.pack(f"{order}IIII", 300, 1, 150, 1)


def large_exif(*, dead: int, maker_note: int) -> bytes:
    """Return an EXIF block with a maker note, and behind all of it bytes that nothing needs."""
    main, below = 8, 8 + 2 + 2 * 12 + 4
    values = below + 2 + 12 + 4
    block = b"II*\0" + struct.pack("<IH", main, 2)
    block += struct.pack("<HHII", 271, 2, 6, values) + struct.pack("<HHII", 0x8769, 4, 1, below)
    block += bytes(4) + struct.pack("<H", 1)
    block += struct.pack("<HHII", 0x927C, 7, maker_note, values + 6) + bytes(4)
    return block + b"Maker\0" + b"m" * maker_note + bytes(dead)


def png_with(*chunks: bytes, pixels: Pixels | None = None) -> bytes:
    """Return a PNG file with chunks placed behind its header."""
    data = saved(Image.fromarray(scene() if pixels is None else pixels), "PNG")
    signature, header, *rest = hostile.png_chunks(data)
    return b"".join([signature, header, *chunks, *rest])


def avif_with_code_points(primaries: int, transfer: int) -> bytes:
    """Return an AVIF file whose colours are given by code points, which Pillow cannot write."""
    data = bytearray(saved(Image.fromarray(scene()), "AVIF", quality=100, subsampling="4:4:4"))
    at = data.index(b"nclx")
    struct.pack_into(">HH", data, at + 4, primaries, transfer)
    return bytes(data)


def lab(image: Image.Image, profile: bytes | None) -> NDArray[np.float64]:
    """Return CIELAB as a colour-managed viewer would compute it: (H, W, 3), L* 0 to 100."""
    source = profile or SRGB_PROFILE
    mode = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}[source[16:20]]
    if image.mode != mode:
        image = image.getchannel(0) if mode == "L" else image.convert(mode)
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(source)), ImageCms.createProfile("LAB"), mode, "LAB"
    )
    values = np.asarray(transform.apply(image)).astype(float)
    values[..., 0] *= 100 / 255
    # Pillow hands out the two's complement of a* and b*.
    values[..., 1:] = (values[..., 1:] + 128) % 256 - 128
    return values


def lab_of_file(data: bytes) -> NDArray[np.float64]:
    """Return CIELAB of a file, its embedded profile applied."""
    with Image.open(io.BytesIO(data)) as image:
        return lab(
            image.convert("RGB") if image.mode == "P" else image, image.info.get("icc_profile")
        )


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags) + content)


def tiled_avif(
    pixels: Pixels, *, base: bool = True, auxiliary: bytes | None = None, second: bool = False
) -> bytes:
    """Return an AVIF file with a grid of one tile, whose description lies in ``idat``.

    So do telephones write their HEIC files.

    Parameters
    ----------
    pixels : ndarray of uint8
        (H, W, 3).
    base : bool, optional
        Whether the places of items count from a base of each item.
    auxiliary : bytes, optional
        What an auxiliary picture, the same tile once more, says that it is.
    second : bool, optional
        Whether the same tile is there once more as a picture of its own.
    """
    plain = saved(Image.fromarray(pixels), "AVIF", subsampling="4:4:4", quality=90)
    at = plain.index(b"av1C") - 4
    config = plain[at : at + struct.unpack_from(">I", plain, at)[0]]
    tile = plain[plain.index(b"mdat") + 4 :]
    height, width = pixels.shape[:2]
    grid = struct.pack(">BBBBHH", 0, 0, 0, 0, width, height)
    kinds = {1: b"av01", 2: b"grid"}
    references = [(b"dimg", 2, 1)]
    if auxiliary is not None:
        kinds[3] = b"av01"
        references.append((b"auxl", 3, 2))
    if second:
        kinds[4] = b"av01"
    entries = b"".join(
        full_box(b"infe", struct.pack(">HH4sx", item, 0, kind), 2, flags=item == 1)
        for item, kind in kinds.items()
    )
    properties = [config, full_box(b"ispe", struct.pack(">II", width, height))]
    properties += [full_box(b"pixi", b"\3\10\10\10")]
    if auxiliary is not None:
        properties.append(full_box(b"auxC", auxiliary + b"\0"))
    associations = b"".join(
        struct.pack(">HB", item, 4 if item == 3 else 3)
        + (b"\x81\2\3\4"[: 4 if item == 3 else 3] if kind == b"av01" else b"\2\3\2")
        for item, kind in kinds.items()
    )
    children = [
        full_box(b"hdlr", struct.pack(">I4s12xx", 0, b"pict")),
        full_box(b"pitm", struct.pack(">H", 2)),
        box(b"idat", grid),
        full_box(b"iinf", struct.pack(">H", len(kinds)) + entries),
        full_box(
            b"iref",
            b"".join(box(kind, struct.pack(">HHH", a, 1, b)) for kind, a, b in references),
        ),
        box(
            b"iprp",
            box(b"ipco", b"".join(properties))
            + full_box(b"ipma", struct.pack(">I", len(kinds)) + associations),
        ),
    ]

    def described(begin: int) -> bytes:
        table = struct.pack(">HH", 0x4440 if base else 0x4400, len(kinds))
        for item, kind in kinds.items():
            place, length = (0, len(grid)) if kind == b"grid" else (begin, len(tile))
            table += struct.pack(">HHH", item, kind == b"grid", 0)
            table += struct.pack(">IHII" if base else ">HII", *((place,) if base else ()), 1,
                                 0 if base else place, length)  # fmt: skip
        return full_box(b"meta", b"".join([*children, full_box(b"iloc", table, 1)]))

    head = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    meta = described(len(head) + len(described(0)) + 8)
    return head + meta + box(b"mdat", tile)


def tiff(
    pixels: Pixels,
    *,
    order: Literal["<", ">"] = "<",
    big: bool = False,
    extra: Mapping[int, tuple[int, ...]] | None = None,
    below: Mapping[int, tuple[int, ...]] | None = None,
) -> bytes:
    """Return an uncompressed TIFF file of (H, W, 3) pixels.

    Parameters
    ----------
    pixels : ndarray of uint8
        The picture of the first directory.
    order, big : optional
        Byte order, and whether it is a BigTIFF file.
    extra : mapping, optional
        Further tags of the first directory, as LONG.
    below : mapping, optional
        Tags of a directory that SubIFDs (330) points to.
    """
    layout = Layout(order, big, 0)
    wide = 16 if big else 4

    def entry(tag: int, values: tuple[int, ...], kind: int = 4) -> Entry:
        code = {3: "H", 4: "I", 16: "Q"}[kind]
        return Entry(tag, kind, len(values), struct.pack(f"{order}{len(values)}{code}", *values))

    height, width = pixels.shape[:2]
    header = 16 if big else 8
    data = bytes(header) + pixels.tobytes()
    data += bytes(len(data) % 2)
    tags = {256: (width,), 257: (height,), 259: (1,), 262: (2,), 277: (3,), 278: (height,)}
    entries = {tag: entry(tag, values) for tag, values in {**tags, **(extra or {})}.items()}
    entries[258] = entry(258, (8, 8, 8), 3)
    entries[273] = entry(273, (header,), wide)
    entries[279] = entry(279, (pixels.nbytes,), wide)
    if below is not None:
        part, first = write_directory([entry(t, v) for t, v in below.items()], layout, len(data))
        data += part + bytes(len(part) % 2)
        entries[330] = entry(330, (first,), wide)
    part, first = write_directory(entries.values(), layout, len(data))
    mark = b"II" if order == "<" else b"MM"
    start = struct.pack(f"{order}HHHQ", 43, 8, 0, first) if big else None
    start = start or struct.pack(f"{order}HI", 42, first)
    return mark + start + data[header:] + part


def with_one_place_less_a_base(data: bytes) -> bytes:
    """Return a HEIC file whose second item is placed without a base, its first with one.

    So do programs write it that add metadata to a file.
    """
    at = data.index(b"iloc") + 12 + 18  # version 0, a base and one piece for each item
    base, pieces, offset = struct.unpack_from(">IHI", data, at + 4)
    assert (pieces, offset) == (1, 0)
    return data[: at + 4] + struct.pack(">IHI", 0, 1, base) + data[at + 14 :]
