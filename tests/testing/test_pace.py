"""Limits: tokens, Retry-After, who came back too early, and how many at once. The clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as some

from provisor.testing import FakeServiceProvider, Fault, Profile
from provisor.testing.errors import ScimError
from provisor.testing.pace import ON_ITS_WAY, Pace, classes

from .said import patch, replace, user


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sp(clock: Clock) -> AsyncIterator[FakeServiceProvider]:
    async with FakeServiceProvider(clock=clock, wall=lambda: clock.now + 1_700_000_000.5) as sp:
        yield sp


CLASSES = [
    ("GET", ("Users",), ("requests", "reads", "user_list")),
    ("GET", ("Users", "1"), ("requests", "reads", "user_get")),
    ("POST", ("Users", ".search"), ("requests", "reads", "user_list")),
    ("POST", ("Users",), ("requests", "writes", "user_create")),
    ("PUT", ("Users", "1"), ("requests", "writes", "user_update")),
    ("PATCH", ("Groups", "1"), ("requests", "writes", "group_update")),
    ("DELETE", ("Groups", "1"), ("requests", "writes", "group_delete")),
    ("GET", ("Schemas",), ("requests", "reads")),
    ("POST", ("Bulk",), ("requests", "writes")),
    ("POST", (".search",), ("requests", "reads")),
]


@pytest.mark.parametrize(("method", "path", "expected"), CLASSES)
def test_classes(method, path, expected):
    assert classes(method, path) == expected


async def test_an_empty_bucket_is_429_until_it_fills(sp, call, clock):
    sp.profile = Profile(limits=("requests:2/10",))
    assert [(await call("GET", "/Users")).status for _ in range(3)] == [200, 200, 429]
    refused = await call("GET", "/Users")
    assert (refused.headers["Retry-After"], refused.body["status"]) == ("5", "429")
    clock.now += 5.0
    assert [(await call("GET", "/Users")).status for _ in range(2)] == [200, 429]
    assert sp.throttled == 3 / 6


async def test_retry_after_as_a_date_and_not_at_all(sp, call, clock):
    sp.profile = Profile(limits=("requests:1/10",), retry_after="date")
    await call("GET", "/Users")
    said = (await call("GET", "/Users")).headers["Retry-After"]
    assert 10 <= parsedate_to_datetime(said).timestamp() - 1_700_001_000.5 < 11
    sp.profile = Profile(limits=("requests:1/10",), retry_after="none")
    assert "Retry-After" not in (await call("GET", "/Users")).headers


async def test_who_comes_back_too_early_is_found(sp, call, clock):
    sp.profile = Profile(limits=("writes:1/10",))
    await call("POST", "/Users", user())
    assert (await call("POST", "/Users", user("bob"))).status == 429
    clock.now += ON_ITS_WAY / 2  # was on its way already
    await call("POST", "/Users", user("bob"))
    assert sp.early == []
    clock.now += 5.0
    assert (await call("POST", "/Users", user("bob"))).status == 429
    await call("GET", "/Users")  # of another class
    assert [(request.method, request.status) for request in sp.early] == [("POST", 429)]
    assert [finding.rule for finding in sp.findings] == ["E1"]
    clock.now += 11.0
    sp.clear_requests()
    assert (await call("POST", "/Users", user("bob"))).status == 201
    assert (sp.early, sp.findings) == ([], [])


async def test_a_refused_request_takes_no_token_of_another_class(sp, call, clock):
    sp.profile = Profile(limits=("requests:3/1000", "user_create:1/1000"))
    await call("POST", "/Users", user())
    assert (await call("POST", "/Users", user("bob"))).status == 429
    assert [(await call("GET", "/Users")).status for _ in range(3)] == [200, 200, 429]


async def test_a_burst(sp, call, clock):
    sp.profile = Profile(limits=("user_update:60/60/3",))
    id = sp.put_user(user())["id"]
    answers = [await call("PATCH", f"/Users/{id}", patch(replace("title", str(number)))) for number in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "1"


async def test_who_may_not_come_in_takes_no_token(sp, call, clock):
    sp.profile = Profile(limits=("requests:1/1000",))
    assert (await call("GET", "/Users", Authorization="Bearer wrong")).status == 401
    assert (await call("GET", "/Users")).status == 200


@given(
    rate=some.integers(1, 50),
    seconds=some.integers(1, 60),
    burst=some.integers(1, 50),
    steps=some.lists(some.floats(0, 20), max_size=60),
)
def test_never_more_than_the_burst_and_the_rate(rate, seconds, burst, steps):
    clock, taken = Clock(), list[float]()
    pace, profile = Pace(clock), Profile(limits=(f"requests:{rate}/{seconds}/{burst}",))
    for step in steps:
        clock.now += step
        try:
            pace.admit("GET", ("Users",), profile)
        except ScimError:
            continue
        taken.append(clock.now)
    for first, begin in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= burst + (taken[last] - begin) * rate / seconds + 1e-6


@pytest.mark.parametrize("over", ["503", "reset"])
async def test_too_many_at_once(sp, call, over):
    sp.profile = Profile(concurrency=1, concurrency_over=over)
    sp.fault(Fault("hang", path_contains="/Users", times=1))
    waiting = asyncio.ensure_future(call("GET", "/Users"))
    async with asyncio.timeout(10):
        while not sp.requests:  # noqa: ASYNC110 - the provider has no event to wait for
            await asyncio.sleep(0.005)
    if over == "503":
        assert (await call("GET", "/Groups")).status == 503
    else:
        with pytest.raises(aiohttp.ClientConnectionError):
            await call("GET", "/Groups")
    assert (sp.requests[-1].fault, sp.most_at_once) == ("concurrency", 1)
    sp.profile = Profile()
    assert (await call("GET", "/Groups")).status == 200
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
