"""What manifests allow: every form, every manifest of a history once, whatever its shape."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given

from indelible.credentials import TrainingMining
from indelible.credentials.manifests.permissions import Permission, permissions_in
from indelible.errors import ManifestError
from tests.credentials.manifests.test_tree import SHAPED

ASKS = {"label": "cawg.training-mining", "data": TrainingMining().data()}


def body(*below: tuple[str, str], asks: bool = False) -> dict[str, Any]:
    return {
        "assertions": [ASKS] if asks else [],
        "ingredients": [{"active_manifest": name, "relationship": kind} for name, kind in below],
    }


def found(manifests: dict[str, Any]) -> tuple[Permission, ...]:
    return permissions_in(manifests, "a", "untrusted", {"b"})


def test_parts_count_and_mere_inputs_do_not() -> None:
    for kind, said in (("parentOf", 4), ("componentOf", 4), ("inputTo", 0), ("new", 4)):
        assert len(found({"a": body(("b", kind)), "b": body(asks=True)})) == said
    (first, *_) = found({"a": body(("b", "parentOf")), "b": body(asks=True)})
    assert (first.ingredient, first.standing, first.manifest_id) == (True, "trusted", "b")
    (first, *_) = found({"a": body(asks=True)})
    assert (first.ingredient, first.standing) == (False, "untrusted")


def test_a_circle_ends_and_one_says_it_once() -> None:
    circle = {"a": body(("b", "parentOf"), ("a", "parentOf"), asks=True)}
    circle["b"] = body(("a", "parentOf"), ("b", "componentOf"), asks=True)
    assert len(found(circle)) == 8


@pytest.mark.parametrize("shape", ["chain", "fan", "mesh"])
def test_ten_thousand_ingredients(shape: str) -> None:
    names = ["a", *(str(number) for number in range(10_000))]
    manifests = {name: body() for name in names}
    if shape == "chain":
        for above, below in itertools.pairwise(names):
            manifests[above] = body((below, "parentOf"))
    elif shape == "fan":
        manifests["a"] = body(*((name, "componentOf") for name in names[1:]))
    else:
        for at, above in enumerate(names):
            manifests[above] = body(*((name, "componentOf") for name in names[at + 1 : at + 20]))
    manifests[names[-1]] = body(asks=True)
    start = time.perf_counter()
    assert len(found(manifests)) == 4  # the last one is not hidden by the others
    assert time.perf_counter() - start < 2


@given(SHAPED)
def test_any_shape(value: object) -> None:
    permissions_in({"a": value}, "a", "broken", ())
    data = {"label": "cawg.training-mining", "data": value}
    for one in found({"a": {"assertions": [data]}}):
        assert one.use in ("allowed", "notAllowed", "constrained")
    entries = {"label": "c2pa.training-mining__1", "data": {"entries": {"x": value}}}
    found({"a": {"assertions": [entries]}})


def test_entries_of_ones_own() -> None:
    mine = TrainingMining(None, None, None, None, {"org.example.printing": "allowed"})
    assert mine.data() == {"entries": {"org.example.printing": {"use": "allowed"}}}
    for name in ("cawg.printing", "printing", "no domain"):
        with pytest.raises(ManifestError):
            TrainingMining(others={name: "allowed"}).data()
    with pytest.raises(ManifestError):
        TrainingMining(others={"org.example.printing": "perhaps"}).data()
