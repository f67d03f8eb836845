"""What a file may demand before anything of it is decoded: sizes, each with its unit.

Everything that takes files from strangers is given one `Limits`, and asks it before it does work or
takes memory that the file announces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from indelible.errors import ImageTooLargeError, UnreadableImageError

__all__ = ["DEFAULT_LIMITS", "Limits"]

# A side in px: codecs keep a pointer for each row, so that one of 1 px by 100,000,000 px takes more
# memory than its pixels do. Scanned maps and panoramas reach a few hundred thousand.
_MAX_SIDE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may demand before anything of it is decoded.

    Attributes
    ----------
    max_pixels : int
        Width times height, in px. The default is a camera's 100 megapixels.
    max_decoded_bytes : int
        Width times height times channels of the decoded picture: 1 for grey, 3 for colours, 4 with
        transparency, for CMYK, and for WebP, whose decoder always works with four. Decoding takes
        up to three times as much. The default admits those 100 megapixels in colour, and 84
        megapixels with transparency.
    max_bytes : int
        Size of the file, in bytes. The default holds 100 megapixels of RGBA without compression.
    max_frames : int
        Frames of an animation or pages of a document. Only the first one is ever decoded.
    max_metadata_bytes : int
        All metadata together, decompressed, in bytes. Real files stay under 10 MB, with the
        histories that Photoshop writes.
    """

    max_pixels: int = 100_000_000
    max_decoded_bytes: int = 320 * 1024 * 1024
    max_bytes: int = 512 * 1024 * 1024
    max_frames: int = 10_000
    max_metadata_bytes: int = 16 * 1024 * 1024

    def check_bytes(self, size: int) -> None:
        """Raise `ImageTooLargeError` for a file of `size` bytes that is over the limit."""
        if size > self.max_bytes:
            raise ImageTooLargeError(
                f"The file has {_mib(size)}, the limit is {_mib(self.max_bytes)}.",
                hint="Raise max_bytes in the limits if you trust where the file comes from.",
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise for dimensions (px) that are zero or over the limit.

        Raises
        ------
        ImageTooLargeError
            More pixels than `max_pixels`, or a side of over a million: codecs keep a pointer for
            each row.
        UnreadableImageError
            A side of 0 px.
        """
        if width < 1 or height < 1:
            raise UnreadableImageError(
                f"The header announces a picture of {width} x {height} px.",
                hint="The file is damaged. Export or download it again.",
            )
        if max(width, height) > _MAX_SIDE:
            raise ImageTooLargeError(
                f"The header announces {width} x {height} px; a side may have {_MAX_SIDE:,} px.",
                hint="Cut the picture into pieces.",
            )
        if width * height > self.max_pixels:
            raise ImageTooLargeError(
                f"The header announces {width} x {height} px "
                f"({width * height / 1e6:.0f} megapixels), "
                f"the limit is {self.max_pixels / 1e6:g} megapixels.",
                hint="Scale the picture down, or raise max_pixels in the limits "
                "if you trust where the file comes from.",
            )

    def check_decoded(self, width: int, height: int, channels: int) -> None:
        """Raise for a picture that decodes to over `max_decoded_bytes`.

        Parameters
        ----------
        width, height : int
            In px.
        channels : int
            Bytes that a decoder needs for a pixel.

        Raises
        ------
        ImageTooLargeError
            More bytes than `max_decoded_bytes`.
        """
        size = width * height * channels
        if size > self.max_decoded_bytes:
            raise ImageTooLargeError(
                f"The picture of {width} x {height} px takes {_mib(size)} decoded, "
                f"the limit is {_mib(self.max_decoded_bytes)}.",
                hint="Scale the picture down, or raise max_decoded_bytes in the limits "
                "if you trust where the file comes from.",
            )

    def check_frames(self, frames: int) -> None:
        """Raise `ImageTooLargeError` for more frames than `max_frames`."""
        if frames > self.max_frames:
            raise ImageTooLargeError(
                f"The file announces {frames} frames, the limit is {self.max_frames}.",
                hint="Raise max_frames in the limits if you trust where the file comes from.",
            )

    def check_metadata(self, size: int) -> None:
        """Raise `ImageTooLargeError` for more metadata than `max_metadata_bytes`."""
        if size > self.max_metadata_bytes:
            raise ImageTooLargeError(
                f"The file's metadata take more than {_mib(self.max_metadata_bytes)}.",
                hint="Strip the metadata (ICC, EXIF, XMP, text), or raise max_metadata_bytes "
                "in the limits if you trust where the file comes from.",
            )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.4g} MiB" if size >= 2**20 else f"{size:,} bytes"


DEFAULT_LIMITS: Final = Limits()
"""What holds where a caller gives no limits."""
