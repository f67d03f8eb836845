"""The reference: a small sketch of a picture, which others are laid upon and compared with.

It is the luminance, averaged over the cells of a grid of the picture's proportions. It is plain
bytes of fixed places, uncompressed: reading one costs what its length says and no more.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indelible.errors import FingerprintError
from indelible.fingerprint.sampling import frame, inverse, on_grid
from indelible.pixels import as_channels

__all__ = ["MOST_BYTES", "Reference"]

CELLS = 2880  # about; with the header below 3,000 bytes, which leaves a manifest room
MOST_SIDE = 255  # cells: a byte holds it
HEADER = struct.Struct(">4sBBII")  # magic and version, rows, columns, height and width in pixels
MAGIC = b"iRf1"
MOST_BYTES = 3072
MOST_PIXELS = 1 << 24  # a side of the original: more than any format of pictures here


@dataclass(frozen=True, slots=True)
class Reference:
    """A sketch of a picture.

    Attributes
    ----------
    size : (int, int)
        The picture's height and width, in pixels.
    luminance : uint8 (rows, columns)
        Mean luma (Rec. 601) around each cell; about 2,880 cells, nearly square.
    """

    size: tuple[int, int]
    luminance: NDArray[np.uint8]

    @classmethod
    def from_image(cls, image: NDArray[np.uint8]) -> Reference:
        """Sketch a picture: the one that others will be compared with, marked or not.

        Parameters
        ----------
        image : uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey
            Alpha is ignored.

        Raises
        ------
        UnsupportedImageError
            If it is no such array.
        """
        pixels = as_channels(image)
        height, width = pixels.shape[:2]
        shape = _grid(height, width)
        to_pixels = inverse(frame((height, width), shape))
        values, _, _ = on_grid(pixels, to_pixels, shape)
        luminance = np.rint(values).astype(np.uint8)
        luminance.flags.writeable = False
        return cls((height, width), luminance)

    @classmethod
    def from_bytes(cls, data: bytes) -> Reference:
        """Read what :meth:`to_bytes` wrote.

        Raises
        ------
        FingerprintError
            If it is something else, is cut short or goes on.
        """
        if not HEADER.size < len(data) <= MOST_BYTES or not data.startswith(MAGIC):
            raise FingerprintError(
                "These bytes are no reference of a picture, or of a later version."
            )
        _, rows, columns, height, width = HEADER.unpack_from(data)
        if not (0 < height <= MOST_PIXELS and 0 < width <= MOST_PIXELS):
            raise FingerprintError(f"A reference of a picture of {width} x {height} pixels.")
        if rows == 0 or columns == 0 or len(data) != HEADER.size + rows * columns:
            raise FingerprintError("A reference whose length is not what it says.")
        luminance = np.frombuffer(data, np.uint8, offset=HEADER.size).reshape(rows, columns)
        return cls((height, width), luminance)

    def to_bytes(self) -> bytes:
        """Return the reference as at most 3,072 bytes."""
        rows, columns = self.luminance.shape
        header = HEADER.pack(MAGIC, rows, columns, *self.size)
        return header + self.luminance.tobytes()

    def thumbnail(self) -> NDArray[np.uint8]:
        """Return the sketch as a grey picture, uint8 (rows, columns): enlarge it to show it."""
        return self.luminance

    def to_cells(self) -> NDArray[np.float64]:
        """Return the map from the picture's pixels to the reference's cells, float64 (3, 3)."""
        rows, columns = self.luminance.shape
        return frame(self.size, (rows, columns))


def _grid(height: int, width: int) -> tuple[int, int]:
    """Choose rows and columns: about `CELLS` squares, of at least a pixel each."""
    side = math.sqrt(height * width / CELLS)
    rows = min(max(1, round(height / side)), height, MOST_SIDE)
    columns = min(max(1, math.floor(CELLS / rows)), width, MOST_SIDE)
    return rows, columns
