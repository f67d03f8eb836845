"""The key ring: the newest key marks, all keys detect, none is ever lost."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from indelible.errors import KeyFileError, OutputExistsError
from indelible.settings import KeyRing
from indelible.watermark import Key


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


def test_an_unused_ring_is_empty_and_makes_no_folder(ring: KeyRing) -> None:
    assert ring.keys() == ()
    assert ring.files() == ()
    assert not ring.folder.exists()


def test_the_first_key_is_made_once_and_for_its_owner_only(ring: KeyRing) -> None:
    keys, created = ring.ensure()
    assert created
    assert ring.ensure() == (keys, False)
    (file,) = ring.files()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700


def test_racing_threads_make_one_key(ring: KeyRing) -> None:
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(ring.ensure()[1])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.count(True) == 1
    assert len(ring.keys()) == 1


def test_rotation_puts_the_newest_first_and_keeps_the_family(ring: KeyRing) -> None:
    first = ring.add(Key.generate(family="acme")).key
    second = ring.rotate().key
    third = ring.rotate().key
    assert ring.keys() == (third, second, first)
    assert {file.key.family for file in ring.files()} == {"acme"}


def test_a_key_is_held_once(ring: KeyRing) -> None:
    key = ring.rotate().key
    with pytest.raises(OutputExistsError, match=key.id):
        ring.add(key)


def test_a_retired_key_is_neither_used_nor_lost(ring: KeyRing) -> None:
    old = ring.rotate().key
    new = ring.rotate().key
    retired = ring.retire(old.id)
    assert retired.path.exists()
    assert ring.keys() == (new,)
    assert [file.retired for file in ring.files()] == [False, True]
    ring.restore(old.id)
    assert ring.keys() == (new, old)


def test_retired_numbers_are_not_given_again(ring: KeyRing) -> None:
    ring.rotate()
    newest = ring.rotate().key
    ring.retire(newest.id)
    successor = ring.rotate()
    ring.restore(newest.id)
    assert ring.keys()[0] == successor.key


def test_the_last_key_stays(ring: KeyRing) -> None:
    key = ring.rotate().key
    with pytest.raises(KeyFileError, match="last key"):
        ring.retire(key.id)


def test_a_ring_of_retired_keys_makes_no_new_one_by_itself(ring: KeyRing) -> None:
    ring.rotate()
    (ring.folder / "retired").mkdir()
    for file in ring.folder.glob("*.key"):
        file.rename(ring.folder / "retired" / file.name)
    with pytest.raises(KeyFileError, match="retired"):
        ring.ensure()


@pytest.mark.parametrize("act", ["retire", "restore"])
def test_unknown_ids(ring: KeyRing, act: str) -> None:
    ring.rotate()
    with pytest.raises(KeyFileError, match="0000000000000000"):
        getattr(ring, act)("0" * 16)


def test_files_with_names_of_their_own_count_as_oldest(ring: KeyRing) -> None:
    newest = ring.rotate().key
    partner = Key.generate()
    partner.save(ring.folder / "partner.key")
    assert ring.keys() == (newest, partner)


def test_a_damaged_key_is_an_error_not_a_gap(ring: KeyRing) -> None:
    ring.rotate()
    (ring.folder / "0002.key").write_text("{}", encoding="utf-8")
    with pytest.raises(KeyFileError, match="not a watermark key file"):
        ring.keys()


# --- keys of others -------------------------------------------------------------------------------


def test_a_partners_key_detects_and_never_marks(ring: KeyRing) -> None:
    own = ring.rotate().key
    partner = ring.add(Key.generate(family="partner"), detect_only=True)
    assert partner.detect_only
    assert ring.keys() == (own, partner.key)
    assert ring.marking_keys() == (own,)
    assert ring.ensure() == ((own,), False)
    newest = ring.rotate().key
    assert newest.family == own.family
    assert ring.keys() == (newest, own, partner.key)
    assert [file.detect_only for file in ring.files()] == [False, False, True]


def test_a_ring_of_partners_keys_gets_one_of_its_own(ring: KeyRing) -> None:
    partner = ring.add(Key.generate(), detect_only=True).key
    keys, created = ring.ensure()
    assert created
    assert partner not in keys
    assert ring.keys() == (*keys, partner)


def test_a_partners_key_stays_one_when_it_is_retired_and_restored(ring: KeyRing) -> None:
    own = ring.rotate().key
    partner = ring.add(Key.generate(), detect_only=True).key
    with pytest.raises(KeyFileError, match="last key"):
        ring.retire(own.id)
    assert ring.retire(partner.id).detect_only
    assert ring.keys() == (own,)
    assert ring.restore(partner.id).detect_only
    assert ring.marking_keys() == (own,)


def test_a_partners_retired_key_leaves_room_for_the_first_of_ones_own(ring: KeyRing) -> None:
    partner = ring.add(Key.generate(), detect_only=True).key
    ring.retire(partner.id)
    assert ring.ensure()[1]


def test_a_key_is_held_once_in_either_way(ring: KeyRing) -> None:
    key = ring.add(Key.generate(), detect_only=True).key
    with pytest.raises(OutputExistsError, match=key.id):
        ring.add(key)


def test_the_order_is_always_the_same(ring: KeyRing) -> None:
    made = [ring.add(Key.generate(), detect_only=bool(n % 2)).key for n in range(6)]
    expected = (made[4], made[2], made[0], made[5], made[3], made[1])
    for _ in range(3):
        assert KeyRing(ring.folder).keys() == expected
