"""Pictures to benchmark on: any folder, a built-in public set, and generated ones.

Every picture is uint8 RGB of shape (H, W, 3). The built-in photographs are those inside the
scikit-image wheel, so that a benchmark runs without a download.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data
from PIL import Image, ImageDraw, ImageFont, ImageOps

__all__ = [
    "GENERATED",
    "PHOTOGRAPHS",
    "TEXTURES",
    "Source",
    "built_in",
    "folder",
    "from_argument",
    "from_folders",
    "generated",
    "load",
    "photograph",
    "random_square",
    "resize_area",
    "resize_side",
    "square",
]

Pixels: TypeAlias = npt.NDArray[np.uint8]

_SUFFIXES = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True, slots=True)
class Source:
    """A named picture that is loaded when it is needed.

    Attributes
    ----------
    name : str
        Unique within a run; results are filed under it, and it alone is compared.
    load : callable
        Returns the picture, uint8 RGB of shape (H, W, 3).
    """

    name: str
    load: Callable[[], Pixels] = field(compare=False)


def load(path: Path) -> Pixels:
    """Decode a file to upright 8-bit RGB; transparency is laid on white."""
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened)
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
            white = Image.new("RGBA", upright.size, (255, 255, 255, 255))
            upright = Image.alpha_composite(white, upright)
        return np.asarray(upright.convert("RGB"))


def folder(path: Path) -> list[Source]:
    """List the pictures of a folder and those below it, sorted by name."""
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is no folder of pictures.")
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
    if not files:
        raise FileNotFoundError(f"{path} holds no picture ({' '.join(sorted(_SUFFIXES))}).")
    return [Source(str(file.relative_to(path)), partial(load, file)) for file in files]


def _stereo(side: int) -> npt.NDArray[np.uint8]:
    load_pair: Callable[[], Any] = skimage.data.stereo_motorcycle
    return np.asarray(load_pair()[side], dtype=np.uint8)


_PHOTOGRAPHS: dict[str, Callable[[], Any]] = {
    "astronaut": skimage.data.astronaut,
    "camera": skimage.data.camera,
    "cat": skimage.data.chelsea,
    "coffee": skimage.data.coffee,
    "motorcycle": partial(_stereo, 0),
    "rocket": skimage.data.rocket,
}
_OTHERS: dict[str, Callable[[], Any]] = {
    "brick": skimage.data.brick,
    "coins": skimage.data.coins,
    "grass": skimage.data.grass,
    "gravel": skimage.data.gravel,
    "hubble": skimage.data.hubble_deep_field,
    "page": skimage.data.page,
    "retina": skimage.data.retina,
    "tissue": skimage.data.immunohistochemistry,
}
_LOADERS = _PHOTOGRAPHS | _OTHERS
PHOTOGRAPHS = tuple(_PHOTOGRAPHS)
"""Names of the built-in photographs."""
TEXTURES = tuple(_OTHERS)
"""Names of the other built-in pictures: textures, a page, the sky, scientific images."""


@lru_cache(maxsize=len(_LOADERS))
def _built_in_pixels(name: str) -> Pixels:
    pixels = np.asarray(_LOADERS[name](), dtype=np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    pixels = np.ascontiguousarray(pixels[..., :3])
    pixels.flags.writeable = False
    return pixels


def photograph(index: int) -> Pixels:
    """Return one of the built-in pictures, counted modulo their number; read-only.

    The photographs come first.
    """
    names = PHOTOGRAPHS + TEXTURES
    return _built_in_pixels(names[index % len(names)])


def built_in(names: Sequence[str] = PHOTOGRAPHS) -> list[Source]:
    """List built-in pictures, by default the photographs."""
    return [Source(name, partial(_built_in_pixels, name)) for name in names]


def _grid(height: int, width: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x / max(width - 1, 1), y / max(height - 1, 1)


def _rgb(channels: Sequence[npt.NDArray[np.floating[Any]]]) -> Pixels:
    pixels: Pixels = np.clip(np.rint(np.stack(channels, axis=2)), 0, 255).astype(np.uint8)
    return pixels


def _sky(height: int, width: int, rng: np.random.Generator) -> Pixels:
    x, y = _grid(height, width)
    top, bottom = rng.uniform(60, 140), rng.uniform(170, 235)
    tone: npt.NDArray[np.float64] = (
        top + (bottom - top) * y + 6 * x + rng.normal(0, 0.7, (height, width))
    )
    return _rgb([0.72 * tone, 0.87 * tone, tone])


def _flat(height: int, width: int, rng: np.random.Generator) -> Pixels:
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[:] = rng.integers(40, 216, 3)
    for _ in range(9):
        box_width, box_height = rng.integers((width // 12, height // 12), (width // 3, height // 3))
        left, top = rng.integers(0, (width - box_width, height - box_height))
        picture[top : top + box_height, left : left + box_width] = rng.integers(0, 256, 3)
    return picture


def _text(height: int, width: int, rng: np.random.Generator, *, dark: bool) -> Pixels:
    paper, ink = (0, 255) if dark else (255, 0)
    page = Image.new("L", (width, height), paper)
    pen = ImageDraw.Draw(page)
    size = max(9, height // 36)
    font = ImageFont.load_default(size)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz    eeaotinsr"))
    for line in range(int((height - 4 * size) / (1.4 * size))):
        if line % 9 == 8:
            continue
        words = "".join(rng.choice(letters, max(8, int(1.6 * width / size))))
        pen.text((2 * size, 2 * size + 1.4 * size * line), words, fill=ink, font=font)
    return np.asarray(page.convert("RGB"))


def _drawing(height: int, width: int, rng: np.random.Generator) -> Pixels:
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    scale = max(1, min(height, width) // 400)
    for _ in range(60):
        ax, ay, bx, by = (int(v) for v in rng.integers(0, (width, height, width, height)))
        kind = int(rng.integers(0, 3))
        ink, thickness = [0.0, 0.0, 0.0], scale * int(rng.integers(1, 4))
        if kind == 0:
            cv2.line(sheet, (ax, ay), (bx, by), ink, thickness, cv2.LINE_AA)
        elif kind == 1:
            radius = int(rng.integers(4, max(5, min(height, width) // 5)))
            cv2.circle(sheet, (ax, ay), radius, ink, thickness, cv2.LINE_AA)
        else:
            cv2.rectangle(sheet, (ax, ay), (bx, by), ink, thickness, cv2.LINE_AA)
    return sheet


def _gradient(height: int, width: int, rng: np.random.Generator) -> Pixels:
    x, y = _grid(height, width)
    waves = rng.uniform(0, 5, (3, 3))
    channels = [127.5 + 127.5 * np.sin(a * x + b * y + c) for a, b, c in waves]
    return _rgb(channels)


def _fractal(height: int, width: int, rng: np.random.Generator) -> Pixels:
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    decay = 1 / np.maximum(np.hypot(fx, fy), 1 / max(height, width)) ** 1.2
    channels: list[npt.NDArray[np.float64]] = []
    shared = np.fft.rfft2(rng.standard_normal((height, width)))
    for _ in range(3):
        own = np.fft.rfft2(rng.standard_normal((height, width)))
        field = np.fft.irfft2((shared + 0.3 * own) * decay, s=(height, width))
        channels.append(128 + 45 * field / field.std())
    return _rgb(channels)


def _margin(height: int, width: int, rng: np.random.Generator) -> Pixels:
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    inner = _fractal(height // 2, width // 2, rng)
    top, left = height // 4, width // 4
    picture[top : top + height // 2, left : left + width // 2] = inner
    return picture


def _texture(height: int, width: int, rng: np.random.Generator) -> Pixels:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = np.zeros((height, width), dtype=np.float32)
    for _ in range(4):
        frequency, angle = rng.uniform(0.02, 0.25), rng.uniform(0, np.pi)
        phase = 2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle))
        waves += np.cos(phase + rng.uniform(0, 2 * np.pi)).astype(np.float32)
    return _rgb([128 + 28 * waves] * 3)


def _halftone(height: int, width: int, rng: np.random.Generator) -> Pixels:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    period, angle = rng.uniform(4, 10), rng.uniform(0, np.pi / 2)
    u = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period
    v = (-x * np.sin(angle) + y * np.cos(angle)) * 2 * np.pi / period
    screen = 0.5 + 0.25 * (np.cos(u) + np.cos(v))
    tone = _fractal(height, width, rng)[..., 0] / 255
    return _rgb([np.where(tone > screen, 255.0, 0.0)] * 3)


GENERATED: dict[str, Callable[[int, int, np.random.Generator], Pixels]] = {
    "sky": _sky,
    "flat": _flat,
    "page white": partial(_text, dark=False),
    "page black": partial(_text, dark=True),
    "drawing": _drawing,
    "gradient": _gradient,
    "fractal": _fractal,
    "black margin": _margin,
    "texture": _texture,
    "halftone": _halftone,
}
"""Kinds of generated pictures: functions of (height, width, rng)."""


def _generate(kind: str, height: int, width: int, seed: int) -> Pixels:
    stream = np.random.default_rng([seed, sorted(GENERATED).index(kind)])
    return GENERATED[kind](height, width, stream)


def generated(
    kinds: Sequence[str] = tuple(GENERATED), *, height: int = 768, width: int = 768, seed: int = 0
) -> list[Source]:
    """List one generated picture of each kind."""
    return [
        Source(f"generated {kind}", partial(_generate, kind, height, width, seed)) for kind in kinds
    ]


def from_argument(images: Path | None, limit: int | None = None) -> list[Source]:
    """List the pictures of a folder, or the built-in photographs; `limit` of them, spread out."""
    sources = built_in() if images is None else folder(images)
    if limit is None or limit >= len(sources):
        return sources
    return list(_spread(sources, limit))


def from_folders(first: Path | None, second: Path | None, limit: int | None) -> list[Source]:
    """List the pictures of one folder, or of two in turns, `limit` of each.

    What an interruption leaves of a run then has pictures of both. The second folder's name is part
    of its pictures' names.
    """
    others = [] if second is None else from_argument(second, limit)
    if second is not None:
        others = [Source(f"{second.name}/{source.name}", source.load) for source in others]
    turns = zip_longest(from_argument(first, limit), others)
    return [source for pair in turns for source in pair if source is not None]


def _spread(sources: Sequence[Source], count: int) -> Iterator[Source]:
    for index in range(count):
        yield sources[index * len(sources) // count]


def _resized(image: Pixels, factor: float) -> Pixels:
    height, width = image.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def resize_side(image: Pixels, side: int) -> Pixels:
    """Resize, up or down, until the longest side is `side` pixels."""
    factor = side / max(image.shape[:2])
    return image if factor == 1 else _resized(image, factor)


def resize_area(image: Pixels, root: float) -> Pixels:
    """Resize, up or down, until the area is `root` squared pixels; the aspect ratio stays."""
    height, width = image.shape[:2]
    return _resized(image, root / (height * width) ** 0.5)


def square(image: Pixels, side: int) -> Pixels:
    """Cut the central square and resize it to `side` pixels."""
    edge = min(image.shape[:2])
    top, left = (image.shape[0] - edge) // 2, (image.shape[1] - edge) // 2
    return _resized(np.ascontiguousarray(image[top : top + edge, left : left + edge]), side / edge)


def random_square(picture: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """Cut a random square of `side` pixels, mirrored by chance; small pictures are enlarged."""
    if min(picture.shape[:2]) < side:
        factor = side / min(picture.shape[:2])
        picture = resize_side(picture, math.ceil(factor * max(picture.shape[:2])))
    top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape[:2])
    part = picture[top : top + side, left : left + side]
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)
