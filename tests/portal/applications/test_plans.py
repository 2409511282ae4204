"""A plan that waits: what stopped it, the typed count, the hash of what was shown, rejection, roles, and undo."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.portal.conftest import text_of

from provisor.applications.models import Application, Change, Due, Link, Run
from provisor.portal.views.applications import plans

SYSTEM = {"kind": "system", "id": "system", "name": "guard"}
ADA = {"kind": "administrator", "id": str(uuid.uuid4()), "name": "ada@example.com"}
HASH = "9f3c71aab21e" + "0" * 52


@pytest.fixture
def waiting(open_page, make_user, make_link):
    """An application with 40 accounts of which a plan would deactivate 12; the limit is 5."""
    users = [make_user(f"user{n}", displayname=f"Person {n}") for n in range(40)]
    page = open_page("Chat", provisioning="active")
    for n, user in enumerate(users):
        make_link({"id": page.application.id}, user, remote_id=f"r{n}", active=True, status="synced")
    run = Run.objects.create(
        application=page.application, kind="guard", status="waiting_approval", hash=HASH, total=12, actor=SYSTEM,
        counts={"deactivate": 12},
    )  # fmt: skip
    for n, user in enumerate(users[:12]):
        Change.objects.create(
            run=run, kind="deactivate", rank=0, link_id=uuid.uuid4(), user_id=user.id, user_name=user.username,
            remote_id=f"r{n}", attributes=[{"name": "active", "from": True, "to": False}],
            reason="no access path is left", cause="set", actor=ADA, at=timezone.now(),
        )  # fmt: skip
    return page, run


def given(run: Run, count: str, hash: str = HASH) -> dict[str, str]:
    return {"count": count, "hash": hash, "shown": str(run.total)}


def status(run: Run) -> str:
    return str(Run.objects.get(id=run.id).status)


def decided(run: Run) -> list[Any]:
    """What the worker will find was decided."""
    return [mark.decision for mark in Due.objects.filter(application_id=run.application_id, decision__isnull=False)]


def test_it_says_what_was_stopped_against_which_limit_and_whose_doing_it_was(waiting):
    page, run = waiting
    said = text_of(page.client.get(f"/runs/{run.id}"))
    assert "The guard stopped 12 deactivations. Its limit for Chat is 5." in said
    assert "5 may always end; 5 % of the 40 accounts that are active there now would be no more." in said
    assert "12: no access path is left, caused by ada@example.com" in said
    assert "Deactivates 12 of 40 active (30 %)" in said
    assert "Person 3 user3 · no access path is left" in said
    assert "active true → false" in said
    assert "9f3c 71aa b21e" in said


@pytest.mark.parametrize("count", ["", "11", "13", "x", "12.0.1", "1.2", "1,2", "0012", "１２x", "-12"])
def test_another_count_approves_nothing_and_stays_as_typed(waiting, count: str):
    page, run = waiting
    answer = page.client.post(f"/runs/{run.id}", given(run, count))
    assert answer.status_code == 422
    assert f'value="{count}"' in answer.content.decode()
    assert "type that number" in text_of(answer) or "Type 12: so many changes" in text_of(answer)
    assert (status(run), decided(run)) == ("waiting_approval", [])


def test_the_right_count_approves_exactly_the_plan_shown(waiting):
    page, run = waiting
    answer = page.client.post(f"/runs/{run.id}", given(run, " 12 "))
    assert answer["Location"] == f"/runs/{run.id}"
    assert status(run) == "applying"
    assert decided(run) == [{"approved": str(run.id)}] * 12
    said = text_of(page.client.get(f"/runs/{run.id}"))
    assert "0 of 12 decided" in said
    assert "Approved by owner@example.com" in said


def test_a_plan_that_changed_since_is_shown_anew_and_nothing_is_approved(waiting):
    page, run = waiting
    Change.objects.filter(run=run, user_name="user0").delete()
    Run.objects.filter(id=run.id).update(hash="a" * 64, total=11)
    answer = page.client.post(f"/runs/{run.id}", given(run, "12"))
    assert answer.status_code == 409
    assert "The plan changed: 12 is now 11." in text_of(answer)
    assert "a" * 64 in answer.content.decode()
    assert 'name="count" value=""' in answer.content.decode()
    assert (status(run), decided(run)) == ("waiting_approval", [])


def test_who_reads_it_hears_that_it_changed_or_waits_no_more(waiting):
    page, run = waiting
    live = {"HX-Request": "true"}

    def news() -> str:
        answer = page.client.get(f"/runs/{run.id}", {"seen": HASH, "was": "12"}, headers=live)
        assert b"<html" not in answer.content
        return text_of(answer)

    assert news() == ""
    Change.objects.filter(run=run, user_name="user0").delete()
    Run.objects.filter(id=run.id).update(hash="a" * 64)
    assert "The plan changed: 12 is now 11." in news()
    Run.objects.filter(id=run.id).update(status="superseded")
    assert "Nothing is left of this plan" in news()


def test_it_is_rejected_after_one_question(waiting):
    page, run = waiting
    assert "Reject this plan?" in text_of(page.client.get(f"/runs/{run.id}/reject"))
    assert status(run) == "waiting_approval"
    page.client.post(f"/runs/{run.id}/reject")
    assert status(run) == "rejected"
    assert "Rejected: nothing of it is sent." in text_of(page.client.get(f"/runs/{run.id}"))


def test_a_plan_that_is_being_worked_out_cannot_be_approved(waiting):
    page, run = waiting
    Run.objects.filter(id=run.id).update(hash=None)
    answer = page.client.get(f"/runs/{run.id}")
    assert "being worked out" in text_of(answer)
    assert b'id="approve"' not in answer.content
    assert page.client.post(f"/runs/{run.id}", given(run, "12", hash="")).status_code == 409
    assert status(run) == "waiting_approval"


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not_decide_sees_all_of_it_without_the_buttons(waiting, signed_in, role: str):
    _page, run = waiting
    client = signed_in(role)
    answer = client.get(f"/runs/{run.id}")
    assert "The guard stopped 12 deactivations." in text_of(answer)
    assert b'id="approve"' not in answer.content
    assert b'id="reject"' not in answer.content
    assert client.post(f"/runs/{run.id}", given(run, "12")).status_code == 403
    assert status(run) == "waiting_approval"


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        ("done", "Approved and carried out."),
        ("expired", "The approval held for an hour and is over."),
        ("superseded", "Nothing is left of this plan"),
        ("cancelled", "Cancelled. What was sent stays sent"),
    ],
)
def test_each_end_reads_well_and_is_never_approved(waiting, ended: str, says: str):
    page, run = waiting
    Run.objects.filter(id=run.id).update(status=ended, finished=timezone.now())
    answer = page.client.get(f"/runs/{run.id}")
    assert says in text_of(answer)
    assert b'id="approve"' not in answer.content
    page.client.post(f"/runs/{run.id}", given(run, "12"))
    assert (status(run), decided(run)) == (ended, [])


def test_what_was_skipped_says_so(waiting):
    page, run = waiting
    Run.objects.filter(id=run.id).update(status="done", done=12)
    Change.objects.filter(run=run, user_name="user3").update(outcome={"result": "skipped", "error": None})
    said = text_of(page.client.get(f"/runs/{run.id}"))
    assert "Skipped It isn't what was shown any more" in said


@pytest.mark.parametrize("typed", ["1204", "1,204", "1.204", "1 204", "1’204"])
def test_thousands_may_be_grouped(typed: str):
    assert plans.typed_number(typed) == "1204"


def test_names_and_reasons_are_text_and_never_markup(waiting):
    page, run = waiting
    evil = "<script>alert(1)</script>"
    Change.objects.filter(run=run).update(user_name=evil, user_id=uuid.uuid4(), reason=evil, actor={"name": evil})
    Application.objects.update(name=evil)
    for path in (f"/runs/{run.id}", f"/runs/{run.id}/reject", "/", page.path("activity")):
        assert evil not in page.client.get(path).content.decode(), path


def test_what_waits_in_a_plan_is_not_told_twice_on_home(waiting):
    page, run = waiting
    error = {"code": "guard", "message": "Too many.", "hint": ""}
    twelve = Link.objects.filter(user_id__in=run.changes.values("user_id"))
    twelve.update(status="held", error=error)
    said = text_of(page.client.get("/"))
    assert "One thing needs a person." in said
    assert "The guard stopped 12 deactivations." in said
    Link.objects.exclude(id__in=twelve.values("id")).filter(remote_id="r39").update(status="held", error=error)
    assert "1 account is held in Chat" in text_of(page.client.get("/"))


def test_a_plan_reads_as_what_it_would_do_among_the_runs(waiting):
    page, run = waiting
    assert "Guarded plan 12 deactivations · waits for approval" in page.says("activity")
    Run.objects.filter(id=run.id).update(status="rejected", finished=timezone.now() - timedelta(minutes=5))
    said = page.says("activity")
    assert "12 deactivations" in said
    assert "12 deactivated" not in said


def test_home_and_the_application_lead_there(waiting):
    page, run = waiting
    assert f'href="/runs/{run.id}"'.encode() in page.client.get("/").content
    for tab in ("", "activity", "users"):
        assert f'href="/runs/{run.id}"'.encode() in page.get(tab).content


def test_a_run_that_changed_something_is_undone_as_a_plan_to_approve(open_page, make_user, make_link):
    page, user = open_page("Chat", provisioning="active"), make_user("ada")
    known = {"title": {"sent": "Engineer", "echo": "Engineer"}}
    link = make_link({"id": page.application.id}, user, remote_id="r1", active=True, status="synced", known=known)
    run = Run.objects.create(application=page.application, kind="event", status="done", finished=timezone.now())
    Change.objects.create(
        run=run, kind="update", rank=3, link_id=link.id, user_id=user.id, user_name="ada", remote_id="r1",
        attributes=[{"name": "title", "from": "Writer", "to": "Engineer"}], outcome={"result": "success"},
        at=timezone.now(),
    )  # fmt: skip
    assert b'id="undo"' in page.client.get(f"/runs/{run.id}").content
    answer = page.client.post(f"/runs/{run.id}/undo")
    undo = Run.objects.get(undoes=run.id)
    assert answer["Location"] == f"/runs/{undo.id}"
    said = text_of(page.client.get(f"/runs/{undo.id}"))
    assert "This would take a run back: 1 update." in said
    assert "title Engineer → Writer" in said
    assert b'id="undo"' not in page.client.get(f"/runs/{undo.id}").content
    page.client.post(f"/runs/{undo.id}", {"count": "1", "hash": undo.hash})
    assert status(undo) == "applying"


def test_a_run_that_changed_nothing_offers_no_undo(open_page):
    page = open_page("Chat", provisioning="active")
    run = Run.objects.create(application=page.application, kind="sync", status="done")
    assert b'id="undo"' not in page.client.get(f"/runs/{run.id}").content
    assert page.client.post(f"/runs/{run.id}/undo").status_code in (302, 409)
