"""Who is in a group, and what joining and leaving makes due."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from provisor.applications.due import LEAVING, SET
from provisor.applications.models import Due
from provisor.directory.models import Membership, User
from provisor.text import unique_key

NO_GROUPS = {"added": 0, "removed": 0, "total": 0}


def names(api: Any, group: Any) -> list[str]:
    return [item["username"] for item in api.get(f"/groups/{group.id}/members").json()["items"]]


def test_adding_and_removing(
    api: Any, make_user: Any, make_group: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    ada, ben, cleo = make_user("ada"), make_user("ben"), make_user("cleo")
    staff = make_group("Staff", ada, ben)
    make_application("Chat", staff)
    answer = api.post(f"/groups/{staff.id}/members", {"add": [str(cleo.id)], "remove": [str(ada.id)]})
    assert answer.json() == {"added": 1, "removed": 1, "total": 2, "groups": NO_GROUPS}
    assert names(api, staff) == ["ben", "cleo"]
    assert marks() == [("ada", LEAVING, "set"), ("cleo", SET, "set")]
    events = [(event.user_name, event.group_name, event.changes[0]["to"]) for event in happened("membership_change")]
    assert sorted(events, key=str) == [("ada", "Staff", None), ("cleo", "Staff", "member")]


def test_what_is_so_already_changes_nothing(
    api: Any, make_user: Any, make_group: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    ada, ben = make_user("ada"), make_user("ben")
    staff = make_group("Staff", ada)
    make_application("Chat", staff)
    answer = api.post(f"/groups/{staff.id}/members", {"add": [str(ada.id)] * 2, "remove": [str(ben.id)]})
    assert answer.json() == {"added": 0, "removed": 0, "total": 1, "groups": NO_GROUPS}
    assert (happened("membership_change"), marks()) == ([], [])


def test_a_group_that_is_assigned_nowhere_makes_nothing_due(
    api: Any, make_user: Any, make_group: Any, marks: Any
) -> None:
    staff = make_group("Staff")
    api.post(f"/groups/{staff.id}/members", {"add": [str(make_user("ada").id)]})
    assert marks() == []


def test_unknown_users_are_named_and_nobody_is_added(api: Any, make_user: Any, make_group: Any) -> None:
    ada, staff = make_user("ada"), make_group("Staff")
    answer = api.post(f"/groups/{staff.id}/members", {"add": [str(ada.id), str(uuid.uuid4())]})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["add[1]"])
    assert Membership.objects.count() == 0


def test_other_bad_input(api: Any, make_user: Any, make_group: Any) -> None:
    staff, ada = make_group("Staff"), str(make_user("ada").id)
    for body, field in (
        ({"add": ["ada"]}, "add[0]"),
        ({"add": ada}, "add"),
        ({"remove": None}, "remove"),
        ({"plus": []}, "plus"),
        ({"add": [ada], "remove": [ada]}, "body"),
    ):
        answer = api.post(f"/groups/{staff.id}/members", body)
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])
    assert api.post(f"/groups/{uuid.uuid4()}/members", {"add": [ada]}).status_code == 404
    assert api.get(f"/groups/{uuid.uuid4()}/members").status_code == 404


def test_five_thousand_members_take_a_handful_of_statements(
    api: Any, make_group: Any, make_application: Any, django_assert_max_num_queries: Any
) -> None:
    rows = [f"user{n}" for n in range(5000)]
    users = User.objects.bulk_create(
        User(username=n, username_key=unique_key(n), email=n, email_key=unique_key(n), updated=timezone.now())
        for n in rows
    )
    staff = make_group("Staff")
    make_application("Chat", staff)
    with django_assert_max_num_queries(30):
        answer = api.post(f"/groups/{staff.id}/members", {"add": [str(user.id) for user in users]})
    assert answer.json()["added"] == Membership.objects.count() == Due.objects.count() == 5000


def test_groups_of_a_user(api: Any, make_user: Any, make_group: Any) -> None:
    ada = make_user("ada")
    make_group("Staff", ada)
    make_group("Board")
    assert [item["name"] for item in api.get(f"/users/{ada.id}/groups").json()["items"]] == ["Staff"]


def test_access_and_assignments_seen_from_a_user(
    api: Any, make_user: Any, make_group: Any, make_application: Any
) -> None:
    ada = make_user("ada")
    staff = make_group("Staff", ada)
    chat = make_application("Chat", staff)
    answer = api.post(f"/users/{ada.id}/assignments", {"applications": {"add": [str(chat.id)]}})
    assert answer.status_code == 200
    access = api.get(f"/users/{ada.id}/access?application={chat.id}").json()
    assert (access["access"], [path["kind"] for path in access["paths"]]) == (True, ["direct", "group"])
    wiki = make_application("Wiki")
    assert api.get(f"/users/{ada.id}/access?application={wiki.id}").json()["access"] is False
    unknown = api.post(f"/users/{ada.id}/assignments", {"applications": {"add": [str(uuid.uuid4())]}})
    assert list(unknown.json()["error"]["fields"]) == ["applications.add[0]"]
    [account] = api.get(f"/users/{ada.id}/accounts").json()["items"]
    assert (account["application"]["name"], account["status"]) == ("Chat", "due")
