"""Hosts that are no photographs: pages, tables, music, drawings, codes, patterns.

Every host is a function of (height, width, rng) that returns uint8 RGB, as `images.GENERATED` are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.images import GENERATED, Pixels, Source

__all__ = ["DOCUMENTS", "PERIODIC", "Host", "sources"]

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Box: TypeAlias = tuple[float, float, float, float]

_INK = (24, 24, 26)
_TEXT = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from "
    "or had an they which one you were all her she there would their we him been has when who "
    "will no more if out so up said what its about than into them can only other time new some "
    "could these two may first then do any like my now over such our man me even most made after "
    "also did many before must well back through years much where your way down should because "
    "long each just state people those mr how too place mark number water picture light question"
)
_WORDS = tuple(_TEXT.split())


@dataclass(frozen=True, slots=True)
class Host:
    """A kind of host.

    Attributes
    ----------
    draw : callable
        Takes (height, width, rng) and returns uint8 RGB.
    height, width : int
        Usual size in pixels.
    """

    draw: Callable[[int, int, np.random.Generator], Pixels]
    height: int
    width: int


def _sheet(
    height: int, width: int, paper: tuple[int, int, int] = (255, 255, 255)
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (width, height), paper)
    return sheet, ImageDraw.Draw(sheet)


def _font(size: float) -> _Font:
    return ImageFont.load_default(max(6.0, size))


def _paragraph(pen: ImageDraw.ImageDraw, box: _Box, size: float, rng: np.random.Generator) -> None:
    """Fill a box with words, line by line, with the last line of paragraphs cut short."""
    left, top, right, bottom = box
    font, y = _font(size), top
    while y + size < bottom:
        end = right if rng.random() > 0.12 else left + (right - left) * rng.uniform(0.2, 0.8)
        x = left
        while True:
            word = str(rng.choice(_WORDS))
            length = pen.textlength(word, font=font)
            if x + length > end:
                break
            pen.text((x, y), word, fill=_INK, font=font)
            x += length + 0.3 * size
        y += 1.45 * size


def _text(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw a page of text with a heading."""
    sheet, pen = _sheet(height, width)
    margin, size = 0.1 * width, width / 62
    pen.text((margin, margin), "Report on the picture", fill=_INK, font=_font(2 * size))
    box = (margin, margin + 4 * size, width - margin, height - margin)
    _paragraph(pen, box, size, rng)
    return np.asarray(sheet)


def _music(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw staves with notes, stems, beams and bars."""
    sheet, pen = _sheet(height, width)
    margin, space = 0.08 * width, width / 110
    y = 2 * margin
    pen.text((0.4 * width, margin / 2), "Sonata", fill=_INK, font=_font(4 * space))
    while y + 4 * space < height - margin:
        for line in range(5):
            at = y + line * space
            pen.line((margin, at, width - margin, at), fill=_INK, width=1)
        bars = int(rng.integers(3, 6))
        for bar in range(bars + 1):
            x = margin + (width - 2 * margin) * bar / bars
            pen.line((x, y, x, y + 4 * space), fill=_INK, width=2)
        x = margin + 5 * space
        while x < width - margin - 6 * space:
            count = int(rng.choice((1, 1, 2, 4)))
            heads = [y + space / 2 * int(rng.integers(-1, 9)) for _ in range(count)]
            stem = min(heads) - 3.5 * space
            for index, head in enumerate(heads):
                left = x + index * 2.4 * space
                ellipse = (left, head - space / 2, left + 1.3 * space, head + space / 2)
                pen.ellipse(ellipse, fill=_INK if rng.random() < 0.8 else None, outline=_INK)
                pen.line((left + 1.3 * space, head, left + 1.3 * space, stem), fill=_INK, width=1)
            if count > 1:
                beam = (x + 1.3 * space, stem, x + (2.4 * (count - 1) + 1.3) * space, stem)
                pen.line(beam, fill=_INK, width=max(2, round(space / 2)))
            x += (2.4 * count + float(rng.uniform(1, 3))) * space
        y += 11 * space
    return np.asarray(sheet)


def _table(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw a printed table: ruled, a grey head, names and numbers; text above and below."""
    sheet, pen = _sheet(height, width)
    margin, size = 0.08 * width, width / 70
    _paragraph(pen, (margin, margin, width - margin, 0.2 * height), size, rng)
    _paragraph(pen, (margin, 0.86 * height, width - margin, height - margin), size, rng)
    columns, top, row = 6, 0.22 * height, 2.2 * size
    cell = (width - 2 * margin) / columns
    rows = int(0.62 * height / row)
    pen.rectangle((margin, top, width - margin, top + row), fill=(214, 218, 226))
    for line in range(rows + 1):
        y = top + line * row
        pen.line((margin, y, width - margin, y), fill=_INK, width=1)
        for column in range(columns if line < rows else 0):
            name = str(rng.choice(_WORDS)) if line == 0 or column == 0 else _number(rng)
            pen.text((margin + (column + 0.1) * cell, y + 0.5 * size), name, _INK, _font(size))
    for column in range(columns + 1):
        x = margin + column * cell
        pen.line((x, top, x, top + rows * row), fill=_INK, width=1)
    return np.asarray(sheet)


def _number(rng: np.random.Generator) -> str:
    return f"{rng.lognormal(5, 2):,.2f}"


def _spreadsheet(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw a spreadsheet application: a toolbar, letters and numbers around, some cells filled."""
    sheet, pen = _sheet(height, width)
    row, column, head = 20, 80, 60
    pen.rectangle((0, 0, width, head), fill=(33, 115, 70))
    pen.rectangle((0, head, width, head + row), fill=(230, 230, 230))
    pen.rectangle((0, head, 40, height), fill=(230, 230, 230))
    used_rows, used_columns = rng.integers((10, 4), (40, 12))
    for index, y in enumerate(range(head, height, row)):
        pen.line((0, y, width, y), fill=(212, 212, 212), width=1)
        if index:
            pen.text((10, y + 3), str(index), fill=(90, 90, 90), font=_font(11))
    for index, x in enumerate(range(40, width, column)):
        pen.line((x, head, x, height), fill=(212, 212, 212), width=1)
        pen.text((x + 36, head + 3), chr(65 + index % 26), fill=(90, 90, 90), font=_font(11))
        for line in range(1, int(used_rows) if index < used_columns else 0):
            text = str(rng.choice(_WORDS)) if index == 0 else _number(rng)
            pen.text((x + 4, head + line * row + 3), text, fill=_INK, font=_font(11))
    return np.asarray(sheet)


def _qr(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw a QR code, as large as fits, with its quiet zone."""
    link = "https://example.org/" + "".join(rng.choice(list("abcdefghij0123456789"), 48))
    code = np.asarray(cv2.QRCodeEncoder.create().encode(link))
    side = min(height, width)
    large = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    sheet[top : top + side, left : left + side] = np.asarray(large)[..., None]
    return sheet


def _manga(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw panels with screentone, speed lines, outlines and speech balloons."""
    sheet, pen = _sheet(height, width)
    margin, gutter = 0.04 * width, 0.015 * width
    y = margin
    while y < height - 2 * margin:
        deep = min(float(rng.uniform(0.18, 0.32)) * height, height - margin - y)
        x, count = margin, int(rng.integers(1, 4))
        wide = (width - 2 * margin - (count - 1) * gutter) / count
        for _ in range(count):
            _panel(pen, (x, y, x + wide, y + deep), rng)
            x += wide + gutter
        y += deep + gutter
    return np.asarray(sheet)


def _panel(pen: ImageDraw.ImageDraw, box: _Box, rng: np.random.Generator) -> None:
    left, top, right, bottom = box
    wide, deep = right - left, bottom - top
    kind = int(rng.integers(0, 3))
    if kind == 0:  # screentone: dots on a turned grid
        pitch, radius = float(rng.uniform(5, 8)), float(rng.uniform(1, 2.2))
        for row in range(int(deep / pitch)):
            for column in range(int(wide / pitch)):
                cx = left + (column + 0.5 * (row % 2) + 0.5) * pitch
                cy = top + (row + 0.5) * pitch
                pen.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=_INK)
    elif kind == 1:  # speed lines towards a point
        px, py = left + wide * rng.uniform(0.3, 0.7), top + deep * rng.uniform(0.3, 0.7)
        for angle in rng.uniform(0, 2 * np.pi, 90):
            near, far = rng.uniform(0.35, 0.6) * min(wide, deep), 2.0 * max(wide, deep)
            ax, ay = px + near * np.cos(angle), py + near * np.sin(angle)
            bx, by = px + far * np.cos(angle), py + far * np.sin(angle)
            ends = _clipped((ax, ay, bx, by), box)
            if ends is not None:
                pen.line(ends, fill=_INK, width=int(rng.integers(1, 3)))
    cx, cy = left + wide * rng.uniform(0.35, 0.65), top + deep * rng.uniform(0.5, 0.65)
    size = 0.28 * min(wide, deep)
    pen.ellipse((cx - size, cy - size, cx + size, cy + size), fill="white", outline=_INK, width=3)
    pen.chord((cx - size, cy - size, cx + size, cy + 0.6 * size), 180, 360, fill=_INK)
    for eye in (-0.4, 0.4):
        ex, ey = cx + eye * size, cy + 0.2 * size
        pen.ellipse((ex - size / 8, ey - size / 5, ex + size / 8, ey + size / 5), fill=_INK)
    balloon = (left + 0.05 * wide, top + 0.05 * deep, left + 0.45 * wide, top + 0.4 * deep)
    pen.ellipse(balloon, fill="white", outline=_INK, width=2)
    inner = (
        balloon[0] + 0.07 * wide,
        balloon[1] + 0.07 * deep,
        balloon[2] - 0.06 * wide,
        balloon[3] - 0.04 * deep,
    )
    _paragraph(pen, inner, max(8.0, deep / 24), rng)
    pen.rectangle(box, outline=_INK, width=3)


def _clipped(line: _Box, box: _Box) -> _Box | None:
    left, top, right, bottom = (round(side) for side in box)
    start, end = (round(line[0]), round(line[1])), (round(line[2]), round(line[3]))
    inside, a, b = cv2.clipLine((left, top, right - left, bottom - top), start, end)
    return (a[0], a[1], b[0], b[1]) if inside else None


def _lines(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw outlines by hand: smooth closed curves, some hatched."""
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    for _ in range(34):
        turns = np.linspace(0, 2 * np.pi, 160)
        radius = rng.uniform(0.03, 0.2) * min(height, width)
        orders = np.arange(2, 6)[:, None]
        waves = np.cos(orders * turns + rng.uniform(0, 2 * np.pi, (4, 1)))
        wobble = (rng.uniform(0, 0.25, (4, 1)) / orders * waves).sum(axis=0)
        centre = rng.uniform(0.05, 0.95, 2) * (width, height)
        points = np.stack([np.cos(turns), np.sin(turns)], 1) * (radius * (1 + wobble))[:, None]
        curve = [np.rint((points + centre) * 8).astype(np.int32)]
        thickness = int(rng.integers(1, 4))
        cv2.polylines(sheet, curve, True, (24, 24, 26), thickness, cv2.LINE_AA, 3)
        if rng.random() < 0.25:
            for offset in np.arange(-0.6, 0.6, 0.12) * radius:
                ends = np.array([[-0.5 * radius, offset], [0.5 * radius, offset + 0.4 * radius]])
                hatch = [np.rint((ends + centre) * 8).astype(np.int32)]
                cv2.polylines(sheet, hatch, False, (24, 24, 26), 1, cv2.LINE_AA, 3)
    return sheet


def _checkerboard(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw squares in two colours."""
    side = int(rng.integers(24, 80))
    y, x = np.mgrid[:height, :width] // side
    colours = np.array([rng.integers(0, 90, 3), rng.integers(165, 256, 3)], dtype=np.uint8)
    return np.ascontiguousarray(colours[(x + y) % 2])


def _crossword(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Draw a crossword grid, numbered, symmetric, partly solved."""
    sheet, pen = _sheet(height, width)
    count = 15
    cell = min(height, width) * 0.94 / count
    left, top = (width - count * cell) / 2, (height - count * cell) / 2
    black = rng.random((count, count)) < 0.09
    black |= black[::-1, ::-1]
    number = 0
    for row in range(count):
        for column in range(count):
            x, y = left + column * cell, top + row * cell
            fill = _INK if black[row, column] else None
            pen.rectangle((x, y, x + cell, y + cell), fill=fill, outline=_INK, width=1)
            starts = row == 0 or column == 0 or black[row - 1, column] or black[row, column - 1]
            if black[row, column] or not starts:
                continue
            number += 1
            pen.text((x + 2, y + 1), str(number), fill=_INK, font=_font(cell / 4))
            if rng.random() < 0.4:
                letter = chr(int(rng.integers(65, 91)))
                pen.text((x + cell / 3, y + cell / 4), letter, fill=_INK, font=_font(cell / 1.8))
    return np.asarray(sheet)


PERIODIC: dict[str, Host] = {
    "QR code": Host(_qr, 800, 800),
    "checkerboard": Host(_checkerboard, 800, 800),
    "crossword": Host(_crossword, 800, 800),
    "spreadsheet": Host(_spreadsheet, 800, 1280),
}
"""Hosts that repeat themselves."""

DOCUMENTS: dict[str, Host] = {
    "page of text": Host(_text, 1414, 1000),
    "sheet music": Host(_music, 1414, 1000),
    "table": Host(_table, 1414, 1000),
    "spreadsheet": Host(_spreadsheet, 800, 1280),
    "QR code": Host(_qr, 800, 800),
    "manga": Host(_manga, 1414, 1000),
    "line drawing": Host(_lines, 1000, 1000),
    "page of text, dark": Host(GENERATED["page black"], 1000, 1000),
}
"""Hosts that are read, not looked at."""


def _drawn(host: Host, name: str, seed: int, number: int) -> Pixels:
    letters = list(name.encode())
    return host.draw(host.height, host.width, np.random.default_rng([seed, number, *letters]))


def sources(hosts: dict[str, Host], count: int = 1, *, seed: int = 0) -> list[Source]:
    """List `count` pictures of each kind of host."""
    return [
        Source(f"{name} {number}", partial(_drawn, host, name, seed, number))
        for number in range(count)
        for name, host in hosts.items()
    ]
