"""Leavers over REST: planned suspensions by every way in, the report, and what is going to be deleted."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from provisor.applications.models import Application, Due, Link
from provisor.directory.commands import leaving
from provisor.directory.models import User

LATER = (timezone.now() + timedelta(days=30)).replace(microsecond=0)
PAST = timezone.now() - timedelta(days=1)


def plan_of(name: str) -> dict[str, Any] | None:
    plan: dict[str, Any] | None = User.objects.get(username=name).suspend_plan
    return plan


def text(at: Any) -> str:
    return str(at.isoformat())


@pytest.mark.parametrize("way", ["suspend", "patch", "post"])
def test_a_plan_that_names_one_user_is_a_person_s(api: Any, way: str) -> None:
    given = {"username": "ada", "email": "ada@example.com"}
    if way == "post":
        given["suspend_at"] = text(LATER)
    ada = api.post("/users", given).json()
    if way == "patch":
        assert api.patch(f"/users/{ada['id']}", {"suspend_at": text(LATER)}).status_code == 200
    if way == "suspend":
        assert api.post(f"/users/{ada['id']}/suspend", {"at": text(LATER)}).status_code == 200
    shown = api.get(f"/users/{ada['id']}").json()
    assert (shown["state"], shown["suspend_at"][:19]) == ("active", text(LATER)[:19])
    plan = plan_of("ada")
    assert plan is not None
    assert (plan["cause"], plan["actor"]["kind"]) == ("person", "token")


def test_a_batch_is_a_set(api: Any) -> None:
    rows = [{"username": f"u{n}", "email": f"u{n}@example.com", "suspend_at": text(LATER)} for n in range(2)]
    assert api.post("/users:batch", {"users": rows}).status_code == 200
    assert [plan["cause"] for plan in (plan_of("u0"), plan_of("u1")) if plan] == ["set", "set"]


@pytest.mark.parametrize("way", ["suspend", "patch", "post"])
def test_a_time_that_is_past_is_refused(api: Any, make_user: Any, way: str) -> None:
    ada = make_user("ada")
    answers = {
        "suspend": lambda: api.post(f"/users/{ada.id}/suspend", {"at": text(PAST)}),
        "patch": lambda: api.patch(f"/users/{ada.id}", {"suspend_at": text(PAST)}),
        "post": lambda: api.post("/users", {"username": "b", "email": "b@example.com", "suspend_at": text(PAST)}),
    }
    answer = answers[way]()
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, ["suspend_at"])


def test_null_takes_a_plan_back_and_a_repeated_call_writes_nothing(api: Any, make_user: Any, happened: Any) -> None:
    ada = make_user("ada")
    for at in (text(LATER), text(LATER), None, None):
        assert api.post(f"/users/{ada.id}/suspend", {"at": at}).status_code == 200
    changes = [event.changes[0] for event in happened("user_update")]
    assert [(one["from"] is None, one["to"] is None) for one in changes] == [(True, False), (False, True)]
    assert plan_of("ada") is None


def test_an_operator_may_plan_but_not_change_users(as_role: Any, make_user: Any) -> None:
    ada = make_user("ada")
    assert as_role("operator").post(f"/users/{ada.id}/suspend", {"at": text(LATER)}).status_code == 200
    assert as_role("operator").patch(f"/users/{ada.id}", {"suspend_at": None}).status_code == 403
    assert as_role("auditor").post(f"/users/{ada.id}/suspend", {"at": None}).status_code == 403


@pytest.mark.parametrize("state", ["suspended", "deleting"])
def test_who_is_off_already_can_t_be_planned(api: Any, make_user: Any, state: str) -> None:
    ada = make_user("ada", state=state)
    answer = api.post(f"/users/{ada.id}/suspend", {"at": text(LATER)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")


def test_the_list_knows_who_leaves(api: Any, make_user: Any) -> None:
    make_user("ada", suspend_at=LATER)
    make_user("ben")
    names = {
        way: [one["username"] for one in api.get(f"/users?leaving={way}").json()["items"]] for way in ("true", "false")
    }
    assert names == {"true": ["ada"], "false": ["ben"]}


def test_the_sweep_suspends_once_and_tells_who_planned_it(
    api: Any, make_user: Any, make_application: Any, happened: Any
) -> None:
    ada, ben = make_user("ada"), make_user("ben", state="staged", suspend_at=PAST)
    make_application("Chat", ada)
    api.post(f"/users/{ada.id}/suspend", {"at": text(LATER)})
    User.objects.filter(id=ada.id).update(suspend_at=PAST)
    assert (leaving.suspend_those_due(), leaving.suspend_those_due()) == (1, 0)
    ada.refresh_from_db()
    ben.refresh_from_db()
    assert (ada.state, ben.state) == ("suspended", "staged")
    (event,) = happened("user_suspended")
    assert event.actor["name"] == "planned suspensions"
    assert {one["name"]: one["to"] for one in event.changes}["planned_by"] == "owner of a test"
    assert [(mark.priority, mark.cause) for mark in Due.objects.all()] == [(0, "person")]


def test_the_report_over_rest(api: Any, make_user: Any, make_application: Any) -> None:
    ada = make_user("ada", displayname="Ada Example")
    chat = make_application("Chat", ada, provisioning="active")
    Link.objects.create(
        id=uuid.uuid4(), application=chat, user=ada, remote_id="r1", active=True, updated=timezone.now()
    )
    assert api.get(f"/users/{ada.id}/offboarding").status_code == 404
    api.post(f"/users/{ada.id}/suspend")
    report = api.get(f"/users/{ada.id}/offboarding").json()
    assert (report["state"], report["open"], report["call"], report["name"]) == ("open", 1, "suspend", "Ada Example")
    assert [(one["application"]["name"], one["state"]) for one in report["accounts"]] == [("Chat", "due")]


def test_what_is_going_to_be_deleted(api: Any, make_user: Any, make_application: Any) -> None:
    ada, application = make_user("ada"), make_application("Chat")
    month_ago = timezone.now() - timedelta(days=30)
    Link.objects.create(
        id=uuid.uuid4(), application=application, user=ada, remote_id="r1", active=False, status="inactive",
        inactive_since=month_ago, updated=timezone.now(),
    )  # fmt: skip
    path = f"/applications/{application.id}/deletions"
    assert api.get(path).json()["total"] == 0
    soon = api.get(f"{path}?days=10").json()
    assert (soon["total"], soon["soon"]) == (1, 0)
    assert soon["first"] > text(timezone.now() + timedelta(days=9))
    assert api.patch(f"/applications/{application.id}", {"settings": {"delete_after_days": 10}}).status_code == 200
    Application.objects.update(grace_since=month_ago)
    assert api.get(path).json()["soon"] == 1
    assert api.get(f"/users/{ada.id}/accounts").json()["items"][0]["delete_at"] is not None
    assert api.get(f"{path}?days=4000").status_code == 422
    assert api.patch(f"/applications/{application.id}", {"settings": {"delete_after_days": -1}}).status_code == 422
