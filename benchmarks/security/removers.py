"""Ways to remove a mark, each from gentle to strong: what anybody can do, and what takes knowledge.

The adversary has the marked picture, this source and time, but no key and no detector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import scipy.fft
from skimage.restoration import denoise_tv_chambolle

from benchmarks.attacks import Pixels
from benchmarks.attacks.codecs import avif, jpeg, webp
from benchmarks.attacks.filters import bilateral, blur, gaussian_noise, median, nonlocal_means
from benchmarks.attacks.geometry import resize_to
from benchmarks.attacks.model import Attacked, unmoved
from benchmarks.security import adversary
from benchmarks.security.informed import estimated, lines_of, mask_of, pattern_of, subtract
from indelible.choices import Strength
from indelible.watermark.pattern import size_class_for

__all__ = ["GROUPS", "MOVED", "Remover", "removers", "sliding_dct"]

Attack: TypeAlias = Callable[[Pixels, np.random.Generator, float], Pixels]

GROUPS = ("codec", "resize", "denoiser", "noise", "informed")
MOVED = (5, 9)  # rows and columns that a moved picture has lost at the top and at the left
_DCT = 8  # pixels: side of the blocks of the sliding transform
_STEP = 2  # pixels from one of its grids to the next
_THRESHOLD = 2.7  # deviations of the noise, as in BM3D's first step
# Rows of a strip: bounds memory. A multiple of _DCT.
_STRIP = 256


@dataclass(frozen=True, slots=True)
class Remover:
    """A way to remove a mark.

    Attributes
    ----------
    name : str
    group : str
        One of `GROUPS`.
    levels : tuple of float
        From gentle to strong.
    attack : callable
        Of a picture, a random generator and a level.
    moved : bool
        Whether the picture loses rows and columns, `MOVED`, afterwards.
    """

    name: str
    group: str
    levels: tuple[float, ...]
    attack: Attack
    moved: bool = False

    def __call__(self, image: Pixels, rng: np.random.Generator, level: float) -> Pixels:
        """Attack a picture of which nothing is cut off yet."""
        return self.attack(image, rng, level)


def removers(strength: Strength) -> list[Remover]:
    """Return all removers; the informed ones know that pictures are marked with `strength`."""
    return [*_blind(), *_informed(strength)]


def _blind() -> list[Remover]:
    return [
        Remover("JPEG, quality", "codec", (50, 30, 20, 15, 10, 7, 5, 3), _of(jpeg, "quality")),
        Remover("WebP, quality", "codec", (50, 30, 20, 10, 5, 2, 0), _of(webp, "quality")),
        Remover("AVIF, quality", "codec", (50, 40, 30, 20, 15, 10, 5), _of(avif, "quality")),
        Remover("shrink and enlarge", "resize", (0.5, 0.35, 0.25, 0.2, 0.15, 0.1), _resized),
        Remover("Gaussian blur, pixels", "resize", (1, 2, 3, 4, 5, 6, 8), _of(blur, "sigma")),
        Remover("median, pixels", "denoiser", (3, 5, 7, 9, 11, 15, 21), _of(median, "size")),
        Remover("bilateral, levels", "denoiser", (20, 35, 50, 75, 100, 150, 250), _bilateral),
        Remover("total variation", "denoiser", (0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.7), _variation),
        Remover(
            "non-local means, h", "denoiser", (3, 6, 9, 12, 16, 22, 35), _of(nonlocal_means, "h")
        ),
        Remover("sliding DCT, levels", "denoiser", (3, 6, 10, 15, 20, 30, 45, 70, 100), _sliding),
        Remover(
            "noise, levels", "noise", (10, 20, 30, 45, 60, 80, 120), _of(gaussian_noise, "sigma")
        ),
        Remover("noise and sliding DCT", "noise", (5, 10, 15, 20, 30, 45, 70), _noise_and_dct),
    ]


def _informed(strength: Strength) -> list[Remover]:
    def folding(*, pilots: bool, data: bool) -> Attack:
        return partial(_folded, strength=strength, pilots=pilots, data=data)

    gains = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
    low = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.5, 2.0)
    depths = (0.25, 0.5, 0.65, 0.8, 0.9, 1.0)  # beyond 1 an inverted mark is read again
    pilots, data = folding(pilots=True, data=False), folding(pilots=False, data=True)
    both = folding(pilots=True, data=True)
    return [
        Remover("fold the pilots", "informed", gains, pilots),
        Remover("fold the data", "informed", gains, data),
        Remover("fold both", "informed", gains, both),
        Remover("comb the lines", "informed", (*depths[:-1], 0.95, 1.0), _combed),
        Remover("attenuate the band", "informed", (*depths[:-1], 0.95, 1.0), _attenuated),
        Remover("notch the pilots", "informed", (0.5, 1.0, 1.5, 2.0), _notched),
        Remover("notch the pilots, move", "informed", depths, _notched, moved=True),
        Remover("fold the pilots, move", "informed", low, pilots, moved=True),
        Remover("fold both, move", "informed", low, both, moved=True),
    ]


def _of(operation: Callable[..., Attacked], parameter: str) -> Attack:
    """Return an attack of the suite as a function of one of its parameters."""

    def attack(image: Pixels, rng: np.random.Generator, level: float) -> Pixels:
        value = round(level) if float(level).is_integer() else level
        return operation(image, rng, **{parameter: value}).pixels

    return attack


def _resized(image: Pixels, rng: np.random.Generator, factor: float) -> Pixels:
    del rng
    height, width = image.shape[:2]
    small = resize_to(image, round(width * factor), round(height * factor)).pixels
    return resize_to(small, width, height).pixels


def _bilateral(image: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    return bilateral(image, rng, diameter=15, sigma=sigma).pixels


def _variation(image: Pixels, rng: np.random.Generator, weight: float) -> Pixels:
    """Total variation (Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e)."""
    del rng
    denoise: Callable[..., Any] = denoise_tv_chambolle
    clean = np.asarray(denoise(image.astype(np.float32) / 255, weight=weight, channel_axis=2))
    return unmoved(255 * clean).pixels


def _sliding(image: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    del rng
    return sliding_dct(image, sigma)


def sliding_dct(image: Pixels, sigma: float) -> Pixels:
    """Remove what is small in every block's DCT (Yu and Sapiro 2011, doi:10.5201/ipol.2011.ys-dct).

    The nearest to BM3D that is free to use: its transform and its threshold, without the matching.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    sigma : float
        Deviation of the noise that it is made for, grey levels.
    """
    height, width = image.shape[:2]
    edge = ((_DCT, _DCT - height % _DCT + _DCT), (_DCT, _DCT - width % _DCT + _DCT), (0, 0))
    # Colours apart from brightness (orthonormal: the noise stays what it was), as BM3D does.
    colours = np.array([[1, 1, 1], [1, 0, -1], [0.5, -1, 0.5]], np.float32)
    colours /= np.linalg.norm(colours, axis=1, keepdims=True)
    padded = np.pad(image, edge, mode="symmetric").astype(np.float32) @ colours.T
    total, count = np.zeros_like(padded), np.zeros(padded.shape[:2], np.float32)
    for top in range(0, _DCT, _STEP):
        for left in range(0, _DCT, _STEP):
            rows, columns = ((n - first) // _DCT * _DCT for n, first in _sides(padded, top, left))
            for start in range(top, top + rows, _STRIP):
                stop = min(start + _STRIP, top + rows)
                part = padded[start:stop, left : left + columns]
                tiles = part.reshape(-1, _DCT, columns // _DCT, _DCT, 3)
                spectrum = scipy.fft.dctn(tiles, axes=(1, 3), norm="ortho")
                small = np.abs(spectrum) < _THRESHOLD * sigma
                small[:, 0, :, 0] = False  # the mean stays
                spectrum[small] = 0
                clean = scipy.fft.idctn(spectrum, axes=(1, 3), norm="ortho")
                total[start:stop, left : left + columns] += clean.reshape(part.shape)
                count[start:stop, left : left + columns] += 1
    mean = (total / np.maximum(count, 1)[..., None])[_DCT:, _DCT:][:height, :width]
    return unmoved(mean @ colours).pixels


def _sides(plane: np.ndarray[Any, Any], top: int, left: int) -> Sequence[tuple[int, int]]:
    return (plane.shape[0], top), (plane.shape[1], left)


def _noise_and_dct(image: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    return sliding_dct(gaussian_noise(image, rng, sigma=sigma).pixels, sigma)


def _folded(
    image: Pixels,
    rng: np.random.Generator,
    gain: float,
    *,
    strength: Strength,
    pilots: bool,
    data: bool,
) -> Pixels:
    """Subtract what the periods of the picture itself show of its mark."""
    del rng
    mask = mask_of(image, strength)
    signs, phases = estimated(lines_of(image, mask), pilots=pilots, data=data)
    return subtract(image, pattern_of(signs, phases, size_class_for(*image.shape[:2])), mask, gain)


def _combed(image: Pixels, rng: np.random.Generator, depth: float) -> Pixels:
    del rng
    return adversary.combed(image, depth)


def _attenuated(image: Pixels, rng: np.random.Generator, depth: float) -> Pixels:
    del rng
    return adversary.attenuated(image, depth)


def _notched(image: Pixels, rng: np.random.Generator, depth: float) -> Pixels:
    del rng
    return adversary.notched(image, depth)
