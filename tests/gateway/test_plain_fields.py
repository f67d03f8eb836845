"""Fields that are not known pass where they lead to no picture."""

from __future__ import annotations

from typing import Any

import pytest

from indelible.gateway.errors import GatewayError
from indelible.gateway.plain_fields import check_field, count_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", "See https://example.org/a.png, and /etc/passwd; 'file-1'"),
        ("model", "black-forest-labs/FLUX.1-dev"),
        ("size", "1024x1024"),
        ("partial_images", 2),
        ("partial_images", "2"),
        ("input_fidelity", "high"),
        ("response_format", "url"),
        ("extra_args", {"guidance": 3.5, "schedule": ["a", "b"]}),
        ("user", None),
        ("init_strength", 0.5),
    ],
)
def test_passed(name: str, value: Any) -> None:
    check_field(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", ["a"]),
        ("prompt", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg"),
        ("lora_path", "weights.safetensors"),
        ("init_image", "img_1"),
        ("extra", "https://example.org/a.png"),
        ("extra", "s3://bucket/a.png"),
        ("extra", "/srv/pictures/a.png"),
        ("extra", "../a.png"),
        ("extra", "//example.org/a.png"),
        ("extra", "file-abc123"),
        ("extra", {"deep": {"video_url": "a"}}),
        ("extra", {"a": {"b": {"c": {"d": {"e": 1}}}}}),
        ("extra", [[137, 80, 78, 71] * 40]),
        ("extra", ["a"] * 300),
        ("extra", "x" * 500),
    ],
)
def test_refused(name: str, value: Any) -> None:
    with pytest.raises(GatewayError) as caught:
        check_field(name, value)
    assert caught.value.status == 400


def test_counts() -> None:
    good: list[object] = [None, "", 1, "3", 10]
    for value in good:
        count_of(value, 10)
    wrong: list[object] = [0, 11, "many", -1, 1.5, [1], "1e3", True]
    for value in wrong:
        with pytest.raises(GatewayError):
            count_of(value, 10)
