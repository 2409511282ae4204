"""Asking for runs, reading them, and stopping them. The worker is not running here."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from provisor.applications.models import Application, Change, Run


@pytest.fixture
def active(application):
    """An application that sends."""
    Application.objects.filter(id=application["id"]).update(provisioning="active")
    return application


def start(api, application, kind, expect=202):
    return api.post(f"/applications/{application['id']}/{kind}", expect=expect)


@pytest.mark.parametrize("kind", ["plan", "sync", "reconcile"])
def test_a_run_is_queued_and_reads_as_the_contract_says(api, active, kind):
    run = start(api, active, kind)
    assert (run["kind"], run["status"], run["hash"]) == (kind, "queued", None)
    assert run["application"] == {"id": active["id"], "name": "Sample"}
    assert run["counts"] == dict.fromkeys(
        ["create", "adopt", "update", "deactivate", "reactivate", "delete", "add_members", "remove_members", "hold"], 0
    )
    assert api.get(f"/runs/{run['id']}") == run


@pytest.mark.parametrize("provisioning", ["configured", "paused", "failing"])
def test_without_an_active_application_only_a_plan_works(api, application, provisioning):
    Application.objects.filter(id=application["id"]).update(provisioning=provisioning)
    for kind in ("sync", "reconcile"):
        assert start(api, application, kind, expect=409)["error"]["code"] == "not_active"
    assert start(api, application, "plan")["status"] == "queued"


def test_a_second_call_returns_the_queued_run(api, active):
    first = start(api, active, "sync")
    assert start(api, active, "sync")["id"] == first["id"]
    assert start(api, active, "plan")["id"] != first["id"]
    Run.objects.filter(id=first["id"]).update(status="applying")
    assert start(api, active, "sync")["id"] != first["id"]


def test_a_queued_run_is_cancelled_at_once(api, active):
    run = start(api, active, "sync")
    cancelled = api.post(f"/runs/{run['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    assert cancelled["finished"] is not None


@pytest.mark.parametrize("status", ["planning", "applying"])
def test_a_running_run_is_asked_to_stop(api, active, status):
    run = Run.objects.create(application_id=active["id"], kind="sync", status=status)
    for _again in range(2):
        answer = api.post(f"/runs/{run.id}/cancel")
        assert (answer["status"], answer["cancel_requested"]) == (status, True)


@pytest.mark.parametrize("status", ["done", "failed", "cancelled", "rejected", "expired", "superseded"])
def test_what_has_ended_cannot_be_cancelled(api, active, status):
    run = Run.objects.create(application_id=active["id"], kind="sync", status=status)
    assert api.problem("POST", f"/runs/{run.id}/cancel", {}, 409)[0] == "wrong_state"


@pytest.mark.parametrize(("call", "body"), [("approve", {"hash": "0" * 64}), ("approve", {}), ("reject", {})])
def test_what_does_not_wait_for_a_person_cannot_be_decided(api, active, call, body):
    run = start(api, active, "plan")
    assert api.problem("POST", f"/runs/{run['id']}/{call}", body, 409)[0] == "wrong_state"


def test_runs_are_listed_newest_first_and_filtered(api, active, new_application):
    other = new_application("http://127.0.0.1:10/scim", name="Other")
    runs = [start(api, active, "plan"), start(api, other, "plan"), start(api, active, "sync")]
    api.post(f"/runs/{runs[0]['id']}/cancel")

    def ids(query=""):
        return [item["id"] for item in api.get(f"/runs?{query}")["items"]]

    assert ids() == [run["id"] for run in reversed(runs)]
    assert ids(f"application={active['id']}") == [runs[2]["id"], runs[0]["id"]]
    assert ids("status=cancelled") == [runs[0]["id"]]
    assert ids(f"application={uuid.uuid4()}") == []


def test_changes_come_in_the_order_of_the_plan(api, active):
    run = Run.objects.create(application_id=active["id"], kind="plan", status="done")
    links = sorted(uuid.uuid4() for _number in range(3))
    for kind, rank, link in (("create", 5, links[1]), ("deactivate", 0, links[2]), ("create", 5, links[0])):
        Change.objects.create(
            run=run, kind=kind, rank=rank, link_id=link, user_id=link, user_name="ada", at=timezone.now(),
            attributes=[{"name": "title", "from": None, "to": "Dr"}], reason="r", cause="set", outcome={"result": "done"},
        )  # fmt: skip
    page = api.get(f"/runs/{run.id}/changes?limit=2")
    rest = api.get(f"/runs/{run.id}/changes?limit=2&cursor={page['next']}")
    items = page["items"] + rest["items"]
    assert [item["account"] for item in items] == [str(links[2]), str(links[0]), str(links[1])]
    assert items[0]["attributes"] == [{"name": "title", "from": None, "to": "Dr"}]
    assert items[0]["user"] == {"id": str(links[2]), "name": "ada"}


def test_an_unknown_run_is_not_found(api):
    nowhere = f"/runs/{uuid.uuid4()}"
    for method, path in (
        ("GET", ""),
        ("GET", "/changes"),
        ("POST", "/cancel"),
        ("POST", "/approve"),
        ("POST", "/reject"),
    ):
        assert api.problem(method, nowhere + path, None, 404)[0] == "not_found"


def test_auditors_look_and_operators_start(api_as, active):
    api_as("auditor").get("/runs")
    start(api_as("auditor"), active, "plan", expect=403)
    run = start(api_as("operator"), active, "plan")
    api_as("operator").post(f"/runs/{run['id']}/reject", expect=403)
