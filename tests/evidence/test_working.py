"""Working copies: blurred so far that nobody is recognised, and said to be."""

from __future__ import annotations

import json

import numpy as np

from indelible import imaging
from indelible.evidence.working import working_parts
from tests.evidence.owners import Owner


def test_blurred_copies_show_no_details(owner: Owner) -> None:
    result = owner.verifier.verify(owner.changed)
    image = imaging.open_image(owner.changed)
    blurred = working_parts(result, image, clear=False, language="en")
    clear = working_parts(result, image, clear=True, language="en")
    assert set(blurred) == set(clear)
    detail = {}
    for name, parts in (("blurred", blurred), ("clear", clear)):
        pixels = imaging.decode(parts["working/preview.png"]).pixels.astype(int)
        detail[name] = np.abs(np.diff(pixels[..., 1], axis=1)).mean()
    assert detail["blurred"] < detail["clear"] / 3


def test_where_the_change_is_seen_through_the_blur(owner: Owner) -> None:
    result = owner.verifier.verify(owner.changed)
    image = imaging.open_image(owner.changed)
    parts = working_parts(result, image, clear=False, language="de")
    pixels = imaging.decode(parts["working/change-map.png"]).pixels.astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 80)
    rows, columns = np.nonzero(red)
    assert 100 < rows.mean() < 300
    assert 140 < columns.mean() < 340


def test_two_runs_give_the_same_bytes(owner: Owner) -> None:
    result = owner.verifier.verify(owner.changed)
    image = imaging.open_image(owner.changed)
    first, second = (working_parts(result, image, clear=False, language="en") for _ in range(2))
    assert first == second
    for line in first["working/working.jsonl"].splitlines():
        assert json.loads(line)["blur"]


def test_pictures_of_odd_shapes(owner: Owner) -> None:
    verifier = owner.verifier_with(registry=None, keys=())
    for shape in ((1, 1), (3, 900), (40, 41), (700, 2)):
        pixels = np.arange(shape[0] * shape[1], dtype=np.uint32).astype(np.uint8).reshape(shape)
        data = imaging.encode(pixels, "png")
        parts = working_parts(
            verifier.verify(data), imaging.open_image(data), clear=False, language="en"
        )
        assert imaging.decode(parts["working/preview.png"]).pixels.shape[2] == 3
