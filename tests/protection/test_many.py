"""Many pictures through one `Protector`: order, errors, back-pressure, processes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest

import indelible
from indelible import Protector
from indelible.credentials import DevelopmentIdentity
from indelible.errors import ArgumentError, UnreadableImageError
from indelible.registry.sql import SqlRegistry
from indelible.watermark import Key
from tests.protection.conftest import Pixels


@pytest.fixture
def protector(identity: DevelopmentIdentity, registry: SqlRegistry) -> Protector:
    return Protector(
        signer=identity.signer, key=Key.generate(), registry=registry, generator="Acme Images"
    )


def parts(photograph: Pixels) -> list[Pixels]:
    """Cut four pictures of 128 x 128 px."""
    return [
        np.ascontiguousarray(photograph[y : y + 128, x : x + 128])
        for y in (0, 128)
        for x in (0, 64)
    ]


@pytest.mark.usefixtures("never_marked")
def test_in_order_with_an_error_for_each(photograph: Pixels, protector: Protector) -> None:
    stream = io.BytesIO()
    items: list[Any] = [
        *parts(photograph)[:2],
        b"no picture",
        {"image": photograph, "output": stream},
    ]
    done = list(protector.protect_many(items, workers=2, format="png"))
    assert [one.item is item for one, item in zip(done, items, strict=True)] == [True] * 4
    assert [type(one.error) for one in done] == [
        type(None), type(None), UnreadableImageError, type(None)
    ]  # fmt: skip
    assert done[3].value is not None
    assert stream.getvalue() == done[3].value.data


@pytest.mark.usefixtures("never_marked")
def test_an_endless_iterable_is_read_a_window_ahead(
    photograph: Pixels, protector: Protector
) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in count():
            read += 1
            yield b"no picture"

    outcomes = protector.protect_many(endless(), workers=2)
    for _ in range(3):
        next(outcomes)
    assert read <= 3 + 8
    outcomes.close()


def test_in_processes(photograph: Pixels) -> None:
    protector = Protector.from_settings(generator="Acme Images")  # whose parts travel
    items = parts(photograph)[:2]
    done = list(protector.protect_many(items, workers=1, processes=True, format="png"))
    assert [one.error for one in done] == [None, None]
    for one in done:
        assert one.value is not None
        assert indelible.verify(one.value.data).verdict == "authentic"


def test_what_cannot_travel_is_refused_at_once(photograph: Pixels, protector: Protector) -> None:
    with pytest.raises(indelible.IndelibleError):
        protector.protect_many([photograph], processes=True)


def test_wrong_arguments(photograph: Pixels, protector: Protector) -> None:
    with pytest.raises(ArgumentError):
        protector.protect_many([photograph], wrong=1)
    with pytest.raises(ArgumentError):
        next(protector.protect_many([photograph], workers=0))
    (done,) = protector.protect_many([{"picture": photograph}], workers=1)
    assert isinstance(done.error, ArgumentError)
    (done,) = protector.protect_many([{"format": "png"}], workers=1)
    assert isinstance(done.error, ArgumentError)
