"""Groups in groups: who is in them, what they give, and what changing them makes due."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.web.applications.conftest import make_link  # noqa: F401

from provisor.administrators.actor import shell
from provisor.applications import commands as applications
from provisor.applications.due import EDIT, LEAVING, SET
from provisor.applications.models import Application, Due, GroupDue, GroupLink
from provisor.applications.queries import nesting
from provisor.applications.queries.people import counts_of_groups, if_joined, if_left
from provisor.applications.queries.preview import preview_assignments
from provisor.core import mapping
from provisor.directory import commands
from provisor.directory.models import Closure, Group, User

Marks = Callable[[], list[tuple[str, int, str]]]


def nest(api: Any, parent: Any, *children: Any, take_out: bool = False) -> Any:
    ids = [str(child.id) for child in children]
    return api.post(f"/groups/{parent.id}/members", {"groups": {"remove" if take_out else "add": ids}})


def usernames(api: Any, group: Any, query: str = "") -> list[str]:
    return [item["username"] for item in api.get(f"/groups/{group.id}/members{query}").json()["items"]]


def names(api: Any, path: str) -> list[str]:
    return [item["name"] for item in api.get(path).json()["items"]]


def due_groups() -> set[tuple[str, int]]:
    known = dict(Group.objects.values_list("id", "name"))
    return {(known.get(mark.group_id, "gone"), mark.priority) for mark in GroupDue.objects.all()}


def forget_marks() -> None:
    Due.objects.all().delete()
    GroupDue.objects.all().delete()


@pytest.fixture
def company(api: Any, make_user: Any, make_group: Any, make_application: Any) -> dict[str, Any]:
    """Everybody has Berlin in it, and that has Backend. Chat is given to Everybody. One user is in each."""
    made = {name: make_group(name, make_user(name.lower())) for name in ("Everybody", "Berlin", "Backend")}
    made["Chat"] = make_application("Chat", made["Everybody"])
    nest(api, made["Berlin"], made["Backend"])
    nest(api, made["Everybody"], made["Berlin"])
    forget_marks()
    return made


def test_members_are_listed_direct_and_effective(api: Any, company: Any) -> None:
    everybody = company["Everybody"]
    assert usernames(api, everybody) == ["everybody"]
    assert usernames(api, everybody, "?effective=true") == ["backend", "berlin", "everybody"]
    items = api.get(f"/groups/{everybody.id}/members?effective=true").json()["items"]
    assert [[way["name"] for way in item["member_of"]] for item in items] == [["Backend"], ["Berlin"], ["Everybody"]]
    first = api.get(f"/groups/{everybody.id}/members?effective=true&limit=2").json()
    rest = api.get(f"/groups/{everybody.id}/members?effective=true&limit=2&cursor={first['next']}").json()
    assert [item["username"] for item in first["items"] + rest["items"]] == ["backend", "berlin", "everybody"]
    assert (first["total"], rest["next"]) == (3, None)


def test_who_is_in_by_two_ways_is_listed_once(api: Any, company: Any) -> None:
    everybody, ada = company["Everybody"], User.objects.get(username="backend")
    api.post(f"/groups/{everybody.id}/members", {"add": [str(ada.id)]})
    items = api.get(f"/groups/{everybody.id}/members?effective=true").json()["items"]
    assert [way["name"] for way in items[0]["member_of"]] == ["Backend", "Everybody"]
    assert len(items) == 3


def test_groups_in_and_around(api: Any, company: Any) -> None:
    top, middle, bottom = company["Everybody"], company["Berlin"], company["Backend"]
    assert names(api, f"/groups/{top.id}/groups") == ["Berlin"]
    assert names(api, f"/groups/{top.id}/groups?effective=true") == ["Backend", "Berlin"]
    assert names(api, f"/groups/{bottom.id}/parents") == ["Berlin"]
    assert names(api, f"/groups/{bottom.id}/parents?effective=true") == ["Berlin", "Everybody"]
    assert names(api, f"/groups/{middle.id}/groups") == ["Backend"]
    assert api.get(f"/groups/{uuid.uuid4()}/groups").status_code == 404
    assert api.get(f"/groups/{uuid.uuid4()}/parents").status_code == 404


def test_putting_in_and_taking_out_is_counted_and_told(api: Any, make_group: Any, company: Any, happened: Any) -> None:
    top, other = company["Everybody"], make_group("Paris")
    body = {"groups": {"add": [str(other.id)], "remove": [str(company["Berlin"].id)]}}
    assert api.post(f"/groups/{top.id}/members", body).json()["groups"] == {"added": 1, "removed": 1, "total": 1}
    assert api.post(f"/groups/{top.id}/members", body).json()["groups"] == {"added": 0, "removed": 0, "total": 1}
    told = [(event.group_name, event.changes) for event in happened("nesting_change")][-2:]
    assert sorted(told, key=lambda one: one[1][0]["to"] or "") == [
        ("Everybody", [{"name": "member_group", "from": "Berlin", "to": None}]),
        ("Everybody", [{"name": "member_group", "from": None, "to": "Paris"}]),
    ]


def test_a_circle_is_refused_and_nothing_of_the_call_happens(api: Any, company: Any, make_user: Any) -> None:
    top, bottom, ada = company["Everybody"], company["Backend"], make_user("ada")
    before = set(Closure.objects.values_list("ancestor_id", "descendant_id"))
    for into, what in ((bottom, top), (company["Berlin"], top), (top, top), (bottom, company["Berlin"])):
        body = {"add": [str(ada.id)], "groups": {"add": [str(what.id)]}}
        answer = api.post(f"/groups/{into.id}/members", body)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["groups.add[0]"])
    assert set(Closure.objects.values_list("ancestor_id", "descendant_id")) == before
    assert (ada.memberships.count(), Due.objects.count(), GroupDue.objects.count()) == (0, 0, 0)


def test_a_diamond_is_no_circle(api: Any, company: Any, make_group: Any) -> None:
    top, bottom, paris = company["Everybody"], company["Backend"], make_group("Paris")
    assert nest(api, top, paris).status_code == nest(api, paris, bottom).status_code == 200
    assert usernames(api, paris, "?effective=true") == ["backend"]
    nest(api, company["Berlin"], bottom, take_out=True)
    assert usernames(api, top, "?effective=true") == ["backend", "berlin", "everybody"]


def test_other_bad_input(api: Any, company: Any) -> None:
    path, berlin = f"/groups/{company['Everybody'].id}/members", str(company["Berlin"].id)
    for body, field in (
        ({"groups": {"add": [str(uuid.uuid4())]}}, "groups.add[0]"),
        ({"groups": {"remove": [berlin, str(uuid.uuid4())]}}, "groups.remove[1]"),
        ({"groups": {"add": ["Berlin"]}}, "groups.add[0]"),
        ({"groups": {"plus": []}}, "groups.plus"),
        ({"groups": None}, "groups"),
        ({"groups": [berlin]}, "groups"),
        ({"groups": {"add": [berlin], "remove": [berlin]}}, "groups"),
    ):
        answer = api.post(path, body)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert api.post(path, {"groups": {}}).status_code == 200


def test_who_may_not_change_groups_may_not_nest_them(as_role: Any, company: Any) -> None:
    assert nest(as_role("operator"), company["Backend"], company["Everybody"]).status_code == 403


def test_access_names_the_assigned_group_and_the_one_inside(api: Any, company: Any) -> None:
    ada, chat = User.objects.get(username="backend"), company["Chat"]
    [path] = api.get(f"/users/{ada.id}/access?application={chat.id}").json()["paths"]
    assert (path["kind"], path["group"]["name"], path["member_of"]["name"]) == ("group", "Everybody", "Backend")
    top = User.objects.get(username="everybody")
    [own] = api.get(f"/users/{top.id}/access?application={chat.id}").json()["paths"]
    assert (own["group"]["name"], own["member_of"]) == ("Everybody", None)
    assert [item["username"] for item in api.get(f"/users?application={chat.id}").json()["items"]] == [
        "backend",
        "berlin",
        "everybody",
    ]


def test_joining_and_leaving_an_inner_group_reaches_what_the_outer_ones_give(
    api: Any, company: Any, make_user: Any, marks: Marks
) -> None:
    ada, backend = make_user("ada"), company["Backend"]
    api.post(f"/groups/{backend.id}/members", {"add": [str(ada.id)]})
    assert (marks(), due_groups()) == ([("ada", SET, "set")], {("Everybody", SET)})
    forget_marks()
    api.post(f"/groups/{backend.id}/members", {"remove": [str(ada.id)]})
    assert (marks(), due_groups()) == ([("ada", LEAVING, "set")], {("Everybody", LEAVING)})


def test_nesting_marks_exactly_who_gets_or_loses_access(
    api: Any, company: Any, make_user: Any, make_group: Any, marks: Marks
) -> None:
    has_it_already = User.objects.get(username="berlin")
    paris = make_group("Paris", make_user("ada"), has_it_already, make_user("zoe", state="deleting"))
    nest(api, company["Backend"], paris)
    assert (marks(), due_groups()) == ([("ada", SET, "set")], {("Everybody", SET)})
    forget_marks()
    nest(api, company["Backend"], paris, take_out=True)
    assert (marks(), due_groups()) == ([("ada", LEAVING, "set")], {("Everybody", LEAVING)})


def test_moving_a_group_within_what_is_given_marks_nobody(api: Any, company: Any, marks: Marks) -> None:
    body = {"groups": {"add": [str(company["Backend"].id)]}}
    api.post(f"/groups/{company['Everybody'].id}/members", body)
    nest(api, company["Berlin"], company["Backend"], take_out=True)
    assert marks() == []


def test_deleting_a_group_in_the_middle_ends_what_led_through_it(
    api: Any, company: Any, marks: Marks, happened: Any
) -> None:
    assert api.delete(f"/groups/{company['Berlin'].id}").status_code == 204
    assert sorted(marks()) == [("backend", LEAVING, "set"), ("berlin", LEAVING, "set")]
    assert due_groups() == {("Everybody", LEAVING)}
    assert usernames(api, company["Everybody"], "?effective=true") == ["everybody"]
    assert usernames(api, company["Backend"]) == ["backend"]
    told = happened("nesting_change")[-1]
    assert (told.group_name, told.changes[0]["from"]) == ("Everybody", "Berlin")


def test_a_group_is_due_wherever_it_is_assigned_or_known(
    api: Any, company: Any, make_application: Any, make_user: Any
) -> None:
    berlin, wiki = company["Berlin"], make_application("Wiki")
    make_link_of_group(wiki, berlin)
    api.patch(f"/groups/{berlin.id}", {"name": "Berlin office"})
    assert due_groups() == {("Berlin office", EDIT)}
    forget_marks()
    api.post(f"/groups/{company['Backend'].id}/members", {"add": [str(make_user("ada").id)]})
    found = {(mark.application_id, mark.group_id) for mark in GroupDue.objects.all()}
    assert found == {(wiki.id, berlin.id), (company["Chat"].id, company["Everybody"].id)}
    forget_marks()
    api.delete(f"/groups/{berlin.id}")
    assert due_groups() == {("gone", LEAVING), ("Everybody", LEAVING)}


def test_assigning_covers_everybody_inside(api: Any, company: Any, make_application: Any, marks: Marks) -> None:
    wiki, body = make_application("Wiki"), {"groups": {"add": [str(company["Berlin"].id)]}}
    api.post(f"/applications/{wiki.id}/assignments", body)
    assert sorted(marks()) == [("backend", SET, "set"), ("berlin", SET, "set")]
    assert due_groups() == {("Berlin", SET)}
    forget_marks()
    api.post(f"/applications/{wiki.id}/assignments", {"groups": {"remove": [str(company["Berlin"].id)]}})
    assert sorted(marks()) == [("backend", LEAVING, "set"), ("berlin", LEAVING, "set")]
    assert due_groups() == {("Berlin", LEAVING)}


def test_a_changed_mapping_makes_every_group_of_the_application_due(api: Any, company: Any) -> None:
    chat = company["Chat"]
    make_link_of_group(chat, company["Backend"])
    rows = mapping.rows_as_json(mapping.DEFAULT_ROWS)
    Application.objects.filter(id=chat.id).update(mapping=rows)
    applications.replace_mapping(shell(), chat.id, [row for row in rows if row["scim"] != "title"])
    assert due_groups() == {("Everybody", SET), ("Backend", SET)}


def make_link_of_group(application: Any, group: Any) -> None:
    fields = {"application": application, "group_id": group.id, "name": group.name, "remote_id": f"r-{group.id}"}
    GroupLink.objects.create(id=uuid.uuid4(), status="synced", updated=group.updated, **fields)


# What previews count -------------------------------------------------------------------------------------------------


def outcome(found: Any) -> tuple[int, int]:
    return (found.create, found.deactivate)


@pytest.fixture
def with_accounts(company: Any, make_link: Any) -> dict[str, Any]:  # noqa: F811
    for name in ("everybody", "berlin", "backend"):
        user = User.objects.get(username=name)
        make_link({"id": company["Chat"].id}, user, status="synced", remote_id=name, active=True)
    return company


def test_previews_count_everybody_inside(with_accounts: Any, make_user: Any, make_group: Any) -> None:
    top, middle, bottom = (with_accounts[name] for name in ("Everybody", "Berlin", "Backend"))
    ada, chat = make_user("ada"), with_accounts["Chat"]
    paris = make_group("Paris", ada)
    assert outcome(if_joined(bottom.id, [ada.id])) == (1, 0)
    assert outcome(if_left(bottom.id, [User.objects.get(username="backend").id])) == (0, 1)
    assert outcome(nesting.if_nested(middle.id, [paris.id])) == (1, 0)
    assert outcome(nesting.if_taken_out(top.id, [middle.id])) == (0, 2)
    assert outcome(nesting.if_group_deleted(middle.id)) == (0, 2)
    assert outcome(nesting.if_group_deleted(top.id)) == (0, 3)
    taken = preview_assignments(chat.id, groups_remove=[top.id])
    assert (taken.deactivate.count, [group.members for group in taken.groups]) == (3, [3])
    kept = preview_assignments(chat.id, groups_remove=[top.id], groups_add=[middle.id])
    assert (kept.deactivate.count, {group.name: (group.members, group.unchanged) for group in kept.groups}) == (
        1,
        {"Berlin": (2, 2), "Everybody": (3, 2)},
    )


def test_who_keeps_another_way_loses_nothing(with_accounts: Any) -> None:
    top, middle, bottom = (with_accounts[name] for name in ("Everybody", "Berlin", "Backend"))
    commands.change_members(shell(), top.id, groups_add=[bottom.id])
    assert outcome(nesting.if_taken_out(top.id, [middle.id])) == (0, 1)
    assert outcome(nesting.if_group_deleted(middle.id)) == (0, 1)
    assert outcome(nesting.if_taken_out(top.id, [middle.id, bottom.id])) == (0, 2)
    applications.change_assignments(shell(), with_accounts["Chat"].id, groups_add=[middle.id])
    assert outcome(nesting.if_taken_out(top.id, [middle.id, bottom.id])) == (0, 0)
    assert outcome(if_left(middle.id, [User.objects.get(username="berlin").id])) == (0, 1)


def test_counts_tell_own_members_from_everybody(company: Any) -> None:
    counts = counts_of_groups([company["Everybody"].id, company["Backend"].id])
    top, bottom = counts[company["Everybody"].id], counts[company["Backend"].id]
    assert (top.members, top.groups, top.everybody, top.applications) == (1, 1, 3, 1)
    assert (bottom.members, bottom.groups, bottom.everybody, bottom.applications) == (1, 0, 1, 0)
