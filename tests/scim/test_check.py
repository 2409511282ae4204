"""The reading test of a connection: each way of being wrong is told apart, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.scim.check import Step, check, passes
from provisor.testing import FakeServiceProvider, Profile

NAMES = ["address", "connect", "users", "ids", "discovery", "filter"]


async def _checked(connect: Any, profile: Profile, *, token: str = "t0ken") -> tuple[list[Step], FakeServiceProvider]:
    async with FakeServiceProvider(token="t0ken", profile=profile) as sp:
        sp.put_user({"userName": "ada@sp.example"})
        return await check(await connect(None, url=sp.base_url, authorization=f"Bearer {token}")), sp


async def test_a_good_connection(connect: Any) -> None:
    steps, sp = await _checked(connect, Profile())
    assert [(step.name, step.ok, step.code) for step in steps] == [(name, True, "ok") for name in NAMES]
    assert steps[2].message == "GET /Users: 200, users: 1."
    assert passes(steps)
    assert list(sp.writes) == []
    assert list(sp.findings) == []


PROFILES = [
    (Profile(discovery=False), "discovery", True, "incomplete", True),
    (Profile(ignore_filter=True), "filter", False, "ignored", True),
    (Profile(numeric_ids=True), "ids", False, "unreadable", True),
]


@pytest.mark.parametrize(("profile", "name", "ok", "code", "pass_"), PROFILES, ids=[row[1] for row in PROFILES])
async def test_a_deviation(connect: Any, profile: Profile, name: str, ok: bool, code: str, pass_: bool) -> None:
    steps, _ = await _checked(connect, profile)
    step = next(step for step in steps if step.name == name)
    assert (step.ok, step.code) == (ok, code)
    assert passes(steps) is pass_


async def test_a_wrong_token_in_their_own_words(connect: Any) -> None:
    steps, _ = await _checked(connect, Profile(), token="wr0ng-canary")
    assert [(step.name, step.ok) for step in steps] == [("address", True), ("connect", True), ("users", False)]
    assert (steps[2].status, steps[2].code) == (401, "unauthorised")
    assert steps[2].detail
    assert not passes(steps)
    assert "wr0ng-canary" not in repr(steps)


REPLIES: list[tuple[Any, str, str]] = [
    ((403, {"detail": "scim is paused"}), "forbidden", "scim is paused"),
    ((404, {"detail": "no path"}), "not_found", "no path"),
    ((404, b"<html>"), "html", "an HTML page"),
    ((200, b"<html>"), "html", "an HTML page"),
    ((301, None, {"Location": "https://sp.example/"}), "redirected", ""),
    ((429, {"detail": "slow down"}), "throttled", "slow down"),
    ((500, {"detail": "oops"}), "failing", "oops"),
    ((200, {"hello": 1}), "not_scim", "neither a ListResponse"),
    ((204, None), "not_scim", ""),
    ((418, {"detail": "teapot"}), "not_scim", "teapot"),
]


@pytest.mark.parametrize(("reply", "code", "detail"), REPLIES, ids=[f"{row[1]} {row[0][0]}" for row in REPLIES])
async def test_users_that_can_not_be_read(serve: Any, connect: Any, reply: Any, code: str, detail: str) -> None:
    steps = await check(await connect(await serve(reply)))
    assert [step.name for step in steps] == ["address", "connect", "users"]
    assert (steps[2].ok, steps[2].code, steps[2].status) == (False, code, reply[0])
    assert detail in steps[2].detail
    assert f"GET /Users: {reply[0]}" in steps[2].message


async def test_nobody_there(connect: Any, free_port: int) -> None:
    steps = await check(await connect(None, url=f"http://127.0.0.1:{free_port}/scim"))
    assert [(step.name, step.ok, step.code) for step in steps] == [
        ("address", True, "ok"),
        ("connect", False, "connect"),
    ]


async def test_a_name_that_leads_inside(connect: Any, names: Any) -> None:
    dns = names(inside_example=[["10.1.2.3"]])
    steps = await check(await connect(None, url="https://inside.example/scim", resolver=dns))
    assert [(step.name, step.ok, step.code) for step in steps] == [("address", False, "forbidden")]
    assert "PROVISOR_ALLOW_TARGETS" in steps[0].message


FILTERS: list[tuple[Any, bool, str]] = [
    ((200, {"totalResults": 0}), True, "ok"),
    ((404, {"detail": "nobody"}), True, "not_found"),
    ((400, {"scimType": "invalidFilter", "detail": "no"}), False, "no_filter"),
    ((200, {"Resources": [{"id": "1"}], "totalResults": 1}), False, "ignored"),
    ("reset", False, "broken"),
]


@pytest.mark.parametrize(("reply", "ok", "code"), FILTERS, ids=[row[2] for row in FILTERS])
async def test_filters(serve: Any, connect: Any, reply: Any, ok: bool, code: str) -> None:
    server = await serve(lambda heard: reply if "filter=" in heard.target else (200, {"totalResults": 0}))
    step = (await check(await connect(server)))[-1]
    assert (step.name, step.ok, step.code) == ("filter", ok, code)


ONE_USER = {"totalResults": 1, "Resources": [{"id": "7", "userName": "ada@sp.example"}]}
NOBODY = {"totalResults": 0, "Resources": []}
CONFIG = {"patch": {"supported": True}}


async def test_a_connection_that_broke_is_tried_once_more(serve: Any, connect: Any) -> None:
    server = await serve("reset", (200, ONE_USER), (200, CONFIG), (200, []), (200, []), "close", (200, NOBODY))
    steps = await check(await connect(server))
    assert [(step.name, step.code) for step in steps] == [(name, "ok") for name in NAMES]


async def test_one_that_breaks_again_fails_the_step(serve: Any, connect: Any) -> None:
    server = await serve("reset")
    steps = await check(await connect(server))
    assert [(step.name, step.ok, step.code) for step in steps][1:] == [("connect", False, "broken")]
    assert len(server.heard) == 2
