"""The named attacks, group by group, with fixed parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.attacks import chains, codecs, colour, edits, filters, geometry
from benchmarks.attacks.model import Attack, Operation

__all__ = ["SUITE", "get", "groups", "select"]


def _codec() -> Iterator[tuple[str, Operation]]:
    for quality in (90, 75, 50, 30, 20, 10):
        yield f"jpeg {quality}", partial(codecs.jpeg, quality=quality)
    for quality in (80, 50, 20):
        yield f"webp {quality}", partial(codecs.webp, quality=quality)
    for quality in (60, 30):
        yield f"avif {quality}", partial(codecs.avif, quality=quality)
    yield "jpeg2000 40:1", partial(codecs.jpeg2000, ratio=40)
    yield "gif 256 colours", codecs.gif


def _resize() -> Iterator[tuple[str, Operation]]:
    for factor in (0.25, 0.33, 0.5, 0.75, 1.5, 2.0):
        yield f"resize {factor:g}", partial(geometry.resize, x=factor)
    yield "resize 1 x 0.8", partial(geometry.resize, x=1.0, y=0.8)
    yield "resize 0.5 and back", partial(geometry.resize, x=0.5, back=True)


def _crop() -> Iterator[tuple[str, Operation]]:
    for percent in (75, 50, 25, 15, 10):
        yield f"crop {percent} %", partial(geometry.crop, area=percent / 100)
    yield "crop 50 % resized back", partial(geometry.crop, area=0.5, back=True)


def _geometry() -> Iterator[tuple[str, Operation]]:
    for degrees in (1, 2, 5, 10, 15, 30, 45, 90, 137):
        yield f"rotate {degrees}", partial(geometry.rotate, degrees=degrees)
    for degrees in (10, 90):
        yield (
            f"rotate {degrees} expanded",
            partial(geometry.rotate, degrees=degrees, expand=True),
        )
    yield "shear 5", partial(geometry.shear, degrees_x=5)
    yield "perspective 0.04", partial(geometry.perspective, strength=0.04)
    yield "local warp 2 px", partial(geometry.local_warp, amplitude=2)
    yield "flip h", partial(geometry.flip, axis="h")
    yield "flip v", partial(geometry.flip, axis="v")


def _filter() -> Iterator[tuple[str, Operation]]:
    for sigma in (1, 2, 3):
        yield f"blur {sigma}", partial(filters.blur, sigma=sigma)
    for size in (3, 5, 7):
        yield f"median {size}", partial(filters.median, size=size)
    for h in (5, 10):
        yield f"non-local means {h}", partial(filters.nonlocal_means, h=h)
    yield "bilateral", filters.bilateral
    yield "sharpen 3", partial(filters.sharpen, factor=3)
    yield "unsharp", filters.unsharp


def _noise() -> Iterator[tuple[str, Operation]]:
    for sigma in (5, 10, 20):
        yield f"noise {sigma}", partial(filters.gaussian_noise, sigma=sigma)
    yield "salt and pepper 1 %", partial(filters.salt_and_pepper, share=0.01)


def _colour() -> Iterator[tuple[str, Operation]]:
    for factor in (0.1, 0.5, 1.5, 2.0):
        yield f"brightness {factor:g}", partial(colour.brightness, factor=factor)
    for factor in (0.5, 1.5, 2.0):
        yield f"contrast {factor:g}", partial(colour.contrast, factor=factor)
    for factor in (0.0, 2.0):
        yield f"saturation {factor:g}", partial(colour.saturation, factor=factor)
    yield "hue 0.1", partial(colour.hue, turn=0.1)
    for exponent in (0.6, 1.6):
        yield f"gamma {exponent:g}", partial(colour.gamma, exponent=exponent)
    yield "grayscale", colour.grayscale
    yield "equalise", colour.equalise
    yield "posterise 4 bits", partial(colour.posterise, bits=4)
    yield "invert", colour.invert


def _edit() -> Iterator[tuple[str, Operation]]:
    for percent in (10, 30):
        yield f"overlay {percent} %", partial(edits.overlay, share=percent / 100)
    yield "replace 30 %", partial(edits.replace, share=0.3)
    yield "collage 2 x 2", edits.collage
    yield "border 5 %", partial(edits.border, share=0.05)
    yield "letterbox 1:1", edits.letterbox


def _chain() -> Iterator[tuple[str, Operation]]:
    for side in (1080, 640):
        yield f"social {side}", partial(chains.social, side=side)
    yield "screenshot", chains.screenshot
    yield "meme", chains.meme
    yield "print-scan", chains.print_scan
    yield "jpeg 75, shift 4 px, jpeg 75", chains.shifted_jpeg
    yield "rotate 10, crop 50 %, jpeg 50", partial(chains.rotate_crop_jpeg, degrees=10)
    yield "crop 25 %, jpeg 50", partial(chains.crop_jpeg, area=0.25)


def _seal() -> Iterator[tuple[str, Operation]]:
    for side in (0.32, 0.45, 0.55, 0.71, 0.84):
        yield f"seal crop {side:g}", partial(geometry.side_crop, side=side)
    for strength in (0.1, 0.3, 0.5):
        # torchvision's distortion moves each corner inwards by at most half of it.
        yield (
            f"seal perspective {strength:g}",
            partial(geometry.perspective_inwards, strength=strength / 2),
        )
    for factor in (0.1, 0.25, 0.75, 1.75, 2.0):
        yield f"seal brightness {factor:g}", partial(colour.brightness, factor=factor)
        yield f"seal contrast {factor:g}", partial(colour.contrast, factor=factor)
    for turn in (-0.4, -0.2, 0.2, 0.5):
        yield f"seal hue {turn:g}", partial(colour.hue, turn=turn)
    for size in (3, 5, 9, 13, 17):
        yield f"seal blur k{size}", partial(filters.kernel_blur, size=size)
    for quality in (40, 60, 80):
        yield f"seal jpeg {quality}", partial(codecs.jpeg, quality=quality)
    yield "seal jpeg 40, crop 0.71, brightness 0.5", chains.seal_combination


def _waves() -> Iterator[tuple[str, Operation]]:
    for degrees in (9, 27, 45):
        yield (
            f"waves rotation {degrees}",
            partial(geometry.rotate, degrees=degrees, interpolation="nearest"),
        )
    for area in (0.9, 0.7, 0.5):
        yield f"waves resized crop {area:g}", partial(geometry.crop, area=area, back=True)
    for share in (0.05, 0.15, 0.25):
        yield f"waves erase {share:g}", partial(edits.erase, share=share)
    for radius in (4, 12, 20):
        yield f"waves blur {radius}", partial(filters.blur, sigma=radius)
    for sigma in (0.02, 0.06, 0.1):
        yield f"waves noise {sigma:g}", partial(filters.gaussian_noise, sigma=255 * sigma)
    for quality in (70, 40, 10):
        yield f"waves jpeg {quality}", partial(codecs.jpeg, quality=quality)
    yield "waves combination", chains.waves_combination


def _removal() -> Iterator[tuple[str, Operation]]:
    yield "subtract residual x1", filters.subtract_residual
    yield "subtract residual x2", partial(filters.subtract_residual, gain=2.0)


def _none() -> Iterator[tuple[str, Operation]]:
    yield "none", chains.nothing


_GROUPS = {
    "none": _none,
    "codec": _codec,
    "resize": _resize,
    "crop": _crop,
    "geometry": _geometry,
    "filter": _filter,
    "noise": _noise,
    "colour": _colour,
    "edit": _edit,
    "chain": _chain,
    "seal": _seal,
    "waves": _waves,
    "removal": _removal,
}

SUITE: dict[str, Attack] = {
    name: Attack(name, group, (operation,))
    for group, members in _GROUPS.items()
    for name, operation in members()
}
"""Every named attack."""


def groups() -> tuple[str, ...]:
    """Return the names of the groups, in the order of the table."""
    return tuple(_GROUPS)


def get(name: str) -> Attack:
    """Return an attack by name.

    Raises
    ------
    KeyError
        If there is no attack of this name.
    """
    return SUITE[name]


def select(names: Sequence[str]) -> list[Attack]:
    """Return the attacks of several groups or names, in the order of the table.

    Raises
    ------
    KeyError
        If a name is neither a group nor an attack.
    """
    for name in names:
        if name not in _GROUPS and name not in SUITE:
            raise KeyError(name)
    wanted = set(names)
    return [attack for attack in SUITE.values() if {attack.name, attack.group} & wanted]
