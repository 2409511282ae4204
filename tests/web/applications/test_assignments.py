"""Who has access: what is written, what becomes due, and that asking twice changes nothing."""

from __future__ import annotations

import uuid

import pytest

from provisor.applications.models import Assignment, Due

SET, LEAVING = 2, 0


@pytest.fixture
def change(api, application):
    """POST .../assignments."""

    def call(body, **more):
        return api.post(f"/applications/{application['id']}/assignments", body, **more)

    return call


def marks():
    """(user, priority, cause) of every due mark."""
    return sorted(Due.objects.values_list("user_id", "priority", "cause"))


def test_a_group_is_added_and_its_members_are_due(change, make_user, make_group):
    ada, bo = make_user("ada"), make_user("bo")
    group = make_group("Staff", ada, bo)
    answer = change({"groups": {"add": [str(group.id)]}})
    assert answer["groups"] == {"added": [str(group.id)], "removed": []}
    assert marks() == sorted((user.id, SET, "set") for user in (ada, bo))


def test_a_user_is_added_and_removed(change, make_user):
    ada = make_user("ada")
    change({"users": {"add": [str(ada.id)]}})
    change({"users": {"remove": [str(ada.id)]}})
    assert marks() == [(ada.id, LEAVING, "set"), (ada.id, SET, "set")]
    assert not Assignment.objects.exists()


def test_removing_a_group_makes_its_members_leave(change, make_user, make_group):
    ada = make_user("ada")
    group = make_group("Staff", ada)
    change({"groups": {"add": [str(group.id)]}})
    Due.objects.all().delete()
    change({"groups": {"remove": [str(group.id)]}})
    assert marks() == [(ada.id, LEAVING, "set")]


def test_asking_twice_changes_and_marks_nothing(change, api, make_user, make_group):
    body = {
        "groups": {"add": [str(make_group("Staff", make_user("ada")).id)]},
        "users": {"add": [str(make_user("bo").id)]},
    }
    change(body)
    before = marks()
    again = change(body)
    assert (again["groups"]["added"], again["users"]["added"], marks()) == ([], [], before)
    assert len(api.events("?type=association_change")) == 2


def test_removing_what_is_not_assigned_changes_nothing(change, api, make_user):
    change({"users": {"remove": [str(make_user("ada").id)]}})
    assert (marks(), api.events("?type=association_change")) == ([], [])


def test_the_event_is_found_by_its_user(change, api, make_user):
    ada = make_user("ada")
    change({"users": {"add": [str(ada.id)]}})
    (event,) = api.events(f"?user={ada.id}")
    assert event["user"] == {"id": str(ada.id), "name": "ada"}
    assert event["changes"] == [{"name": "assignment", "from": None, "to": "assigned"}]


def test_unknown_ids_are_named_and_nothing_is_written(change, make_user):
    nobody, ada = uuid.uuid4(), make_user("ada")
    body = {"users": {"add": [str(ada.id), str(nobody)]}, "groups": {"add": [str(nobody)]}}
    fields = change(body, expect=422)["error"]["fields"]
    assert set(fields) == {"users.add[1]", "groups.add[0]"}
    assert str(nobody) in fields["users.add[1]"]
    assert (Assignment.objects.count(), marks()) == (0, [])


def test_adding_and_removing_at_once_is_refused(change, make_user):
    ada = str(make_user("ada").id)
    fields = change({"users": {"add": [ada], "remove": [ada]}}, expect=422)["error"]["fields"]
    assert list(fields) == ["users.remove[0]"]


def test_a_user_who_is_being_deleted_gets_no_access(change, make_user):
    leaver = make_user("ada", state="deleting")
    assert list(change({"users": {"add": [str(leaver.id)]}}, expect=422)["error"]["fields"]) == ["users.add[0]"]


def test_assignments_are_listed_groups_first_page_by_page(change, api, application, make_user, make_group):
    ids = {"groups": [str(make_group(name).id) for name in ("Zeta", "beta")], "users": [str(make_user("ada").id)]}
    change({kind: {"add": given} for kind, given in ids.items()})
    path = f"/applications/{application['id']}/assignments?limit=2"
    first = api.get(path)
    rest = api.get(f"{path}&cursor={first['next']}")
    names = [(item["kind"], item[item["kind"]]["name"]) for item in first["items"] + rest["items"]]
    assert names == [("group", "beta"), ("group", "Zeta"), ("user", "ada")]
    assert (first["total"], rest["next"]) == (3, None)


def test_access_is_explained_path_by_path(change, api, application, make_user, make_group):
    ada = make_user("ada")
    group = make_group("Staff", ada)
    ask = f"/users/{ada.id}/access?application={application['id']}"
    assert api.get(ask)["access"] is False
    change({"groups": {"add": [str(group.id)]}, "users": {"add": [str(ada.id)]}})
    answer = api.get(ask)
    assert answer["access"] is True
    assert answer["paths"] == [
        {"kind": "direct", "group": None, "member_of": None},
        {"kind": "group", "group": {"id": str(group.id), "name": "Staff"}, "member_of": None},
    ]


def test_a_body_is_not_needed(change):
    assert change(None) == {kind: {"added": [], "removed": []} for kind in ("groups", "users")}
