"""Pictures that carry two marks: a newer one of the same key over an older one, or two keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from benchmarks import attacks, images
from benchmarks._running import Record, Task
from benchmarks._systems import key_bytes, search_options
from benchmarks.attacks import Operation, Pixels, chains, codecs, geometry
from benchmarks.chains.run import protect_again
from indelible import watermark
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError
from indelible.watermark import Key

__all__ = ["AGAIN", "Again", "AgainRow", "mark_again"]

_Found: TypeAlias = tuple[bool, bool]  # all that should be, another one


@dataclass(frozen=True, slots=True)
class AgainRow:
    """A row of pictures that are marked twice.

    Attributes
    ----------
    title : str
        What the row covers, in words.
    floor : float
        Share that is the goal; 0 where it is only published.
    marks : callable
        Marks twice and looks: (picture, step, task) to whether all was found that should be, and
        whether another payload was.
    step : Operation
        What happens between the two marks of one key, or after those of two keys.
    """

    title: str
    floor: float
    marks: Callable[[Pixels, Operation, Again], _Found]
    step: Operation


@dataclass(frozen=True)
class Again(Task):
    """One picture that is marked twice."""

    source: images.Source
    row: str
    strength: Strength
    seed: int
    effort: str | None = None


def mark_again(task: Again) -> list[Record]:
    """Do one task and return its record: see `benchmarks.robustness.trials.try_attacks`."""
    row = AGAIN[task.row]
    record: Record = {"row": task.row, "picture": task.source.name, "attack": row.title}
    try:
        exact, another = row.marks(task.source.load(), row.step, task)
    except UnmarkableImageError:
        return [record | {"exact": False, "wrong": False, "unmarkable": True}]
    return [record | {"exact": exact, "wrong": another, "unmarkable": False}]


def _rng(task: Again) -> np.random.Generator:
    return attacks.generator(task.seed, f"{task.source.name} {task.row}")


def _key(task: Again, number: int = 0) -> Key:
    return Key.from_bytes(key_bytes(task.seed + number))


def _embedded_twice(picture: Pixels, step: Operation, task: Again) -> _Found:
    """Call `embed` on a marked picture, as if it were not marked."""
    rng, key = _rng(task), _key(task)
    older, newer = rng.bytes(8), rng.bytes(8)
    marked = watermark.embed(picture, older, key, strength=task.strength)
    marked = watermark.embed(step(marked, rng).pixels, newer, key, strength=task.strength)
    found = watermark.detect(marked, key, **search_options(task.effort)).payload
    return found == newer, found == older


def _protected_twice(picture: Pixels, step: Operation, task: Again) -> _Found:
    """Do to the pixels what `indelible.protect` does, twice; the strength is its default."""
    rng, key = _rng(task), _key(task)
    first, older, _ = protect_again(picture, key, [key], rng)
    if first is None:
        return False, False
    between = step(first.file.decode().pixels, rng).pixels
    second, newer, _ = protect_again(between, key, [key], rng)
    if second is None:
        return False, False
    pixels = second.file.decode().pixels
    found = watermark.detect(pixels, key, **search_options(task.effort)).payload
    return found == newer, found == older


def _two_keys(picture: Pixels, step: Operation, task: Again) -> _Found:
    """Mark with one key and with another, and look with each of them."""
    rng, keys = _rng(task), (_key(task), _key(task, 1))
    payloads = rng.bytes(8), rng.bytes(8)
    for key, payload in zip(keys, payloads, strict=True):
        picture = watermark.embed(picture, payload, key, strength=task.strength)
    picture = step(picture, rng).pixels
    options = search_options(task.effort)
    found = tuple(watermark.detect(picture, key, **options).payload for key in keys)
    another = any(f not in (None, p) for f, p in zip(found, payloads, strict=True))
    return found == payloads, another


_FLIP = partial(geometry.flip, axis="h")
_SHRINK = partial(geometry.resize, x=0.6)

AGAIN: dict[str, AgainRow] = {
    "embed twice": AgainRow("embed twice", 0.99, _embedded_twice, chains.nothing),
    "embed twice, flip": AgainRow("embed, flip, embed", 0.99, _embedded_twice, _FLIP),
    "embed twice, shrink": AgainRow("embed, shrink to .6, embed", 0.99, _embedded_twice, _SHRINK),
    "protect twice": AgainRow("protect twice", 0.99, _protected_twice, chains.nothing),
    "protect twice, flip": AgainRow("protect, flip, protect", 0.99, _protected_twice, _FLIP),
    "protect twice, shrink": AgainRow(
        "protect, shrink to .6, protect", 0.99, _protected_twice, _SHRINK
    ),
    "two keys": AgainRow("marks of two keys, both found", 0, _two_keys, chains.nothing),
    "two keys, JPEG": AgainRow(
        "marks of two keys, JPEG 75, both found", 0, _two_keys, partial(codecs.jpeg, quality=75)
    ),
}
"""The rows, in the order of the table."""
