"""Images in and out: the only decoder and encoder of Indelible.

Every file is walked and checked by a reader of its own (`read_header`) before a codec sees it, so
that limits hold before anything is decoded. `decode` gives upright uint8 pixels and the metadata
beside them, `encode` turns them into a file again. Whatever the bytes are, only errors of
`indelible.errors` are raised.
"""

from indelible.imaging.contents import difference
from indelible.imaging.decoding import decode
from indelible.imaging.encoding import Conformed, conform, encode
from indelible.imaging.formats import FORMATS, Format, format_from_suffix, identify, media_type
from indelible.imaging.header import read_header
from indelible.imaging.image_file import Encoded, ImageFile, open_image
from indelible.imaging.metadata import Metadata
from indelible.imaging.picture import Header, Mode, Picture, Pixels
from indelible.imaging.relocation import with_plain_items
from indelible.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "DEFAULT_LIMITS",
    "FORMATS",
    "Conformed",
    "Encoded",
    "Format",
    "Header",
    "ImageFile",
    "Limits",
    "Metadata",
    "Mode",
    "Picture",
    "Pixels",
    "conform",
    "decode",
    "difference",
    "encode",
    "format_from_suffix",
    "identify",
    "media_type",
    "open_image",
    "read_header",
    "with_plain_items",
]
