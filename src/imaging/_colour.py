"""Colour spaces that files describe by numbers, and the ICC profiles that say the same.

Most programs read ICC profiles, few read code points or chromaticities, and most output formats
have no place for them: so what a file says that way is written as a small matrix profile.

References
----------
ITU-T H.273 (code points), ICC.1:2022 (profiles), W3C PNG third edition, 11.3.2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Space", "from_chromaticities", "from_code_points", "grey_profile_as_rgb"]

Point = tuple[float, float]
Curve = float | None  # an exponent; None is sRGB's own curve

_D65: Final = (0.3127, 0.3290)
_D50: Final = np.array([0.96420288, 1.0, 0.82490540])  # of the profile connection space
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


class _Primaries(NamedTuple):
    title: str
    white: Point
    red: Point
    green: Point
    blue: Point


_SRGB: Final = _Primaries("sRGB", _D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_NTSC: Final = _Primaries("SMPTE 170M", _D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))

# Table 2 of H.273: the code points that say anything but "unspecified".
_PRIMARIES: Final = {
    1: _SRGB,
    4: _Primaries("BT.470 M", (0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: _Primaries("BT.601 (625 lines)", _D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _NTSC,
    7: _NTSC,
    8: _Primaries("film", (0.310, 0.316), (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: _Primaries("BT.2020", _D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: _Primaries("DCI-P3", (0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: _Primaries("Display P3", _D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: _Primaries("EBU 3213", _D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
# Table 3. The curves of video cameras are shown with sRGB's, as viewers of pictures do.
_CURVES: Final[dict[int, Curve]] = {
    **dict.fromkeys((1, 2, 6, 7, 11, 12, 13, 14, 15)),
    4: 2.2,
    5: 2.8,
    8: 1.0,
}
_HDR: Final = {16: "PQ", 18: "HLG"}

# Chromaticities and exponents this close mean the same: files round them to two or three digits.
_SAME_POINT: Final = 0.002
_SAME_CURVE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Space:
    """A colour space of three primaries and one curve, other than sRGB.

    Attributes
    ----------
    title : str
        Its name for people.
    primaries : tuple
        Chromaticities (x, y) of white, red, green and blue.
    curve : float or None
        Exponent from stored values to light; None is sRGB's own curve.
    unsupported : bool
        Values that no profile and no format of 8 bits says right: HDR, and what is not known.
    """

    title: str
    primaries: tuple[Point, Point, Point, Point] = _SRGB[1:]
    curve: Curve = None
    unsupported: bool = False

    def profile(self, *, grey: bool) -> bytes:
        """Return an ICC profile of the space; `grey`: for pictures of one channel.

        Raises
        ------
        ValueError
            The primaries span no space.
        """
        curve = _curve_tag(self.curve)
        if grey:
            return _profile(b"GRAY", self.title, {b"kTRC": curve})
        return _profile(b"RGB ", self.title, _rgb_tags(self.primaries, curve))


def from_code_points(primaries: int, transfer: int) -> Space | None:
    """Return the space that code points of H.273 stand for, None for sRGB or nothing."""
    if transfer in _HDR:
        return Space(f"{_HDR[transfer]} (HDR)", unsupported=True)
    known = _SRGB if primaries == 2 else _PRIMARIES.get(primaries)
    if known is None or transfer not in _CURVES:
        reserved = {primaries, transfer} <= {0, 2, 3}
        title = f"code points {primaries}/{transfer}"
        return None if reserved else Space(title, unsupported=True)
    curve = _CURVES[transfer]
    if known is _SRGB and curve is None:
        return None
    title = known.title if curve is None else f"{known.title}, gamma {curve:g}"
    return Space(title, known[1:], curve)


def from_chromaticities(
    points: tuple[Point, Point, Point, Point] | None, gamma: float | None
) -> Space | None:
    """Return the space of PNG's ``cHRM`` and ``gAMA`` chunks, None where it is sRGB.

    Parameters
    ----------
    points : tuple or None
        White, red, green, blue; None: sRGB's.
    gamma : float or None
        Exponent from light to stored values, about 0.45; None: sRGB's curve.
    """
    curve = None
    if gamma is not None and 0.01 <= gamma <= 10 and abs(1 / gamma - 2.2) > _SAME_CURVE:
        curve = 1 / gamma
    known = _SRGB if points is None else _known(points)
    if known is _SRGB and curve is None:
        return None
    primaries = known[1:] if known is not None else points or _SRGB[1:]
    title = known.title if known is not None else "primaries of its own"
    if curve is None and gamma is not None:
        curve = 2.2  # it says so, and only sRGB's primaries make that mean sRGB's curve
    return Space(title if curve is None else f"{title}, gamma {curve:.3g}", primaries, curve)


def _known(points: tuple[Point, Point, Point, Point]) -> _Primaries | None:
    for known in _PRIMARIES.values():
        if np.abs(np.subtract(known[1:], points)).max() <= _SAME_POINT:
            return known
    return None


def grey_profile_as_rgb(profile: bytes) -> bytes | None:
    """Return an RGB profile in which equal channels look as grey does in a grey profile.

    None where the profile is not made of one curve.
    """
    curve = _tag(profile, b"kTRC")
    if curve is None or profile[20:24] != b"XYZ ":
        return None
    tags = _rgb_tags(_SRGB[1:], curve)
    return _profile(b"RGB ", "grey, as RGB", tags)


def _tag(profile: bytes, name: bytes) -> bytes | None:
    if len(profile) < 132:
        return None
    (count,) = struct.unpack_from(">I", profile, 128)
    for at in range(132, min(132 + 12 * count, len(profile) - 11, 132 + 12 * 100), 12):
        found, offset, size = struct.unpack_from(">4sII", profile, at)
        if found == name:
            value = profile[offset : offset + size]
            sound = len(value) == size >= 12 and value[:4] in (b"curv", b"para")
            return value if sound else None
    return None


def _curve_tag(curve: Curve) -> bytes:
    if curve is None:  # IEC 61966-2-1
        values = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
        return b"para" + struct.pack(">IHH5i", 0, 3, 0, *(round(v * 65536) for v in values))
    return b"para" + struct.pack(">IHHi", 0, 0, 0, round(curve * 65536))


def _rgb_tags(primaries: tuple[Point, ...], curve: bytes) -> dict[bytes, bytes]:
    """Return the tags of a matrix profile; raises ValueError for primaries on one line."""
    white, *points = (_xyz(point) for point in primaries)
    columns = np.stack(points, axis=1)
    try:
        columns = columns * np.linalg.solve(columns, white)
    except np.linalg.LinAlgError:
        raise ValueError("the primaries span no colour space") from None
    cone = _BRADFORD @ white
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / cone) @ _BRADFORD
    columns = adapt @ columns
    if not np.isfinite(columns).all() or np.abs(columns).max() > 4:
        raise ValueError("the primaries span no colour space")
    tags = {name: _xyz_tag(columns[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    chad = b"sf32" + struct.pack(">I9i", 0, *(round(v * 65536) for v in adapt.ravel()))
    return {**tags, b"chad": chad, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}


def _xyz(point: Point) -> NDArray[np.float64]:
    x, y = point
    if y <= 0:
        raise ValueError("the primaries span no colour space")
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz_tag(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(round(float(v) * 65536) for v in values))


def _profile(kind: bytes, title: str, tags: dict[bytes, bytes]) -> bytes:
    """Return a display profile (version 4.3) with the tags that every profile needs besides."""
    tags = {
        b"desc": _text_tag(title),
        b"cprt": _text_tag("No copyright, use freely"),
        b"wtpt": _xyz_tag(_D50),
        **tags,
    }
    places: dict[bytes, tuple[int, int]] = {}  # equal values are stored once
    body, start = b"", 132 + 12 * len(tags)
    directory = struct.pack(">I", len(tags))
    for name, value in tags.items():
        if value not in places:
            places[value] = start + len(body), len(value)
            body += value + bytes(-len(value) % 4)
        directory += name + struct.pack(">II", *places[value])
    header = struct.pack(
        ">I4sI4s4s4s", start + len(body), bytes(4), 0x04300000, b"mntr", kind, b"XYZ "
    )
    # A fixed date, so that the same picture gives the same bytes.
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">3i", *(round(float(v) * 65536) for v in _D50))
    return header.ljust(128, b"\0") + directory + body


def _text_tag(text: str) -> bytes:
    raw = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(raw), 28) + raw
