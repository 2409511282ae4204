"""Each fault does to the connection and to what the provider holds exactly what it says."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from provisor.testing import FakeServiceProvider, Fault, Profile

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def user(username: str = "ada") -> dict[str, Any]:
    return {"schemas": [USER], "userName": username}


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the provider has no event to wait for
            await asyncio.sleep(0.005)


async def test_a_status_is_answered_and_nothing_done(sp, call):
    sp.fault(Fault("status", status=429, retry_after=7))
    refused = await call("POST", "/Users", user())
    assert (refused.status, refused.headers["Retry-After"], refused.body["status"]) == (429, "7", "429")
    assert (sp.users, sp.requests[0].status, sp.requests[0].fault) == ([], 429, "status")


async def test_a_status_with_a_date_and_a_body_of_its_own(sp, call):
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    sp.fault(Fault("status", status=503, retry_after=date, body="busy"))
    refused = await call("GET", "/Users")
    assert (refused.headers["Retry-After"], refused.raw) == (date, b"busy")


async def test_a_page_instead_of_json(sp, call):
    sp.fault(Fault("html", status=200))
    answer = await call("GET", "/Users")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.raw.startswith(b"<!doctype html>")


async def test_a_lost_answer_is_lost_after_the_work(sp, call):
    sp.fault(Fault("lost_answer"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call("POST", "/Users", user())
    assert sp.user("ada")
    assert (sp.writes[0].status, sp.writes[0].fault) == (0, "lost_answer")


async def test_a_reset_comes_before_the_work(sp, call):
    sp.fault(Fault("reset"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await call("POST", "/Users", user())
    assert (sp.users, sp.writes[0].status) == ([], 0)


async def test_a_cut_body_is_shorter_than_announced(sp, call):
    sp.fault(Fault("cut_json"))
    with pytest.raises(aiohttp.ClientPayloadError):
        await call("POST", "/Users", user())
    assert sp.user("ada")
    assert sp.writes[0].status == 201


async def test_latency_delays_and_then_all_goes_on(sp, call):
    sp.fault(Fault("latency", seconds=0.3, times=1))
    slow = asyncio.create_task(call("POST", "/Users", user("ada")))
    await until(lambda: sp.requests)
    assert (await call("POST", "/Users", user("bob"))).status == 201
    assert sp.user("ada") is None
    assert (await slow).status == 201
    assert [request.fault for request in sp.requests] == ["latency", None]


async def test_latency_goes_together_with_another_fault(sp, call):
    sp.fault(Fault("latency", seconds=0.001))
    sp.fault(Fault("status", status=500))
    assert (await call("GET", "/Users")).status == 500


async def test_work_goes_on_for_a_client_that_has_given_up(sp, call):
    sp.fault(Fault("latency", seconds=0.05))
    asked = asyncio.create_task(call("POST", "/Users", user()))
    await until(lambda: sp.requests)
    asked.cancel()
    await until(lambda: sp.user("ada"))


async def test_a_hanging_request_is_seen_and_ends_with_the_provider(sp, call):
    sp.fault(Fault("hang"))
    hanging = asyncio.create_task(call("POST", "/Users", user()))
    await until(lambda: sp.requests)
    assert not hanging.done()
    await sp.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await hanging
    assert sp.users == []


async def test_a_hang_of_some_seconds_ends_by_itself(sp, call):
    sp.fault(Fault("hang", seconds=0.01))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call("GET", "/Users")


async def test_faults_choose_their_requests(sp, call):
    sp.fault(Fault("status", method="POST", path_contains="/Gro"))
    assert (await call("GET", "/Groups")).status == 200
    assert (await call("POST", "/Users", user())).status == 201
    assert (await call("POST", "/Groups", {})).status == 503


async def test_faults_end_after_their_times(sp, call):
    sp.fault(Fault("status", status=500, times=2))
    sp.fault(Fault("status", status=502, times=1))
    assert [(await call("GET", "/Users")).status for _ in range(4)] == [500, 500, 502, 200]


async def test_faults_end_when_cleared(sp, call):
    sp.fault(Fault("status"))
    sp.clear_faults()
    assert (await call("GET", "/Users")).status == 200


async def statuses(seed: int) -> list[int]:
    async with FakeServiceProvider("", Profile(), seed=seed) as sp, aiohttp.ClientSession() as session:
        sp.fault(Fault("status", status=500, probability=0.3))
        for _ in range(100):
            async with session.get(f"{sp.base_url}/Users"):
                pass
        return [request.status for request in sp.requests]


async def test_chance_comes_from_the_seed():
    first, again, other = await statuses(1), await statuses(1), await statuses(2)
    assert first == again != other
    assert 10 < first.count(500) < 50


async def test_many_clients_lose_no_create(sp, call):
    sp.fault(Fault("lost_answer", probability=0.3, method="POST"))
    names = [f"user{number}" for number in range(200)]
    ended = await asyncio.gather(*(call("POST", "/Users", user(name)) for name in names), return_exceptions=True)
    assert {row["userName"] for row in sp.users} == set(names)
    assert any(isinstance(end, aiohttp.ServerDisconnectedError) for end in ended)
