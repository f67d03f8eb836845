"""Reading ahead in bounded room."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path
from typing import Any

from indelible.scan.feeding import Fed, Feeder, Read, Room
from indelible.scan.items import ShardEnd
from indelible.scan.output import Output
from indelible.scan.reading import Reader
from indelible.scan.sources import Entry, entries
from tests.scan.pictures import fill, picture


def test_room_is_waited_for() -> None:
    room = Room(100, 2)
    assert room.take(60)
    taken: list[int] = []

    def take(size: int) -> threading.Thread:
        def work() -> None:
            if room.take(size):
                taken.append(size)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    thread = take(50)
    thread.join(0.1)
    assert not taken
    room.give_back(size=60, rows=1)
    thread.join(10)
    assert taken == [50]
    room.give_back(size=50)
    thread = take(1000)  # larger than all of it: it comes in alone
    thread.join(10)
    assert taken == [50, 1000]
    thread = take(1)  # no row is left
    room.give_back(size=1000)
    thread.join(0.1)
    assert thread.is_alive()
    room.close()
    thread.join(10)
    assert taken == [50, 1000]


class Fixture:
    def __init__(self, folder: Path, listed: list[Entry], room: Room) -> None:
        self.output = Output(folder / "out")
        self.output.open()
        self.output.begin("x", {}, listed)
        self.room = room
        self.inbox: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.feeder = Feeder(self.output, Reader(), 4, room, self.inbox)

    def all(self) -> list[Any]:
        """Everything that is fed, in its order."""
        self.feeder.start()
        found: dict[int, Any] = {}
        while True:
            number, arrival = self.inbox.get(timeout=30)
            if isinstance(arrival, Fed):
                assert arrival.error is None
                found[number] = arrival
            else:
                found[number] = arrival
                if isinstance(arrival, Read):
                    self.room.give_back(size=arrival.taken, rows=1)
            if sorted(found) == list(range(len(found))) and any(
                isinstance(one, Fed) for one in found.values()
            ):
                return [found[number] for number in sorted(found)]


def test_pictures_are_read_hashed_and_numbered(tmp_path: Path) -> None:
    fill(tmp_path / "in", 9)
    (tmp_path / "in" / "notes.txt").write_bytes(b"no picture")
    (tmp_path / "in" / "zz.txt").write_bytes(picture(0))  # by its name none, and one all the same
    (tmp_path / "in" / "00003.c2pa").write_bytes(b"a manifest")
    listed = list(entries([str(tmp_path / "in")], output="x"))
    found = Fixture(tmp_path, listed, Room(2000, 3)).all()
    reads = [one for one in found if isinstance(one, Read)]
    assert [Path(one.item.uri).name for one in reads] == [Path(one.uri).name for one in listed]
    assert [one.count for one in found if isinstance(one, ShardEnd)] == [4, 4, 4]
    by_name = {Path(one.item.uri).name: one for one in reads}
    assert by_name["zz.txt"].sha256 == by_name["00000.jpg"].sha256
    assert {name for name, one in by_name.items() if one.passed_over} == {"notes.txt", "00003.c2pa"}
    assert {name for name, one in by_name.items() if one.alone} == {"00003.jpg"}
    assert all(one.read_ms is not None for one in reads if not one.passed_over)


def test_what_cannot_be_read_has_its_error(tmp_path: Path) -> None:
    found = Fixture(
        tmp_path, [Entry("file", "missing.jpg"), Entry("file", "ssh://x/y")], Room(9, 9)
    )
    reads = [one for one in found.all() if isinstance(one, Read)]
    assert all(one.item.error is not None and one.sha256 is None for one in reads)


def test_it_reads_no_more_than_there_is_room_for(tmp_path: Path) -> None:
    names = fill(tmp_path / "in", 20)
    size = Path(names[0]).stat().st_size
    fixture = Fixture(tmp_path, list(entries(names, output="x")), Room(3 * size + 50, 100))
    fixture.feeder.start()
    time.sleep(0.5)
    assert 1 <= fixture.inbox.qsize() <= 4
    fixture.feeder.stop()


def test_a_list_that_cannot_be_read_ends_the_scan(tmp_path: Path) -> None:
    fixture = Fixture(tmp_path, [Entry("file", "a")], Room(9, 9))
    (tmp_path / "out" / "_scan" / "list.jsonl").write_text("no json")
    fixture.feeder.start()
    _, fed = fixture.inbox.get(timeout=30)
    assert isinstance(fed, Fed)
    assert isinstance(fed.error, ValueError)
