"""What waits for a worker: bounded, and shared fairly."""

from __future__ import annotations

import pytest

from indelible.service.failures import RefusedError
from indelible.service.queueing import FairQueue, Room


def room(places: int = 8, size: int = 800) -> Room:
    return Room(places, size, lambda: 2.5)


def test_one_client_gets_a_quarter_of_the_places_and_is_told_so() -> None:
    shared = room()
    shared.hold("a").add(places=2)
    with pytest.raises(RefusedError) as refused:
        shared.hold("a").add(places=1)
    assert (refused.value.status, refused.value.code) == (429, "too_many_at_once")
    assert refused.value.retry_after == 2.5
    shared.hold("b").add(places=1)


def test_a_full_room_takes_nobody() -> None:
    shared = room()
    for client in "abcdefgh":
        shared.hold(client).add(places=1)
    with pytest.raises(RefusedError) as refused:
        shared.check("z")
    assert (refused.value.status, refused.value.code) == (503, "busy")


def test_bytes_are_bounded_too() -> None:
    shared = room()
    hold = shared.hold("a")
    hold.add(size=200)
    with pytest.raises(RefusedError, match="as many"):
        hold.add(size=1)
    for client in "bcd":
        shared.hold(client).add(size=200)
    with pytest.raises(RefusedError, match="hold"):
        shared.hold("e").add(size=1)


def test_what_is_released_is_released_once_and_forgotten() -> None:
    shared = room()
    hold = shared.hold("a")
    hold.add(places=1, size=50)
    assert (shared.places, shared.size) == (1, 50)
    hold.release()
    hold.release()
    assert (shared.places, shared.size) == (0, 0)
    assert shared._clients == {}


def test_what_was_refused_took_nothing() -> None:
    shared = room()
    hold = shared.hold("a")
    hold.add(size=150)
    with pytest.raises(RefusedError):
        hold.add(size=100)
    hold.release()
    assert shared.size == 0


def test_clients_are_served_in_turn() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "a3"):
        queue.put("a", item)
    queue.put("b", "b1")
    assert [queue.take(0) for _ in range(5)] == ["a1", "b1", "a2", "a3", None]


def test_a_closed_queue_takes_nothing_in_and_gives_out_what_it_has() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.put("a", 1)
    queue.close()
    assert not queue.put("a", 2)
    assert (queue.take(0), queue.take(60)) == (1, None)
