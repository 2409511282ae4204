"""The trash over REST: what is in it, what would come back, restoring, erasing, and who may."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisor.administrators.actor import shell
from provisor.applications.models import Application, Assignment
from provisor.directory import commands as directory
from provisor.directory.commands import restoring, trash
from provisor.directory.commands.nesting import take_turns
from provisor.directory.models import Group, Membership, Nesting, Trash, User

ADA = {
    "username": "Ada",
    "email": "Ada@example.com",
    "firstname": "Ada",
    "department": "Research",
    "phoneNumbers": [{"type": "work", "number": "+49 30 1"}],
    "attributes": {"badge": {"floor": 3}},
}


def in_trash(api: Any, **query: str) -> list[Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return list(api.get(f"/trash?{asked}").json()["items"])


def deleted(api: Any, path: str) -> Any:
    """Deletes it; its entry."""
    assert api.delete(path).status_code == 204
    return in_trash(api)[0]


def test_a_deleted_user_comes_back_as_it_was(api: Any, make_group: Any, make_application: Any, happened: Any) -> None:
    ada = api.post("/users", ADA).json()
    boss = api.post("/users", {"username": "boss", "email": "boss@example.com"}).json()
    api.patch(f"/users/{ada['id']}", {"manager": boss["id"]})
    user = User.objects.get(id=ada["id"])
    make_group("Staff", user)
    make_application("Chat", user)
    before = api.get(f"/users/{ada['id']}").json()
    entry = deleted(api, f"/users/{ada['id']}")
    assert entry["object"] == {"id": ada["id"], "name": "Ada"}
    assert (entry["kind"], entry["state"], entry["going"]) == ("user", "active", False)
    assert api.get(f"/users/{ada['id']}").status_code == 404
    back = api.get(f"/trash/{entry['id']}").json()["back"]
    assert [one["name"] for one in back["groups"]] == ["Staff"]
    assert back["access"][0]["create"] == 1
    answer = api.post(f"/trash/{entry['id']}/restore")
    assert answer.status_code == 200
    assert answer.json()["back"] == back
    after = api.get(f"/users/{ada['id']}").json()
    assert {**after, "updated": None} == {**before, "updated": None}
    assert [row.group.name for row in Membership.objects.filter(user_id=ada["id"])] == ["Staff"]
    assert Assignment.objects.filter(user_id=ada["id"]).count() == 1
    assert in_trash(api) == []
    assert [event.user_name for event in happened("user_restored")] == ["Ada"]


def test_the_password_does_not_come_back(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    api.put(f"/users/{ada.id}/password", {"password": "correct horse battery staple"})
    kept = User.objects.get(id=ada.id).password
    entry = deleted(api, f"/users/{ada.id}")
    row = Trash.objects.get()
    assert kept not in json.dumps([row.shape, row.kept])
    assert "password" not in json.dumps([row.shape, row.kept])
    api.post(f"/trash/{entry['id']}/restore")
    ada.refresh_from_db()
    assert (ada.password, ada.password_status) == (None, "pending")


def test_whose_unique_value_somebody_else_has_stays_there(api: Any) -> None:
    assert api.post("/attributes", {"name": "badge", "type": "text", "unique": True}).status_code == 201
    ada = api.post("/users", {**ADA, "attributes": {"badge": "B-1"}}).json()
    entry = deleted(api, f"/users/{ada['id']}")
    ben = api.post("/users", {"username": "ben", "email": "ben@example.com", "attributes": {"badge": "b-1"}}).json()
    answer = api.post(f"/trash/{entry['id']}/restore")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (409, ["attributes.badge"])
    api.patch(f"/users/{ben['id']}", {"attributes": {"badge": None}})
    assert api.post(f"/trash/{entry['id']}/restore").status_code == 200
    clash = api.patch(f"/users/{ben['id']}", {"attributes": {"badge": "B-1"}})
    assert clash.status_code == 409


def test_a_value_that_fits_its_schema_no_more_stays_behind_and_is_named(api: Any) -> None:
    ada = api.post("/users", {**ADA, "attributes": {"level": "high", "desk": "B-1"}}).json()
    entry = deleted(api, f"/users/{ada['id']}")
    for name in ("level", "desk"):
        kind = "number" if name == "level" else "text"
        assert api.post("/attributes", {"name": name, "type": kind, "unique": True}).status_code == 201
    back = api.get(f"/trash/{entry['id']}").json()["back"]
    assert back["lost"] == [{"id": ada["id"], "name": "attributes.level (This must be a number.)"}]
    answer = api.post(f"/trash/{entry['id']}/restore")
    assert (answer.status_code, answer.json()["back"]) == (200, back)
    assert api.get(f"/users/{ada['id']}").json()["attributes"] == {"desk": "B-1"}


@pytest.mark.parametrize(
    ("username", "email", "fields"),
    [
        ("ADA", "other@example.com", {"username"}),
        ("other", "ADA@example.com", {"email"}),
        ("ada", "ada@example.com", {"username", "email"}),
    ],
)
def test_whose_name_somebody_else_has_stays_there(
    api: Any, make_user: Any, username: str, email: str, fields: set[str]
) -> None:
    entry = deleted(api, f"/users/{make_user('ada').id}")
    api.post("/users", {"username": username, "email": email})
    answer = api.post(f"/trash/{entry['id']}/restore")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (409, fields)
    assert set(api.get(f"/trash/{entry['id']}").json()["back"]["taken"]) == fields
    assert len(in_trash(api)) == 1


def test_what_is_gone_meanwhile_is_named(api: Any, make_user: Any, make_group: Any, make_application: Any) -> None:
    ada, boss = make_user("ada"), make_user("boss")
    User.objects.filter(id=ada.id).update(manager=boss)
    staff = make_group("Staff", ada)
    application = make_application("Chat", ada)
    entry = deleted(api, f"/users/{ada.id}")
    api.delete(f"/groups/{staff.id}")
    api.delete(f"/applications/{application.id}")
    api.delete(f"/users/{boss.id}")
    answer = api.post(f"/trash/{entry['id']}/restore").json()
    assert {one["name"] for one in answer["back"]["lost"]} == {"Staff", "Chat"}
    assert answer["user"]["manager"] is None


def test_a_group_comes_back_with_its_place(api: Any, make_user: Any, make_group: Any, make_application: Any) -> None:
    ada, grace = make_user("ada"), make_user("grace")
    inner, staff, outer = make_group("Inner"), make_group("Staff", ada, grace), make_group("Outer")
    actor = shell()
    directory.change_members(actor, staff.id, groups_add=[inner.id])
    directory.change_members(actor, outer.id, groups_add=[staff.id])
    make_application("Chat", staff)
    entry = deleted(api, f"/groups/{staff.id}")
    api.delete(f"/users/{grace.id}")
    back = api.get(f"/trash/{entry['id']}").json()["back"]
    assert (back["members"], back["members_lost"]) == (1, 1)
    assert back["access"] == [{"application": back["applications"][0], "create": 1, "reactivate": 0}]
    answer = api.post(f"/trash/{entry['id']}/restore").json()
    assert answer["group"]["id"] == str(staff.id)
    assert [row.user for row in Membership.objects.filter(group_id=staff.id)] == [ada]
    assert set(Nesting.objects.values_list("parent_id", "child_id")) == {
        (outer.id, staff.id),
        (staff.id, inner.id),
    }
    assert Assignment.objects.get(group_id=staff.id).application.name == "Chat"
    assert api.get(f"/groups/{outer.id}/members?effective=true").json()["total"] == 1


def test_a_circle_that_was_closed_meanwhile_is_left_open(api: Any, make_group: Any) -> None:
    inner, staff, outer = make_group("Inner"), make_group("Staff"), make_group("Outer")
    actor = shell()
    directory.change_members(actor, staff.id, groups_add=[inner.id])
    directory.change_members(actor, outer.id, groups_add=[staff.id])
    entry = deleted(api, f"/groups/{staff.id}")
    directory.change_members(actor, inner.id, groups_add=[outer.id])
    answer = api.post(f"/trash/{entry['id']}/restore").json()
    assert [one["name"] for one in answer["back"]["lost"]] == ["Outer"]
    assert (staff.id, inner.id) in set(Nesting.objects.values_list("parent_id", "child_id"))


def test_a_computed_group_comes_back_with_its_rule(api: Any, make_user: Any) -> None:
    ada = make_user("ada", department="Research")
    group = api.post("/groups", {"name": "Researchers"}).json()
    answer = api.put(f"/groups/{group['id']}/rule", {"expression": 'user.department == "Research"'})
    assert answer.status_code == 200, answer.json()
    entry = deleted(api, f"/groups/{group['id']}")
    assert api.post(f"/trash/{entry['id']}/restore").status_code == 200
    assert api.get(f"/groups/{group['id']}").json()["rule"]["expression"] == 'user.department == "Research"'
    assert [row.user for row in Membership.objects.all()] == [ada]


def test_a_group_whose_name_is_taken(api: Any, make_group: Any) -> None:
    entry = deleted(api, f"/groups/{make_group('Staff').id}")
    make_group("STAFF")
    answer = api.post(f"/trash/{entry['id']}/restore")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (409, {"name"})


def test_the_list_filters_and_pages(api: Any, make_user: Any, make_group: Any) -> None:
    for name in ("ada", "grace", "alan"):
        api.delete(f"/users/{make_user(name).id}")
    api.delete(f"/groups/{make_group('Staff').id}")
    assert [one["object"]["name"] for one in in_trash(api)] == ["Staff", "alan", "grace", "ada"]
    assert [one["object"]["name"] for one in in_trash(api, kind="group")] == ["Staff"]
    assert [one["object"]["name"] for one in in_trash(api, search="GRA")] == ["grace"]
    first = api.get("/trash?limit=3").json()
    assert (len(first["items"]), first["total"]) == (3, 4)
    assert len(api.get(f"/trash?limit=3&cursor={first['next']}").json()["items"]) == 1
    assert api.get("/trash?kind=cat").status_code == 422


def test_erasing_takes_everything_that_was_kept(api: Any, make_user: Any, happened: Any) -> None:
    entry = deleted(api, f"/users/{make_user('ada').id}")
    assert api.delete(f"/trash/{entry['id']}").status_code == 204
    assert (Trash.objects.count(), len(happened("trash_erased"))) == (0, 1)
    assert api.post(f"/trash/{entry['id']}/restore").status_code == 404
    assert api.delete(f"/trash/{entry['id']}").status_code == 404


def test_after_its_days_it_is_erased_and_before_that_not_shown(api: Any, make_user: Any) -> None:
    entry = deleted(api, f"/users/{make_user('ada').id}")
    assert trash.erase_old() == 0
    Trash.objects.update(deleted_at=timezone.now() - timedelta(days=30, minutes=1))
    assert in_trash(api) == []
    assert api.post(f"/trash/{entry['id']}/restore").status_code == 404
    assert trash.erase_old() == 1
    assert Trash.objects.count() == 0


def test_the_organisation_says_how_many_days(api: Any, make_user: Any) -> None:
    api.patch("/organisation", {"settings": {"trash_days": 7}})
    deleted(api, f"/users/{make_user('ada').id}")
    Trash.objects.update(deleted_at=timezone.now() - timedelta(days=8))
    assert trash.erase_old() == 1


def test_none_are_kept_where_it_is_off(api: Any, make_user: Any) -> None:
    api.patch("/organisation", {"settings": {"trash_days": 0}})
    assert api.delete(f"/users/{make_user('ada').id}").status_code == 204
    assert Trash.objects.count() == 0


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_only_look(as_role: Any, api: Any, make_user: Any, role: str) -> None:
    entry = deleted(api, f"/users/{make_user('ada').id}")
    other = as_role(role)
    assert other.get(f"/trash/{entry['id']}").status_code == 200
    assert other.post(f"/trash/{entry['id']}/restore").status_code == 403
    assert other.delete(f"/trash/{entry['id']}").status_code == 403


def test_a_planned_suspension_still_holds_if_it_is_to_come(api: Any) -> None:
    soon, past = timezone.now() + timedelta(days=3), timezone.now() - timedelta(days=1)
    ada = api.post("/users", ADA | {"suspend_at": soon.isoformat()}).json()
    entry = deleted(api, f"/users/{ada['id']}")
    assert api.post(f"/trash/{entry['id']}/restore").json()["user"]["suspend_at"] is not None
    entry = deleted(api, f"/users/{ada['id']}")
    row = Trash.objects.get()
    row.shape["suspend_at"] = past.isoformat()
    row.save()
    assert api.post(f"/trash/{entry['id']}/restore").json()["user"]["suspend_at"] is None


def test_an_active_user_without_a_password_is_written_to(api: Any, make_user: Any, happened: Any) -> None:
    entry = deleted(api, f"/users/{make_user('ada').id}")
    api.post(f"/trash/{entry['id']}/restore")
    assert [event.user_name for event in happened("user_activation_email")] == ["ada"]


# Deleting and restoring in any order leaves the world as it was --------------------------------------------------------

NAMES = ("ada", "grace", "alan", "edsger")
GROUPS = ("one", "two", "three")


def world_now() -> Any:
    """All that a restored user or group is to bring back."""
    return (
        sorted(User.objects.values_list("id", "username", "state", "department")),
        sorted(Group.objects.values_list("id", "name", "description"), key=str),
        sorted(Membership.objects.values_list("group_id", "user_id")),
        sorted(Nesting.objects.values_list("parent_id", "child_id")),
        sorted(Assignment.objects.values_list("application_id", "group_id", "user_id"), key=str),
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    members=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=8),
    nested=st.sets(st.sampled_from([(0, 1), (0, 2), (1, 2)])),
    given_users=st.sets(st.integers(0, 3), max_size=3),
    given_groups=st.sets(st.integers(0, 2), max_size=2),
    order=st.permutations([*(("user", n) for n in range(4)), *(("group", n) for n in range(3))]),
    much=st.integers(1, 7),
)
def test_deleting_and_restoring_leaves_the_world_as_it_was(
    transactional: Any, members: Any, nested: Any, given_users: Any, given_groups: Any, order: Any, much: int
) -> None:
    users, groups = transactional(members, nested, given_users, given_groups)
    before = world_now()
    actor = shell()
    for kind, number in order[:much]:
        if kind == "user":
            directory.delete_user(actor, users[number].id)
        else:
            directory.delete_group(actor, groups[number].id)
    for entry in Trash.objects.order_by("-deleted_at", "-id"):  # the last deleted first: what it was tied to is back
        restoring.restore(actor, entry.id)
    assert world_now() == before
    assert not Trash.objects.exists()


@pytest.fixture
def transactional(db: None, make_user: Any, make_group: Any, make_application: Any) -> Any:
    """Makes a world anew for each example."""

    def make(members: Any, nested: Any, given_users: Any, given_groups: Any) -> Any:
        for model in (Trash, Assignment, Nesting, Membership, Group, User):
            model.objects.all().delete()
        users = [make_user(name, department=name.title()) for name in NAMES]
        groups = [
            make_group(name, *(users[person] for at, person in sorted(members) if at == number))
            for number, name in enumerate(GROUPS)
        ]
        take_turns()
        for parent, child in sorted(nested):
            directory.change_members(shell(), groups[parent].id, groups_add=[groups[child].id])
        Application.objects.all().delete()
        make_application("Chat", *(users[n] for n in sorted(given_users)), *(groups[n] for n in sorted(given_groups)))
        return users, groups

    return make
