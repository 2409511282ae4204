"""PATCH /users/{id}."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from provisor.applications.due import EDIT
from provisor.directory.models import User


def test_absent_is_unchanged_null_is_cleared_lists_are_replaced(api: Any, make_user: Any) -> None:
    ada = make_user("ada", firstname="Ada", department="Maths", phone_numbers=[{"number": "1"}, {"number": "2"}])
    changed = api.patch(f"/users/{ada.id}", {"department": None, "phoneNumbers": [{"number": "3", "type": None}]})
    assert changed.status_code == 200
    shown = api.get(f"/users/{ada.id}").json()
    assert shown == changed.json()
    assert (shown["firstname"], shown["department"], shown["phoneNumbers"]) == ("Ada", None, [{"number": "3"}])


@pytest.mark.parametrize(
    ("sent", "kept", "why"),
    [
        ({"b": "2"}, {"a": "1", "b": "2"}, "merged"),
        ({"a": None}, {}, "null removes one"),
        ({}, {"a": "1"}, "nothing sent"),
        (None, {}, "null clears all"),
        ({"a": {"x": 1}}, {"a": {"x": 1}}, "merged one level only: replaced below"),
    ],
)
def test_custom_attributes_are_merged_one_level(api: Any, make_user: Any, sent: Any, kept: Any, why: str) -> None:
    ada = make_user("ada", attributes={"a": "1"})
    assert api.patch(f"/users/{ada.id}", {"attributes": sent}).json()["attributes"] == kept, why


def test_the_event_tells_before_and_after_in_the_contracts_names(api: Any, make_user: Any, happened: Any) -> None:
    ada = make_user("ada", job_title="Analyst", attributes={"a": "1"})
    api.patch(
        f"/users/{ada.id}", {"jobTitle": "Countess", "attributes": {"a": "2", "b": "3"}, "email": "ada@example.com"}
    )
    (event,) = happened("user_update")
    assert event.changes == [
        {"name": "jobTitle", "from": "Analyst", "to": "Countess"},
        {"name": "attributes.a", "from": "1", "to": "2"},
        {"name": "attributes.b", "from": None, "to": "3"},
    ]


def test_an_edit_makes_the_accounts_due(api: Any, make_user: Any, make_application: Any, marks: Any) -> None:
    ada = make_user("ada")
    make_application("Chat", ada)
    make_application("Wiki")
    api.patch(f"/users/{ada.id}", {"firstname": "Ada"})
    assert marks() == [("ada", EDIT, "person")]


def test_a_change_that_changes_nothing_leaves_no_trace(
    api: Any, make_user: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    ada = make_user("ada", firstname="Ada", addresses=[{"type": "work"}], attributes={"a": "1"})
    make_application("Chat", ada)
    body = {
        "firstname": "Ada",
        "middlename": "",
        "addresses": [{"type": "work", "region": None}],
        "attributes": {"a": "1"},
    }
    before = api.get(f"/users/{ada.id}").json()
    assert api.patch(f"/users/{ada.id}", body).json() == before
    assert (happened("user_update"), marks()) == ([], [])


def test_updated_strictly_increases(api: Any, make_user: Any) -> None:
    ada = make_user("ada", updated=timezone.now() + timedelta(hours=1))  # as after a clock was put back
    seen = [api.patch(f"/users/{ada.id}", {"firstname": name}).json()["updated"] for name in "abc"]
    assert seen == sorted(set(seen))
    assert seen[0] > ada.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_if_match_lets_only_the_version_seen_be_changed(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    seen = api.get(f"/users/{ada.id}").json()["updated"]
    assert api.patch(f"/users/{ada.id}", {"firstname": "A"}, If_Match=f'"{seen}"').status_code == 200
    stale = api.patch(f"/users/{ada.id}", {"firstname": "B"}, If_Match=seen)
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "stale")
    assert api.patch(f"/users/{ada.id}", {"firstname": "C"}, If_Match="no time").status_code == 412
    assert api.patch(f"/users/{ada.id}", {"firstname": "D"}, If_Match="*").json()["firstname"] == "D"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": None}, "username"),
        ({"email": None}, "email"),
        ({"state": "suspended"}, "state"),
        ({"password_status": "active"}, "password_status"),
        ({"id": "7e57ab1e-0000-4000-8000-000000000000"}, "id"),
        ({"updated": "2026-01-01T00:00:00Z"}, "updated"),
        ({"firstname": 1}, "firstname"),
    ],
)
def test_what_can_not_be_changed_is_named(api: Any, make_user: Any, body: Any, field: str) -> None:
    answer = api.patch(f"/users/{make_user('ada').id}", body)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


def test_a_taken_name_is_409_and_nothing_is_changed(api: Any, make_user: Any, happened: Any) -> None:
    ada, _ben = make_user("ada"), make_user("ben")
    answer = api.patch(f"/users/{ada.id}", {"firstname": "A", "email": "BEN@example.com"})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (409, ["email"])
    assert User.objects.get(pk=ada.pk).firstname is None
    assert happened("user_update") == []


def test_only_the_case_of_a_name_may_change(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    assert api.patch(f"/users/{ada.id}", {"username": "Ada"}).json()["username"] == "Ada"


def test_managers_form_no_circle(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    ben = make_user("ben", manager=ada)
    cleo = make_user("cleo", manager=ben)
    for manager in (cleo, ben, ada):
        answer = api.patch(f"/users/{ada.id}", {"manager": str(manager.id)})
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["manager"])
    assert api.patch(f"/users/{cleo.id}", {"manager": {"username": "ADA"}}).json()["manager"] == str(ada.id)
    assert api.patch(f"/users/{cleo.id}", {"manager": None}).json()["manager"] is None


def test_an_unknown_user_is_404(api: Any) -> None:
    assert api.patch("/users/7e57ab1e-0000-4000-8000-000000000000", {"firstname": "A"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_edits_at_once_close_no_circle_of_managers(api: Any, make_user: Any) -> None:
    ada, ben = make_user("ada"), make_user("ben")
    start, codes = threading.Barrier(2), []

    def appoint(user: User, manager: User) -> None:
        start.wait(10)
        codes.append(api.patch(f"/users/{user.id}", {"manager": str(manager.id)}).status_code)
        connection.close()

    threads = [threading.Thread(target=appoint, args=pair) for pair in ((ada, ben), (ben, ada))]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    assert sorted(codes) == [200, 422]
    assert User.objects.exclude(manager=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_edits_of_one_user_are_both_kept(api: Any, make_user: Any, happened: Any) -> None:
    ada, start = make_user("ada"), threading.Barrier(2)

    def edit(body: dict[str, str]) -> None:
        start.wait(10)
        api.patch(f"/users/{ada.id}", body)
        connection.close()

    threads = [threading.Thread(target=edit, args=[body]) for body in ({"firstname": "Ada"}, {"lastname": "L"})]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    ada.refresh_from_db()
    assert (ada.firstname, ada.lastname, len(happened("user_update"))) == ("Ada", "L", 2)
