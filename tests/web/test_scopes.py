"""The filter of an application: which of the assigned are sent, and what becomes due by it."""

from __future__ import annotations

from typing import Any

import pytest

from provisor import jobs
from provisor.applications.due import LEAVING, SET
from provisor.applications.models import Application, Due, OutOfScope
from provisor.applications.scopes import evaluating
from provisor.core.mapping import DEFAULT_ROWS, rows_as_json
from provisor.directory.models import User
from provisor.selection import rows_of

GERMANY = 'user.location == "Germany"'


def with_access(application: Application) -> list[str]:
    found = rows_of(
        "SELECT DISTINCT u.username FROM applications_access a JOIN directory_user u ON u.id = a.user_id"
        " WHERE a.application_id = %(id)s ORDER BY 1",
        {"id": application.id},
    )
    return [row["username"] for row in found]


@pytest.fixture
def people(make_user: Any) -> dict[str, User]:
    places = {"ada": "Germany", "ben": "France", "cleo": "Germany", "dan": None}
    return {name: make_user(name, location=place) for name, place in places.items()}


@pytest.fixture
def chat(people: Any, make_group: Any, make_application: Any) -> Application:
    """Assigned to ada, ben and dan by a group, and to ben directly; cleo isn't assigned."""
    staff = make_group("Staff", people["ada"], people["ben"], people["dan"])
    return make_application("Chat", staff, people["ben"], mapping=rows_as_json(DEFAULT_ROWS))


def test_only_whom_the_filter_lets_through_has_access(
    api: Any, chat: Any, people: Any, happened: Any, marks: Any
) -> None:
    answer = api.patch(f"/applications/{chat.id}", {"scope": f" {GERMANY} "})
    assert (answer.status_code, answer.json()["scope"]) == (200, GERMANY)
    assert with_access(chat) == ["ada"]
    assert sorted(marks()) == [("ben", LEAVING, "set"), ("dan", LEAVING, "set")]
    (told,) = happened("application_update")
    assert told.changes == [{"name": "scope", "from": None, "to": GERMANY}]
    stands = api.get(f"/applications/{chat.id}/scope").json()
    assert (stands["status"], stands["assigned"], stands["sent"], stands["failed"]) == ("settled", 3, 1, 0)


def test_taking_it_away_lets_everybody_in_again(api: Any, chat: Any, marks: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    Due.objects.all().delete()
    assert api.patch(f"/applications/{chat.id}", {"scope": None}).json()["scope"] is None
    assert (with_access(chat), OutOfScope.objects.count()) == (["ada", "ben", "dan"], 0)
    assert sorted(marks()) == [("ben", SET, "set"), ("dan", SET, "set")]


def test_the_same_filter_again_changes_nothing(api: Any, chat: Any, happened: Any) -> None:
    first = api.patch(f"/applications/{chat.id}", {"scope": GERMANY}).json()
    again = api.patch(f"/applications/{chat.id}", {"scope": GERMANY}).json()
    assert (again["updated"], len(happened("application_update"))) == (first["updated"], 1)


def test_edits_of_people_move_them_in_and_out(api: Any, chat: Any, people: Any, marks: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    Due.objects.all().delete()
    api.patch(f"/users/{people['ben'].id}", {"location": "Germany"})
    api.patch(f"/users/{people['ada'].id}", {"location": "Spain"})
    api.patch(f"/users/{people['cleo'].id}", {"location": "Spain"})  # not assigned: nothing to do there
    assert with_access(chat) == ["ben"]
    by_filter = [mark for mark in marks() if mark[2] == "set"]
    assert by_filter == [("ben", SET, "set"), ("ada", LEAVING, "set")]


def test_new_users_are_judged_before_they_are_assigned(api: Any, chat: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    for name, place in (("eve", "Germany"), ("finn", "Peru")):
        user = api.post("/users", {"username": name, "email": f"{name}@example.com", "location": place}).json()
        api.post(f"/applications/{chat.id}/assignments", {"users": {"add": [user["id"]]}})
    assert with_access(chat) == ["ada", "eve"]


def test_why_says_that_the_filter_leaves_somebody_out(api: Any, chat: Any, people: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    access = api.get(f"/users/{people['ben'].id}/why?application={chat.id}").json()["access"]
    assert not access["access"]
    assert access["text"] == f"Is assigned, but the application's filter leaves this user out: {GERMANY}"
    unassigned = api.get(f"/users/{people['cleo'].id}/why?application={chat.id}").json()["access"]
    assert unassigned["text"].startswith("Has no access")
    assert api.get(f"/users/{people['ben'].id}/access?application={chat.id}").json()["access"] is False


def test_a_preview_writes_nothing(api: Any, chat: Any, people: Any) -> None:
    found = api.post(f"/applications/{chat.id}/scope/preview", {"scope": GERMANY}).json()
    assert (found["assigned"], found["sent"], found["failed"]) == (3, 1, 0)
    assert found["deactivate"]["count"] == 0  # no account is there yet
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    back = api.post(f"/applications/{chat.id}/scope/preview", {"scope": None}).json()
    assert (back["sent"], back["create"]["count"]) == (3, 2)
    assert [user["username"] for user in back["create"]["users"]] == ["ben", "dan"]
    assert with_access(chat) == ["ada"]


def test_for_whom_it_cannot_be_evaluated_nothing_changes_and_new_ones_are_out(api: Any, chat: Any, people: Any) -> None:
    User.objects.filter(pk=people["ada"].pk).update(attributes={"level": "high"})
    User.objects.filter(pk=people["ben"].pk).update(attributes={"level": 9})
    User.objects.filter(pk=people["dan"].pk).update(attributes={"level": 1})
    api.patch(f"/applications/{chat.id}", {"scope": "user.attributes.level > 5"})
    assert with_access(chat) == ["ada", "ben"]
    stands = api.get(f"/applications/{chat.id}/scope").json()
    assert (stands["failed"], stands["problems"][0]["username"]) == (1, "ada")
    made = {"username": "eve", "email": "eve@example.com", "attributes": {"level": "low"}}
    eve = api.post("/users", made).json()
    api.post(f"/applications/{chat.id}/assignments", {"users": {"add": [eve["id"]]}})
    assert with_access(chat) == ["ada", "ben"]
    access = api.get(f"/users/{eve['id']}/why?application={chat.id}").json()["access"]
    assert "can't be evaluated" in access["text"]
    api.patch(f"/users/{eve['id']}", {"attributes": {"level": 6}})
    assert with_access(chat) == ["ada", "ben", "eve"]
    assert api.get(f"/applications/{chat.id}/scope").json()["failed"] == 1


def test_who_is_restored_is_out_as_a_new_one_where_it_cannot_be_evaluated(api: Any, chat: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": "user.attributes.level > 5"})
    made = {"username": "eve", "email": "eve@example.com", "attributes": {"level": "low"}}
    eve = api.post("/users", made).json()
    api.post(f"/applications/{chat.id}/assignments", {"users": {"add": [eve["id"]]}})
    assert "eve" not in with_access(chat)
    assert api.delete(f"/users/{eve['id']}").status_code == 204
    (entry,) = api.get("/trash").json()["items"]
    assert api.post(f"/trash/{entry['id']}/restore").status_code == 200
    assert "eve" not in with_access(chat)


@pytest.mark.parametrize("scope", ["", "user.location =", '"Staff" in user.groups', "user.active"])
def test_what_is_no_condition_is_refused(api: Any, chat: Any, scope: str) -> None:
    answer = api.patch(f"/applications/{chat.id}", {"scope": scope})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["scope"])
    assert api.post(f"/applications/{chat.id}/scope/preview", {"scope": scope}).status_code == 422


def test_a_new_application_may_bring_its_filter(api: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVISOR_ALLOW_TARGETS", "127.0.0.1")
    body = {"name": "Wiki", "base_url": "http://127.0.0.1:9/scim/v2", "scope": GERMANY}
    made = api.post("/applications", body).json()
    everybody = [str(user.id) for user in people.values()]
    api.post(f"/applications/{made['id']}/assignments", {"users": {"add": everybody}})
    assert made["scope"] == GERMANY
    assert with_access(Application.objects.get(pk=made["id"])) == ["ada", "cleo"]


def test_a_large_directory_is_a_job(api: Any, chat: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluating, "AT_ONCE", 1)
    monkeypatch.setattr(evaluating, "SLICE", 2)
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    stands = api.get(f"/applications/{chat.id}/scope").json()
    assert (stands["status"], stands["done"], stands["total"], with_access(chat)) == (
        "computing", 0, 4, ["ada", "ben", "dan"],
    )  # fmt: skip
    jobs.run_all()
    assert (with_access(chat), api.get(f"/applications/{chat.id}/scope").json()["status"]) == (["ada"], "settled")


def test_a_deleted_application_leaves_nothing_behind(api: Any, chat: Any) -> None:
    api.patch(f"/applications/{chat.id}", {"scope": GERMANY})
    assert api.delete(f"/applications/{chat.id}").status_code == 204
    assert OutOfScope.objects.count() == 0
