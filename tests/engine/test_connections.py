"""The line before one SP: how many requests are there at the same time, who goes first, and who is sent away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextvars import Context

import pytest

from provisor.core.form import Form
from provisor.engine import connections
from provisor.engine.connections import LEAVERS
from provisor.engine.pacing import Gate, GateClosed
from provisor.scim.http import Answer, NotSent

EDIT = 1
GOOD = Answer(200)


def a_gate(width: int = 8, **limits: str) -> Gate:
    """A gate at full width."""
    gate = Gate()
    gate.open({"concurrency": width}, Form(limits=limits))
    gate._width.now = width
    return gate


class Requests:
    """Requests that stay at the SP until they are answered; `open` holds what got there, in order."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.open = gate, list[object]()
        self.answer, self.arrived = asyncio.Event(), asyncio.Event()

    async def _ask(self, path: str, name: object) -> None:
        connections.enter(self.gate)
        async with connections.connection():
            await self.ask(path, name)

    async def ask(self, path: str, name: object) -> None:
        """A request whose place is its own, as a page of a listing has it."""
        async with self.gate.turn("PATCH", path):
            self.open.append(name)
            self.arrived.set()
            await self.answer.wait()

    def _context(self, priority: int) -> Context:
        return connections.context(priority)

    async def send(self, priorities: Iterable[int], path: str = "/Users/1") -> list[asyncio.Task[None]]:
        sent = [asyncio.create_task(self._ask(path, p), context=self._context(p)) for p in priorities]
        await turns()
        return sent


async def turns() -> None:
    """Everybody gets as far as he can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("width", "edits", "leavers"),
    [
        pytest.param(10, 8, 2, id="a fifth is kept for leavers"),
        pytest.param(4, 3, 1, id="at least one is kept"),
        pytest.param(2, 1, 1, id="of two, one"),
        pytest.param(1, 1, 0, id="of one, none can be kept"),
    ],
)
async def test_leavers_find_a_place_while_edits_wait(width: int, edits: int, leavers: int) -> None:
    requests = Requests(a_gate(width))
    sent = await requests.send([EDIT] * 20) + await requests.send([LEAVERS] * 20)
    assert (requests.open.count(EDIT), requests.open.count(LEAVERS)) == (edits, leavers)
    requests.answer.set()
    await asyncio.gather(*sent)
    assert len(requests.open) == 40


async def test_who_stops_waiting_takes_no_place_along() -> None:
    requests = Requests(a_gate(1))
    (first, impatient) = await requests.send([EDIT, EDIT])
    impatient.cancel()
    requests.answer.set()
    await asyncio.gather(first, impatient, return_exceptions=True)
    await asyncio.gather(*await requests.send([EDIT]))
    assert len(requests.open) == 2


async def test_who_is_cancelled_in_the_moment_of_his_turn_gives_it_back() -> None:
    requests = Requests(a_gate(1))
    first, second, third = await requests.send([EDIT, EDIT, EDIT])
    first.cancel()
    await asyncio.sleep(0)  # it gives its place to the second, who doesn't know yet
    second.cancel()
    requests.answer.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert third.done()
    assert not third.cancelled()


async def test_leavers_get_the_next_token() -> None:
    requests = Requests(a_gate(8, requests="10/1/1"))
    requests.answer.set()
    sent = await requests.send([EDIT] * 6)
    sent += await requests.send([LEAVERS])
    await asyncio.gather(*sent)
    assert requests.open.index(LEAVERS) == 1  # one had gone before


async def test_who_lacks_a_token_keeps_no_place_from_others() -> None:
    requests = Requests(a_gate(4, group_update="1/60/1"))
    stuck = await requests.send([EDIT] * 20, "/Groups/1")
    others = await requests.send([EDIT] * 2)
    assert len(requests.open) == 3  # one group, and both users
    for task in (*stuck, *others):
        task.cancel()
    await asyncio.gather(*stuck, *others, return_exceptions=True)


async def test_within_a_priority_the_first_goes_first() -> None:
    gate = a_gate(8, requests="100/1/1")
    order: list[int] = []

    async def ask(number: int) -> None:
        async with gate.turn("GET", "/Users"):
            order.append(number)

    await asyncio.gather(*map(ask, range(20)))
    assert order == list(range(20))


async def test_closing_sends_away_who_waits_for_a_token() -> None:
    gate = a_gate(8, requests="1/3600/1")
    requests = Requests(gate)
    requests.answer.set()
    first, waiting = await requests.send([EDIT, EDIT])
    gate.close("The application was changed.")
    with pytest.raises(GateClosed):
        await waiting
    await first


async def test_a_long_pause_sends_away_who_waits() -> None:
    gate = a_gate(1)
    requests = Requests(gate)
    first, waiting = await requests.send([EDIT, EDIT])
    gate.pause(120)
    with pytest.raises(NotSent):
        await waiting
    requests.answer.set()
    await first


async def test_it_is_halved_by_haste_and_grows_again() -> None:
    gate = a_gate(8)
    async with gate.turn("GET", "/Users") as turn:
        turn.answered(Answer(429, retry_after=0.01))
    assert gate.as_json()["concurrency"] == {"now": 4, "most": 8}
    requests = Requests(gate)
    sent = await requests.send([EDIT] * 20)
    async with asyncio.timeout(10):
        while len(requests.open) < 3:  # the pause has to end first
            requests.arrived.clear()
            await requests.arrived.wait()
    assert len(requests.open) == 3
    requests.answer.set()
    await asyncio.gather(*sent)


async def test_nothing_passes_before_a_pause_ends() -> None:
    gate = a_gate(8, requests="1000/1/8")
    async with gate.turn("GET", "/Users") as turn:
        turn.answered(Answer(429, retry_after=0.05))
    begun = asyncio.get_running_loop().time()
    async with gate.turn("GET", "/Users"):
        assert asyncio.get_running_loop().time() - begun >= 0.05


async def two_in_line(requests: Requests) -> list[asyncio.Task[None]]:
    """Two requests; the first was cancelled, so that the second's turn has come, and it doesn't know yet."""
    first, second = (asyncio.create_task(requests.ask("/Users/1", name)) for name in ("first", "second"))
    await turns()
    first.cancel()
    await asyncio.sleep(0)
    return [first, second]


async def test_a_pause_that_begins_in_the_moment_of_a_turn_counts() -> None:
    gate = a_gate(1)
    requests = Requests(gate)
    first, second = await two_in_line(requests)
    gate.pause(0.1)
    begun = asyncio.get_running_loop().time()
    requests.arrived.clear()
    await requests.arrived.wait()
    assert asyncio.get_running_loop().time() - begun >= 0.09
    requests.answer.set()
    await asyncio.gather(first, second, return_exceptions=True)


async def test_two_refusals_show_a_limit_that_nobody_said() -> None:
    gate = a_gate(8)
    for _ in range(2):  # two refusals with ten answers between them
        async with gate.turn("GET", "/Users") as turn:
            turn.answered(Answer(429, retry_after=0.05))
        async with gate.turn("GET", "/Users") as turn:
            for _ in range(10):
                turn.answered(GOOD)
    (limit,) = gate.as_json()["limits"]
    assert (limit["class"], limit["found"]) == ("requests", True)
    assert limit["requests"] < 60 * 10 / 0.05


async def test_closing_in_the_moment_of_a_turn_counts() -> None:
    gate = a_gate(1)
    requests = Requests(gate)
    _first, second = await two_in_line(requests)
    requests.answer.set()
    gate.close("The application was changed.")
    with pytest.raises(GateClosed):
        await second
    assert len(requests.open) == 1


def test_nothing_is_said_of_a_gate_that_runs() -> None:
    said = a_gate(8, writes="600/60/180").as_json()
    assert (said["state"], said["paused_until"], said["reason"]) == ("running", None, "")
    assert said["limits"] == [{"class": "writes", "requests": 600, "per_seconds": 60, "burst": 180.0, "found": False}]
