"""/groups."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.applications.due import LEAVING
from provisor.applications.models import Assignment
from provisor.directory.models import Group, Membership


def test_a_group_is_made_read_changed_and_deleted(api: Any, happened: Any) -> None:
    made = api.post("/groups", {"name": "Staff", "description": "All of us"})
    path = f"/groups/{made.json()['id']}"
    assert (made.status_code, api.get(path).json()) == (201, made.json())
    changed = api.patch(path, {"name": "People", "description": None})
    assert (changed.json()["name"], changed.json()["description"]) == ("People", None)
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == api.delete(path).status_code == 404
    assert [happened(f"group_{what}")[0].group_name for what in ("create", "update", "delete")] == [
        "Staff",
        "People",
        "People",
    ]
    assert happened("group_update")[0].changes == [
        {"name": "name", "from": "Staff", "to": "People"},
        {"name": "description", "from": "All of us", "to": None},
    ]


@pytest.mark.parametrize("name", ["STAFF", "Ｓtaff"])
def test_names_are_unique_after_folding(api: Any, make_group: Any, name: str) -> None:
    make_group("Staff")
    other = make_group("Other")
    for answer in (api.post("/groups", {"name": name}), api.patch(f"/groups/{other.id}", {"name": name})):
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (409, ["name"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "Staff "}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": "Staff", "description": "x" * 257}, "description"),
        ({"name": "Staff", "members": []}, "members"),
    ],
)
def test_what_is_refused_names_its_field(api: Any, body: Any, field: str) -> None:
    answer = api.post("/groups", body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert Group.objects.count() == 0


def test_a_change_that_changes_nothing_leaves_no_trace(api: Any, make_group: Any, happened: Any) -> None:
    staff = make_group("Staff")
    before = api.get(f"/groups/{staff.id}").json()
    assert api.patch(f"/groups/{staff.id}", {"name": "Staff", "description": ""}).json() == before
    assert api.patch(f"/groups/{staff.id}").json() == before
    assert happened("group_update") == []


def test_deleting_a_group_takes_its_members_access(
    api: Any, make_user: Any, make_group: Any, make_application: Any, marks: Any
) -> None:
    staff = make_group("Staff", make_user("ada"), make_user("ben"))
    make_application("Chat", staff)
    make_application("Wiki")
    assert api.delete(f"/groups/{staff.id}").status_code == 204
    assert sorted(marks()) == [("ada", LEAVING, "set"), ("ben", LEAVING, "set")]
    assert (Membership.objects.count(), Assignment.objects.count()) == (0, 0)


def test_if_match(api: Any, make_group: Any) -> None:
    staff = make_group("Staff")
    seen = api.get(f"/groups/{staff.id}").json()["updated"]
    assert api.patch(f"/groups/{staff.id}", {"name": "A"}, If_Match=seen).status_code == 200
    assert api.patch(f"/groups/{staff.id}", {"name": "B"}, If_Match=seen).status_code == 412
    assert api.delete(f"/groups/{staff.id}", If_Match=seen).status_code == 412
