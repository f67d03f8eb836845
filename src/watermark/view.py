"""A picture as the detector sees it, so that who looks again has what the first look computed."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indelible.pixels import as_channels
from indelible.watermark.geometry import from_full_size, to_full_size
from indelible.watermark.resolution import working_luminance
from indelible.watermark.visibility import Room, luminance_mask, room_of
from indelible.watermark.whitening import whiten

__all__ = ["ENOUGH_PIXELS", "View", "view_of"]

# Of a reduced copy in which marks are found as in the picture: four times those of a search.
ENOUGH_PIXELS: Final = 1_000_000


class View:
    """A picture that is looked at more than once.

    Parameters
    ----------
    image : uint8 (h, w, 3) RGB, (h, w, 4) RGBA or (h, w) grey
        The picture, or a reduced copy of a large one. Not to be changed while the view is in use.
    scale : int
        How many times the height and the width the picture itself has. All that is found is in the
        picture's own coordinates.

    Attributes
    ----------
    pixels : uint8 (h, w, channels)
    scale : int

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    """

    def __init__(self, image: NDArray[np.uint8], scale: int = 1) -> None:
        self.pixels = as_channels(image)
        self.scale = scale

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        height, width, _ = self.pixels.shape
        return height * self.scale, width * self.scale

    def to_picture(self, map_: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn a map to the pixels in `pixels` into one to the picture's own, float64 (3, 3)."""
        return to_full_size(map_, self.pixels.shape[:2], self.shape)

    def from_picture(self, map_: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn a map to the picture's own pixels into one to those in `pixels`."""
        return from_full_size(map_, self.pixels.shape[:2], self.shape)

    @cached_property
    def luminance(self) -> NDArray[np.float32]:
        """The luminance at the size at which the picture is searched, float32 (h, w)."""
        return working_luminance(self.pixels)

    @cached_property
    def white(self) -> NDArray[np.float32]:
        """The same, whitened."""
        return whiten(self.luminance)

    @cached_property
    def room(self) -> Room:
        """How much of a mark the picture hides, and where."""
        return room_of(self.pixels)

    @cached_property
    def mask(self) -> NDArray[np.float32]:
        """Amplitude of the luminance of a mark of visibility 1, float32, like ``room.mask``."""
        return luminance_mask(self.pixels, self.room)


def view_of(image: NDArray[np.uint8] | View) -> View:
    """Return a picture as a view; one that is a view already, itself."""
    return image if isinstance(image, View) else View(image)
