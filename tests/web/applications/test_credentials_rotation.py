"""The next credential: prepared beside the current one, tested, switched to by a person or, when it is needed, by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.web.applications.conftest import TOKEN
from tests.web.applications.looking import row

from provisor import jobs
from provisor.applications.commands import credentials as commands
from provisor.applications.credentials import rotation
from provisor.applications.credentials.endpoint import endpoint_of_application
from provisor.applications.models import Application, NextCredential
from provisor.testing import Fault

OLD = "the-old-token-canary"


@pytest.fixture
def refused(new_application, sp):
    """An active application whose token the provider doesn't take any more; TOKEN is one that it takes."""
    made = new_application(sp.base_url, auth={"token": OLD})
    stopped = {"code": "credentials_invalid", "message": "401"}
    Application.objects.filter(id=made["id"]).update(provisioning="failing", stopped=stopped)
    return made


def sent_with(application):
    return endpoint_of_application(row(application)).sign_in.value


def put(api, application, **auth):
    return api.put(f"/applications/{application['id']}/auth/next", {"token": TOKEN, **auth})


def test_it_is_prepared_shown_and_dropped_without_its_secret(api, application):
    path = f"/applications/{application['id']}/auth/next"
    assert api("GET", path, expect=404)["error"]["code"] == "not_found"
    shown = put(api, application, token="next-canary", expires="2099-03-12")
    assert (shown["type"], shown["token_set"], shown["tested"], shown["expires_from"]) == (
        "bearer",
        True,
        None,
        "given",
    )
    assert api.get(f"/applications/{application['id']}")["auth"]["next"] == shown == api.get(path)
    api.delete(path)
    assert api.get(f"/applications/{application['id']}")["auth"]["next"] is None
    api("DELETE", path, expect=404)
    events = api.events(f"?application={application['id']}")
    assert [event["type"] for event in events[:2]] == ["credential_dropped", "credential_prepared"]
    assert "next-canary" not in json.dumps([shown, events])


def test_the_test_says_what_the_provider_says_and_switches_nothing(api, refused, sp):
    put(api, refused, token="nobody-knows-it")
    answer = api.post(f"/applications/{refused['id']}/auth/next/test")
    assert (answer["ok"], answer["steps"][-1]["status"]) == (False, 401)
    tested = api.get(f"/applications/{refused['id']}/auth/next")["tested"]
    assert tested["ok"] is False
    assert "401" in tested["message"]
    put(api, refused)
    assert api.post(f"/applications/{refused['id']}/auth/next/test")["ok"] is True
    assert sent_with(refused) == f"Bearer {OLD}"
    assert sp.writes == []


def test_switching_tests_first_and_forgets_the_old_one(api, refused):
    put(api, refused, expires="2099-03-12")
    switched = api.post(f"/applications/{refused['id']}/auth/switch")
    assert (switched["provisioning"], switched["auth"]["next"]) == ("active", None)
    assert switched["auth"]["expires"].startswith("2099-03-12")
    assert sent_with(refused) == f"Bearer {TOKEN}"
    assert not NextCredential.objects.exists()
    event = api.events("?type=credential_switched")[0]
    assert {"name": "auth", "from": "set", "to": "set"} in event["changes"]
    assert OLD not in json.dumps(event)
    api("POST", f"/applications/{refused['id']}/auth/switch", expect=404)


def test_one_that_fails_its_test_takes_nobodys_place_unless_forced(api, refused):
    put(api, refused, token="nobody-knows-it")
    path = f"/applications/{refused['id']}/auth/switch"
    error = api.post(path, expect=409)["error"]
    assert (error["code"], "401" in error["message"]) == ("connection_failed", True)
    assert sent_with(refused) == f"Bearer {OLD}"
    api.post(path, {"force": True})
    assert sent_with(refused) == "Bearer nobody-knows-it"


def test_what_changed_while_it_was_tested_is_not_switched_to(api, refused, sp, monkeypatch):
    put(api, refused)
    tested = commands._tested

    def and_meanwhile(*what):
        steps = tested(*what)
        NextCredential.objects.update(set_at=timezone.now())
        return steps

    monkeypatch.setattr(commands, "_tested", and_meanwhile)
    error = api.post(f"/applications/{refused['id']}/auth/switch", expect=409)["error"]
    assert "changed while it was tested" in error["message"]
    assert sent_with(refused) == f"Bearer {OLD}"


def test_another_way_to_sign_in_may_follow(api, refused):
    put(api, refused, type="header", header="X-Api-Key", token="k")
    api.post(f"/applications/{refused['id']}/auth/switch", {"force": True})
    header = endpoint_of_application(row(refused)).sign_in
    assert (header.name, header.value) == ("X-Api-Key", "k")


NOT_NEXT = [
    ("agreement", {"type": "oauth2_authorization_code", "authorize_url": "https://a.example.com/", "client_id": "a",
                   "token_url": "https://a.example.com/t", "client_secret": ""}, "auth.type"),
    ("certificate", {"type": "client_certificate"}, "tls.certificate"),
    ("nothing", {"type": "bearer"}, "auth.token"),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "field"), [case[1:] for case in NOT_NEXT], ids=[case[0] for case in NOT_NEXT])
def test_what_cannot_follow_is_refused(api, application, auth, field):
    assert api.problem("PUT", f"/applications/{application['id']}/auth/next", auth, 422)[1].keys() == {field}


def test_only_who_may_set_secrets_prepares_and_switches(api_as, application):
    path = f"/applications/{application['id']}/auth"
    for method, where in (("PUT", "/next"), ("DELETE", "/next"), ("POST", "/next/test"), ("POST", "/switch")):
        body = {"token": "x"} if method == "PUT" else None
        api_as("operator")(method, path + where, body, expect=403)


# By itself -----------------------------------------------------------------------------------------------------------------


def test_when_the_current_one_is_refused_the_next_takes_its_place_by_itself(api, refused):
    put(api, refused)
    assert rotation.switch_where_needed() == 1
    assert sent_with(refused) == f"Bearer {TOKEN}"
    assert row(refused).provisioning == "active"
    assert api.events("?type=credential_switched")[0]["actor"]["name"] == "Provisor"
    assert rotation.switch_where_needed() == 0


def test_when_the_current_one_has_ended_the_next_takes_its_place_by_itself(api, new_application, sp):
    made = new_application(sp.base_url, auth={"token": OLD})
    put(api, made)
    Application.objects.filter(id=made["id"]).update(provisioning="active")
    assert rotation.switch_where_needed() == 0
    past = timezone.now() - timedelta(minutes=1)
    Application.objects.filter(id=made["id"]).update(secret_expires=past, secret_expires_from="given")
    assert rotation.switch_where_needed() == 1
    assert sent_with(made) == f"Bearer {TOKEN}"
    assert row(made).secret_expires is None


def test_one_that_does_not_work_is_tried_again_after_a_while(api, refused, sp):
    put(api, refused)
    sp.fault(Fault("status", status=500, times=1000))
    assert rotation.switch_where_needed() == 1
    assert sent_with(refused) == f"Bearer {OLD}"
    asked = len(sp.requests)
    assert rotation.switch_where_needed() == 0
    assert len(sp.requests) == asked
    sp.clear_faults()
    earlier = (timezone.now() - timedelta(minutes=16)).isoformat()
    NextCredential.objects.update(tested={"at": earlier, "ok": False, "message": ""})
    assert rotation.switch_where_needed() == 1
    assert sent_with(refused) == f"Bearer {TOKEN}"


OTHERWISE = [
    ("paused", {"provisioning": "paused"}),
    ("another-trouble", {"stopped": {"code": "redirected"}}),
    ("usual-life", {"provisioning": "active", "stopped": None, "secret_expires_from": "connector",
                    "secret_expires": timezone.now() - timedelta(days=1)}),
]  # fmt: skip


@pytest.mark.parametrize("state", [case[1] for case in OTHERWISE], ids=[case[0] for case in OTHERWISE])
def test_nothing_is_switched_without_need(api, refused, state):
    put(api, refused)
    Application.objects.filter(id=refused["id"]).update(**state)
    assert rotation.switch_where_needed() == 0
    assert sent_with(refused) == f"Bearer {OLD}"


def test_the_job_does_it(api, refused):
    put(api, refused)
    jobs.later("credentials.switch")
    assert "credentials.switch" in jobs.run_all()
    assert row(refused).provisioning == "active"


def test_a_credential_that_does_not_open_says_so(api, refused):
    put(api, refused)
    NextCredential.objects.update(secret=b"\x01damaged")
    error = api.post(f"/applications/{refused['id']}/auth/switch", {"force": True}, expect=409)["error"]
    assert "not in a format" in error["message"]
    assert sent_with(refused) == f"Bearer {OLD}"
