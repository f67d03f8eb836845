"""The memory that a thread keeps."""

from __future__ import annotations

import threading

import numpy as np

from indelible.watermark._scratch import MOST_KEPT, Scratch, scratch


def test_a_thread_gets_the_same_arrays_again() -> None:
    with scratch() as memory:
        values, power = memory.spectrum(16)
        assert values.shape == power.shape == (16, 9)
    with scratch() as memory:
        assert np.shares_memory(memory.spectrum(16)[0], values)
        assert memory.spectrum(8)[0].shape == (8, 5)
        assert np.shares_memory(memory.spectrum(16)[0], values)


def test_names_are_arrays_of_their_own() -> None:
    memory = Scratch()
    one, other = (memory.array(name, (3, 5), np.float32) for name in ("one", "other"))
    assert one.shape == (3, 5)
    assert one.dtype == np.float32
    assert not np.shares_memory(one, other)
    assert np.shares_memory(one, memory.array("one", (7,), np.complex64))


def test_what_is_huge_is_not_kept() -> None:
    memory = Scratch()
    huge = memory.array("one", (MOST_KEPT + 1,), np.uint8)
    assert not np.shares_memory(huge, memory.array("one", (MOST_KEPT + 1,), np.uint8))


def test_who_asks_meanwhile_gets_others() -> None:
    with scratch() as outer, scratch() as within:
        assert not np.shares_memory(outer.spectrum(16)[0], within.spectrum(16)[0])


def test_other_threads_get_others() -> None:
    found = []

    def look() -> None:
        with scratch() as memory:
            found.append(memory.spectrum(16)[0])

    with scratch() as memory:
        mine = memory.spectrum(16)[0]
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, found[0])
