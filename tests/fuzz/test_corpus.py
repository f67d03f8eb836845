"""Each input of the fuzzing corpus once, under the limits of its target."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("costs are measured with Linux's means", allow_module_level=True)

from indelible.errors import ImageTooLargeError
from tests.fuzz import corpus, corpus_store
from tests.fuzz.harness import MEGABYTE, Allowance, Target, run_all
from tests.fuzz.mutate import MAX_BYTES
from tests.fuzz.targets import TARGETS


def every_seed() -> Iterator[corpus.Seed]:
    yield from corpus.seeds()
    yield from corpus_store.store_seeds()
    yield from corpus_store.gif_seeds()


def test_nothing_in_the_corpus_costs_much() -> None:
    names: dict[tuple[str, bytes], str] = {}

    def work() -> Iterator[tuple[Target, bytes]]:
        for target, name, data in every_seed():
            # A decoder begins with the header. `make fuzz` runs the large inputs, too.
            if not target.startswith("header-") and len(data) <= MAX_BYTES:
                names[target, data] = name
                yield TARGETS[target], data

    complaints = [
        f"{target.name}, {names[target.name, data]} ({len(data)} bytes): {cost.complaint}"
        for target, data, cost in run_all(work())
        if cost.complaint is not None
    ]
    assert len(names) > 200
    assert complaints == []


def test_every_target_has_a_seed() -> None:
    used = {seed.target for seed in every_seed()}
    assert used == set(TARGETS)


def _allow(allowed: Allowance, _: bytes) -> Allowance:
    return allowed


def _spin(_: bytes) -> None:
    while True:
        pass


def _fill(data: bytes) -> int:
    return len(bytearray(b"\1" * len(data) * MEGABYTE))


def _refuse(_: bytes) -> None:
    raise ImageTooLargeError("too large")


def _fail(_: bytes) -> None:
    raise KeyError("foreign")


def test_costs_and_foreign_errors_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    little, moment = Allowance(2.0, 50 * MEGABYTE), Allowance(0.1)
    for run, allowed in ((_spin, moment), (_fill, little), (_refuse, little), (_fail, little)):
        target = Target(run.__name__, run, partial(_allow, allowed))
        monkeypatch.setitem(TARGETS, target.name, target)
    work = [
        (TARGETS["_fill"], bytes(100)),
        (TARGETS["_fill"], bytes(1)),
        (TARGETS["_spin"], b""),
        (TARGETS["_refuse"], b""),
        (TARGETS["_fail"], b""),
    ]
    found = [(target.name, cost.complaint) for target, _, cost in run_all(iter(work), workers=1)]
    assert [name for name, _ in found] == ["_fill", "_fill", "_spin", "_refuse", "_fail"]
    large, small, endless, refused, failed = (complaint for _, complaint in found)
    assert large is not None
    assert "50 MB are allowed" in large
    assert endless is not None
    assert "time" in endless
    assert failed is not None
    assert "KeyError: 'foreign'" in failed
    assert small is refused is None
