"""How many requests are at one SP at the same time, whatever number of accounts is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from provisor.engine.connections import LEAVERS, Connections, connection

EDIT = 1


class Requests:
    """Requests that stay at the SP until they are answered; `open` holds the priority of each that got there."""

    def __init__(self, width: int) -> None:
        self.connections, self.answer, self.open = Connections(width), asyncio.Event(), list[int]()

    async def _ask(self, priority: int) -> None:
        async with connection():
            self.open.append(priority)
            await self.answer.wait()

    async def send(self, priorities: Iterable[int]) -> list[asyncio.Task[None]]:
        sent = [asyncio.create_task(self._ask(p), context=self.connections.context(p)) for p in priorities]
        for _ in range(10):  # each of them gets as far as it can
            await asyncio.sleep(0)
        return sent


@pytest.mark.parametrize(
    ("width", "edits", "leavers"),
    [
        pytest.param(10, 8, 2, id="a fifth is kept for leavers"),
        pytest.param(4, 3, 1, id="at least one is kept"),
        pytest.param(2, 1, 1, id="of two, one"),
        pytest.param(1, 1, 0, id="of one, none can be kept"),
    ],
)
async def test_leavers_find_a_connection_while_edits_wait(width: int, edits: int, leavers: int) -> None:
    requests = Requests(width)
    sent = await requests.send([EDIT] * 20) + await requests.send([LEAVERS] * 20)
    assert (requests.open.count(EDIT), requests.open.count(LEAVERS)) == (edits, leavers)
    requests.answer.set()
    await asyncio.gather(*sent)
    assert len(requests.open) == 40


async def test_who_stops_waiting_takes_no_connection_along() -> None:
    requests = Requests(1)
    (first, impatient) = await requests.send([EDIT, EDIT])
    impatient.cancel()
    requests.answer.set()
    await asyncio.gather(first, impatient, return_exceptions=True)
    await asyncio.gather(*await requests.send([EDIT]))
    assert len(requests.open) == 2
