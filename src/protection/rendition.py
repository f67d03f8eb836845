"""What a derived copy shows: which part of the picture, at which size; and C2PA's words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from indelible import imaging
from indelible.choices import Fit
from indelible.credentials import Step
from indelible.imaging import Rectangle

__all__ = ["Shape", "Shaped"]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A shape on a picture.

    Attributes
    ----------
    whole : (int, int)
        Width and height of the picture, px.
    part : Rectangle
        Which part of it is kept.
    size : (int, int)
        Width and height of the copy, px.
    """

    whole: tuple[int, int]
    part: Rectangle
    size: tuple[int, int]

    def steps(self, before: str, after: str) -> Iterator[Step]:
        """Yield what was done, in C2PA's words.

        Parameters
        ----------
        before, after : str
            Formats of the picture and of the copy.
        """
        plain = True
        if self.part != (0, 0, *self.whole):
            yield Step("c2pa.cropped", f"to {_size(self.part[2:])} at {self.part[:2]}")
            plain = False
        if self.size != self.part[2:]:
            kept = self.size in (
                _scaled(self.part, self.size[0], None),
                _scaled(self.part, None, self.size[1]),
            )
            yield Step(f"c2pa.resized{'.proportional' if kept else ''}", f"to {_size(self.size)}")
            plain = False
        if before != after:
            first, second = (imaging.FORMATS[name].title for name in (before, after))
            yield Step("c2pa.converted", f"from {first} to {second}")
        elif plain:
            yield Step("c2pa.transcoded")


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked for; see `indelible.derive`."""

    width: int | None = None
    height: int | None = None
    fit: Fit = "inside"
    crop: Rectangle | None = None
    enlarge: bool = True

    def on(self, width: int, height: int) -> Shaped:
        """Return what it means for a picture of this size in px."""
        shaped = self._sized(width, height)
        part, size = shaped.part, shaped.size
        factor = min(1.0, part.width / size[0], part.height / size[1])
        if self.enlarge or factor == 1:
            return shaped
        return replace(shaped, size=(round(size[0] * factor) or 1, round(size[1] * factor) or 1))

    def _sized(self, width: int, height: int) -> Shaped:
        part = self.crop or Rectangle(0, 0, width, height)
        if self.width is None or self.height is None:
            return Shaped((width, height), part, _scaled(part, self.width, self.height))
        box = self.width, self.height
        if self.fit == "fill":
            return Shaped((width, height), part, box)
        narrower = part.width * box[1] < part.height * box[0]  # than the box
        if self.fit == "cover":
            return Shaped((width, height), _middle(part, box, narrower=narrower), box)
        size = _scaled(part, None, box[1]) if narrower else _scaled(part, box[0], None)
        return Shaped((width, height), part, size)


def _middle(part: Rectangle, box: tuple[int, int], *, narrower: bool) -> Rectangle:
    """Return the middle of a part that has a box's proportions."""
    if narrower:
        height = max(1, round(part.width * box[1] / box[0]))
        return part._replace(y=part.y + (part.height - height) // 2, height=height)
    width = max(1, round(part.height * box[0] / box[1]))
    return part._replace(x=part.x + (part.width - width) // 2, width=width)


def _scaled(part: Rectangle, width: int | None, height: int | None) -> tuple[int, int]:
    """Return a size in the proportions of a part, from one of its sides."""
    if width is not None:
        return width, max(1, round(part.height * width / part.width))
    if height is not None:
        return max(1, round(part.width * height / part.height)), height
    return part.width, part.height


def _size(size: tuple[int, ...]) -> str:
    return f"{size[0]} x {size[1]} px"
