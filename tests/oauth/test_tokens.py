"""One asks, all have it: how often an authorisation server is asked, when, and what a 401 leads to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.clients import ACCESS, REFRESH, InMemory, client, renewing, tokens

from provisor.scim.answers import NoToken, SignInRefused
from provisor.scim.oauth.answering import LONGEST_LIFE, Token, life
from provisor.scim.oauth.kept import Grant
from provisor.scim.oauth.tokens import Tokens, issued

AT_ONCE = 200


class Numbered:
    """A token endpoint's replies: t1, t2, ... each for `life` seconds."""

    def __init__(self, life: float = 3600, *, same: bool = False, **more: Any) -> None:
        self.life, self.same, self.more, self.given = life, same, more, 0

    def __call__(self, heard: Any) -> Any:
        self.given += 1
        name = "t1" if self.same else f"t{self.given}"
        return (200, {"access_token": name, "token_type": "Bearer", "expires_in": self.life, **self.more})


def _url(server: Any) -> str:
    return f"http://127.0.0.1:{server.port}/token"


async def test_many_waiting_requests_ask_once(serve: Any) -> None:
    endpoint = await serve(Numbered())
    signer = tokens(_url(endpoint))
    headers = await asyncio.gather(*(signer.header() for _ in range(AT_ONCE)))
    assert {header.value for header in headers} == {"Bearer t1"}
    assert len(endpoint.heard) == 1
    await signer.close()


@pytest.mark.parametrize(
    "reply", [(500, None), (400, {"error": "invalid_client"}), "reset"], ids=["later", "no", "reset"]
)
async def test_a_failure_answers_for_all_who_wait(serve: Any, reply: Any) -> None:
    endpoint = await serve(reply)
    signer = tokens(_url(endpoint))
    failures = await asyncio.gather(*(signer.header() for _ in range(AT_ONCE)), return_exceptions=True)
    assert all(isinstance(failure, NoToken | SignInRefused) for failure in failures)
    assert len(endpoint.heard) == 1
    with pytest.raises((NoToken, SignInRefused)):  # and for who comes right afterwards
        await signer.header()
    assert len(endpoint.heard) == 1
    await signer.close()


async def test_a_failure_is_forgotten_after_a_moment(serve: Any) -> None:
    now = [0.0]
    endpoint = await serve((500, None), Numbered())
    signer = Tokens(tokens(_url(endpoint))._source, lambda: now[0])
    with pytest.raises(NoToken):
        await signer.header()
    now[0] = 1.01
    assert (await signer.header()).value == "Bearer t1"
    await signer.close()


async def test_who_gives_up_waiting_takes_nothing_from_the_others(serve: Any) -> None:
    gate = asyncio.Event()

    class Slow:
        host = "slow.example"

        async def token(self, unwanted: str | None) -> Token:
            await gate.wait()
            return Token("t1", 60)

        async def close(self) -> None:
            return

    signer = Tokens(Slow())
    impatient, patient = asyncio.create_task(signer.header()), asyncio.create_task(signer.header())
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    assert (await patient).value == "Bearer t1"
    await signer.close()


async def test_renewal_comes_early_and_keeps_nobody_waiting(serve: Any) -> None:
    now = [0.0]
    endpoint = await serve(Numbered(life=100))
    signer = Tokens(tokens(_url(endpoint))._source, lambda: now[0])
    assert (await signer.header()).value == "Bearer t1"
    now[0] = 79.0
    assert (await signer.header()).value == "Bearer t1"
    assert len(endpoint.heard) == 1
    now[0] = 81.0  # in the last fifth: the old one is used on while the new one is asked for
    assert (await signer.header()).value == "Bearer t1"
    async with asyncio.timeout(20):
        while (await signer.header()).value == "Bearer t1":  # noqa: ASYNC110 - nothing else tells of a renewal
            await asyncio.sleep(0.001)
    assert len(endpoint.heard) == 2
    await signer.close()


async def test_a_failed_early_renewal_costs_nothing_yet(serve: Any) -> None:
    now = [0.0]
    endpoint = await serve(Numbered(life=100), (500, None))
    signer = Tokens(tokens(_url(endpoint))._source, lambda: now[0])
    await signer.header()
    now[0] = 81.0
    for _ in range(50):
        assert (await signer.header()).value == "Bearer t1"
        await asyncio.sleep(0.001)
    assert len(endpoint.heard) == 2
    now[0] = 99.0
    with pytest.raises(NoToken):
        await signer.header()
    await signer.close()


class Guard:
    """An SP's replies: 401 for every token but those of `good`."""

    def __init__(self, *good: str) -> None:
        self.good = set(good)

    def __call__(self, heard: Any) -> Any:
        fine = heard.headers.get("Authorization", "").removeprefix("Bearer ") in self.good
        return (200, {"ok": True}) if fine else (401, {"detail": "over"})


async def test_a_401_renews_once_and_sends_the_same_request_again(serve: Any) -> None:
    endpoint, sp = await serve(Numbered()), await serve(Guard("t2"))
    async with client(f"http://127.0.0.1:{sp.port}/scim", tokens(_url(endpoint))) as talking:
        answer = await talking.request("POST", "/Users", body={"userName": "ada"})
    assert answer.status == 200
    assert [heard.headers["Authorization"] for heard in sp.heard] == ["Bearer t1", "Bearer t2"]
    assert sp.heard[0].raw == sp.heard[1].raw
    assert len(endpoint.heard) == 2


async def test_many_401s_of_one_token_cause_one_renewal(serve: Any) -> None:
    endpoint, sp = await serve(Numbered()), await serve(Guard("t2"))
    async with client(f"http://127.0.0.1:{sp.port}/scim", tokens(_url(endpoint))) as talking:
        answers = await asyncio.gather(*(talking.request("GET", f"/Users/{n}") for n in range(60)))
    assert {answer.status for answer in answers} == {200}
    assert len(endpoint.heard) == 2


@pytest.mark.parametrize("same", [True, False], ids=["the same token again", "always another"])
async def test_the_second_401_stands(serve: Any, same: bool) -> None:
    endpoint, sp = await serve(Numbered(same=same)), await serve(Guard())
    async with client(f"http://127.0.0.1:{sp.port}/scim", tokens(_url(endpoint))) as talking:
        assert (await talking.request("GET", "/Users")).status == 401
        assert len(sp.heard) == 2
        assert (await talking.request("GET", "/Users")).status == 401  # a moment later: no other token is asked for
    assert len(sp.heard) == 3
    assert len(endpoint.heard) == 2


async def test_a_fixed_token_is_not_tried_twice(serve: Any, connect: Any) -> None:
    sp = await serve(Guard())
    assert (await (await connect(sp)).request("GET", "/Users")).status == 401
    assert len(sp.heard) == 1


async def test_a_401_while_the_authorisation_server_is_away_is_not_the_end(serve: Any) -> None:
    endpoint, sp = await serve(Numbered(), (503, None, {"Retry-After": "9"})), await serve(Guard())
    async with client(f"http://127.0.0.1:{sp.port}/scim", tokens(_url(endpoint))) as talking:
        for _ in range(2):
            with pytest.raises(NoToken) as failure:
                await talking.request("GET", "/Users")
            assert 8 < (failure.value.after or 0) <= 9
    assert len(endpoint.heard) == 2


# Agreements


def _grant(access: str = "t0", left: float | None = 3600, version: int = 1) -> Grant:
    return Grant(access, REFRESH, None if left is None else datetime.now(UTC) + timedelta(seconds=left), version)


async def test_a_kept_token_is_used_without_asking(serve: Any) -> None:
    endpoint, kept = await serve(Numbered()), InMemory(_grant())
    signer = renewing(_url(endpoint), kept)
    assert (await signer.header()).value == "Bearer t0"
    assert endpoint.heard == []
    assert kept.log == []
    await signer.close()


async def test_what_came_is_kept_before_it_is_used(serve: Any) -> None:
    endpoint, kept = await serve(Numbered(refresh_token="r2")), InMemory(_grant(left=-1))
    sp_saw: list[list[str]] = []

    def sp_says(heard: Any) -> Any:
        sp_saw.append(list(kept.log))
        return (200, {})

    sp = await serve(sp_says)
    async with client(f"http://127.0.0.1:{sp.port}/scim", renewing(_url(endpoint), kept)) as talking:
        await talking.request("GET", "/Users")
    assert sp_saw == [["leased", "kept"]]
    assert kept.grant
    assert (kept.grant.access, kept.grant.refresh, kept.grant.version) == ("t1", "r2", 2)


async def test_without_a_new_refresh_token_the_old_one_stays(serve: Any) -> None:
    endpoint, kept = await serve(Numbered()), InMemory(_grant(left=-1))
    signer = renewing(_url(endpoint), kept)
    await signer.header()
    assert kept.grant
    assert kept.grant.refresh == REFRESH
    await signer.close()


async def test_two_processes_renew_once(serve: Any) -> None:
    endpoint, kept = await serve(Numbered(refresh_token="r2")), InMemory(_grant(left=-1))
    one, other = renewing(_url(endpoint), kept), renewing(_url(endpoint), kept)
    headers = await asyncio.gather(*(signer.header() for signer in (one, other) for _ in range(20)))
    assert {header.value for header in headers} == {"Bearer t1"}
    assert len(endpoint.heard) == 1
    await one.close()
    await other.close()


async def test_a_refused_refresh_is_kept_and_not_repeated(serve: Any) -> None:
    refusal = {"error": "invalid_grant", "error_description": "revoked"}
    endpoint, kept = await serve((400, refusal)), InMemory(_grant(left=-1))
    for _ in range(2):
        signer = renewing(_url(endpoint), kept)
        with pytest.raises(SignInRefused, match="invalid_grant: revoked") as failure:
            await signer.header()
        assert "uthorise" in failure.value.hint
        await signer.close()
    assert len(endpoint.heard) == 1


async def test_a_server_that_is_away_loses_nothing(serve: Any) -> None:
    endpoint, kept = await serve((503, None), Numbered()), InMemory(_grant(left=-1))
    signer = renewing(_url(endpoint), kept)
    with pytest.raises(NoToken):
        await signer.header()
    assert kept.log == ["leased", "released"]
    assert kept.grant
    assert kept.grant.refresh == REFRESH
    await signer.close()
    again = renewing(_url(endpoint), kept)
    assert (await again.header()).value == "Bearer t1"
    await again.close()


async def test_what_could_not_be_kept_is_kept_at_the_next_try(serve: Any) -> None:
    """The database was away just when the new refresh token came: it isn't asked for a second time."""
    now = [0.0]

    class Failing(InMemory):
        async def keep(self, grant: Grant) -> None:
            if not self.log.count("away"):
                self.log.append("away")
                raise NoToken("The database is away.")
            await super().keep(grant)

    endpoint, kept = await serve(Numbered(refresh_token="r2")), Failing(_grant(left=-1))
    signer = Tokens(renewing(_url(endpoint), kept)._source, lambda: now[0])
    with pytest.raises(NoToken, match="database"):
        await signer.header()
    now[0] = 2.0
    assert (await signer.header()).value == "Bearer t1"
    assert kept.grant
    assert kept.grant.refresh == "r2"
    assert len(endpoint.heard) == 1
    await signer.close()


async def test_nobody_has_agreed_yet(serve: Any) -> None:
    endpoint = await serve(Numbered())
    for kept, said in ((InMemory(None), "Nobody"), (InMemory(Grant("", "", None)), "none to renew")):
        signer = renewing(_url(endpoint), kept)
        with pytest.raises(SignInRefused, match=said):
            await signer.header()
        await signer.close()
    assert endpoint.heard == []


async def test_closing_waits_for_a_renewal_under_way(serve: Any) -> None:
    """A rotated refresh token that nobody kept would be lost for good."""
    kept, begun, go_on = InMemory(_grant(left=-1)), asyncio.Event(), asyncio.Event()
    endpoint = await serve(Numbered(refresh_token="r2"))
    keep = kept.keep

    async def slow_keep(grant: Grant) -> None:
        begun.set()
        await go_on.wait()
        await keep(grant)

    kept.keep = slow_keep  # type: ignore[method-assign]
    signer = renewing(_url(endpoint), kept)
    waiting = asyncio.create_task(signer.header())
    await begun.wait()
    waiting.cancel()
    closing = asyncio.create_task(signer.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    assert kept.grant
    assert kept.grant.refresh == "r2"


def test_no_secret_is_in_a_repr() -> None:
    signer = renewing("http://127.0.0.1:1/token", InMemory(_grant(ACCESS)))
    shown = [
        repr(signer),
        repr(_grant(ACCESS)),
        repr(Token(ACCESS, 1.0, REFRESH)),
        repr(issued(Token(ACCESS, 1.0), 0.0)),
    ]
    assert ACCESS not in str(shown)
    assert REFRESH not in str(shown)


# Arithmetic


@given(st.floats(min_value=0.001, max_value=LONGEST_LIFE), st.floats(min_value=0, max_value=1e9))
def test_a_token_is_renewed_before_its_end_and_never_used_after(lasts: float, asked: float) -> None:
    found = issued(Token("t", lasts), asked)
    assert asked <= found.renew <= found.ends <= asked + lasts
    assert found.renew >= asked + lasts - 60.001


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans(), st.lists(st.integers())))
def test_a_life_is_a_sensible_number_or_unknown(said: Any) -> None:
    found = life(said)
    assert found is None or 0 < found <= LONGEST_LIFE
