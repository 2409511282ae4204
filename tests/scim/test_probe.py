"""What reading finds out of a service provider: facts that its behaviour showed, and nothing that it only says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.scim.bent import Bent

from provisor.core.form import Form
from provisor.scim import probe
from provisor.scim.probe_facts import Findings
from provisor.testing import FakeServiceProvider, Profile

AS_THE_RFC = Form()
Probe = Callable[..., Awaitable[Findings]]


@pytest.fixture
def probed(serve: Any, connect: Any) -> Probe:
    async def ask(reply: Any, *, form: Form = AS_THE_RFC, groups: bool = False) -> Findings:
        found = Findings()
        await probe.probe(await connect(await serve(reply)), form, found, groups=groups)
        return found

    return ask


def peopled(people: int = 5, **habits: Any) -> Bent:
    bent = Bent(**habits)
    for number in range(people):
        address = f"user{number}@sp.example"
        bent.put("Users", userName=address, externalId=f"x{number}", emails=[{"value": address}])
    return bent


def words(found: Findings) -> dict[str, Any]:
    return {fact.word: fact.value for fact in found.facts}


ALL_FILTERS = {"filter_user_name": True, "filter_external_id": True, "filter_email": True}
PLAIN = {"discovery": True, "paging": "index", **ALL_FILTERS}

READ: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("as the RFC says", {}, {}),
    ("a filter that is ignored", {"deaf": {"userName"}}, {"filter_user_name": False}),
    ("a filter that never finds anybody", {"blind": {"emails.value"}}, {"filter_email": False}),
    ("startIndex is ignored, everything comes", {"paging": "ignored"}, {"paging": "none"}),
    ("startIndex is refused", {"paging": "refused"}, {"paging": "none"}),
    ("cursors only", {"paging": "cursor"}, {"paging": "cursor"}),
    ("a cap", {"cap": 3}, {"page": 3}),
    ("no description", {"documents": ""}, {"discovery": False}),
]


@pytest.mark.parametrize(("why", "habits", "expected"), READ, ids=[row[0] for row in READ])
async def test_what_reading_shows(probed: Probe, why: str, habits: dict[str, Any], expected: dict[str, Any]) -> None:
    bent = peopled(**habits)
    found = await probed(bent)
    assert words(found) == PLAIN | expected
    assert all(fact.evidence.startswith(("GET /Users", "GET /ServiceProviderConfig")) for fact in found.facts)
    assert {line.partition(" ")[0] for line in bent.heard} == {"GET"}
    assert not any("/Groups" in line for line in bent.heard), "groups are only looked at when they are asked for"


async def test_each_fact_says_what_showed_it(probed: Probe) -> None:
    found = await probed(peopled(deaf={"userName"}))
    assert found.learned["filter_user_name"].evidence == (
        "GET /Users with a filter on userName: 200. The filter is ignored: somebody came who was not asked for."
    )


async def test_a_description_elsewhere(probed: Probe) -> None:
    found = await probed(peopled(documents="/about/"), form=Form(discovery_path="/about"))
    assert found.learned["discovery"].evidence == "GET /about/ServiceProviderConfig: 200."


async def test_where_it_is_said_to_describe_nothing_nobody_asks(probed: Probe) -> None:
    bent = peopled()
    assert "discovery" not in words(await probed(bent, form=Form(discovery=False)))
    assert not any("Config" in line for line in bent.heard)


async def test_an_empty_provider_proves_nothing(probed: Probe) -> None:
    """A filter that finds nobody where nobody is may work or not."""
    assert words(await probed(peopled(0))) == {"discovery": True}


async def test_what_it_says_of_itself_is_a_hint(probed: Probe) -> None:
    found = await probed(peopled(bulk=True, patch=False))
    assert any("announces Bulk: 50 operations" in hint for hint in found.hints)
    assert any("PATCH is not supported" in hint for hint in found.hints)
    assert {"bulk", "update"} & set(words(found)) == set()


PASSING: list[Any] = [(401, {}), (403, {}), (429, {}), (500, {}), (503, {}, {"Retry-After": "60"}), "reset"]


@pytest.mark.parametrize("reply", PASSING, ids=lambda reply: str(reply)[:6])
async def test_a_failure_of_the_moment_teaches_nothing(probed: Probe, reply: Any) -> None:
    bent = peopled()

    def answer(heard: Any) -> Any:
        return reply if "filter" in heard.target or "Config" in heard.target else bent(heard)

    assert words(await probed(answer)) == {"discovery": True, "paging": "index"}


async def test_users_that_cannot_be_read_are_a_problem(probed: Probe) -> None:
    found = await probed((403, {"detail": "Provisioning is off."}))
    assert found.problem == "GET /Users?startIndex=1&count=100: 403 Provisioning is off."
    assert found.facts == []


GROUPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("shown with members", {}, {"groups": True, "group_filter": True, "members_shown": "yes"}),
    ("never shown with members", {"shows_members": False}, {"groups": True, "group_filter": True}),
    ("no look-up by name", {"blind": {"displayName"}}, {"groups": True, "group_filter": False, "members_shown": "yes"}),
]


@pytest.mark.parametrize(("why", "habits", "expected"), GROUPS, ids=[row[0] for row in GROUPS])
async def test_groups(probed: Probe, why: str, habits: dict[str, Any], expected: dict[str, Any]) -> None:
    bent = peopled(**habits)
    bent.put("Groups", displayName="Empty")
    bent.put("Groups", displayName="Sales", members=[{"value": "r1"}])
    assert words(await probed(bent, groups=True)) == PLAIN | expected


async def test_no_groups_at_all(probed: Probe) -> None:
    bent = peopled()
    del bent.data["Groups"]
    assert words(await probed(bent, groups=True)) == PLAIN | {"groups": False}


async def test_a_shuffled_list_is_not_one_that_cannot_be_paged(connect: Any) -> None:
    async with FakeServiceProvider(token="the-token", profile=Profile(unstable_order=True)) as sp:
        for number in range(12):
            sp.put_user({"userName": f"user{number}"})
        for _ in range(5):
            found = Findings()
            client = await connect(None, url=sp.base_url, authorization="Bearer the-token")
            await probe.probe(client, Form(), found, groups=True)
            assert words(found).get("paging", "index") == "index"
        assert list(sp.findings) == []
        assert list(sp.writes) == []


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"Resources": [', {"Resources": "x"}, [], {"id": 7}, "text", 7, {"totalResults": "many"}]
)
async def test_nonsense_teaches_nothing_and_breaks_nothing(probed: Probe, body: Any) -> None:
    found = await probed((200, body), groups=True)
    assert not any(words(found)[word] for word in words(found).keys() - {"discovery", "groups"})
