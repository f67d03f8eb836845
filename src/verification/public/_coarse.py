"""Coarse figures and short texts for strangers: the figures tell no attempt from the next."""

from __future__ import annotations

from typing import Final

__all__ = ["CELL", "coarse_box", "coarse_percent", "shortened"]

CELL: Final = 16
"""Pixels of the picture in hand: no region and no mask is finer."""

_PERCENT: Final = (0, 10, 25, 50, 75, 90, 100)


def coarse_percent(share: float) -> int:
    """Return a share, 0 to 1, as the nearest of a few percentages; 0 and 100 only where exact."""
    if share <= 0:
        return 0
    return 100 if share >= 1 else min(_PERCENT[1:-1], key=lambda one: abs(one - 100 * share))


def coarse_box(box: tuple[int, int, int, int]) -> list[int]:
    """Return a box widened to whole cells."""
    left, top, right, bottom = box
    return [
        max(0, left) // CELL * CELL,
        max(0, top) // CELL * CELL,
        -(-right // CELL) * CELL,
        -(-bottom // CELL) * CELL,
    ]


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` letters, on one line, of which each can be seen."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
