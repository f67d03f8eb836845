"""Limits: what is at the limit passes, what is over it is refused with what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from indelible.errors import ImageTooLargeError, UnreadableImageError
from indelible.limits import DEFAULT_LIMITS, Limits

SMALL = Limits(
    max_pixels=100, max_decoded_bytes=300, max_bytes=50, max_frames=3, max_metadata_bytes=20
)


@pytest.mark.parametrize(
    ("at_the_limit", "over_it", "words"),
    [
        (lambda: SMALL.check_bytes(50), lambda: SMALL.check_bytes(51), "max_bytes"),
        (lambda: SMALL.check_size(10, 10), lambda: SMALL.check_size(101, 1), "max_pixels"),
        (
            lambda: SMALL.check_decoded(10, 10, 3),
            lambda: SMALL.check_decoded(10, 10, 4),
            "max_decoded_bytes",
        ),
        (lambda: SMALL.check_frames(3), lambda: SMALL.check_frames(4), "max_frames"),
        (lambda: SMALL.check_metadata(20), lambda: SMALL.check_metadata(21), "max_metadata_bytes"),
        (
            lambda: Limits(max_pixels=10**9).check_size(1_000_000, 1),
            lambda: Limits(max_pixels=10**9).check_size(1_000_001, 1),
            "pieces",
        ),
    ],
)
def test_at_the_limit_and_over_it(
    at_the_limit: Callable[[], None], over_it: Callable[[], None], words: str
) -> None:
    at_the_limit()
    with pytest.raises(ImageTooLargeError) as caught:
        over_it()
    assert words in str(caught.value.hint)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_a_picture_without_pixels_is_damaged(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableImageError):
        SMALL.check_size(*size)


def test_the_defaults_admit_a_camera_of_100_megapixels() -> None:
    DEFAULT_LIMITS.check_size(11_600, 8_600)
    DEFAULT_LIMITS.check_decoded(11_600, 8_600, 3)
    DEFAULT_LIMITS.check_bytes(11_600 * 8_600 * 4)
