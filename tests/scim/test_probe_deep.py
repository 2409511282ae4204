"""The test that writes: what it learns of each habit, and that nothing is left behind that it does not tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.scim.bent import Bent

from provisor.core.form import Form
from provisor.scim import probe, probe_deep
from provisor.scim.probe_facts import Findings
from provisor.testing import FakeServiceProvider, Profile

AS_THE_RFC = Form()
Deep = Callable[..., Awaitable[Findings]]
EMAIL = "provisor-test@sp.example"


@pytest.fixture
def deep(serve: Any, connect: Any) -> Deep:
    async def ask(bent: Any, *, form: Form = AS_THE_RFC, groups: bool = True, within: float = 30.0) -> Findings:
        found, client = Findings(), await connect(await serve(bent))
        said = await probe.probe(client, form, found, groups=groups)
        await probe_deep.probe(client, form, found, email=EMAIL, groups=groups, said=said, within=within)
        return found

    return ask


def words(found: Findings) -> dict[str, Any]:
    return {fact.word: fact.value for fact in found.facts}


def failed(found: Findings) -> list[tuple[str, str]]:
    return [(step.name, step.code) for step in found.steps if not step.ok]


PLAIN = {
    "external_id": True, "update": "patch", "patch": "each_path", "op_case": "lower", "value_path": True,
    "unassigned": "replace", "groups": True, "group_create": True, "group_external_id": True,
    "members_on_create": "none", "group_update": "patch", "member_ref": False, "members_shown": "yes",
    "member_remove": "path", "group_rename": True, "group_delete": True, "deactivation": "deactivates",
    "boolean_text": False, "reactivation": "patch", "delete": True,
}  # fmt: skip


async def test_a_provider_as_the_rfc_has_it(deep: Deep) -> None:
    bent = Bent()
    bent.put("Users", userName="ada@sp.example")
    found = await deep(bent)
    assert {word: value for word, value in words(found).items() if word in PLAIN} == PLAIN
    assert failed(found) == []
    assert [user["userName"] for user in bent.users] == ["ada@sp.example"]
    assert bent.groups == []


HABITS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("no PATCH", {"patch": False}, {"update": "put"}),
    ("no paths", {"pathless_only": True}, {"patch": "no_path", "update": "patch"}),
    ("op in capitals", {"capital_only": True}, {"op_case": "capital", "patch": "each_path"}),
    ("booleans as text", {"text_booleans": True}, {"boolean_text": True, "deactivation": "deactivates"}),
    ("a value path is refused", {"value_path": "refused"}, {"value_path": False}),
    ("a value path without effect", {"value_path": "ignored"}, {"value_path": False}),
    ("replace finds no target", {"unassigned": "add"}, {"unassigned": "add"}),
    ("externalId is dropped", {"keeps_external_id": False}, {"external_id": False}),
    ("active=false erases", {"active": "erases"}, {"deactivation": "erases", "reactivation": "create"}),
    ("nobody comes back", {"reactivates": False}, {"reactivation": "create"}),
    ("groups can't be renamed", {"group_rename": False}, {"group_rename": False}),
    ("a new group needs members", {"needs_members": True}, {"members_on_create": "some"}),
    ("members are not shown", {"shows_members": False}, {"members_shown": "no"}),
    ("members leave by list", {"removal": "list"}, {"member_remove": "list"}),
    ("bulk works", {"bulk": True}, {"bulk": 50, "bulk_bytes": 100_000}),
    ("bulk is announced and does nothing", {"bulk": False}, {"bulk": 0}),
]


@pytest.mark.parametrize(("why", "habits", "expected"), HABITS, ids=[row[0] for row in HABITS])
async def test_what_it_learns(deep: Deep, why: str, habits: dict[str, Any], expected: dict[str, Any]) -> None:
    bent = Bent(**habits)
    found = await deep(bent)
    assert {word: words(found).get(word) for word in expected} == expected
    assert failed(found) == []
    assert (bent.users, bent.groups) == ([], []), "nothing is left behind"
    assert all(fact.evidence for fact in found.facts)


async def test_a_list_removal_that_empties_the_group_is_never_learned(deep: Deep) -> None:
    """G4: an SP that follows the RFC empties a group on a list."""
    found = await deep(Bent(removal="empties"))
    assert "member_remove" not in words(found)
    assert failed(found) == [("member_removal", "no_effect")]
    assert "emptied the whole test group" in next(s.message for s in found.steps if s.name == "member_removal")


async def test_a_removal_by_path_that_takes_everybody_is_told(deep: Deep) -> None:
    found = await deep(Bent(removal="all"))
    assert "member_remove" not in words(found)
    assert failed(found) == [("member_removal", "wrong_members")]


async def test_without_seeing_members_the_list_form_is_not_tried(deep: Deep) -> None:
    found = await deep(Bent(shows_members=False, removal="empties"))
    assert "member_remove" not in words(found)


async def test_deactivation_without_effect_is_told(deep: Deep) -> None:
    found = await deep(Bent(active="ignored"))
    assert failed(found) == [("deactivate", "no_effect")]
    assert "deactivation" not in words(found)


@pytest.mark.parametrize("delete", ["refused", "deactivates"])
async def test_where_nobody_is_deleted_the_test_user_is_left_inactive_and_told(deep: Deep, delete: str) -> None:
    bent = Bent(delete=delete)
    found = await deep(bent, groups=False)
    assert words(found)["delete"] is False
    assert [(user["userName"], user["active"]) for user in bent.users] == [(bent.users[0]["userName"], False)]
    left = [step for step in found.steps if step.code == "left_inactive"]
    assert [EMAIL in step.message for step in left] == [True]


async def test_where_nobody_is_deleted_but_ending_erases_nobody_is_left(deep: Deep) -> None:
    bent = Bent(delete="refused", active="erases")
    found = await deep(bent)
    assert (bent.users, failed(found)) == ([], [])
    assert words(found)["delete"] is False


async def test_what_stays_active_is_told_as_a_failure(deep: Deep) -> None:
    found = await deep(Bent(delete="refused", active="ignored"), groups=False)
    assert ("remove", "left") in failed(found)


async def test_a_group_that_stays_is_told(deep: Deep) -> None:
    bent = Bent(group_delete=False)
    found = await deep(bent)
    assert failed(found) == [("remove_group", "left")]
    assert bent.groups[0]["displayName"] in next(s.message for s in found.steps if s.name == "remove_group")
    assert words(found)["group_delete"] is False


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_where_no_group_can_be_made(deep: Deep, status: int) -> None:
    bent = Bent(group_create=status)
    found = await deep(bent)
    assert words(found)["group_create"] is False
    assert failed(found) == [("test_group", "refused")]
    assert bent.users == []


@pytest.mark.parametrize("taken", [{"userName": EMAIL.upper()}, {"userName": "x", "emails": [{"value": EMAIL}]}])
@pytest.mark.parametrize(
    "habits", [{}, {"deaf": {"userName", "emails.value"}}, {"blind": {"userName", "emails.value"}}]
)
async def test_somebody_with_this_address_is_never_touched(deep: Deep, taken: Any, habits: dict[str, Any]) -> None:
    """Also where filters don't work: then everybody is read first."""
    bent = Bent(**habits)
    bent.put("Users", userName="first")
    bent.put("Users", userName="second")
    theirs = dict(bent.put("Users", **taken))
    form = Form(filter_user_name=not habits, filter_email=not habits)
    found = await deep(bent, form=form)
    assert failed(found) == [("test_user", "exists")]
    assert theirs in bent.users
    assert not any(line.startswith(("POST", "PATCH", "PUT", "DELETE")) for line in bent.heard)


async def test_a_lost_answer_to_the_creation_leaves_nobody_behind(deep: Deep) -> None:
    bent, broken = Bent(), []

    def answer(heard: Any) -> Any:
        reply = bent(heard)
        if heard.method == "POST" and not broken:
            broken.append(heard)
            return "reset"
        return reply

    found = await deep(answer, groups=False)
    assert failed(found) == []
    assert bent.users == []


async def test_what_was_made_is_removed_when_time_is_up(deep: Deep) -> None:
    bent = Bent()

    def answer(heard: Any) -> Any:
        return "hang" if heard.method == "PATCH" else bent(heard)

    found = await deep(answer, groups=False, within=0.5)
    assert failed(found) == [("deadline", "timeout")]
    assert bent.users == []


async def test_the_strict_provider_finds_nothing_to_complain_of(connect: Any) -> None:
    async with FakeServiceProvider(token="the-token", profile=Profile()) as sp:
        found = Findings()
        client = await connect(None, url=sp.base_url, authorization="Bearer the-token")
        said = await probe.probe(client, Form(), found, groups=True)
        await probe_deep.probe(client, Form(), found, email=EMAIL, groups=True, said=said)
        assert failed(found) == []
        assert (list(sp.users), list(sp.groups)) == ([], [])
        assert list(sp.findings) == []


async def test_somebody_with_the_name_that_the_address_becomes_is_not_touched(deep: Deep) -> None:
    bent = Bent()
    theirs = dict(bent.put("Users", userName="provisor-test", emails=[{"value": "another@sp.example"}]))
    found = await deep(bent, form=Form(formats={"userName": "short_name_21"}))
    assert failed(found) == [("test_user", "exists")]
    assert bent.users == [theirs]
