"""HEIF files, their table of items written so plainly that a manifest can be put into them.

The C2PA library moves whatever lies behind the manifest, and corrects the places in the table of
items. It gets two things wrong: places that count from the box ``idat`` (grids of tiles, as cameras
write them) are moved as if they counted from the beginning of the file, and in a table with bases
it loses its way at the first item whose base is 0. Both break the picture, so both are written out
beforehand.
"""

from __future__ import annotations

import struct
from typing import Final

from indelible.imaging.formats import container_of
from indelible.imaging.image_file import ImageFile
from indelible.imaging.structure import iso
from indelible.imaging.structure.item_table import Item, item_locations
from indelible.imaging.structure.parts import Segment

__all__ = ["with_plain_items"]

# How an item begins in each version of the table.
_HEADS: Final = {0: ">H2x", 1: ">H4x", 2: ">I4x"}


def with_plain_items(image: ImageFile | bytes) -> bytes:
    """Return a HEIF or AVIF file all of whose items are placed from the beginning of the file.

    What lay in ``idat`` is copied behind the last box, and the table is written anew in its old
    room, so that nothing else moves. Where that is not possible, or nothing is to be done, it is
    the same file, as a file of any other format is.

    Raises
    ------
    UnreadableImageError
        The boxes do not lie as they should.
    """
    image = image if isinstance(image, ImageFile) else ImageFile(image)
    data = image.data
    if container_of(data) != "iso":
        return data
    outer = image.walk.parts
    error = iso.problem(data, image.walk, "HEIF")
    if error is not None:
        raise error
    boxes = iso.Boxes(data)
    inner = [
        child
        for meta in outer
        if meta.kind == b"meta"
        for child in boxes.between(meta.content + 4, meta.end)
    ]
    table = next((box for box in inner if box.kind == b"iloc"), None)
    if table is None or data[table.content] not in _HEADS:
        return data
    items = item_locations(data, table)
    inside = [item for item in items if item.method]
    mixed = data[table.content + 5] >> 4 != 0 and any(item.base == 0 for item in items)
    if not (inside or mixed) or not all(_can_be_moved(item) for item in items):
        return data
    store = next((box for box in inner if box.kind == b"idat"), None)
    content = b"" if store is None else data[store.content : store.end]
    written = _table(data, table, items, outer[-1].end + 8)
    if written is None or (inside and store is None):
        return data
    patched = bytearray(data)
    patched[table.start : table.end] = written
    if inside:
        last = outer[-1]
        if not int.from_bytes(data[last.start : last.start + 4], "big"):  # it reaches to the end
            struct.pack_into(">I", patched, last.start, last.end - last.start)
        patched[last.end :] = struct.pack(">I4s", 8 + len(content), b"mdat") + content
    return bytes(patched)


def _can_be_moved(item: Item) -> bool:
    # A length of 0 means everything from there to the end, which will be another end.
    return (
        item.method < 2
        and item.reference == 0
        and all(extent.length for extent in item.extents)
        and all(item.base + extent.offset < 2**31 for extent in item.extents)
    )


def _table(data: bytes, table: Segment, items: list[Item], moved_to: int) -> bytes | None:
    """Return the box ``iloc`` with places of 4 bytes and no bases, None where there is no room.

    What is left of its room becomes an empty box, or zeros behind the last item.
    """
    version = data[table.content]
    body = data[table.content : table.content + 4] + bytes([0x44, 0])
    parts = [body + struct.pack(">I" if version == 2 else ">H", len(items))]
    for item in items:
        # The number is followed by the method, from version 1 on, and where the data are: here.
        parts.append(struct.pack(_HEADS[version], item.id) + struct.pack(">H", len(item.extents)))
        begin = item.base + (moved_to if item.method else 0)
        parts += [struct.pack(">II", begin + e.offset, e.length) for e in item.extents]
    body = b"".join(parts)
    room = table.end - table.start
    left = room - 8 - len(body)
    if left < 0 or room >= 2**32:
        return None
    rest = struct.pack(">I4s", left, b"free").ljust(left, b"\0") if left >= 8 else b""
    return struct.pack(">I4s", room - len(rest), b"iloc") + body + (rest or bytes(left))
