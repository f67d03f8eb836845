"""Frames of video clips, and the still pictures of a video codec, through `ffmpeg`.

`ffmpeg` is a program of its own that has to be on PATH; nothing of it is a dependency.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.attacks.geometry import fit_box, translation
from benchmarks.attacks.model import Attacked, Pixels, unmoved

__all__ = ["TOOL", "framed", "heic", "native", "video"]

TOOL = "ffmpeg"
"""The program that the attacks of this module run."""

_RATE = 25  # frames a second
_AFTER = 8  # frames after the one that is taken: it may refer to some of them


def _ffmpeg(arguments: Sequence[str], data: bytes) -> bytes:
    command = [TOOL, "-v", "error", "-nostdin", "-threads", "1", *arguments]
    run = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return run.stdout


def _moving(image: Pixels, count: int, index: int, zoom: float) -> bytes:
    """Return `count` raw frames that zoom in, of which the one at `index` is the picture."""
    height, width = image.shape[:2]
    frames: list[bytes] = []
    for number in range(count):
        scale = 1 + zoom * (number - index)
        matrix = np.array(
            [[scale, 0, (1 - scale) * (width - 1) / 2], [0, scale, (1 - scale) * (height - 1) / 2]]
        )
        moved = cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
        frames.append(image.tobytes() if number == index else np.asarray(moved).tobytes())
    return b"".join(frames)


def _frame(
    image: Pixels, encoder: Sequence[str], *, index: int = 0, count: int = 1, zoom: float = 0.0
) -> Pixels:
    """Encode a clip of the picture, and return one decoded frame of it."""
    # Chroma of half the size needs even sides.
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    even = np.ascontiguousarray(image[:height, :width])
    raw = _moving(even, count, index, zoom) if zoom else even.tobytes()
    looped = "format=yuv420p" if zoom else "loop=loop=-1:size=1,format=yuv420p"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(_RATE)]
    frames = ["-vf", looped, "-frames:v", str(count)]
    clip = _ffmpeg(
        [*source, "-i", "pipe:0", *frames, *encoder, "-threads", "1", "-f", "matroska", "pipe:1"],
        raw,
    )
    chosen = ["-vf", rf"select=eq(n\,{index})", "-frames:v", "1"]
    frame = _ffmpeg(
        ["-i", "pipe:0", *chosen, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"], clip
    )
    return np.frombuffer(frame, np.uint8).reshape(height, width, 3).copy()


def native(
    image: Pixels,
    rng: np.random.Generator,
    *,
    codec: str = "h264",
    crf: int,
    preset: str = "medium",
    index: int = 20,
    zoom: float = 0.0,
) -> Attacked:
    """Take one frame, predicted from others, of a clip that shows the picture at its own size.

    Parameters
    ----------
    image, rng
        As everywhere; nothing is drawn.
    codec : {"h264", "h265"}, optional
        x264 or x265, 4:2:0.
    crf : int
        Constant rate factor.
    preset : str, optional
        The encoder's speed.
    index : int, optional
        Which frame, counted from the cut: soon after it, the encoder has refined little.
    zoom : float, optional
        Growth from frame to frame, 0 for a still. The frame that is taken shows the picture as it
        is.
    """
    del rng
    name = {"h264": "libx264", "h265": "libx265"}[codec]
    encoder = ["-c:v", name, "-preset", preset, "-crf", str(crf)]
    if codec == "h265":
        encoder += ["-x265-params", "log-level=error:pools=none:frame-threads=1"]
    return unmoved(_frame(image, encoder, index=index, count=index + _AFTER, zoom=zoom))


def framed(
    image: Pixels, rng: np.random.Generator, *, lines: int, sides: str = "blurred"
) -> Attacked:
    """Lay the picture into a frame of 16:9, as large as it fits.

    Parameters
    ----------
    image, rng
        As everywhere.
    lines : int
        Height of the frame in pixels.
    sides : {"blurred", "black"}, optional
        What fills the rest: an enlarged, blurred and dimmed copy, or nothing.
    """
    del rng
    height, width = lines // 2 * 2, round(lines * 16 / 9 / 2) * 2
    middle = fit_box(image, width, height)
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    if sides == "blurred":
        scale = max(width / image.shape[1], height / image.shape[0])
        size = (
            max(width, round(image.shape[1] * scale)),
            max(height, round(image.shape[0] * scale)),
        )
        large = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))
        top, left = (size[1] - height) // 2, (size[0] - width) // 2
        behind = cv2.GaussianBlur(
            large[top : top + height, left : left + width], (0, 0), lines / 30
        )
        canvas = unmoved(np.asarray(behind) * np.float32(0.8)).pixels
    top = (height - middle.pixels.shape[0]) // 2
    left = (width - middle.pixels.shape[1]) // 2
    bottom, right = top + middle.pixels.shape[0], left + middle.pixels.shape[1]
    canvas[top:bottom, left:right] = middle.pixels
    matrix = None if middle.homography is None else translation(left, top) @ middle.homography
    return Attacked(canvas, matrix)


def video(
    image: Pixels,
    rng: np.random.Generator,
    *,
    lines: int,
    crf: int,
    sides: str = "blurred",
    preset: str = "medium",
    index: int = 20,
    zoom: float = 0.0,
) -> Attacked:
    """Take a frame of an H.264 clip of 16:9 that shows the picture in its middle.

    Parameters as of `framed` and `native`.
    """
    laid = framed(image, rng, lines=lines, sides=sides)
    encoded = native(laid.pixels, rng, crf=crf, preset=preset, index=index, zoom=zoom)
    return Attacked(encoded.pixels, laid.homography)


def heic(image: Pixels, rng: np.random.Generator, *, quality: int) -> Attacked:
    """HEIC of a quality, as libheif has x265 write it, within about 1 dB.

    One intra frame of a constant rate factor of (100 - quality) / 2.
    """
    del rng
    parameters = "log-level=error:pools=none:frame-threads=1:keyint=1"
    encoder = ["-c:v", "libx265", "-preset", "slow", "-tune", "ssim"]
    encoder += ["-crf", f"{(100 - quality) / 2:g}", "-x265-params", parameters]
    return unmoved(_frame(image, encoder))
