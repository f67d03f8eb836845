"""So many at a time, so many who wait, and nobody for long."""

from __future__ import annotations

import anyio
import pytest

from indelible.gateway.errors import GatewayError
from indelible.gateway.slots import Slots


def test_places() -> None:
    async def work() -> None:
        slots = Slots(2, queue=1, seconds=5)
        done: list[int] = []
        gate = anyio.Event()

        async def one(number: int) -> None:
            async with slots.place():
                await gate.wait()
                done.append(number)

        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(one, number)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(GatewayError) as caught:
                async with slots.place():
                    pass
            assert caught.value.status == 503
            assert caught.value.retry_after
            gate.set()
        assert sorted(done) == [0, 1, 2]
        async with slots.place(), slots.place():
            pass

    anyio.run(work)


def test_nobody_waits_for_long_or_loses_a_place() -> None:
    async def work() -> None:
        slots = Slots(1, queue=5, seconds=0.01)
        async with slots.place():
            with pytest.raises(GatewayError):
                async with slots.place():
                    pass
        slots = Slots(1)
        for _ in range(3):
            async with slots.place():
                with anyio.move_on_after(0.01):
                    async with slots.place():
                        pass
        async with slots.place():
            pass

    anyio.run(work)
