"""Attacks with parameters drawn at random: the robustness that is promised, not a list to fit.

A *workload* is one row of the promise: what is drawn, how large the pictures are, which strength
setting marks them, and the share of exact recoveries that is the floor.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.attacks import chains, codecs, colour, edits, filters, geometry
from benchmarks.attacks.model import Attack
from benchmarks.attacks.workload import (
    Drawer,
    Drawn,
    Workload,
    between,
    fixed,
    log_between,
    one,
    whole,
)

__all__ = ["WORKLOADS", "draw"]

_RESAMPLERS = ("bilinear", "hamming", "bicubic", "lanczos", "box")


def _jpeg(rng: np.random.Generator, low: int = 20, high: int = 95) -> Drawn:
    quality = whole(rng, low, high)
    subsampling = one(rng, ("4:2:0", "4:2:0", "4:4:4"))
    operation = partial(codecs.jpeg, quality=quality, subsampling=subsampling)
    return f"jpeg {quality} {subsampling}", operation


def _webp(rng: np.random.Generator) -> Drawn:
    quality = whole(rng, 20, 95)
    return f"webp {quality}", partial(codecs.webp, quality=quality)


def _avif(rng: np.random.Generator) -> Drawn:
    quality = whole(rng, 30, 90)
    return f"avif {quality}", partial(codecs.avif, quality=quality)


def _gif(rng: np.random.Generator) -> Drawn:
    colours = one(rng, (256, 256, 128))
    return f"gif {colours} colours", partial(codecs.gif, colours=colours)


def _jpeg2000(rng: np.random.Generator) -> Drawn:
    ratio = whole(rng, 10, 40)
    return f"jpeg2000 {ratio}:1", partial(codecs.jpeg2000, ratio=ratio)


_SINGLE_CODECS: tuple[Drawer, ...] = (_jpeg, _webp, _avif, _gif, _jpeg2000)


def _reencoded(rng: np.random.Generator) -> Drawn:
    drawn = [one(rng, (_jpeg, _webp, _avif))(rng) for _ in range(3)]
    operation = partial(codecs.reencode, codecs=tuple(each for _, each in drawn))
    return ", ".join(name for name, _ in drawn), operation


def _codec(rng: np.random.Generator) -> Drawn:
    # JPEG is by far the commonest thing that happens to a picture.
    return one(rng, (*_SINGLE_CODECS, _jpeg, _jpeg, _reencoded, _reencoded))(rng)


def _blur(rng: np.random.Generator) -> Drawn:
    sigma = between(rng, 0.5, 3)
    return f"blur {sigma:g}", partial(filters.blur, sigma=sigma)


def _noise(rng: np.random.Generator) -> Drawn:
    sigma = between(rng, 2, 20)
    return f"noise {sigma:g}", partial(filters.gaussian_noise, sigma=sigma)


def _median(rng: np.random.Generator) -> Drawn:
    size = one(rng, (3, 5))
    return f"median {size}", partial(filters.median, size=size)


def _nonlocal_means(rng: np.random.Generator) -> Drawn:
    h = between(rng, 3, 10, 1)
    return f"non-local means {h:g}", partial(filters.nonlocal_means, h=h)


def _bilateral(rng: np.random.Generator) -> Drawn:
    sigma = between(rng, 25, 75, 0)
    return f"bilateral {sigma:g}", partial(filters.bilateral, sigma=sigma)


def _brightness(rng: np.random.Generator) -> Drawn:
    factor = log_between(rng, 0.1, 2)
    return f"brightness {factor:g}", partial(colour.brightness, factor=factor)


def _contrast(rng: np.random.Generator) -> Drawn:
    factor = log_between(rng, 0.5, 2)
    return f"contrast {factor:g}", partial(colour.contrast, factor=factor)


def _saturation(rng: np.random.Generator) -> Drawn:
    factor = between(rng, 0, 2)
    return f"saturation {factor:g}", partial(colour.saturation, factor=factor)


def _hue(rng: np.random.Generator) -> Drawn:
    turn = between(rng, -0.1, 0.1)
    return f"hue {turn:g}", partial(colour.hue, turn=turn)


def _gamma(rng: np.random.Generator) -> Drawn:
    exponent = log_between(rng, 0.6, 1.6)
    return f"gamma {exponent:g}", partial(colour.gamma, exponent=exponent)


def _sharpen(rng: np.random.Generator) -> Drawn:
    factor = between(rng, 1.2, 3)
    return f"sharpen {factor:g}", partial(filters.sharpen, factor=factor)


def _salt_and_pepper(rng: np.random.Generator) -> Drawn:
    share = between(rng, 0.002, 0.01, 4)
    return f"salt and pepper {share:.2%}", partial(filters.salt_and_pepper, share=share)


def _posterise(rng: np.random.Generator) -> Drawn:
    bits = whole(rng, 4, 6)
    return f"posterise {bits} bits", partial(colour.posterise, bits=bits)


_SIGNAL: tuple[Drawer, ...] = (
    _blur,
    _noise,
    _median,
    _nonlocal_means,
    _bilateral,
    _brightness,
    _contrast,
    _saturation,
    _hue,
    _gamma,
    _sharpen,
    _salt_and_pepper,
    _posterise,
    fixed("unsharp", filters.unsharp),
    fixed("grayscale", colour.grayscale),
    fixed("equalise", colour.equalise),
    fixed("invert", colour.invert),
)


def _signal(rng: np.random.Generator) -> Drawn:
    return one(rng, _SIGNAL)(rng)


def _resize(rng: np.random.Generator) -> Drawn:
    resample = one(rng, _RESAMPLERS)
    if rng.random() < 0.35:
        x, y = log_between(rng, 0.75, 1.3), log_between(rng, 0.75, 1.3)
        name = f"resize {x:g} x {y:g} {resample}"
        return name, partial(geometry.resize, x=x, y=y, resample=resample)
    factor = log_between(rng, 0.33, 2.5)
    back = factor < 1 and rng.random() < 0.2
    name = f"resize {factor:g}{' and back' if back else ''} {resample}"
    return name, partial(geometry.resize, x=factor, back=back, resample=resample)


def _crop(rng: np.random.Generator) -> Drawn:
    area, aspect = between(rng, 0.2, 0.9), log_between(rng, 0.5, 2)
    back = rng.random() < 0.2
    # A crop resized back is stretched by its aspect ratio; that is the anisotropic row's business.
    aspect = 1.0 if back else aspect
    name = f"crop {area:.1%} aspect {aspect:g}{' resized back' if back else ''}"
    return name, partial(geometry.crop, area=area, aspect=aspect, back=back)


def _rotated(rng: np.random.Generator) -> Drawn:
    degrees = between(rng, 0, 360, 2)
    frame = one(rng, ("", "expanded", "inscribed"))
    interpolation = one(rng, ("bilinear", "bicubic"))
    fill = one(rng, ((0, 0, 0), (255, 255, 255), (128, 128, 128)))
    operation = partial(
        geometry.rotate,
        degrees=degrees,
        expand=frame == "expanded",
        inscribed=frame == "inscribed",
        fill=fill,
        interpolation=interpolation,
    )
    return " ".join(filter(None, (f"rotate {degrees:g}", frame, interpolation))), operation


def _turn(rng: np.random.Generator) -> Drawn:
    turns = whole(rng, 1, 3)
    return f"quarter turns {turns}", partial(geometry.quarter_turn, turns=turns)


def _flip(rng: np.random.Generator) -> Drawn:
    axis = one(rng, ("h", "v"))
    return f"flip {axis}", partial(geometry.flip, axis=axis)


def _rotation(rng: np.random.Generator) -> Drawn:
    return one(rng, (_rotated, _rotated, _rotated, _rotated, _turn, _flip))(rng)


def _shear(rng: np.random.Generator) -> Drawn:
    x, y = between(rng, -8, 8, 2), 0.0
    if rng.random() < 0.3:
        x, y = y, x
    return f"shear {x:g} x {y:g}", partial(geometry.shear, degrees_x=x, degrees_y=y)


def _perspective(rng: np.random.Generator) -> Drawn:
    strength = between(rng, 0.01, 0.05)
    return f"perspective {strength:g}", partial(geometry.perspective, strength=strength)


def _local_warp(rng: np.random.Generator) -> Drawn:
    amplitude, cells = between(rng, 1, 4, 2), whole(rng, 2, 5)
    operation = partial(geometry.local_warp, amplitude=amplitude, cells=cells)
    return f"local warp {amplitude:g} px {cells} cells", operation


def _warp(rng: np.random.Generator) -> Drawn:
    return one(rng, (_shear, _perspective, _local_warp))(rng)


def _overlay(rng: np.random.Generator) -> Drawn:
    share, panels = between(rng, 0.05, 0.4), whole(rng, 1, 5)
    operation = partial(edits.overlay, share=share, panels=panels)
    return f"overlay {share:.1%} {panels} panels", operation


def _replace(rng: np.random.Generator) -> Drawn:
    share, shape = between(rng, 0.05, 0.4), one(rng, ("ellipse", "box"))
    feather = between(rng, 0, 0.03)
    operation = partial(edits.replace, share=share, shape=shape, feather=feather)
    return f"replace {share:.1%} {shape}", operation


def _collage(rng: np.random.Generator) -> Drawn:
    scale = between(rng, 0.5, 1)
    return f"collage 2 x 2 at {scale:g}", partial(edits.collage, scale=scale)


def _border(rng: np.random.Generator) -> Drawn:
    share = between(rng, 0.01, 0.1)
    return f"border {share:.1%}", partial(edits.border, share=share)


def _letterbox(rng: np.random.Generator) -> Drawn:
    ratio = one(rng, (1.0, 16 / 9, 9 / 16, 0.8))
    return f"letterbox {ratio:.2f}:1", partial(edits.letterbox, ratio=ratio)


def _edit(rng: np.random.Generator) -> Drawn:
    return one(rng, (_overlay, _overlay, _replace, _replace, _collage, _border, _letterbox))(rng)


def _social(rng: np.random.Generator) -> Drawn:
    side, quality = one(rng, (640, 720, 1080, 1280, 1600)), whole(rng, 65, 85)
    return f"social {side} jpeg {quality}", partial(chains.social, side=side, quality=quality)


def _screenshot(rng: np.random.Generator) -> Drawn:
    scale, quality = between(rng, 0.6, 1.4), whole(rng, 70, 95)
    operation = partial(chains.screenshot, scale=scale, quality=quality)
    return f"screenshot {scale:g} jpeg {quality}", operation


def _meme(rng: np.random.Generator) -> Drawn:
    first, second, scale = whole(rng, 50, 80), whole(rng, 60, 80), between(rng, 0.6, 0.9)
    operation = partial(chains.meme, first=first, scale=scale, second=second)
    return f"meme jpeg {first}, {scale:g}, jpeg {second}", operation


def _print_scan(rng: np.random.Generator) -> Drawn:
    strength, sigma = between(rng, 0.005, 0.02), between(rng, 0.5, 1)
    exponent, noise = between(rng, 0.8, 1.2), between(rng, 2, 4)
    quality = whole(rng, 70, 90)
    operation = partial(
        chains.print_scan,
        strength=strength,
        sigma=sigma,
        exponent=exponent,
        noise=noise,
        quality=quality,
    )
    return f"print-scan {strength:g} {sigma:g} {exponent:g} {noise:g} jpeg {quality}", operation


def _rotate_crop_jpeg(rng: np.random.Generator) -> Drawn:
    degrees, area = between(rng, -25, 25, 2), between(rng, 0.5, 0.8)
    quality = whole(rng, 50, 85)
    operation = partial(chains.rotate_crop_jpeg, degrees=degrees, area=area, quality=quality)
    return f"rotate {degrees:g}, crop {area:.1%}, jpeg {quality}", operation


def _crop_jpeg(rng: np.random.Generator) -> Drawn:
    area, aspect = between(rng, 0.25, 0.6), log_between(rng, 0.6, 1.6)
    quality = whole(rng, 50, 85)
    operation = partial(chains.crop_jpeg, area=area, aspect=aspect, quality=quality)
    return f"crop {area:.1%} aspect {aspect:g}, jpeg {quality}", operation


def _shifted_jpeg(rng: np.random.Generator) -> Drawn:
    pixels, quality = whole(rng, 1, 7), whole(rng, 60, 90)
    operation = partial(chains.shifted_jpeg, pixels=pixels, quality=quality)
    return f"jpeg {quality}, shift {pixels} px, jpeg {quality}", operation


_CHAINS: tuple[Drawer, ...] = (
    _social,
    _screenshot,
    _meme,
    _print_scan,
    _rotate_crop_jpeg,
    _crop_jpeg,
    _shifted_jpeg,
)


def _chain(rng: np.random.Generator) -> Drawn:
    return one(rng, _CHAINS)(rng)


_STRETCH: tuple[Drawer, ...] = (
    fixed("jpeg 10", partial(codecs.jpeg, quality=10)),
    fixed("resize 0.25", partial(geometry.resize, x=0.25)),
    fixed("crop 10 %", partial(geometry.crop, area=0.1)),
    fixed("noise 40", partial(filters.gaussian_noise, sigma=40)),
    fixed("median 7", partial(filters.median, size=7)),
    fixed("4k to 320, jpeg 80", partial(chains.social, side=320, quality=80)),
    fixed("resize 0.3, jpeg 70", partial(chains.scaled_jpeg, scale=0.3, quality=70)),
)


def _stretch(rng: np.random.Generator) -> Drawn:
    # The place of a crop follows from the name, so that a number tells the draws apart.
    name, operation = one(rng, _STRETCH)(rng)
    return f"{name} #{whole(rng, 0, 999)}", operation


_COMMON: tuple[Drawer, ...] = (
    _codec,
    _signal,
    _resize,
    _crop,
    _rotation,
    _warp,
    _edit,
    _chain,
)


def _small(rng: np.random.Generator) -> Drawn:
    return one(rng, _COMMON)(rng)


def _tiny(rng: np.random.Generator) -> Drawn:
    degrees = one(rng, (-10, 10))
    options: tuple[Drawn, ...] = (
        ("none", chains.nothing),
        ("jpeg 50", partial(codecs.jpeg, quality=50)),
        (f"crop 75 % #{whole(rng, 0, 999)}", partial(geometry.crop, area=0.75)),
        (f"rotate {degrees}", partial(geometry.rotate, degrees=degrees)),
    )
    return one(rng, options)


_HIGH: tuple[Drawer, ...] = (
    fixed("jpeg 50", partial(codecs.jpeg, quality=50)),
    _social,
    _screenshot,
    _rotated,
    fixed("resize 0.5", partial(geometry.resize, x=0.5)),
)


def _high(rng: np.random.Generator) -> Drawn:
    if rng.random() < 1 / 6:
        aspect = log_between(rng, 0.6, 1.6)
        return f"crop 50 % aspect {aspect:g}", partial(geometry.crop, area=0.5, aspect=aspect)
    return one(rng, _HIGH)(rng)


_ROWS = (
    Workload("codec", "codecs, re-encoded up to three times", 0.99, _codec),
    Workload("signal", "colour, blur, noise, median, denoising, tone", 0.99, _signal),
    Workload("resize", "resize 0.33 to 2.5, anisotropic 0.75 to 1.3", 0.99, _resize),
    Workload("crop", "crop to 20 % of the area and more", 0.98, _crop),
    Workload("rotation", "any angle, expanded or not; quarter turns; flips", 0.99, _rotation),
    Workload("warp", "shear 8 degrees, perspective 0.05, local warp 4 px", 0.97, _warp),
    Workload("edit", "overlays, replaced regions, collage, borders, letterbox", 0.98, _edit),
    Workload("chain", "social, screenshot, meme, print-scan, combinations", 0.97, _chain),
    Workload("stretch", "beyond what pictures usually suffer", 0.85, _stretch),
    Workload("small", "320 to 480 px, the rows above without stretch", 0.92, _small, (320, 480)),
    Workload(
        "tiny",
        "256 x 256: nothing, JPEG 50, crop 75 %, rotate 10",
        0.90,
        _tiny,
        (256, 256),
        square=True,
    ),
    Workload(
        "discreet", 'strength="discreet": the commonest attacks', 0.98, _high, strength="discreet"
    ),
)

WORKLOADS: dict[str, Workload] = {row.name: row for row in _ROWS}
"""The rows of the promise, in the order of the table."""


def draw(group: str, rng: np.random.Generator) -> Attack:
    """Draw an attack of a promised row: `Workload.draw` by name.

    Raises
    ------
    KeyError
        If there is no workload of this name.
    """
    return WORKLOADS[group].draw(rng)
