"""Undo of a run and why, over REST. The worker is not running here."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from provisor.applications.models import Application, Change, Due, Run


@pytest.fixture
def changed(application, ada, make_link):
    """A run that changed ada's title, as the worker would have recorded it."""
    known = {"title": {"sent": "Director", "echo": "Director"}, "active": {"sent": True, "echo": True}}
    link = make_link(application, ada, known=known)
    run = Run.objects.create(application_id=application["id"], kind="sync", status="done", finished=timezone.now())
    Change.objects.create(
        run=run, kind="update", rank=3, link_id=link.id, user_id=ada.id, user_name="ada", remote_id=link.remote_id,
        attributes=[{"name": "title", "from": "Engineer", "to": "Director"}], outcome={"result": "success"},
        at=timezone.now(),
    )  # fmt: skip
    return run


@pytest.fixture
def ada(db, make_user):
    return make_user("ada")


def test_an_undo_is_a_plan_to_approve(api, changed):
    run = api.post(f"/runs/{changed.id}/undo", expect=202)
    assert (run["kind"], run["status"], run["undoes"]) == ("undo", "waiting_approval", str(changed.id))
    assert (run["counts"]["update"], run["total"], run["done"], len(run["hash"])) == (1, 1, 0, 64)
    (change,) = api.get(f"/runs/{run['id']}/changes")["items"]
    assert change["attributes"] == [{"name": "title", "from": "Director", "to": "Engineer"}]
    assert change["outcome"] is None
    assert api.get(f"/applications/{run['application']['id']}")["waiting_run"] == run["id"]
    assert api.problem("POST", f"/runs/{run['id']}/approve", {"hash": "0" * 64}, 409)[0] == "plan_changed"
    assert api.post(f"/runs/{run['id']}/approve", {"hash": run["hash"]})["status"] == "applying"
    assert Due.objects.get(decision__undo=True).decision["approved"] == run["id"]
    assert [event["type"] for event in api.events()[:2]] == ["undo_approve", "undo_plan"]


def test_the_same_world_gives_the_same_hash(api, changed):
    first = api.post(f"/runs/{changed.id}/undo", expect=202)
    second = api.post(f"/runs/{changed.id}/undo", expect=202)
    assert first["hash"] == second["hash"]
    assert api.get(f"/runs/{first['id']}")["status"] == "superseded"
    Application.objects.update(mapping_version=7)
    assert api.post(f"/runs/{changed.id}/undo", expect=202)["hash"] != first["hash"]


def test_a_rejected_undo_changes_nothing(api, changed):
    run = api.post(f"/runs/{changed.id}/undo", expect=202)
    assert api.post(f"/runs/{run['id']}/reject")["status"] == "rejected"
    assert not Due.objects.filter(decision__isnull=False).exists()


def test_what_cannot_be_undone_is_a_conflict(api, changed):
    undo = api.post(f"/runs/{changed.id}/undo", expect=202)
    assert api.problem("POST", f"/runs/{undo['id']}/undo", None, 409)[0] == "wrong_state"
    Run.objects.filter(id=changed.id).update(status="applying")
    assert api.problem("POST", f"/runs/{changed.id}/undo", None, 409)[0] == "wrong_state"
    assert api.problem("POST", f"/runs/{uuid.uuid4()}/undo", None, 404)[0] == "not_found"


def test_who_may_ask_for_it_and_who_may_approve(api_as, changed):
    assert api_as("auditor").problem("POST", f"/runs/{changed.id}/undo", None, 403)[0] == "forbidden"
    run = api_as("operator").post(f"/runs/{changed.id}/undo", expect=202)
    body = {"hash": run["hash"]}
    assert api_as("operator").problem("POST", f"/runs/{run['id']}/approve", body, 403)[0] == "forbidden"


def test_why_over_rest(api, application, ada, changed):
    told = api.get(f"/users/{ada.id}/why?application={application['id']}")
    assert (told["user"]["name"], told["application"]["name"]) == ("ada", "Sample")
    assert told["access"]["access"] is False
    assert (told["decision"]["kind"], told["decision"]["requests"][0]["method"]) == ("deactivate", "PATCH")
    assert told["looked"] is None
    assert [wait["code"] for wait in told["waits"]] == ["configured"]
    assert told["guard"]["limit"] == 5


def test_why_asks_the_service_provider_only_when_told(api, new_application, ada, sp):
    application = new_application(sp.base_url)
    path = f"/users/{ada.id}/why?application={application['id']}"
    api.get(path)
    assert sp.requests == []
    api.post(f"/applications/{application['id']}/assignments", {"users": {"add": [str(ada.id)]}})
    told = api.get(f"{path}&look=true")
    assert (told["looked"]["ok"], told["decision"]["kind"]) == (True, "create")
    assert sp.requests != []
    assert sp.writes == []


def test_why_needs_an_application_and_a_user_that_are_there(api, application, ada):
    assert api.problem("GET", f"/users/{ada.id}/why", None, 422)[0] == "invalid"
    assert api.problem("GET", f"/users/{ada.id}/why?application={uuid.uuid4()}", None, 404)[0] == "not_found"
    path = f"/users/{uuid.uuid4()}/why?application={application['id']}"
    assert api.problem("GET", path, None, 404)[0] == "not_found"
