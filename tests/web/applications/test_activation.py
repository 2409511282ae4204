"""Testing, activating and deactivating, against a real service provider on loopback."""

from __future__ import annotations

import pytest

from provisor.applications import connection
from provisor.applications.models import Application, Due, Run
from provisor.testing import Fault, Profile


@pytest.fixture
def connected(new_application, sp):
    """An application on the provider that runs, with its token."""
    return new_application(sp.base_url)


def provisioning(application):
    return Application.objects.get(id=application["id"]).provisioning


def test_the_test_reads_and_says_what_it_found(api, connected, sp):
    answer = api.post(f"/applications/{connected['id']}/test")
    assert answer["ok"] is True
    assert [step["name"] for step in answer["steps"]][:3] == ["address", "connect", "users"]
    assert sp.writes == []
    assert sp.requests


def test_the_test_tells_a_wrong_token_in_plain_words(api, new_application, sp):
    application = new_application(sp.base_url, auth={"token": "not-the-token"})
    answer = api.post(f"/applications/{application['id']}/test")
    assert answer["ok"] is False
    assert (answer["steps"][-1]["status"], answer["steps"][-1]["code"]) == (401, "unauthorised")


def test_the_test_without_a_token_says_that_none_is_set(api, connected):
    Application.objects.filter(id=connected["id"]).update(secret=None)
    answer = api.post(f"/applications/{connected['id']}/test")
    assert answer["ok"] is False
    assert "No token is set" in answer["steps"][0]["message"]


def test_activating_lets_it_send_and_tells_it_once(api, connected):
    path = f"/applications/{connected['id']}/activate"
    answer = api.post(path)
    assert (answer["provisioning"], answer["warnings"]) == ("active", [])
    assert api.post(path, {})["provisioning"] == "active"
    assert len(api.events("?type=application_activated")) == 1
    assert not Due.objects.exists()


UNREACHABLE = [
    ("/nowhere", "the-token-of-the-sp", "there are no users at this path"),
    ("", "not-the-token", "the token is refused"),
]


@pytest.mark.parametrize(("suffix", "token", "reason"), UNREACHABLE)
def test_what_cannot_be_used_is_not_activated(api, new_application, sp, suffix, token, reason):
    application = new_application(sp.base_url + suffix, auth={"token": token})
    code, _fields = api.problem("POST", f"/applications/{application['id']}/activate", {}, 409)
    assert (code, provisioning(application)) == ("connection_failed", "configured"), reason


def test_nobody_listening_is_409_unless_forced(api, application):
    path = f"/applications/{application['id']}/activate"
    assert api.problem("POST", path, {}, 409)[0] == "connection_failed"
    answer = api.post(path, {"force": True})
    assert (answer["provisioning"], len(answer["warnings"])) == ("active", 1)


def test_without_a_token_not_even_force_activates(api, application):
    Application.objects.filter(id=application["id"]).update(secret=None)
    assert (
        api.problem("POST", f"/applications/{application['id']}/activate", {"force": True}, 409)[0]
        == "connection_failed"
    )


def test_missing_discovery_is_a_warning(api, connected, sp):
    sp.profile = Profile(discovery=False)
    answer = api.post(f"/applications/{connected['id']}/activate")
    assert answer["provisioning"] == "active"
    assert len(answer["warnings"]) == 1


def test_the_providers_own_words_are_in_the_answer(api, connected, sp):
    sp.fault(Fault("status", status=500, path_contains="/Users"))
    error = api.post(f"/applications/{connected['id']}/activate", expect=409)["error"]
    assert "500" in error["message"]
    assert "the-token-of-the-sp" not in error["message"]


def test_deactivating_stops_what_sends_at_once(api, connected):
    api.post(f"/applications/{connected['id']}/activate")
    queued = api.post(f"/applications/{connected['id']}/sync", expect=202)
    running = Run.objects.create(application_id=connected["id"], kind="reconcile", status="applying")
    plan = api.post(f"/applications/{connected['id']}/plan", expect=202)
    assert api.post(f"/applications/{connected['id']}/deactivate")["provisioning"] == "paused"
    assert api.get(f"/runs/{queued['id']}")["status"] == "cancelled"
    assert api.get(f"/runs/{running.id}")["cancel_requested"] is True
    assert api.get(f"/runs/{plan['id']}")["status"] == "queued"


def test_deactivating_twice_is_one_event(api, connected):
    api.post(f"/applications/{connected['id']}/activate")
    for _again in range(2):
        assert api.post(f"/applications/{connected['id']}/deactivate")["provisioning"] == "paused"
    assert len(api.events("?type=application_deactivated")) == 1


def test_what_was_never_active_stays_configured(api, connected):
    assert api.post(f"/applications/{connected['id']}/deactivate")["provisioning"] == "configured"
    assert api.events("?type=application_deactivated") == []


def test_a_failing_application_can_be_activated_again(api, connected):
    stopped = {"code": "unauthorised", "message": "401"}
    Application.objects.filter(id=connected["id"]).update(provisioning="failing", stopped=stopped)
    answer = api.post(f"/applications/{connected['id']}/activate")
    assert (answer["provisioning"], answer["stopped"]) == ("active", None)


@pytest.mark.parametrize("action", ["activate", "deactivate"])
def test_operators_do_not_switch_applications(api_as, connected, action):
    assert api_as("operator").problem("POST", f"/applications/{connected['id']}/{action}", {}, 403)[0] == "forbidden"


def test_a_provider_that_never_answers_is_given_up(connected, sp):
    sp.fault(Fault("hang"))
    (step,) = connection.run_check(Application.objects.get(id=connected["id"]), deadline=0.3)
    assert (step.ok, step.code) == (False, "no_answer")
