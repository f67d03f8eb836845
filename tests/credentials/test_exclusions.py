"""What a signature leaves out must be its manifest, and nothing that a decoder would look at."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.security.fillings import FILLINGS, INSIDE, Room, filled, room_of, shrunk
from indelible.credentials import DevelopmentIdentity, Trust, read, sign
from indelible.credentials.locating import locate
from tests.credentials.conftest import make_request, picture

KINDS = tuple(FILLINGS)
_ENDS = ("end", "picture", "misaligned")


@pytest.fixture(scope="module", params=KINDS)
def room(request: pytest.FixtureRequest, identity: DevelopmentIdentity) -> Room:
    kind: str = request.param
    signed = sign(picture(kind), kind, make_request(), identity.signer)
    return room_of(kind, signed.data)


def test_there_is_room_for_the_attack(room: Room, trust: Trust) -> None:
    """Otherwise the tests below would show nothing."""
    assert room.size > 900
    assert read(room.data, room.kind, trust=trust).state == "trusted"


@pytest.mark.parametrize("place", ["before", "after", "between"])
def test_nothing_may_be_filled_in(room: Room, place: str, trust: Trust) -> None:
    if place == "between" and room.kind != "jpeg":
        place = "after"
    for name, made in FILLINGS[room.kind].items():
        if len(made()) > room.size - 64:
            assert name in ("profile", "picture")  # of some formats; others cover it
            continue
        report = read(filled(room, **{place: made()}), room.kind, trust=trust)
        # Behind the end of a picture there is no manifest.
        ended = {"absent"} if name in _ENDS and place != "after" else set()
        assert report.state in {"invalid", "unreadable"} | ended, (name, report)
        # In these files the hash notices boxes that it does not know: the picture was changed.
        assert room.kind == "avif" or not report.changed_only, name


def test_the_sentence_says_what_is_wrong(room: Room, trust: Trust) -> None:
    """Not that the picture was changed: its hash holds."""
    made = next(iter(FILLINGS[room.kind].values()))
    report = read(filled(room, after=made()), room.kind, trust=trust)
    assert [item.code for item in report.failures] == ["indelible.exclusions"]
    assert report.reasons == (
        "The signature leaves out more of the file than the manifest itself.",
    )


@pytest.mark.parametrize("name", INSIDE)
def test_nothing_may_be_filled_into_the_store(name: str, room: Room, trust: Trust) -> None:
    found = locate(room.data)
    assert found is not None
    kept = len(shrunk(found.store))
    size = len(found.store) - kept
    for take in range(size - 40, size + 1):  # whatever the lengths of lengths make of it
        store = INSIDE[name](found.store, take)
        if len(store) == len(found.store):
            break
    else:
        pytest.fail("there is no way to fill the store exactly")
    report = read(filled(dataclasses.replace(room, store=store)), room.kind, trust=trust)
    assert report.state in ("invalid", "unreadable")
    assert not report.changed_only


def test_empty_padding_may_lie_behind_the_store(room: Room, trust: Trust) -> None:
    found = locate(room.data)
    assert found is not None
    if room.kind in ("jpeg", "tiff"):
        pytest.skip("there, the box's own length says how much its container holds")
    store = room.store + bytes(len(found.store) - len(room.store))
    data = filled(dataclasses.replace(room, store=store))
    assert read(data, room.kind, trust=trust).state == "trusted"
