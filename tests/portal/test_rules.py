"""Rules of groups, filters of applications and what groups give, each with its consequence said first."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.administrators.actor import shell
from provisor.applications.models import Application, Assignment
from provisor.core.mapping import DEFAULT_ROWS, rows_as_json
from provisor.directory.commands.rules import set_rule
from provisor.directory.models import Group, GroupRule, Membership, RuleProposal, User

SALES = 'user.department == "Sales"'


@pytest.fixture
def people(make_user: Any) -> dict[str, User]:
    made = {f"s{n}": make_user(f"s{n}", department="Sales", displayname=f"Seller {n}") for n in range(8)}
    return made | {"law": make_user("law", department="Law", displayname="Lena <b>Law</b>")}


@pytest.fixture
def group(make_group: Any, people: Any) -> Group:
    """All of them; Chat is given to it."""
    made: Group = make_group("Sellers", *people.values())
    return made


@pytest.fixture
def chat(make_application: Any, group: Group) -> Application:
    made: Application = make_application("Chat", group, mapping=rows_as_json(DEFAULT_ROWS), provisioning="active")
    return made


def members(group: Group) -> int:
    return Membership.objects.filter(group=group).count()


def test_a_rule_is_shown_before_it_is_saved(owner: Client, group: Group, chat: Application) -> None:
    path, typed = f"/groups/{group.id}/rule", {"expression": SALES}
    shown = owner.post(path, {**typed, "act": "preview"})
    assert "Members 9 → 8" in text_of(shown)
    assert "Lena &lt;b&gt;Law" in shown.content.decode()
    assert "Not saved yet" in text_of(owner.post(path, {**typed, "act": "save", "seen": "0-0-0"}))
    assert not GroupRule.objects.exists()
    owner.post(path, {**typed, "act": "save", "seen": shown.context["seen"]})
    assert (GroupRule.objects.get().expression, members(group)) == (SALES, 8)
    page = text_of(owner.get(f"/groups/{group.id}"))
    assert "Computed" in page
    assert "Add members" not in page
    assert "Sellers Computed" in text_of(owner.get("/groups"))


def test_what_was_seen_is_what_is_done(owner: Client, group: Group, people: Any) -> None:
    """Seven leave: more than passes by itself, but the page has said so."""
    path, typed = f"/groups/{group.id}/rule", {"expression": 'user.username in ["s0", "law"]'}
    seen = owner.post(path, {**typed, "act": "preview"}).context["seen"]
    owner.post(path, {**typed, "act": "save", "seen": seen})
    assert members(group) == 2


def test_a_mistake_stands_beside_the_field(owner: Client, group: Group) -> None:
    answer = owner.post(f"/groups/{group.id}/rule", {"expression": "user.department =", "act": "save"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["expression"])
    live = owner.post(
        f"/groups/{group.id}/rule", {"expression": "user.departmint", "act": "preview"}, headers={"HX-Request": "true"}
    )
    assert live.status_code == 200
    assert "department" in text_of(live)


def test_what_waits_is_decided_on_the_page(owner: Client, group: Group, people: Any) -> None:
    set_rule(shell(), group.id, 'user.department == "Law"')
    page = text_of(owner.get(f"/groups/{group.id}/rule"))
    assert "The new rule waits for a person." in page
    assert "8 changes of members wait" in page
    assert "command line changed the rule" in page
    decide = f"/groups/{group.id}/rule/decide"
    owner.post(decide, {"act": "approve", "user": str(people["s0"].id)})
    owner.post(decide, {"act": "reject", "user": str(people["s1"].id)})
    assert (members(group), RuleProposal.objects.filter(state="waiting").count()) == (8, 6)
    assert "Nobody was ticked" in text_of(owner.post(decide, {"act": "approve"}, follow=True))
    owner.post(decide, {"act": "approve", "all": "1"})
    assert members(group) == 2
    assert "None of these waits" in text_of(owner.post(decide, {"act": "approve", "all": "1"}, follow=True))


def test_the_rule_is_taken_away_after_a_question(owner: Client, group: Group) -> None:
    set_rule(shell(), group.id, SALES)
    path = f"/groups/{group.id}/rule/away"
    assert "The members stay as they are" in text_of(owner.get(path))
    assert GroupRule.objects.exists()
    owner.post(path)
    assert (GroupRule.objects.exists(), members(group)) == (False, 8)


def test_the_page_says_what_can_be_written(owner: Client, group: Group) -> None:
    page = text_of(owner.get(f"/groups/{group.id}/rule"))
    assert "user.department" in page
    assert "user.groups" not in page
    assert "Every word begins with a capital, the rest is small." in page


def test_an_auditor_reads_and_decides_nothing(signed_in: Any, group: Group) -> None:
    set_rule(shell(), group.id, SALES)
    auditor = signed_in("auditor")
    page = text_of(auditor.get(f"/groups/{group.id}/rule"))
    assert "department == &quot;Sales&quot;" in page
    assert "Save" not in page
    assert auditor.post(f"/groups/{group.id}/rule", {"expression": "true", "act": "save"}).status_code == 403


def test_a_filter_is_shown_before_it_is_saved(owner: Client, chat: Application, make_link: Any, people: Any) -> None:
    make_link({"id": chat.id}, people["law"], status="synced", remote_id="r1", active=True)
    path, typed = f"/applications/{chat.id}/scope", {"scope": SALES}
    shown = owner.post(path, {**typed, "act": "preview"})
    assert "1 account is deactivated in Chat." in text_of(shown)
    assert Application.objects.get().scope is None
    owner.post(path, {**typed, "act": "save", "seen": shown.context["seen"]})
    assert Application.objects.get().scope == {"expression": SALES, "references": ["department"]}
    assert "8 of 9 assigned users are sent" in text_of(owner.get(path))
    assert owner.post(path, {"scope": "user.x", "act": "save"}).status_code == 422
    empty = owner.post(path, {"scope": " ", "act": "preview"})
    owner.post(path, {"scope": " ", "act": "save", "seen": empty.context["seen"]})
    assert Application.objects.get().scope is None


def test_what_a_group_gives(owner: Client, chat: Application, group: Group) -> None:
    path = f"/applications/{chat.id}/groups/values"
    owner.post(path, {"group": str(group.id), "values": "role = editor\n\nlicence = pro | mail", "priority": "7"})
    kept = Assignment.objects.get()
    assert (kept.values, kept.priority) == ({"role": "editor", "licence": ["pro", "mail"]}, 7)
    page = text_of(owner.get(path))
    assert "role = editor" in page
    assert "licence = pro | mail" in page
    for wrong in ("role", "ro-le = x", "role = "):
        answer = owner.post(path, {"group": str(group.id), "values": wrong, "priority": "7"})
        assert (answer.status_code, b'class="error"' in answer.content) == (422, True)
    assert Assignment.objects.get().values == kept.values
