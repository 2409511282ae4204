"""The states of a user and of the password, and what each transition makes due."""

from __future__ import annotations

from typing import Any

import pytest

from provisor.applications.due import EDIT, LEAVING
from provisor.directory.models import User

# call, state before -> status, state after, event, priority of the due mark
MOVES = [
    ("activate", "staged", 200, "active", "user_activated", EDIT),
    ("activate", "active", 200, "active", None, None),
    ("activate", "suspended", 409, "suspended", None, None),
    ("activate", "deleting", 409, "deleting", None, None),
    ("suspend", "staged", 409, "staged", None, None),
    ("suspend", "active", 200, "suspended", "user_suspended", LEAVING),
    ("suspend", "suspended", 200, "suspended", None, None),
    ("suspend", "deleting", 409, "deleting", None, None),
    ("unsuspend", "staged", 409, "staged", None, None),
    ("unsuspend", "active", 200, "active", None, None),
    ("unsuspend", "suspended", 200, "active", "user_unsuspended", EDIT),
    ("unsuspend", "deleting", 409, "deleting", None, None),
]


@pytest.mark.parametrize(("call", "before", "status", "after", "event", "priority"), MOVES)
def test_the_table_of_transitions(
    api: Any, make_user: Any, make_application: Any, happened: Any, marks: Any,
    call: str, before: str, status: int, after: str, event: str | None, priority: int | None,
) -> None:  # fmt: skip
    ada = make_user("ada", state=before)
    make_application("Chat", ada)
    answer = api.post(f"/users/{ada.id}/{call}")
    assert (answer.status_code, User.objects.get(pk=ada.pk).state) == (status, after)
    assert answer.json().get("error", {}).get("code") == ("wrong_state" if status == 409 else None)
    assert [(each.user_name, each.changes[0]["to"]) for each in happened(event)] == ([("ada", after)] if event else [])
    assert marks() == ([("ada", priority, "person")] if event else [])


@pytest.mark.parametrize("before", ["pending", "active", "locked"])
def test_expiring_a_password_is_urgent(
    api: Any, make_user: Any, make_application: Any, happened: Any, marks: Any, before: str
) -> None:
    ada = make_user("ada", password_status=before)
    make_application("Chat", ada)
    for _again in range(2):
        assert api.post(f"/users/{ada.id}/expire-password").json()["password_status"] == "expired"
    (event,) = happened("user_password_expired")
    assert event.changes == [{"name": "password_status", "from": before, "to": "expired"}]
    assert marks() == [("ada", LEAVING, "person")]


def test_a_password_is_kept_as_an_argon2_hash_only(
    api: Any, make_user: Any, make_application: Any, happened: Any, marks: Any
) -> None:
    ada = make_user("ada", password_status="expired")
    make_application("Chat", ada)
    answer = api.put(f"/users/{ada.id}/password", {"password": "correct horse battery"})
    assert (answer.status_code, answer.json()["password_status"]) == (200, "active")
    assert User.objects.get(pk=ada.pk).password.startswith("argon2$")
    (event,) = happened("user_password_set")
    assert "correct horse" not in repr([answer.content, vars(event)])
    assert marks() == [("ada", EDIT, "person")]


@pytest.mark.parametrize(
    "password", ["tiny-7", "password123", "12345678901234", "", None, 12345678901, "a\u0000bcdefghijk"]
)
def test_a_weak_password_is_refused_and_not_repeated(api: Any, make_user: Any, password: Any) -> None:
    ada = make_user("ada")
    answer = api.put(f"/users/{ada.id}/password", {"password": password})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["password"])
    assert not password or str(password).encode() not in answer.content
    assert User.objects.get(pk=ada.pk).password is None


@pytest.mark.parametrize("call", ["activate", "suspend", "unsuspend", "expire-password"])
def test_bodies_of_the_calls(api: Any, make_user: Any, call: str) -> None:
    path = f"/users/{make_user('ada', state='active').id}/{call}"
    assert api.post(path, {"reason": "x"}).json()["error"]["fields"].keys() == {"reason"}
    assert api.post(path, {}).status_code == api.post(path).status_code == 200
    assert api.post(f"/users/7e57ab1e-0000-4000-8000-000000000000/{call}").status_code == 404


def test_while_deleting_every_write_is_refused(
    api: Any, make_user: Any, make_group: Any, make_application: Any
) -> None:
    ada = make_user("ada", state="deleting")
    staff, chat = make_group("Staff"), make_application("Chat")
    answers = [
        api.patch(f"/users/{ada.id}", {"firstname": "A"}),
        api.post(f"/users/{ada.id}/expire-password"),
        api.put(f"/users/{ada.id}/password", {"password": "correct horse battery"}),
        api.post(f"/users/{ada.id}/assignments", {"applications": {"add": [str(chat.id)]}}),
        api.post(f"/groups/{staff.id}/members", {"add": [str(ada.id)]}),
    ]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(409, "wrong_state")] * 5
    assert api.get(f"/users/{ada.id}").json()["state"] == "deleting"
