"""Activity and runs: what a run did, how far it is, and what it would do, from what the worker recorded."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.applications import due, queries
from provisor.applications.models import Change, Run

SYSTEM = {"kind": "system", "id": "system", "name": "Provisor"}


@pytest.fixture
def running(open_page, make_user):
    """An active application with five users of whom a sync has settled two: one done, one refused."""
    users = [make_user(f"user{n}") for n in range(5)]
    page = open_page("Chat", *users, provisioning="active")
    started = timezone.now() - timedelta(seconds=2)
    run = Run.objects.create(application=page.application, kind="sync", status="applying", started=started)
    refused = {
        "result": "held",
        "error": {"code": "refused", "message": "The service provider answered 400: no", "hint": ""},
    }
    for user, outcome in zip(users, ({"result": "success"}, refused), strict=False):
        Change.objects.create(
            run=run, kind="create", rank=5, link_id=user.id, user_id=user.id, user_name=user.username,
            attributes=[{"name": "userName", "from": None, "to": user.username}], outcome=outcome, at=timezone.now(),
        )  # fmt: skip
    mark = due.Mark(due.SET, "set", SYSTEM)
    due.mark_assignment(page.application.id, [], [user.id for user in users[2:]], mark)
    return page, run


def test_how_far_a_run_is(running):
    _page, run = running
    progress = queries.progress_of(run)
    assert (progress.done, progress.failed, progress.waiting, progress.total) == (1, 1, 3, 5)
    assert progress.rate == pytest.approx(1, abs=0.5)
    assert progress.seconds_left == pytest.approx(3, abs=1.5)


def test_the_live_part_shows_it_and_asks_again_every_second(running):
    page, _run = running
    answer = page.client.get(page.path("activity"), headers={"HX-Request": "true"})
    assert "2 of 5 accounts" in text_of(answer)
    assert 'hx-trigger="every 1s"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_run_that_ended_becomes_its_own_summary(running):
    page, run = running
    Run.objects.filter(id=run.id).update(status="done", finished=timezone.now(), counts={"create": 2})
    said = page.says("activity")
    assert "took" in said
    assert "2 created" in said


def test_nothing_running_says_so(open_page):
    assert "Nothing to do." in open_page(provisioning="active").says("activity")


def test_a_reconcile_has_no_total_that_nobody_knows(running):
    _page, run = running
    Run.objects.filter(id=run.id).update(kind="reconcile")
    assert queries.progress_of(Run.objects.get(id=run.id)).total is None


def test_a_runs_page_shows_who_what_from_and_to(running):
    page, run = running
    said = text_of(page.client.get(f"/runs/{run.id}"))
    assert "user0" in said
    assert "userName user0" in said
    assert "400 · no" in said


@pytest.mark.parametrize(("kind", "shown"), [("create", True), ("deactivate", False)])
def test_a_runs_changes_are_filtered_by_kind(running, kind, shown):
    page, run = running
    body = page.client.get(f"/runs/{run.id}", {"kind": kind}).content.decode()
    assert ('title="user0"' in body) is shown


def test_the_number_of_changed_accounts_is_what_the_engine_decides(open_page, make_user, make_link):
    ada = make_user("ada", displayname="Ada")
    page = open_page("Chat", ada, provisioning="active")
    rows = [dict(row) for row in page.application.mapping]
    known = {
        path: {"sent": value, "echo": value}
        for path, value in (("externalId", str(ada.id)), ("userName", "ada"), ("active", True), ("displayName", "Ada"))
    }
    known["emails"] = {"sent": [{"value": ada.email}], "echo": [{"value": ada.email, "type": "work", "primary": True}]}
    make_link({"id": page.application.id}, ada, known=known)
    assert queries.preview_mapping(page.application.id, rows).count == 0
    for row in rows:
        if row["scim"] == "displayName":
            row["source"] = {"attribute": "username"}
    assert queries.preview_mapping(page.application.id, rows).count == 1


def told(page, **told):
    """What a worker told of the application's pace."""
    state = {
        "state": "running",
        "paused_until": None,
        "reason": "",
        "concurrency": {"now": 3, "most": 8},
        "requests_last_minute": 1200,
        "throttled_last_minute": 2,
        "limits": [{"class": "writes", "requests": 600, "per_seconds": 60, "burst": 180.0, "found": False}],
    }
    with connection.cursor() as cursor:
        values = [page.application.id, json.dumps(state | told)]
        cursor.execute("INSERT INTO applications_pace VALUES (%s, %s, now())", values)


def test_the_pace_stands_beside_the_progress(running):
    page, _run = running
    assert "Pace" not in page.says("activity")
    told(page)
    said = page.says("activity")
    assert "3 of at most 8 requests at once · 1,200 requests in the last minute · 2 of them too fast" in said
    assert "writes 600 in 1 min" in said
    assert "3 to go" in said


def test_a_pause_says_why_and_until_when(running):
    page, _run = running
    until = (timezone.now() + timedelta(seconds=90)).isoformat()
    told(page, state="paused", paused_until=until, reason="The service provider asked for a pause.")
    assert "Paused for a moment" in page.says("activity")
    assert "The service provider asked for a pause. Next request in" in page.says("activity")


def test_a_reason_of_the_sp_is_shown_as_text(running):
    page, _run = running
    until = (timezone.now() + timedelta(seconds=90)).isoformat()
    told(page, state="paused", paused_until=until, reason="<script>alert(1)</script>")
    assert "<script>alert" not in page.client.get(page.path("activity")).content.decode()
