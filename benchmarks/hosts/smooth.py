"""Smooth hosts: skies, walls, skin, fog, products, nights."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.hosts.brushes import Field, blend, blurred, clouds, finish, grid, ramp
from benchmarks.images import Pixels, built_in

__all__ = [
    "clear_sky",
    "dark_red",
    "dusk_sky",
    "fog",
    "gradient",
    "near_black",
    "night",
    "product_shot",
    "skin",
    "studio_wall",
]


def dusk_sky(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a clear sky after sunset over dark hills, with a few soft bands of cloud."""
    x, y = grid(side)
    stops = [
        (0.0, (28.0, 38.0, 84.0)),
        (0.35, (72.0, 74.0, 132.0)),
        (0.6, (158.0, 112.0, 142.0)),
        (0.78, (228.0, 146.0, 118.0)),
        (1.0, (252.0, 196.0, 130.0)),
    ]
    sky = ramp(y + 0.04 * clouds(side, rng, power=2.6, stretch=4) * y, stops)
    glow = np.exp(-(((x - 0.62) / 0.3) ** 2) - ((y - 0.9) / 0.2) ** 2)
    sky = blend(sky, (255.0, 214.0, 150.0), (0.55 * glow).astype(np.float32))
    band = np.exp(-(((y - 0.68) / 0.1) ** 2))
    veil = np.clip(clouds(side, rng, power=1.9, stretch=6) - 0.4, 0, 2) * band
    sky = blend(sky, (176.0, 104.0, 122.0), 0.3 * blurred(veil, side / 200))
    for depth, colour in ((0.9, (74.0, 56.0, 84.0)), (0.95, (24.0, 20.0, 34.0))):
        ridge = depth + 0.016 * clouds(side, rng, power=1.7)[side // 2]
        hill = np.clip((y - ridge[None, :]) * side / 2, 0, 1)
        sky = blend(sky, colour, hill.astype(np.float32))
    return finish(sky, rng, grain=0.7)


def studio_wall(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a plastered wall under one soft light, with a shadow from outside the picture."""
    x, y = grid(side)
    light = 1.06 - 0.5 * ((x - 0.35) ** 2 + (y - 0.3) ** 2)
    edge = x + 0.35 * y - 1.05 + 0.02 * clouds(side, rng, power=2.5)
    light *= 1 - 0.16 / (1 + np.exp(-edge / 0.07))
    plaster = 0.9 * clouds(side, rng, power=1.0) + 0.7 * clouds(side, rng, power=2.2)
    tone = np.asarray((198.0, 190.0, 180.0), np.float32)
    wall = light[..., None] * tone + plaster[..., None]
    return finish(wall.astype(np.float32), rng, grain=0.8)


@lru_cache(maxsize=1)
def _face(side: int) -> Field:
    """Return the astronaut's face, enlarged and smoothed: forms as soft as a generator's."""
    (astronaut,) = built_in(["astronaut"])
    face = cv2.resize(
        astronaut.load()[92:180, 178:266], (side, side), interpolation=cv2.INTER_CUBIC
    )
    small = cv2.bilateralFilter(cv2.resize(face, (256, 256)), 9, 28, 5)
    soft = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    return soft.astype(np.float32)


def skin(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a face close by: soft shading, blotches of redness, pores and their glints."""
    face = _face(side).copy()
    unit = side / 1024
    redness = 2.5 * blurred(clouds(side, rng, power=1.4), 3 * unit)
    face += redness[..., None] * np.asarray((0.5, -0.8, -0.6), np.float32)
    pores = np.zeros((side, side), np.float32)
    count = 24000
    pores[tuple(rng.integers(0, side, (2, count)))] = rng.gamma(2, 1, count)
    pores = blurred(pores, 1.3 * unit) * np.float32(2 * np.pi * (1.3 * unit) ** 2)
    glints = np.roll(pores, (-round(2 * unit), -round(2 * unit)), (0, 1))
    fine = 0.8 * clouds(side, rng, power=0.9)
    # Only where it is skin: warm and neither dark nor pale.
    warm = blurred(np.clip((face[..., 0] - face[..., 2] - 15) / 30, 0, 1), 6 * unit)
    relief = fine - 1.3 * pores + 0.7 * glints
    face += (warm * relief)[..., None]
    return finish(face, rng, grain=0.8)


def fog(side: int, rng: np.random.Generator) -> Pixels:
    """Paint ridges with trees, each paler than the one before it."""
    x, y = grid(side)
    picture = ramp(y, [(0.0, (214.0, 220.0, 224.0)), (1.0, (232.0, 232.0, 228.0))])
    for layer in range(5):
        depth = layer / 4
        crown = clouds(side, rng, power=1.1 + 0.4 * (1 - depth))[side // 3]
        ridge = 0.42 + 0.12 * layer + 0.03 * crown + 0.05 * clouds(side, rng, power=2.4)[0]
        body = np.clip((y - ridge[None, :]) * side / (4 - 2 * depth), 0, 1)
        colour = (206.0 - 92 * depth, 214.0 - 88 * depth, 218.0 - 88 * depth)
        foot = blurred(ridge[None, :].astype(np.float32), side / 12)
        thinning = np.exp(-(y - foot) / (0.16 + 0.06 * depth))
        picture = blend(picture, colour, (body * np.clip(thinning, 0, 1)).astype(np.float32))
    drift = 5 * clouds(side, rng, power=2.3, stretch=3) * (0.3 + 0.7 * y) + 0 * x
    return finish(picture + drift[..., None], rng, grain=0.6)


def gradient(side: int, rng: np.random.Generator) -> Pixels:
    """Paint soft blots of colour that run into each other, as behind a poster."""
    x, y = grid(side)
    colours = [(94, 58, 214), (232, 88, 164), (255, 168, 96), (70, 150, 240), (130, 220, 222)]
    total, weights = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    for colour in colours:
        cx, cy, reach = (*rng.uniform(0.1, 0.9, 2), rng.uniform(0.22, 0.36))
        weight = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * reach**2)) + 1e-4
        total += weight[..., None] * np.asarray(colour, np.float32)
        weights += weight
    return finish(total / weights[..., None], rng, grain=0.4, tint=1.0)


def product_shot(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a glazed vase and a matt ball on a white sweep, which is 255 at the top."""
    x, y = grid(side)
    floor = np.clip((y - 0.55) / 0.45, 0, 1)
    picture = np.stack([258 - 14 * floor, 258 - 14 * floor, 258 - 12.5 * floor], axis=2)
    picture = picture.astype(np.float32)
    for cx, reach in ((0.42, 0.2), (0.7, 0.14)):
        shadow = np.exp(-(((x - cx - 0.05) / reach) ** 2) - ((y - 0.815) / 0.03) ** 2)
        picture = blend(picture, (118.0, 116.0, 120.0), 0.6 * shadow.astype(np.float32))
    bend = np.clip((y - 0.24) / 0.57, 0, 1)
    half = 0.055 + 0.115 * np.clip(np.sin(np.pi * bend**0.8), 0, 1) ** 1.3 + 0.03 * bend
    across = (x - 0.42) / half
    vase = np.clip((1 - np.abs(across)) * half * side, 0, 1) * np.clip((y - 0.24) * side, 0, 1)
    vase *= np.clip((0.815 + 0.012 * np.sqrt(np.clip(1 - across**2, 0, 1)) - y) * side, 0, 1)
    shade = 0.42 + 0.58 * np.sqrt(np.clip(1 - (across + 0.25) ** 2 / 1.6, 0, 1))
    glazed = shade[..., None] * np.asarray((62.0, 122.0, 148.0), np.float32)
    glint = np.exp(-(((across + 0.5) / 0.09) ** 2)) * np.clip((y - 0.3) * 12, 0, 1)
    glazed = blend(glazed.astype(np.float32), (250.0, 252.0, 255.0), 0.8 * glint)
    glazed += 1.2 * clouds(side, rng, power=1.3)[..., None]
    picture = blend(picture, glazed, vase.astype(np.float32))
    dx, dy = (x - 0.7) / 0.095, (y - 0.73) / 0.095
    inside = np.clip((1 - np.hypot(dx, dy)) * 0.095 * side, 0, 1)
    z = np.sqrt(np.clip(1 - dx**2 - dy**2, 0, 1))
    lit = np.clip(0.35 + 0.65 * (-0.45 * dx - 0.6 * dy + 0.66 * z), 0.2, 1)
    ball = lit[..., None] * np.asarray((226.0, 120.0, 84.0), np.float32)
    ball += 1.5 * clouds(side, rng, power=0.7)[..., None]
    picture = blend(picture, ball.astype(np.float32), inside.astype(np.float32))
    return finish(picture, rng, grain=0.5)


def night(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a town at night: stars, a glow at the horizon, dark houses with some lit windows."""
    _, y = grid(side)
    sky = ramp(y, [(0.0, (5.0, 8.0, 18.0)), (0.6, (14.0, 20.0, 38.0)), (1.0, (52.0, 44.0, 50.0))])
    sky += 1.5 * clouds(side, rng, power=2.2, stretch=2)[..., None]
    stars = np.zeros((side, side), np.float32)
    stars[tuple(rng.integers(0, side // 2, (2, 120)))] = rng.gamma(1.5, 160, 120)
    stars = np.roll(stars, int(rng.integers(side)), axis=1)
    sky += (blurred(stars, 0.8 * side / 1024) + 0.3 * blurred(stars, 2.5 * side / 1024))[..., None]
    town, lamps = sky, np.zeros((side, side), np.float32)
    for shade, low in ((14.0, 0.52), (7.0, 0.66)):
        left = 0
        while left < side:
            width = int(rng.integers(side // 16, side // 7))
            top = int(side * (low + rng.uniform(0, 0.16)))
            wall = np.asarray((shade, 1.05 * shade, 1.4 * shade), np.float32)
            town[top:, left : left + width] = wall
            lamps[top:, left : left + width] = 0
            pane = max(2, side // 110)
            for row in range(top + 2 * pane, side - 2 * pane, 3 * pane):
                for column in range(left + pane, min(left + width, side) - 2 * pane, 3 * pane):
                    if rng.random() < 0.16:
                        lamps[row : row + 2 * pane, column : column + pane] = rng.uniform(0.3, 1)
            left += width
    lamps = blurred(lamps, 0.7 * side / 1024)
    glow = lamps + 0.35 * blurred(lamps, side / 60) + 0.25 * blurred(lamps, side / 20)
    town = town + glow[..., None] * np.asarray((235.0, 178.0, 96.0), np.float32)
    town += 0.6 * clouds(side, rng, power=1.2)[..., None]
    return finish(town, rng, grain=1.0)


def near_black(side: int, rng: np.random.Generator) -> Pixels:
    """Paint folds of dark cloth at levels 0 to 20, for what happens when somebody lifts them."""
    x, y = grid(side)
    fold = np.sin(9 * x + 2.5 * y + 0.7 * clouds(side, rng, power=2.2))
    level = 7 + 5 * fold * (1 - 0.5 * y) + 1.2 * clouds(side, rng, power=1.6)
    cloth = level[..., None] * np.asarray((1.0, 0.95, 1.1), np.float32)
    return finish(cloth.astype(np.float32), rng, grain=0.7)


def dark_red(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a dark red curtain, saturated as paint and print hardly are."""
    x, y = grid(side)
    fold = np.sin(26 * x + 1.2 * y + 0.8 * clouds(side, rng, power=2.4))
    level = 66 + 30 * fold + 4 * clouds(side, rng, power=1.4)
    cloth = level[..., None] * np.asarray((1.0, 0.03, 0.05), np.float32)
    return finish(cloth.astype(np.float32), rng, grain=0.8)


def clear_sky(side: int, rng: np.random.Generator) -> Pixels:
    """Paint a sky at noon, of one colour as far as one can see."""
    _, y = grid(side)
    sky = ramp(
        y, [(0.0, (66.0, 118.0, 190.0)), (0.6, (120.0, 166.0, 218.0)), (1.0, (186.0, 210.0, 232.0))]
    )
    haze: npt.NDArray[np.float32] = 1.2 * clouds(side, rng, power=2.4, stretch=3)
    return finish(sky + haze[..., None], rng, grain=0.9)
