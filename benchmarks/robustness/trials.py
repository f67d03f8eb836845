"""One trial: mark a picture, attack it, look for the mark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from benchmarks import _measures as measures
from benchmarks import attacks, images
from benchmarks._interface import System
from benchmarks._running import Record, Task
from benchmarks._systems import bit_accuracy, open_system, payload_for
from benchmarks._visibility import butteraugli, has_butteraugli
from benchmarks.attacks import Attack, Pixels
from indelible.choices import Strength
from indelible.errors import UnmarkableImageError

__all__ = ["Preparation", "Trials", "draws", "in_parts", "named", "try_attacks"]

_CHUNK = 12  # attacks that are recorded together: little is lost by an interruption


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture is brought to size before it is marked.

    Attributes
    ----------
    how : {"as it is", "side", "area", "square"}
        Keep it; resize to a longest side; to the square of a number of pixels; cut it square.
    pixels : float
        The number of pixels that `how` speaks of.
    """

    how: Literal["as it is", "side", "area", "square"] = "as it is"
    pixels: float = 0

    def __call__(self, image: Pixels) -> Pixels:
        """Return the picture at its new size."""
        if self.how == "side":
            return images.resize_side(image, round(self.pixels))
        if self.how == "area":
            return images.resize_area(image, self.pixels)
        if self.how == "square":
            return images.square(image, round(self.pixels))
        return image


@dataclass(frozen=True)
class Trials(Task):
    """Some attacks on one marked picture.

    Attributes
    ----------
    system : str
        Name of the system.
    source : Source
        The picture.
    preparation : Preparation
    strength : {"robust", "balanced", "discreet"}
    attacks : tuple of Attack
    seed : int
        The run's seed: it decides on the key, the payload and, with the picture's and the
        attack's name, on every random choice.
    row : str
        The promised row that the attacks were drawn for; empty for named attacks.
    effort : str or None
        Of the search; None is the detector's default.
    visible : bool
        Whether the attack's own visibility is measured, too.
    """

    system: str
    source: images.Source
    preparation: Preparation
    strength: Strength
    attacks: tuple[Attack, ...]
    seed: int
    row: str = ""
    effort: str | None = None
    visible: bool = False


@dataclass(frozen=True, slots=True)
class _Marked:
    original: Pixels
    pixels: Pixels
    payload: bytes
    record: Record


@lru_cache(maxsize=8)  # pictures that meet several rows in turn
def _mark(
    system: str, source: images.Source, preparation: Preparation, strength: Strength, seed: int
) -> _Marked:
    image = preparation(source.load())
    opened = open_system(system, seed, strength)
    payload = payload_for(source.name, seed, opened.payload_bytes)
    pixels, seconds = opened.embed(image, payload)
    record = {
        "psnr": measures.psnr(image, pixels),
        "ssim": measures.ssim(image, pixels),
        "embed": seconds / measures.encode_seconds(image),
        "height": image.shape[0],
        "width": image.shape[1],
    }
    return _Marked(image, pixels, payload, record)


def try_attacks(trials: Trials) -> list[Record]:
    """Do the trials and return one record for each.

    A record holds ``exact`` (the payload was recovered), ``wrong`` (another one was answered),
    ``bits`` (share of right bits, where something was answered), ``score``, ``corners`` (mean
    corner error in pixels of the estimated homography), ``detect`` and ``embed`` (processor time
    as multiples of a JPEG q90 decode and encode), ``psnr`` and ``ssim`` of the marked picture, and
    ``received``: the attacked picture's PSNR to the unmarked one, where nothing moved. If the
    visibility was asked for, ``norm`` is Butteraugli's 3-norm of the attacked picture to the marked
    one, where nothing moved and Butteraugli is installed.
    """
    shared: Record = {
        "unmarkable": False,
        "system": trials.system,
        "strength": trials.strength,
        "row": trials.row,
        "picture": trials.source.name,
        "preparation": f"{trials.preparation.how} {trials.preparation.pixels:g}",
    }
    try:
        key = (trials.system, trials.source, trials.preparation, trials.strength, trials.seed)
        marked = _mark(*key)
    except UnmarkableImageError:
        lost = {"exact": False, "wrong": False, "unmarkable": True}
        return [shared | lost | {"attack": attack.name} for attack in trials.attacks]
    shared |= marked.record
    return [shared | _attack(trials, attack, marked) for attack in trials.attacks]


def _opened(trials: Trials) -> System:
    return open_system(trials.system, trials.seed, trials.strength, trials.effort)


def _attack(trials: Trials, attack: Attack, marked: _Marked) -> Record:
    # Every picture has its own seed, so that crops and noise differ between pictures, but not
    # between systems.
    name = f"{trials.seed} {trials.source.name}"
    seed = int(attacks.generator(trials.seed, name).integers(2**31))
    received = attack(marked.pixels, seed)
    found = _opened(trials).detect(received.pixels)
    answered = found.payload is not None
    corners = math.nan
    if found.homography is not None and received.homography is not None:
        height, width = marked.pixels.shape[:2]
        corners = measures.corner_error(found.homography, received.homography, height, width)
    same_place = received.homography is not None and np.array_equal(received.homography, np.eye(3))
    same_place = same_place and received.pixels.shape == marked.original.shape
    psnr = measures.psnr(marked.original, received.pixels) if same_place else math.nan
    norm = math.nan
    if trials.visible and same_place and has_butteraugli():
        norm = butteraugli(marked.pixels, received.pixels).norm
    bits = math.nan if found.payload is None else bit_accuracy(marked.payload, found.payload)
    return {
        "attack": attack.name,
        "exact": found.payload == marked.payload,
        "wrong": answered and found.payload != marked.payload,
        "bits": bits,
        "score": found.score,
        "corners": corners,
        "received": psnr,
        "norm": norm,
        "detect": found.seconds / measures.decode_seconds(received.pixels),
    }


def named(
    system: str,
    sources: Sequence[images.Source],
    chosen: Sequence[Attack],
    *,
    strength: Strength,
    seed: int,
    visible: bool = False,
) -> list[Trials]:
    """Return the trials of named attacks: every attack on every picture."""
    trials: list[Trials] = []
    for source in sources:
        whole = Trials("suite", system, source, Preparation(), strength, tuple(chosen), seed)
        trials += in_parts(replace(whole, visible=visible))
    return trials


def draws(
    system: str,
    sources: Sequence[images.Source],
    workload: attacks.Workload,
    count: int,
    *,
    strength: Strength,
    seed: int,
    effort: str | None = None,
) -> list[Trials]:
    """Return the trials of `count` random draws of a workload, spread over the pictures."""
    rng = attacks.generator(seed, f"draws of {workload.name}")
    drawn = [workload.draw(rng) for _ in range(count)]
    smallest, largest = workload.root or (0.0, 0.0)
    roots = rng.uniform(smallest, largest, len(sources))
    setting: Strength = workload.strength or strength
    trials: list[Trials] = []
    for index, source in enumerate(sources):
        mine = drawn[index :: len(sources)]
        usual = Preparation()
        if workload.root is not None:
            root = round(float(roots[index]))
            usual = Preparation("square" if workload.square else "area", root)
        for side in sorted({attack.source_side or 0 for attack in mine}):
            preparation = Preparation("side", side) if side else usual
            some = tuple(attack for attack in mine if (attack.source_side or 0) == side)
            label = f"draws of {workload.name} {preparation.how}"
            row = workload.name
            whole = Trials(label, system, source, preparation, setting, some, seed, row, effort)
            trials += in_parts(whole)
    return trials


def in_parts(whole: Trials) -> list[Trials]:
    """Split trials into parts that are recorded one by one, with ids of their own."""
    return [
        replace(
            whole,
            id=f"{whole.system} | {whole.id} | {whole.source.name} | {start}",
            attacks=whole.attacks[start : start + _CHUNK],
        )
        for start in range(0, len(whole.attacks), _CHUNK)
    ]
