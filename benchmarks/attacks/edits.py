"""Edits that hide, replace or surround parts of a picture."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from benchmarks.attacks.geometry import crop_box, resize_to, translation
from benchmarks.attacks.model import Attacked, Pixels, unmoved
from benchmarks.images import photograph

__all__ = [
    "border",
    "caption",
    "collage",
    "collage_of_nine",
    "erase",
    "letterbox",
    "loose_screenshot",
    "overlay",
    "replace",
    "stranger",
    "transplant",
]

_TEXT = (
    "share like comment follow reply today breaking photo of the day source unknown posted "
    "hours ago view more read original sign in settings trending friends viral caption this"
)
_WORDS = tuple(_TEXT.split())


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8.0, size))


def _sentence(rng: np.random.Generator, words: int) -> str:
    return " ".join(rng.choice(_WORDS, words))


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def _ink(paper: tuple[int, int, int]) -> tuple[int, int, int]:
    return (20, 20, 20) if sum(paper) > 384 else (235, 235, 235)


def _boxes(
    rng: np.random.Generator, width: int, height: int, share: float, count: int
) -> list[tuple[int, int, int, int]]:
    """Place `count` boxes that cover `share` of the area together, disjoint where possible."""
    taken = np.zeros((height, width), dtype=bool)
    boxes: list[tuple[int, int, int, int]] = []
    each = share / count
    for _ in range(count):
        box = (0, 0, 1, 1)
        for _ in range(60):
            aspect = float(np.exp(rng.uniform(-0.7, 0.7)))
            stretch = float(np.clip(aspect, each, 1 / each)) ** 0.5
            box_width = min(width, max(1, round(width * each**0.5 * stretch)))
            box_height = min(height, max(1, round(height * each**0.5 / stretch)))
            left = int(rng.integers(0, width - box_width + 1))
            top = int(rng.integers(0, height - box_height + 1))
            box = (left, top, box_width, box_height)
            if not taken[top : top + box_height, left : left + box_width].any():
                break
        left, top, box_width, box_height = box
        taken[top : top + box_height, left : left + box_width] = True
        boxes.append(box)
    return boxes


def overlay(image: Pixels, rng: np.random.Generator, *, share: float, panels: int = 3) -> Attacked:
    """Cover a share of the area with opaque panels that carry text."""
    height, width = image.shape[:2]
    canvas = Image.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    for left, top, box_width, box_height in _boxes(rng, width, height, share, panels):
        paper = _colour(rng)
        pen.rectangle((left, top, left + box_width - 1, top + box_height - 1), fill=paper)
        size = max(8.0, box_height / 6)
        for line in range(int(box_height / (1.5 * size))):
            words = _sentence(rng, max(1, int(box_width / (5 * size))))
            place = (left + size / 2, top + size * (1.5 * line + 0.25))
            pen.text(place, words, fill=_ink(paper), font=_font(size))
    return unmoved(np.asarray(canvas))


def erase(image: Pixels, rng: np.random.Generator, *, share: float) -> Attacked:
    """Paint one box of the area black (the WAVES paper's erasing)."""
    height, width = image.shape[:2]
    erased = image.copy()
    ((left, top, box_width, box_height),) = _boxes(rng, width, height, share, 1)
    erased[top : top + box_height, left : left + box_width] = 0
    return unmoved(erased)


def stranger(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Return some unmarked photograph, cropped and resized to fill a size."""
    source = photograph(int(rng.integers(0, 2**31)))
    source_height, source_width = source.shape[:2]
    scale = min(source_width / width, source_height / height)
    crop_width, crop_height = max(1, int(width * scale)), max(1, int(height * scale))
    left = int(rng.integers(0, source_width - crop_width + 1))
    top = int(rng.integers(0, source_height - crop_height + 1))
    return resize_to(
        crop_box(source, left, top, crop_width, crop_height).pixels, width, height
    ).pixels


def _region(
    rng: np.random.Generator, height: int, width: int, share: float, shape: str, feather: float
) -> npt.NDArray[np.float32]:
    """Return a soft mask, shape (H, W, 1), that covers a share of the area."""
    # An ellipse fills pi/4 of its box.
    box_share = min(1.0, share * 4 / np.pi) if shape == "ellipse" else share
    ((left, top, box_width, box_height),) = _boxes(rng, width, height, box_share, 1)
    mask = np.zeros((height, width), dtype=np.float32)
    if shape == "ellipse":
        centre = (left + box_width // 2, top + box_height // 2)
        axes = (box_width // 2, box_height // 2)
        cv2.ellipse(mask, centre, axes, 0, 0, 360, (1.0,), -1)
    else:
        mask[top : top + box_height, left : left + box_width] = 1
    sigma = feather * min(height, width)
    if sigma > 0:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), dtype=np.float32)
    return mask[..., None]


def replace(
    image: Pixels,
    rng: np.random.Generator,
    *,
    share: float,
    shape: str = "ellipse",
    feather: float = 0.01,
) -> Attacked:
    """Replace one region by another picture.

    Parameters
    ----------
    image, rng
        As everywhere.
    share : float
        Share of the area that is replaced, 0..1.
    shape : {"ellipse", "box"}
        Outline of the region.
    feather : float
        Width of the soft edge (standard deviation), as a share of the shorter side.
    """
    height, width = image.shape[:2]
    mask = _region(rng, height, width, share, shape, feather)
    other = stranger(rng, width, height).astype(np.float32)
    return unmoved(image + mask * (other - image))


def transplant(
    image: Pixels,
    rng: np.random.Generator,
    *,
    share: float,
    shape: str = "ellipse",
    feather: float = 0.01,
) -> Attacked:
    """Paste one region of the picture into another picture, at its place; see `replace`."""
    height, width = image.shape[:2]
    mask = _region(rng, height, width, share, shape, feather)
    other = stranger(rng, width, height).astype(np.float32)
    return unmoved(other + mask * (image - other))


def collage(
    image: Pixels, rng: np.random.Generator, *, scale: float = 0.5, gap: float = 0.01, side: int = 2
) -> Attacked:
    """Show the picture, resized by `scale`, in one of `side` x `side` cells.

    Strangers fill the others; `gap` is the space between, as a share of a cell.
    """
    height, width = image.shape[:2]
    cell_width, cell_height = max(1, round(width * scale)), max(1, round(height * scale))
    small = resize_to(image, cell_width, cell_height, "lanczos")
    space = round(gap * max(cell_width, cell_height))
    paper = (255, 255, 255) if rng.random() < 0.5 else (0, 0, 0)
    size = (side * (cell_height + space) + space, side * (cell_width + space) + space, 3)
    canvas = np.empty(size, dtype=np.uint8)
    canvas[:] = paper
    place = int(rng.integers(0, side * side))
    matrix = small.homography
    for cell in range(side * side):
        top = space + (cell // side) * (cell_height + space)
        left = space + (cell % side) * (cell_width + space)
        content = small.pixels if cell == place else stranger(rng, cell_width, cell_height)
        canvas[top : top + cell_height, left : left + cell_width] = content
        if cell == place and matrix is not None:
            matrix = translation(left, top) @ matrix
    return Attacked(canvas, matrix)


def collage_of_nine(image: Pixels, rng: np.random.Generator, *, side: int) -> Attacked:
    """Show the picture in one of nine cells of a collage whose longest side is about `side`."""
    return collage(image, rng, scale=side / 3 / max(image.shape[:2]), side=3)


def border(
    image: Pixels,
    rng: np.random.Generator,
    *,
    share: float,
    colour: tuple[int, int, int] | None = None,
) -> Attacked:
    """Add a frame on every side, `share` of the longest side wide; a random colour if None."""
    height, width = image.shape[:2]
    margin = max(1, round(share * max(height, width)))
    canvas = np.empty((height + 2 * margin, width + 2 * margin, 3), dtype=np.uint8)
    canvas[:] = _colour(rng) if colour is None else colour
    canvas[margin : margin + height, margin : margin + width] = image
    return Attacked(canvas, translation(margin, margin))


def letterbox(image: Pixels, rng: np.random.Generator, *, ratio: float = 1.0) -> Attacked:
    """Pad with black bars to an aspect ratio (width / height); 16:9 where it already has it."""
    del rng
    height, width = image.shape[:2]
    if abs(width / height - ratio) < 0.02:
        ratio = 16 / 9
    canvas_width = max(width, round(height * ratio))
    canvas_height = max(height, round(width / ratio))
    left, top = (canvas_width - width) // 2, (canvas_height - height) // 2
    canvas = np.zeros((canvas_height, canvas_width, 3), dtype=np.uint8)
    canvas[top : top + height, left : left + width] = image
    return Attacked(canvas, translation(left, top))


def caption(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Write outlined text across the top and the bottom, as memes do."""
    height, width = image.shape[:2]
    canvas = Image.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    size = height / 9
    for y in (0.03 * height, 0.85 * height):
        text = _sentence(rng, max(1, int(width / (4 * size)))).upper()
        outline = max(1, int(size / 12))
        pen.text(
            (0.04 * width, y),
            text,
            font=_font(size),
            fill=(255, 255, 255),
            stroke_width=outline,
            stroke_fill=(0, 0, 0),
        )
    return unmoved(np.asarray(canvas))


def loose_screenshot(image: Pixels, rng: np.random.Generator) -> Attacked:
    """Show the picture in an application's window, and crop loosely around it.

    Each edge of the crop lies between 4 % of the side inside the picture and 15 % outside.
    """
    height, width = image.shape[:2]
    paper = (248, 248, 250) if rng.random() < 0.5 else (24, 25, 28)
    margin_x, margin_y = round(0.15 * width) + 8, round(0.15 * height) + 8
    canvas = np.empty((height + 2 * margin_y, width + 2 * margin_x, 3), dtype=np.uint8)
    canvas[:] = paper
    window = Image.fromarray(canvas)
    pen = ImageDraw.Draw(window)
    size = margin_y / 3
    below = margin_y + height + size / 2
    for y in (size / 2, 1.6 * size, below, below + 1.3 * size):
        words = _sentence(rng, max(2, int(width / (6 * size))))
        pen.text((margin_x, y), words, fill=_ink(paper), font=_font(0.8 * size))
    badge = (margin_x / 4, size / 2, 3 * margin_x / 4, size / 2 + margin_x / 2)
    pen.ellipse(badge, fill=_colour(rng))
    window.paste(Image.fromarray(image), (margin_x, margin_y))
    outside = rng.uniform(-0.04, 0.15, 4) * (width, height, width, height)
    left, top = round(margin_x - outside[0]), round(margin_y - outside[1])
    right, bottom = round(margin_x + width + outside[2]), round(margin_y + height + outside[3])
    cut = crop_box(np.asarray(window), left, top, right - left, bottom - top)
    return Attacked(cut.pixels, translation(margin_x - left, margin_y - top))
