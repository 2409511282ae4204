"""Leavers in the portal: suspending at a time, the report, and the trash, each with its consequence said first."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.administrators.actor import shell
from provisor.applications.models import Application, Link, OffboardingAccount
from provisor.directory import commands as directory
from provisor.directory.models import Organisation, Trash, User


@pytest.fixture
def ada(make_user: Any, make_group: Any, make_application: Any, make_link: Any) -> User:
    """Has an account in Chat through Staff."""
    ada: User = make_user("ada", displayname="Ada Example")
    chat = make_application("Chat", make_group("Staff", ada), provisioning="active")
    make_link({"id": chat.id}, ada, status="synced", remote_id="r1", active=True)
    return ada


def day_after(days: int) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%dT09:00}"


def test_a_suspension_is_planned_in_the_organisation_s_time_and_taken_back(owner: Client, ada: User):
    Organisation.objects.update(time_zone="Asia/Tokyo")
    asked = text_of(owner.get(f"/users/{ada.id}/suspend"))
    assert "1 account is deactivated in Chat." in asked
    assert "Asia/Tokyo" in asked
    answer = owner.post(f"/users/{ada.id}/suspend", {"when": "later", "at": day_after(3)}, follow=True)
    ada.refresh_from_db()
    assert (ada.state, ada.suspend_at.hour) == ("active", 0)
    assert "Will be suspended on" in text_of(answer)
    assert "09:00" in text_of(answer)
    assert "Ada Example" in text_of(owner.get("/users?leaving=1"))
    answer = owner.post(f"/users/{ada.id}/stay", follow=True)
    ada.refresh_from_db()
    assert ada.suspend_at is None
    assert "Will be suspended" not in text_of(answer)
    assert "Ada Example" not in text_of(owner.get("/users?leaving=1"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"when": "later", "at": ""}, "Say when."),
        ({"when": "later", "at": "soon"}, "A day and a time"),
        ({"when": "later", "at": "2020-01-01T09:00"}, "This time is past"),
    ],
)
def test_a_time_that_can_t_be_taken(owner: Client, ada: User, given: dict[str, str], told: str):
    answer = owner.post(f"/users/{ada.id}/suspend", given)
    assert answer.status_code == 422
    assert told in text_of(answer)
    ada.refresh_from_db()
    assert (ada.state, ada.suspend_at) == ("active", None)


def test_editing_a_leaver_keeps_the_plan(owner: Client, ada: User):
    directory.plan_suspension(shell(), ada.id, timezone.now() + timedelta(days=3))
    shown = owner.get(f"/users/{ada.id}/edit")
    assert b"suspend_at" not in shown.content
    fields = {name: field.value() or "" for name, field in ((f.name, f) for f in shown.context["form"])}
    owner.post(f"/users/{ada.id}/edit", {**fields, "department": "Research"})
    ada.refresh_from_db()
    assert (ada.department, ada.suspend_at is None) == ("Research", False)


def test_the_report_says_what_is_open_and_why(owner: Client, ada: User):
    directory.suspend_user(shell(), ada.id)
    shown = text_of(owner.get(f"/users/{ada.id}/offboarding"))
    assert "1 account is not confirmed yet." in shown
    assert "Suspended" in shown
    error = {"code": "failed", "message": "503: <b>down</b>", "hint": ""}
    OffboardingAccount.objects.update(error=json.loads(json.dumps(error)), tries=2)
    answer = owner.get(f"/users/{ada.id}/offboarding")
    assert b"<b>down" not in answer.content
    assert "Tried 2 times." in text_of(answer)
    OffboardingAccount.objects.update(outcome="confirmed", confirmed=timezone.now())
    assert "Every account is off." in text_of(owner.get(f"/users/{ada.id}/offboarding"))
    assert "Offboarding report" in text_of(owner.get(f"/users/{ada.id}"))


def test_the_report_is_there_when_the_person_is_not(owner: Client, ada: User):
    directory.suspend_user(shell(), ada.id)
    Link.objects.all().delete()
    User.objects.all().delete()
    assert "Offboarding of Ada Example" in text_of(owner.get(f"/users/{ada.id}/offboarding"))


def test_the_report_as_files(owner: Client, ada: User):
    Application.objects.update(name="=cmd()", name_key="=cmd()")
    directory.suspend_user(shell(), ada.id)
    told = json.loads(owner.get(f"/users/{ada.id}/offboarding?format=json").content)
    assert (told["state"], told["accounts"][0]["state"]) == ("open", "due")
    lines = b"".join(owner.get(f"/users/{ada.id}/offboarding?format=csv").streaming_content).decode()
    (row,) = csv.DictReader(lines.splitlines())
    assert (row["user"], row["state"], row["application"]) == ("ada", "due", "'=cmd()")


def test_nobody_left_is_a_page_that_says_so(owner: Client, ada: User):
    assert owner.get(f"/users/{ada.id}/offboarding").status_code == 404


def test_a_deleted_user_is_found_shown_and_restored(
    owner: Client, make_user: Any, make_group: Any, make_application: Any
):
    ben = make_user("ben")
    make_application("Chat", make_group("Staff", ben), provisioning="active")
    assert "trash" in text_of(owner.get(f"/users/{ben.id}/delete"))
    owner.post(f"/users/{ben.id}/delete")
    nothing = owner.get("/users?search=ben")
    assert "Search in deleted users" in text_of(nothing)
    assert "ben" in text_of(owner.get("/trash?kind=user&search=ben"))
    entry = Trash.objects.get()
    asked = text_of(owner.get(f"/trash/{entry.id}"))
    assert "1 account is created in Chat." in asked
    assert "In the groups Staff" in asked
    answer = owner.post(f"/trash/{entry.id}", follow=True)
    assert "ben is back." in text_of(answer)
    assert User.objects.get(id=ben.id).state == "active"


def test_a_taken_name_is_said_before_and_after(owner: Client, make_user: Any):
    ben = make_user("ben")
    owner.post(f"/users/{ben.id}/delete")
    make_user("ben")
    entry = Trash.objects.get()
    shown = owner.get(f"/trash/{entry.id}")
    assert "Another user has this username." in text_of(shown)
    assert "Restore, create" not in text_of(shown)
    assert owner.post(f"/trash/{entry.id}").status_code == 409


def test_a_deleted_group_is_restored(owner: Client, make_user: Any, make_group: Any):
    staff = make_group("Staff", make_user("ada"))
    owner.post(f"/groups/{staff.id}/delete")
    assert "Staff" in text_of(owner.get("/trash?kind=group"))
    asked = text_of(owner.get(f"/trash/{Trash.objects.get().id}"))
    assert "1 member comes back." in asked
    answer = owner.post(f"/trash/{Trash.objects.get().id}", follow=True)
    assert "Staff is back." in text_of(answer)


def test_erasing_asks_once(owner: Client, make_user: Any):
    ben = make_user("ben")
    owner.post(f"/users/{ben.id}/delete")
    entry = Trash.objects.get()
    assert "can't be undone" in text_of(owner.get(f"/trash/{entry.id}/erase"))
    assert "ben is erased." in text_of(owner.post(f"/trash/{entry.id}/erase", follow=True))
    assert not Trash.objects.exists()


def test_an_empty_trash_says_so(owner: Client):
    assert "Nothing is in the trash" in text_of(owner.get("/trash"))
    Organisation.objects.update(settings={"trash_days": 0})
    assert "Nothing is kept" in text_of(owner.get("/trash"))


def test_an_account_that_is_going_to_be_deleted_says_when(owner: Client, ada: User):
    Application.objects.update(settings={"delete_after_days": 30})
    Link.objects.update(status="inactive", active=False, inactive_since=timezone.now())
    day = timezone.localtime(timezone.now() + timedelta(days=30))
    assert f"Will be deleted there on {day.day} {day:%b} {day.year}" in text_of(owner.get(f"/users/{ada.id}"))
