"""Images in and out: the only decoder and encoder of Indelible.

An `ImageFile` is an encoded picture. It is walked once, and checked by a reader of its own before a
codec sees it, so that limits hold before anything is decoded; the same walk finds the manifest in
it. `ImageFile.decode` gives upright uint8 pixels and the metadata beside them, `encode` turns them
into a file again. Whatever the bytes are, only errors of `indelible.errors` are raised.
"""

from indelible.imaging.contents import difference
from indelible.imaging.encoding import Conformed, as_pillow, conform, encode
from indelible.imaging.formats import FORMATS, Format, format_from_suffix, identify, media_type
from indelible.imaging.image_file import Encoded, ImageFile, decode, open_image, read_header
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Header, Mode, Picture, Pixels
from indelible.imaging.relocation import with_plain_items
from indelible.imaging.rendering import Rectangle, rendered
from indelible.imaging.structure.iso import C2PA_UUID
from indelible.imaging.structure.parts import MAX_STORE, Located, Segment, Span, Walk
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "C2PA_UUID",
    "DEFAULT_LIMITS",
    "FORMATS",
    "MAX_STORE",
    "Conformed",
    "Encoded",
    "Format",
    "Header",
    "ImageFile",
    "Limits",
    "Located",
    "Metadata",
    "Mode",
    "Picture",
    "Pixels",
    "Rectangle",
    "Segment",
    "Span",
    "Walk",
    "as_pillow",
    "conform",
    "decode",
    "difference",
    "encode",
    "format_from_suffix",
    "identify",
    "media_type",
    "open_image",
    "read_header",
    "rendered",
    "with_plain_items",
]
