"""Frames of clips: the geometry everywhere, the codec where ffmpeg is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from benchmarks import attacks
from benchmarks.attacks import Operation, Pixels, video

needs_ffmpeg = pytest.mark.skipif(shutil.which(video.TOOL) is None, reason="no ffmpeg on PATH")


@pytest.mark.parametrize("sides", ["blurred", "black"])
def test_frames_are_wide_with_the_picture_in_the_middle(
    sides: str, picture: Pixels, distance: Callable[..., float]
) -> None:
    operation = partial(video.framed, lines=240, sides=sides)
    framed = operation(picture[:, :120], attacks.generator(0, "")).pixels
    assert framed.shape == (240, 426, 3)
    assert bool(framed[:, :100].any()) is (sides == "blurred")
    # Sides are smooth, the middle is not.
    assert np.abs(np.diff(framed[:, :100].astype(int), axis=0)).max() <= 12
    assert np.abs(np.diff(framed[:, 200:240].astype(int), axis=0)).max() > 12
    assert distance(operation) < 0.3


@needs_ffmpeg
@pytest.mark.parametrize(
    "operation",
    [
        partial(video.native, crf=40),
        partial(video.native, crf=30, index=3, zoom=0.001),
        partial(video.native, codec="h265", crf=40),
        partial(video.heic, quality=20),
    ],
)
def test_codecs_keep_even_sizes_and_repeat(operation: Operation, picture: Pixels) -> None:
    odd = picture[:97, :123]
    first, second = (operation(odd, attacks.generator(4, "clip")) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.pixels.shape == (96, 122, 3)
    difference = np.abs(first.pixels.astype(int) - odd[:96, :122])
    assert 1 < difference.mean() < 20


@needs_ffmpeg
def test_lower_quality_loses_more(picture: Pixels) -> None:
    even = picture[:96, :128]
    losses = [
        np.abs(video.native(even, attacks.generator(0, ""), crf=crf).pixels.astype(int) - even)
        for crf in (18, 45)
    ]
    assert 2 * losses[0].mean() < losses[1].mean()


@needs_ffmpeg
def test_a_clip_shows_the_frame(picture: Pixels) -> None:
    shown = video.framed(picture, attacks.generator(0, ""), lines=120)
    clip = video.video(picture, attacks.generator(0, ""), lines=120, crf=28)
    assert clip.pixels.shape == shown.pixels.shape
    np.testing.assert_array_equal(clip.homography, shown.homography)
    assert np.abs(clip.pixels.astype(int) - shown.pixels).mean() < 8
