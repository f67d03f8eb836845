"""Drawn hosts: anime, line drawings, text, a logo, pixel art."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from benchmarks.hosts.brushes import blurred, clouds, shrunk
from benchmarks.images import Pixels

__all__ = ["flat_anime", "line_drawing", "logo_on_black", "page_of_text", "pixel_art"]

_LARGER = 3  # drawn so many times too large, for smooth edges
_INK = (40.0, 30.0, 46.0)


class _Canvas:
    """A sheet to draw on, with coordinates from 0 to 1."""

    def __init__(self, side: int, paper: tuple[float, float, float]) -> None:
        self.side = side * _LARGER
        self.pixels = np.empty((self.side, self.side, 3), np.uint8)
        self.pixels[:] = np.asarray(paper, np.uint8)

    def _points(self, points: Sequence[tuple[float, float]]) -> npt.NDArray[np.int32]:
        places: npt.NDArray[np.int32] = np.rint(np.asarray(points) * self.side).astype(np.int32)
        return places

    def shape(
        self,
        points: Sequence[tuple[float, float]],
        fill: tuple[float, float, float],
        line: float = 0.0035,
    ) -> None:
        """Fill a polygon and draw its outline, `line` wide (0: none)."""
        corners = [self._points(points)]
        cv2.fillPoly(self.pixels, corners, fill)
        if line > 0:
            thickness = max(1, round(line * self.side))
            cv2.polylines(self.pixels, corners, isClosed=True, color=_INK, thickness=thickness)

    def stroke(self, points: Sequence[tuple[float, float]], widths: Sequence[float]) -> None:
        """Draw a line of changing width in ink."""
        places = self._points(points)
        for (ax, ay), (bx, by), width in zip(places[:-1], places[1:], widths, strict=False):
            thickness = max(1, round(width * self.side))
            ends = (int(ax), int(ay)), (int(bx), int(by))
            cv2.line(self.pixels, *ends, _INK, thickness)

    def picture(self, side: int) -> Pixels:
        """Return the drawing at its final size."""
        return shrunk(self.pixels, side)


def _oval(
    cx: float, cy: float, rx: float, ry: float, start: float = 0.0, stop: float = math.tau
) -> list[tuple[float, float]]:
    angles = np.linspace(start, stop, 96)
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


def flat_anime(side: int, rng: np.random.Generator) -> Pixels:
    """Draw a head in flat colours with two tones each, before a sky with flat clouds."""
    canvas = _Canvas(side, (150, 208, 242))
    for _ in range(5):
        cx, cy = rng.uniform(0, 1), rng.uniform(0.05, 0.6)
        for step in range(4):
            canvas.shape(
                _oval(cx + 0.06 * step - 0.1, cy, 0.07, 0.035 + 0.01 * (step % 2)),
                (246, 250, 253),
                0,
            )
    canvas.shape(
        [(0.1, 1.1), (0.2, 0.87), (0.42, 0.8), (0.58, 0.8), (0.8, 0.87), (0.9, 1.1)], (72, 92, 150)
    )
    canvas.shape(_oval(0.5, 0.46, 0.31, 0.35), (92, 66, 128))  # hair behind
    canvas.shape(
        [(0.43, 0.7), (0.57, 0.7), (0.59, 0.84), (0.5, 0.9), (0.41, 0.84)], (240, 196, 176)
    )
    canvas.shape(_oval(0.5, 0.5, 0.23, 0.27), (255, 224, 206))
    canvas.shape(_oval(0.5, 0.5, 0.23, 0.27, 0.1, 1.3), (244, 200, 184), 0)  # shade of the cheek
    for cx in (0.41, 0.59):
        canvas.shape(_oval(cx, 0.52, 0.052, 0.062), (255, 255, 255))
        canvas.shape(_oval(cx, 0.53, 0.036, 0.052), (66, 128, 120), 0.002)
        canvas.shape(_oval(cx, 0.545, 0.02, 0.03), (28, 52, 58), 0)
        canvas.shape(_oval(cx - 0.014, 0.505, 0.013, 0.015), (255, 255, 255), 0)
        canvas.stroke(_oval(cx, 0.52, 0.056, 0.064, math.pi * 1.1, math.pi * 1.9), [0.008] * 95)
        canvas.shape(_oval(cx, 0.61, 0.04, 0.014), (252, 190, 182), 0)
    canvas.stroke(_oval(0.5, 0.655, 0.035, 0.018, 0.3, math.pi - 0.3), [0.004] * 95)
    canvas.stroke([(0.5, 0.59), (0.494, 0.605)], [0.004])
    tips = np.linspace(0.24, 0.76, 8)
    fringe = [
        (0.22, 0.5),
        (0.24, 0.3),
        (0.36, 0.15),
        (0.5, 0.12),
        (0.64, 0.15),
        (0.76, 0.3),
        (0.78, 0.5),
    ]
    for index, tip in enumerate(tips[::-1]):
        fringe += [
            (float(tip), 0.47 + float(rng.uniform(-0.03, 0.03))),
            (float(tip) - 0.035, 0.35 + 0.01 * (index % 2)),
        ]
    canvas.shape(fringe, (112, 82, 150))
    canvas.shape(
        [(0.34, 0.22), (0.5, 0.18), (0.66, 0.22), (0.62, 0.25), (0.5, 0.215), (0.38, 0.25)],
        (168, 140, 204),
        0,
    )
    return canvas.picture(side)


def line_drawing(side: int, rng: np.random.Generator) -> Pixels:
    """Draw a plant in ink on white paper: long curves that swell and fade, and hatching."""
    canvas = _Canvas(side, (255, 255, 255))
    for stem in range(9):
        lean, foot = rng.uniform(-0.4, 0.4), 0.5 + 0.02 * (stem - 4)
        height = rng.uniform(0.55, 0.8)
        t = np.linspace(0, 1, 60)
        xs, ys = foot + lean * t**1.7, 0.86 - height * t
        canvas.stroke(list(zip(xs, ys, strict=True)), list(0.004 * (1 - 0.7 * t)))
        for place in range(8, 58, 6):
            turn = math.copysign(rng.uniform(0.5, 1.0), (place // 6) % 2 - 0.5)
            length = rng.uniform(0.05, 0.11) * (1.2 - t[place])
            _leaf(canvas, float(xs[place]), float(ys[place]), -math.pi / 2 + turn + lean, length)
    pot = [(0.38, 0.84), (0.62, 0.84), (0.59, 0.97), (0.41, 0.97)]
    canvas.shape(pot, (255, 255, 255), 0.003)
    for step in range(22):
        x = 0.53 + 0.0035 * step
        canvas.stroke([(x, 0.85), (x - 0.012, 0.96)], [0.0014])
    return canvas.picture(side)


def _leaf(canvas: _Canvas, x: float, y: float, angle: float, length: float) -> None:
    t = np.linspace(0, 1, 24)
    for sign in (-1, 1):
        along, across = length * t, sign * 0.22 * length * np.sin(np.pi * t)
        xs = x + along * math.cos(angle) - across * math.sin(angle)
        ys = y + along * math.sin(angle) + across * math.cos(angle)
        swell = 0.001 + 0.0016 * np.sin(np.pi * t) * (sign > 0)
        canvas.stroke(list(zip(xs, ys, strict=True)), list(swell))
    end = (x + 0.85 * length * math.cos(angle), y + 0.85 * length * math.sin(angle))
    canvas.stroke([(x, y), end], [0.0009])


_WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have "
    "from or had an they which one you were all her she there would their we him been has "
    "when who will no more if out so what up said its about than into them can only other "
    "time new some could these two may first then do any like my now over such our man even "
    "most made after also did many picture light evening window letter garden water morning "
    "silence country question answer "
)


def page_of_text(side: int, rng: np.random.Generator) -> Pixels:
    """Draw a printed page: a title, two columns in black on white, page number."""
    page = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(page)
    words = np.array(_WORDS.split())
    size = side / 62
    title, body = ImageFont.load_default(2.4 * size), ImageFont.load_default(size)
    pen.text((0.09 * side, 0.06 * side), "On the light of the evening", fill=15, font=title)
    pen.line([(0.09 * side, 0.125 * side), (0.91 * side, 0.125 * side)], fill=60, width=1)
    for left in (0.09 * side, 0.52 * side):
        y = 0.15 * side
        while y < 0.92 * side:
            line, indent = "", 0.0 if rng.random() > 0.12 else 1.5 * size
            while pen.textlength(line, body) + indent < 0.35 * side:
                line += str(rng.choice(words)) + " "
            pen.text((left + indent, y), line.capitalize() if indent else line, fill=20, font=body)
            y += 1.45 * size
    pen.text((0.49 * side, 0.95 * side), "117", fill=20, font=body)
    return np.asarray(page.convert("RGB"))


def logo_on_black(side: int, rng: np.random.Generator) -> Pixels:
    """Draw a golden ring with a spark and a name, on pure black."""
    large = side * _LARGER
    ink = np.zeros((large, large), np.uint8)
    middle, radius = (large // 2, round(0.42 * large)), round(0.17 * large)
    cv2.ellipse(ink, middle, (radius, radius), 0, 30, 330, 255, round(0.018 * large))
    spark = [
        (math.cos(angle) * reach, math.sin(angle) * reach)
        for angle, reach in zip(np.arange(8) * math.pi / 4, [0.11, 0.028] * 4, strict=True)
    ]
    corners = np.rint((np.asarray(spark) + np.array([0.5, 0.42])) * large).astype(np.int32)
    cv2.fillPoly(ink, [corners], 255)
    page = Image.fromarray(ink)
    font = ImageFont.load_default(0.06 * large)
    ImageDraw.Draw(page).text(
        (0.5 * large, 0.7 * large), "AURELIA", fill=255, font=font, anchor="mm"
    )
    mask = shrunk(np.asarray(page), side).astype(np.float32) / np.float32(255)
    sheen = 1 + 0.06 * clouds(side, rng, power=2.2)
    gold = mask[..., None] * sheen[..., None] * np.asarray((222.0, 178.0, 92.0), np.float32)
    glow = np.maximum(16 * blurred(mask, side / 40) - np.float32(0.5), 0)
    glowing = gold + glow[..., None] * np.asarray((1.0, 0.75, 0.3), np.float32)
    picture: Pixels = np.clip(np.rint(glowing), 0, 255).astype(np.uint8)
    return picture


def pixel_art(side: int, rng: np.random.Generator) -> Pixels:
    """Draw a landscape of 128 x 128 cells in sixteen colours, enlarged without smoothing."""
    cells = 128
    y = np.arange(cells)[:, None] + np.zeros((1, cells), int)
    x = np.arange(cells)[None, :] + np.zeros((cells, 1), int)
    skies = np.array(
        [(42, 50, 102), (74, 78, 148), (128, 104, 176), (204, 132, 176), (248, 184, 160)]
    )
    # Bands that are dithered into each other in a chequered pattern, as it is done.
    band = np.clip((y + 3 * ((x + y) % 2)) // 16, 0, 4)
    art = skies[band]
    art[(x - 92) ** 2 + (y - 40) ** 2 < 150] = (255, 236, 168)
    for base, colour, shade, rough in (
        (72, (86, 74, 128), (66, 58, 108), 1.6),
        (88, (58, 98, 98), (44, 76, 84), 1.4),
    ):
        ridge = base + np.rint(6 * clouds(cells, rng, power=rough)[0]).astype(int)
        art[y >= ridge[None, :]] = colour
        art[(y >= ridge[None, :] + 4) & ((x + y) % 3 == 0)] = shade
    art[y >= 104] = (84, 152, 76)
    art[(y >= 104) & ((x * 7 + y * 13) % 11 == 0)] = (120, 188, 92)
    art[y >= 112] = (124, 84, 60)
    art[(y >= 112) & ((x + 4 * (y // 4 % 2)) % 8 == 0)] = (96, 62, 48)
    for trunk in rng.choice(np.arange(8, 120, 12), 5, replace=False):
        art[(abs(x - trunk) <= 1) & (y >= 92) & (y < 104)] = (96, 62, 48)
        crown = abs(x - trunk) <= (y - 74) // 3
        art[crown & (y >= 74) & (y < 96)] = (40, 108, 76)
        art[crown & (y >= 74) & (y < 96) & (x < trunk - 1) & ((x + y) % 2 == 0)] = (64, 140, 88)
    art = art.astype(np.uint8)
    place = np.arange(side) * cells // side
    return np.ascontiguousarray(art[place][:, place])
