"""DELETE /users/{id}: gone at once, or deleting until the accounts are off."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from provisor.applications.due import LEAVING, SET
from provisor.applications.models import Assignment, Link
from provisor.directory.models import Membership, User


def link(application: Any, user: Any, **fields: Any) -> Link:
    return Link.objects.create(id=uuid.uuid4(), application=application, user=user, updated=timezone.now(), **fields)


def test_without_an_account_a_user_is_gone_at_once(
    api: Any, make_user: Any, make_group: Any, make_application: Any, happened: Any
) -> None:
    ada = make_user("ada")
    make_application("Chat", ada, make_group("Staff", ada))
    assert api.delete(f"/users/{ada.id}").status_code == 204
    assert api.get(f"/users/{ada.id}").status_code == 404
    assert (Membership.objects.count(), Assignment.objects.filter(user_id=ada.id).count()) == (0, 0)
    assert [(event.user_name, event.user_id) for event in happened("user_delete")] == [("ada", ada.id)]
    assert api.post("/users", {"username": "ada", "email": "ada@example.com"}).status_code == 201


def test_a_link_without_an_account_goes_with_the_user(api: Any, make_user: Any, make_application: Any) -> None:
    ada = make_user("ada")
    link(make_application("Chat", ada), ada, status="held")
    assert api.delete(f"/users/{ada.id}").status_code == 204
    assert Link.objects.count() == 0


@pytest.mark.parametrize("fields", [{"remote_id": "r1"}, {"intent": {"kind": "create"}}])
def test_with_an_account_the_user_stays_until_it_is_off(
    api: Any, make_user: Any, make_group: Any, make_application: Any, happened: Any, marks: Any, fields: Any
) -> None:
    """An intent without a remote id: the answer of a create is unknown, so there may be an account."""
    ada = make_user("ada")
    staff = make_group("Staff", ada)
    link(make_application("Chat", staff), ada, **fields)
    answers = [api.delete(f"/users/{ada.id}") for _again in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(202, "deleting")] * 2
    assert User.objects.get(pk=ada.pk).deleting_since is not None
    assert Membership.objects.filter(user=ada, group=staff).exists()
    assert marks() == [("ada", LEAVING, "person")]
    assert len(happened("user_delete")) == 1
    assert api.post("/users", {"username": "ADA", "email": "new@example.com"}).status_code == 409


def test_who_reported_to_the_user_has_no_manager(api: Any, make_user: Any, make_application: Any, marks: Any) -> None:
    boss = make_user("boss")
    ada = make_user("ada", manager=boss)
    make_application("Chat", ada)
    api.delete(f"/users/{boss.id}")
    assert api.get(f"/users/{ada.id}").json()["manager"] is None
    assert marks() == [("ada", SET, "set")]


def test_a_stale_delete_is_refused(api: Any, make_user: Any) -> None:
    ada = make_user("ada")
    assert api.delete(f"/users/{ada.id}", If_Match="2020-01-01T00:00:00Z").status_code == 412
    assert User.objects.filter(pk=ada.pk).exists()


def test_unknown_and_odd_ids_are_404(api: Any) -> None:
    assert api.delete(f"/users/{uuid.uuid4()}").status_code == 404
    assert api.delete("/users/no-uuid").status_code == 404
