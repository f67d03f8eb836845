"""What everyday paths do to a picture, beyond the promised rows: goals, not promises.

Each row is a `Workload`, drawn as the promised ones are. Rows with a floor of 0 have no goal.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.attacks import (
    chains,
    codecs,
    edits,
    filters,
    geometry,
    lenses,
    screens,
    video,
)
from benchmarks.attacks.model import Attacked, Operation, Pixels, compose
from benchmarks.attacks.workload import Drawer, Drawn, Workload, between, log_between, one, whole

__all__ = ["EVERYDAY", "crop_to_half"]

_PRESETS = ("veryfast", "medium")
_LARGE = (700.0, 1024.0)  # root of the area of a generated picture, px


def _story(rng: np.random.Generator) -> Drawn:
    name, ratio = one(rng, (("9:16", 9 / 16), ("16:9", 16 / 9)))
    resample = one(rng, ("bilinear", "bicubic", "lanczos"))
    return f"stretched to {name} {resample}", partial(
        geometry.stretch, ratio=ratio, resample=resample
    )


def _across(image: Pixels, rng: np.random.Generator) -> Attacked:
    ratio = 9 / 16 if image.shape[1] >= image.shape[0] else 16 / 9
    return geometry.stretch(image, rng, ratio=ratio)


def _crosswise(rng: np.random.Generator) -> Drawn:
    return f"stretched crosswise #{whole(rng, 0, 999)}", _across


def _aspect(rng: np.random.Generator) -> Drawn:
    by = one(rng, (0.5, 2.0))
    resample = one(rng, ("bilinear", "bicubic", "lanczos"))
    return f"aspect x {by:g} {resample}", partial(geometry.stretch, by=by, resample=resample)


def _turned(stretched: Operation, degrees: float) -> Operation:
    turned = partial(geometry.rotate, degrees=degrees, expand=True)
    return partial(_in_a_row, steps=(stretched, turned))


def _in_a_row(image: Pixels, rng: np.random.Generator, *, steps: tuple[Operation, ...]) -> Attacked:
    return compose(steps, image, rng)


def _aspect_turned(rng: np.random.Generator) -> Drawn:
    name, stretched = _aspect(rng)
    degrees = between(rng, 0, 360, 2)
    return f"{name}, rotate {degrees:g} expanded", _turned(stretched, degrees)


def _clipped(rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Draw an encoder's speed, a frame of the clip, and whether the clip zooms slowly."""
    preset, index = one(rng, _PRESETS), round(log_between(rng, 2, 40))
    zoom = one(rng, (0.0, 0.0, 0.0008, -0.0008))
    name = f"{preset}, frame {index}{f' of a zoom by {zoom:+.2%}' if zoom else ''}"
    return name, {"preset": preset, "index": index, "zoom": zoom}


def _video(lines: int, crf: int, sides: tuple[str, ...] = ("blurred", "black")) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        around = one(rng, sides)
        name, clip = _clipped(rng)
        operation = partial(video.video, lines=lines, crf=crf, sides=around, **clip)
        return f"{lines}p crf {crf}, {around} sides, {name}", operation

    return drawer


def _native(codec: str, crf: int) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        name, clip = _clipped(rng)
        return f"{codec} crf {crf}, {name}", partial(video.native, codec=codec, crf=crf, **clip)

    return drawer


def _screen(
    kind: str,
    *,
    fill: tuple[float, float] = (0.75, 0.9),
    tilt: tuple[float, float] = (0.02, 0.05),
    noise: tuple[float, float] = (2, 6),
    barrel: float = 0.0,
) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        shown, size = whole(rng, 800, 1100), between(rng, *fill)
        corners, grain = between(rng, *tilt), between(rng, *noise, 1)
        moire, quality = between(rng, 0.3, 0.7, 2), whole(rng, 80, 92)
        operation = partial(
            screens.screen_photo,
            shown=shown,
            fill=size,
            tilt=corners,
            noise=grain,
            barrel=barrel,
            moire=moire,
            quality=quality,
        )
        name = f"screen {kind} {shown} px, fills {size:g}, tilt {corners:g}, noise {grain:g}"
        return f"{name}, moire {moire:g}, jpeg {quality}", operation

    return drawer


def _thumbnail(side: int) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        quality, resample = whole(rng, 75, 85), one(rng, ("bicubic", "lanczos", "box"))
        shrink = partial(geometry.fit, side=side, resample=resample)
        steps = (shrink, partial(codecs.jpeg, quality=quality))
        return f"thumbnail {side} {resample} jpeg {quality}", partial(_in_a_row, steps=steps)

    return drawer


def _lens(rng: np.random.Generator) -> Drawn:
    k = one(rng, (-0.2, 0.2))
    return f"lens {k:+g} #{whole(rng, 0, 999)}", partial(lenses.lens, k=k)


def _keystone(strength: float) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        name = f"keystone {strength:g} #{whole(rng, 0, 999)}"
        return name, partial(lenses.keystone, strength=strength)

    return drawer


def _swirl(rng: np.random.Generator) -> Drawn:
    strength = one(rng, (-0.2, 0.2))
    return f"swirl {strength:+g} #{whole(rng, 0, 999)}", partial(lenses.swirl, strength=strength)


def _wave(rng: np.random.Generator) -> Drawn:
    length, both = between(rng, 0.2, 0.6), bool(rng.random() < 0.5)
    name = f"wave 4 px, length {length:g}{' both ways' if both else ''}"
    return name, partial(lenses.wave, amplitude=4, length=length, both=both)


def _liquify(rng: np.random.Generator) -> Drawn:
    radius = between(rng, 0.1, 0.2)
    return f"liquify 12 x 20 px, radius {radius:g}", partial(lenses.liquify, radius=radius)


def _elastic(rng: np.random.Generator) -> Drawn:
    smoothness = between(rng, 16, 32, 1)
    name = f"elastic 5 px, smoothness {smoothness:g}"
    return name, partial(lenses.elastic, amplitude=5, smoothness=smoothness)


def _nine_small(rng: np.random.Generator) -> Drawn:
    side = whole(rng, 1080, 1600)
    return f"collage of nine, {side} px", partial(edits.collage_of_nine, side=side)


def _nine_large(rng: np.random.Generator) -> Drawn:
    gap = between(rng, 0, 0.03)
    name = f"collage of nine at own size, gap {gap:.1%}"
    return name, partial(edits.collage, scale=1.0, gap=gap, side=3)


def _part(share: float) -> Drawer:
    def drawer(rng: np.random.Generator) -> Drawn:
        shape, feather = one(rng, ("ellipse", "box")), between(rng, 0, 0.02)
        name = f"{share:.0%} marked, {shape}, feather {feather:g}"
        return name, partial(edits.transplant, share=share, shape=shape, feather=feather)

    return drawer


def _beauty(rng: np.random.Generator) -> Drawn:
    sigma, warmth = between(rng, 30, 50, 0), between(rng, 0.02, 0.08)
    operation = partial(chains.beauty, sigma=sigma, warmth=warmth)
    return f"beauty {sigma:g}, warmth {warmth:g}, jpeg 85", operation


def _waves(rng: np.random.Generator) -> Drawn:
    combination = partial(chains.waves_combination, strength=0.15, sigma=3)
    return f"waves all combined 0.15 #{whole(rng, 0, 999)}", combination


def _perspective(rng: np.random.Generator) -> Drawn:
    scale = between(rng, 0.3, 0.5)
    # torchvision moves each corner inwards by at most half of its distortion scale.
    return f"perspective {scale:g}", partial(geometry.perspective_inwards, strength=scale / 2)


def crop_to_half(rng: np.random.Generator) -> Drawn:
    """Draw a crop to half the area."""
    aspect = log_between(rng, 0.6, 1.6)
    return f"crop 50 % aspect {aspect:g}", partial(geometry.crop, area=0.5, aspect=aspect)


def _motion(rng: np.random.Generator) -> Drawn:
    degrees = between(rng, 0, 180, 1)
    operation = partial(filters.motion_blur, length=25, degrees=degrees)
    return f"motion blur 25 px at {degrees:g}", operation


def _same(name: str, operation: Operation) -> Drawer:
    # Where nothing is drawn, a number tells the draws apart.
    return lambda rng: (f"{name} #{whole(rng, 0, 999)}", operation)


def _clip(name: str, title: str, floor: float, drawer: Drawer) -> Workload:
    return Workload(name, title, floor, drawer, tool=video.TOOL)


_NOISE_50 = partial(filters.gaussian_noise, sigma=50)
_SCREENS = {
    "tilted": _screen("tilted", tilt=(0.075, 0.15), fill=(0.7, 0.8)),
    "far": _screen("far", fill=(0.45, 0.6)),
    "noisy": _screen("noisy", noise=(8, 16)),
    "barrel": _screen("barrel", barrel=0.15),
}

_ROWS = (
    Workload("story", "square pictures stretched to 9:16 or 16:9", 0.97, _story, _LARGE, True),
    Workload("crosswise", "wide ones stretched to 9:16, high ones to 16:9", 0.97, _crosswise),
    Workload("aspect", "aspect x 0.5, x 2", 0.90, _aspect),
    Workload("aspect turned", "aspect x 0.5, x 2, and any angle", 0.90, _aspect_turned),
    _clip("video 720p", "H.264 720p crf 28, blurred sides", 0.95, _video(720, 28, ("blurred",))),
    _clip("video 480p", "H.264 480p crf 28", 0.90, _video(480, 28)),
    _clip("video 480p crf 35", "H.264 480p crf 35", 0.60, _video(480, 35)),
    _clip("h264 crf 40", "H.264 crf 40, own size", 0.80, _native("h264", 40)),
    _clip("h265 crf 40", "H.265 crf 40, own size", 0.60, _native("h265", 40)),
    Workload("screen tilted", "photo of a screen, perspective to .15", 0.95, _SCREENS["tilted"]),
    Workload("screen far", "photo of a screen, far", 0.95, _SCREENS["far"]),
    Workload("screen noisy", "photo of a screen, noise 8 to 16", 0.95, _SCREENS["noisy"]),
    Workload("screen barrel", "photo of a screen, barrel .15", 0.95, _SCREENS["barrel"]),
    Workload("thumbnail 256", "1024 px to 256, JPEG 75 to 85", 0.95, _thumbnail(256), side=1024),
    Workload("thumbnail 225", "1024 px to 225, JPEG 75 to 85", 0.85, _thumbnail(225), side=1024),
    Workload("thumbnail 200", "1024 px to 200, JPEG 75 to 85", 0.75, _thumbnail(200), side=1024),
    Workload("lens", "lens distortion -.2 or +.2", 0.95, _lens),
    Workload("keystone .08", "one side shorter by 16 %", 0.95, _keystone(0.08)),
    Workload("keystone .15", "one side shorter by 30 %", 0.95, _keystone(0.15)),
    Workload("swirl", "swirl .2", 0.95, _swirl),
    Workload("wave", "wave 4 px", 0.95, _wave),
    Workload("liquify", "12 pushes of 20 px", 0.95, _liquify),
    Workload("nine small", "one of nine, collage of 1080 to 1600 px", 0.95, _nine_small),
    Workload("nine large", "one of nine, each at its own size", 0.95, _nine_large),
    Workload("a tenth", "a tenth of the picture marked", 0.90, _part(0.1)),
    Workload("a fifth", "a fifth of the picture marked", 0.97, _part(0.2)),
    Workload("beauty", "beauty filter on 481 px", 0.85, _beauty, side=481),
    Workload("waves", "WAVES all combined .15", 0.80, _waves),
    Workload("perspective", "VideoSeal perspective .3 to .5", 0.95, _perspective),
    Workload("elastic", "elastic 5 px", 0.90, _elastic),
    Workload("blur 8", "Gaussian blur 8 px", 0, _same("blur 8", partial(filters.blur, sigma=8))),
    Workload("motion blur 25", "motion blur 25 px", 0, _motion),
    Workload("noise 50", "noise 50", 0, _same("noise 50", _NOISE_50)),
    Workload("jpeg 8", "JPEG 8", 0, _same("jpeg 8", partial(codecs.jpeg, quality=8))),
    Workload("avif 20", "AVIF 20", 0, _same("avif 20", partial(codecs.avif, quality=20))),
    _clip("heic 20", "HEIC 20", 0, _same("heic 20", partial(video.heic, quality=20))),
)

EVERYDAY: dict[str, Workload] = {row.name: row for row in _ROWS}
"""The rows of everyday paths, in the order of the table."""
