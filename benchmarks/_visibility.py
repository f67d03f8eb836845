"""How visible a difference is: Butteraugli, and FLIP where it is installed.

Butteraugli is libjxl's, run as a command (Debian and Ubuntu: ``apt install libjxl-devtools``). Its
3-norm over the picture is what the goals speak of: below about 1 a difference is hard to see at
normal viewing distance. Its worst spot is the largest local distance.

FLIP (Andersson et al. 2020, doi:10.1145/3406183) is a model of another family, made for flipping
between two rendered pictures: ``pip install flip-evaluator`` (BSD). Its mean error lies between 0
and 1. It has no wheel for every platform of the lock files, so no extra names it.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._running import Record, SettingsError
from benchmarks.attacks import Pixels

__all__ = [
    "BUTTERAUGLI_SETTINGS",
    "Visibility",
    "butteraugli",
    "butteraugli_setting",
    "flip",
    "has_butteraugli",
    "has_flip",
    "missing",
    "visibility",
]

BUTTERAUGLI_SETTINGS = "libjxl's butteraugli_main, 3-norm, 80 nits, sRGB"

_COMMAND = "butteraugli_main"
_INSTALL = "Butteraugli is not installed (Debian, Ubuntu: apt install libjxl-devtools)"
_INSTALL_FLIP = "FLIP is not installed (pip install flip-evaluator)"
_NUMBER = r"([0-9.]+(?:e[+-]?[0-9]+)?|inf)"
_WORST = re.compile(rf"^{_NUMBER}$", re.MULTILINE)
_NORM = re.compile(rf"^3-norm: {_NUMBER}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Visibility:
    """How far two pictures are apart for the eye, by Butteraugli.

    Attributes
    ----------
    norm : float
        3-norm of the local distances.
    worst : float
        The largest local distance.
    """

    norm: float
    worst: float


def butteraugli_setting() -> str:
    """Return what stands among the settings of a run that measures visibility if it can."""
    return BUTTERAUGLI_SETTINGS if has_butteraugli() else "not installed"


def has_butteraugli() -> bool:
    """Whether Butteraugli's command is found."""
    return shutil.which(_COMMAND) is not None


def has_flip() -> bool:
    """Whether FLIP can be imported."""
    return importlib.util.find_spec("flip_evaluator") is not None


def missing() -> list[str]:
    """Return a sentence for each measure that is not installed, saying how to install it."""
    known = ((has_butteraugli(), _INSTALL), (has_flip(), _INSTALL_FLIP))
    return [f"{how}: its columns are left out." for there, how in known if not there]


def butteraugli(original: Pixels, other: Pixels, heat_map: Path | None = None) -> Visibility:
    """Compare two pictures with Butteraugli.

    Parameters
    ----------
    original, other : ndarray of uint8, shape (H, W, 3)
        sRGB, of one size.
    heat_map : Path, optional
        PNG file for the local distances in false colours, as the command draws them.

    Returns
    -------
    Visibility

    Raises
    ------
    SettingsError
        If the command is missing or fails.
    """
    if original.shape != other.shape:
        raise ValueError(f"Two sizes: {original.shape[:2]} and {other.shape[:2]}.")
    command = shutil.which(_COMMAND)
    if command is None:
        raise SettingsError(f"{_INSTALL}.")
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "original.ppm"), Path(folder, "other.ppm")
        _write(original, first)
        _write(other, second)
        line = [command, str(first), str(second), "--pnorm", "3"]
        if heat_map is not None:
            line += ["--distmap", str(heat_map)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603
    worst, norm = _WORST.search(done.stdout), _NORM.search(done.stdout)
    if done.returncode != 0 or worst is None or norm is None:
        raise SettingsError(f"{_COMMAND} failed: {done.stderr.strip() or done.stdout.strip()}")
    return Visibility(float(norm[1]), float(worst[1]))


def flip(original: Pixels, other: Pixels) -> float:
    """Return FLIP's mean error of two sRGB pictures (0 equal, 1 black on white), at its defaults.

    The defaults are 67 pixels per degree of visual angle: a 0.7 m wide screen of 3840 pixels seen
    from 0.7 m.
    """
    if not has_flip():
        raise SettingsError(f"{_INSTALL_FLIP}.")
    evaluate: Callable[..., Any] = importlib.import_module("flip_evaluator").evaluate
    pair = (np.ascontiguousarray(image, np.float32) / 255 for image in (original, other))
    return float(evaluate(*pair, "LDR", applyMagma=False)[1])


def visibility(original: Pixels, other: Pixels) -> Record:
    """Return the record of all measures: ``norm``, ``worst`` and ``flip``, NaN where missing."""
    record: Record = {"norm": math.nan, "worst": math.nan, "flip": math.nan}
    if has_butteraugli():
        seen = butteraugli(original, other)
        record |= {"norm": seen.norm, "worst": seen.worst}
    if has_flip():
        record["flip"] = flip(original, other)
    return record


def _write(image: Pixels, path: Path) -> None:
    # PPM: nothing to compress, and Butteraugli takes it for sRGB.
    height, width, _ = image.shape
    path.write_bytes(f"P6 {width} {height} 255\n".encode() + np.ascontiguousarray(image).tobytes())
