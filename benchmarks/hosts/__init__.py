"""Twelve hard hosts: what generators make and where a mark is seen first.

Smooth, dark, flat or drawn, made by rules as a generator would make them: soft shading, plausible
colours, the faint noise that a decoder or a camera leaves, and no banding. Every host is a function
of (side, rng), uint8 RGB, and the same for the same seed on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from benchmarks.hosts import drawn, smooth
from benchmarks.images import Pixels, Source

__all__ = ["HOSTS", "Painter", "hard", "paint"]

Painter: TypeAlias = Callable[[int, np.random.Generator], Pixels]
"""Paints a picture of side x side pixels."""

HOSTS: Mapping[str, Painter] = {
    "dusk sky": smooth.dusk_sky,
    "studio wall": smooth.studio_wall,
    "skin": smooth.skin,
    "fog": smooth.fog,
    "gradient": smooth.gradient,
    "flat anime": drawn.flat_anime,
    "line drawing": drawn.line_drawing,
    "page of text": drawn.page_of_text,
    "white product shot": smooth.product_shot,
    "night": smooth.night,
    "black with a logo": drawn.logo_on_black,
    "pixel art": drawn.pixel_art,
}
"""The hosts by name."""


def paint(painter: Painter, name: str, side: int, seed: int) -> Pixels:
    """Return what a painter makes of a name and a seed, side x side pixels."""
    return painter(side, np.random.default_rng([seed, *name.encode()]))


def hard(names: Sequence[str] = tuple(HOSTS), *, side: int = 1024, seed: int = 0) -> list[Source]:
    """List hard hosts, `side` pixels square."""
    return [Source(name, partial(paint, HOSTS[name], name, side, seed)) for name in names]
