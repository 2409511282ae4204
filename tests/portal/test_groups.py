"""User groups: members and applications, each change with its consequence said first."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from tests.portal.conftest import text_of

from provisor.applications.models import Assignment
from provisor.directory.models import Group, User


@pytest.fixture
def staff(make_user: Any, make_group: Any, make_application: Any, make_link: Any) -> Group:
    """Ada, with an account in Chat that Staff gives. Ben is in no group."""
    ada, _ben = make_user("ada", displayname="Ada Lovelace"), make_user("ben")
    group: Group = make_group("Staff", ada)
    chat = make_application("Chat", group, provisioning="active")
    make_link({"id": chat.id}, ada, status="synced", remote_id="r1", active=True)
    make_application("Desk", provisioning="active")
    return group


def user(name: str) -> User:
    return User.objects.get(username=name)


def test_the_list_counts_members_and_applications(owner: Client, staff: Group):
    assert "Staff – 1 member 1 application" in text_of(owner.get("/groups"))
    assert "No group fits" in text_of(owner.get("/groups?search=nobody"))


def test_a_new_group_and_a_new_name(owner: Client, staff: Group):
    owner.post("/groups/new", {"name": "Guests", "description": "Who visits"})
    assert Group.objects.get(name="Guests").description == "Who visits"
    taken = owner.post("/groups/new", {"name": "STAFF"})
    assert (taken.status_code, set(taken.context["form"].errors)) == (422, {"name"})
    owner.post(f"/groups/{staff.id}/edit", {"name": "Crew", "seen": staff.updated.isoformat()})
    staff.refresh_from_db()
    assert staff.name == "Crew"


def test_a_stale_rename_keeps_the_input(owner: Client, staff: Group):
    answer = owner.post(f"/groups/{staff.id}/edit", {"name": "Crew", "seen": "2020-01-01T00:00:00+00:00"})
    assert answer.status_code == 409
    assert b'value="Crew"' in answer.content


def test_members_are_found_and_added_after_the_count(owner: Client, staff: Group):
    assert "ben@example.com" in text_of(owner.get(f"/groups/{staff.id}?find=ben"))
    path, ben = f"/groups/{staff.id}/members", {"add": str(user("ben").id)}
    assert "1 account is created in Chat." in text_of(owner.post(path, ben))
    assert staff.memberships.count() == 1
    owner.post(path, {**ben, "sure": "1"})
    assert staff.memberships.count() == 2


def test_members_are_removed_after_the_count(owner: Client, staff: Group):
    path, ada = f"/groups/{staff.id}/members", {"remove": str(user("ada").id)}
    assert "1 account is deactivated in Chat." in text_of(owner.post(path, ada))
    owner.post(path, {**ada, "sure": "1"})
    assert not staff.memberships.exists()


def test_who_keeps_access_by_another_way_loses_nothing(owner: Client, staff: Group):
    chat = Assignment.objects.get().application
    Assignment.objects.create(application=chat, user=user("ada"))
    owner.post(f"/groups/{staff.id}/members", {"remove": str(user("ada").id)})
    assert not staff.memberships.exists()


def test_applications_are_ticked_with_a_plan_before_saving(owner: Client, staff: Group):
    path = f"/groups/{staff.id}/applications"
    desk = next(row["id"] for row in owner.get(path).context["rows"] if row["name"] == "Desk")
    asked = owner.post(path, {"application": str(desk)})
    assert "1 account is created and 1 account is deactivated in Chat, Desk." in text_of(asked)
    assert Assignment.objects.get().application.name == "Chat"
    owner.post(path, {"application": str(desk), "sure": "9-9-9"})
    assert Assignment.objects.get().application.name == "Chat"
    owner.post(path, {"application": str(desk), "sure": asked.context["sure"]})
    assert Assignment.objects.get().application.name == "Desk"


def test_deleting_a_group_says_what_it_ends(owner: Client, staff: Group):
    shown = text_of(owner.get(f"/groups/{staff.id}/delete"))
    assert "1 account is deactivated in Chat." in shown
    assert "1 member leaves the group, and the access that it gives to 1 application ends." in shown
    owner.post(f"/groups/{staff.id}/delete")
    assert not Group.objects.exists()


@pytest.mark.parametrize("path", ["", "/applications", "/edit", "/delete"])
def test_a_group_that_is_gone_is_a_page_that_helps(owner: Client, path: str):
    assert owner.get(f"/groups/{uuid.uuid4()}{path}").status_code == 404


@pytest.fixture
def crew(staff: Group, make_user: Any, make_group: Any) -> Group:
    """A group of Cleo alone, which isn't in Staff yet."""
    group: Group = make_group("Crew", make_user("cleo", displayname="Cleo Marsh"))
    return group


def nest(owner: Client, parent: Group, child: Group):
    return owner.post(f"/groups/{parent.id}/groups/change", {"add": str(child.id), "sure": "1"})


def test_groups_are_found_and_put_in_after_the_count(owner: Client, staff: Group, crew: Group):
    assert "No group is in this group" in text_of(owner.get(f"/groups/{staff.id}/groups"))
    assert owner.get(f"/groups/{staff.id}/groups?find=crew").context["hits"] == [crew]
    path, it = f"/groups/{staff.id}/groups/change", {"add": str(crew.id)}
    assert "1 account is created in Chat." in text_of(owner.post(path, it))
    assert not staff.inside.exists()
    owner.post(path, {**it, "sure": "1"})
    assert [one.child for one in staff.inside.all()] == [crew]
    shown = text_of(owner.get(f"/groups/{staff.id}/groups"))
    assert "Crew" in shown
    assert "Is itself in Staff" in text_of(owner.get(f"/groups/{crew.id}/groups"))
    assert owner.get(f"/groups/{staff.id}/groups?find=crew").context["hits"] == []
    assert owner.get(f"/groups/{crew.id}/groups?find=staff").context["hits"] == []


def test_groups_are_taken_out_after_the_count(owner: Client, staff: Group, crew: Group, make_link: Any):
    nest(owner, staff, crew)
    chat = Assignment.objects.get().application
    make_link({"id": chat.id}, user("cleo"), status="synced", remote_id="r2", active=True)
    path, it = f"/groups/{staff.id}/groups/change", {"remove": str(crew.id)}
    assert "1 account is deactivated in Chat." in text_of(owner.post(path, it))
    owner.post(path, {**it, "sure": "1"})
    assert not staff.inside.exists()


def test_a_circle_is_told_and_nothing_is_changed(owner: Client, staff: Group, crew: Group):
    nest(owner, staff, crew)
    owner.post(f"/groups/{crew.id}/groups/change", {"add": str(staff.id), "sure": "1"})
    assert "this would close a circle" in text_of(owner.get(f"/groups/{crew.id}/groups"))
    assert not crew.inside.exists()


def test_nothing_ticked_changes_nothing(owner: Client, staff: Group):
    owner.post(f"/groups/{staff.id}/groups/change")
    assert "Nothing was ticked" in text_of(owner.get(f"/groups/{staff.id}/groups"))


def test_everybody_in_a_group_is_shown_with_the_way_in(owner: Client, staff: Group, crew: Group):
    assert "Everybody in it" not in text_of(owner.get(f"/groups/{staff.id}"))
    nest(owner, staff, crew)
    own, everybody = owner.get(f"/groups/{staff.id}"), owner.get(f"/groups/{staff.id}?everybody=1")
    assert "Own members 1 Everybody in it 2" in text_of(own)
    assert [row.name for row, _own, _through in own.context["rows"]] == ["Ada Lovelace"]
    found = {row.name: (own, through) for row, own, through in everybody.context["rows"]}
    assert found == {"Ada Lovelace": (True, []), "Cleo Marsh": (False, [crew])}
    assert everybody.content.count(b'name="remove"') == 1
    searched = owner.get(f"/groups/{staff.id}?everybody=1&search=cleo").context["rows"]
    assert [row.name for row, _own, _through in searched] == ["Cleo Marsh"]


def test_a_user_s_page_names_both_groups_of_the_way(owner: Client, staff: Group, crew: Group):
    nest(owner, staff, crew)
    assert "Staff, through Crew" in text_of(owner.get(f"/users/{user('cleo').id}"))


def test_what_groups_around_give_is_shown(owner: Client, staff: Group, crew: Group):
    nest(owner, staff, crew)
    assert "given by Staff" in text_of(owner.get(f"/groups/{crew.id}/applications"))


def test_deleting_a_nested_group_says_what_stays(owner: Client, staff: Group, crew: Group, make_group: Any):
    nest(owner, staff, crew)
    nest(owner, crew, make_group("Galley"))
    shown = text_of(owner.get(f"/groups/{crew.id}/delete"))
    assert "1 group is in it: that group stays, with its members." in shown
    assert "Whoever is in it only by this group leaves Staff ." in shown


def test_members_of_groups_inside_are_counted(owner: Client, staff: Group, crew: Group):
    nest(owner, staff, crew)
    chat = Assignment.objects.get().application
    rows = owner.get(f"/applications/{chat.id}/groups").context["rows"]
    assert {group.name: everybody for group, everybody, *_others in rows} == {"Staff": 2, "Crew": 1}
    assert "Staff – 2 members" in text_of(owner.get("/groups"))
