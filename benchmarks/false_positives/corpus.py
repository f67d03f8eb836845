"""Unmarked pictures without end: crops, changed, patterned, marked by others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from benchmarks import attacks, images
from benchmarks._systems import key_bytes, open_system
from benchmarks.attacks import Pixels
from benchmarks.peers import METHODS
from indelible import watermark
from indelible.errors import UnmarkableImageError

__all__ = ["KINDS", "PEER_KIND", "unmarked"]

_SMALLEST, _LARGEST = 200, 900  # sides of a crop, pixels
_ROWS = ("codec", "signal", "resize", "crop", "rotation", "warp", "edit", "chain")
_STRANGER = 999_983  # its key is in no ring
PEER_KIND = "another package's mark"
"""The kind that needs the peers' environment."""


@lru_cache(maxsize=4)
def _load(source: images.Source) -> Pixels:
    return source.load()


def _crop(source: images.Source, rng: np.random.Generator) -> Pixels:
    picture = _load(source)
    height, width = (int(min(n, rng.integers(_SMALLEST, _LARGEST))) for n in picture.shape[:2])
    top = int(rng.integers(0, picture.shape[0] - height + 1))
    left = int(rng.integers(0, picture.shape[1] - width + 1))
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def _changed(picture: Pixels, rng: np.random.Generator) -> Pixels:
    attack = attacks.draw(_ROWS[int(rng.integers(0, len(_ROWS)))], rng)
    return attack(picture, int(rng.integers(2**31))).pixels


def _changed_crop(source: images.Source, rng: np.random.Generator) -> Pixels:
    return _changed(_crop(source, rng), rng)


def _patterned(source: images.Source, rng: np.random.Generator) -> Pixels:
    """Lay a periodic texture or a halftone screen over a crop, so that its spectrum has lines."""
    picture = _crop(source, rng)
    height, width = picture.shape[:2]
    kind = ("texture", "halftone")[int(rng.integers(0, 2))]
    pattern = images.GENERATED[kind](height, width, rng).astype(np.float32)
    weight = float(rng.uniform(0.1, 0.6))
    return np.rint((1 - weight) * picture + weight * pattern).astype(np.uint8)


def _generated(source: images.Source, rng: np.random.Generator) -> Pixels:
    del source
    height, width = (int(side) for side in rng.integers(_SMALLEST, _LARGEST, 2))
    kinds = sorted(images.GENERATED)
    picture = images.GENERATED[kinds[int(rng.integers(0, len(kinds)))]](height, width, rng)
    return _changed(picture, rng) if rng.random() < 0.5 else picture


def _another_key(source: images.Source, rng: np.random.Generator) -> Pixels:
    key = watermark.Key.from_bytes(key_bytes(_STRANGER))
    try:
        picture = watermark.embed(_crop(source, rng), rng.bytes(8), key)
    except UnmarkableImageError:
        return _crop(source, rng)
    return _changed(picture, rng) if rng.random() < 0.5 else picture


def _peer(source: images.Source, rng: np.random.Generator) -> Pixels:
    methods = sorted(METHODS)
    peer = open_system(methods[int(rng.integers(0, len(methods)))], 0)
    picture = _crop(source, rng)
    try:
        return peer.embed(picture, rng.bytes(peer.payload_bytes))[0]
    except UnmarkableImageError:
        return picture


KINDS: dict[str, tuple[float, Callable[[images.Source, np.random.Generator], Pixels]]] = {
    "crop": (0.25, _crop),
    "crop, changed": (0.40, _changed_crop),
    "crop under a periodic pattern": (0.12, _patterned),
    "generated": (0.08, _generated),
    "marked with another key": (0.10, _another_key),
    PEER_KIND: (0.05, _peer),
}
"""Kinds of unmarked pictures: their share, and how they are made."""


def unmarked(
    index: int, sources: Sequence[images.Source], seed: int, *, peers: bool
) -> tuple[str, Pixels]:
    """Return the kind and the pixels of the picture number `index` of a run."""
    rng = np.random.default_rng([seed, index])
    kinds = [kind for kind in KINDS if peers or kind != PEER_KIND]
    shares = np.array([KINDS[kind][0] for kind in kinds])
    kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    # Neighbours share a picture, so that it is decoded once for several crops.
    source = sources[(index // 4) % len(sources)]
    return kind, KINDS[kind][1](source, rng)
