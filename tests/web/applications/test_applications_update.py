"""PATCH and DELETE /applications/{id}: what changes, what that means for the secret, and what is due then."""

from __future__ import annotations

import pytest
from django.utils import timezone

from provisor.applications.models import Application, Assignment, Due, Link, Run, Tombstone

ELSEWHERE = "http://127.0.0.1:10/scim/v2"


def row(application):
    return Application.objects.get(id=application["id"])


@pytest.fixture
def active(application):
    """An application that sends."""
    Application.objects.filter(id=application["id"]).update(provisioning="active")
    return application


def assign(application, user):
    Assignment.objects.create(application_id=application["id"], user=user)


def test_what_is_left_out_stays_and_null_clears(api, application):
    path = f"/applications/{application['id']}"
    api.patch(path, {"label": "The sample"})
    changed = api.patch(path, {"name": "Renamed", "show_in_portal": False})
    assert (changed["name"], changed["label"], changed["show_in_portal"]) == ("Renamed", "The sample", False)
    cleared = api.patch(path, {"label": None, "show_in_portal": None})
    assert (cleared["name"], cleared["label"], cleared["show_in_portal"]) == ("Renamed", None, True)


def test_the_event_tells_what_changed_from_what_to_what(api, application):
    api.patch(f"/applications/{application['id']}", {"name": "Renamed", "label": None})
    event = api.events("?type=application_update")[0]
    assert event["changes"] == [{"name": "name", "from": "Sample", "to": "Renamed"}]
    assert event["actor"]["kind"] == "token"
    assert event["application"] == {"id": application["id"], "name": "Renamed"}


def test_nothing_changed_leaves_no_event_and_no_new_version(api, application):
    same = {"name": "Sample", "base_url": application["base_url"], "settings": {"takeover": "exact"}}
    assert api.patch(f"/applications/{application['id']}", same)["updated"] == application["updated"]
    assert api.events("?type=application_update") == []


def test_settings_are_merged_one_level_and_null_is_the_default(api, application):
    path = f"/applications/{application['id']}"
    api.patch(path, {"settings": {"takeover": "review", "guard": {"max_count": 9}}})
    settings = api.patch(path, {"settings": {"takeover": None, "rate_limit": {"requests": 5, "per_seconds": 1}}})[
        "settings"
    ]
    assert settings["takeover"] == "exact"
    assert settings["guard"] == {"max_percent": 5, "max_count": 9}
    assert settings["rate_limit"] == {"requests": 5, "per_seconds": 1}


MARKS = [
    ({"takeover": "review"}, 1, "held and new accounts are judged differently"),
    ({"form": {"update": "put"}}, 1, "the SP may understand now what it refused"),
    ({"deprovision": "delete"}, 1, "those without access may go now"),
    ({"concurrency": 3}, 0, "how fast, not what"),
    ({"guard": {"max_count": 1}}, 0, "what waits, not what is right"),
    ({"takeover": "exact"}, 0, "no change at all"),
]


@pytest.mark.parametrize(("settings", "marks", "reason"), MARKS)
def test_a_setting_that_can_change_what_is_sent_marks_every_account(
    api, application, make_user, settings, marks, reason
):
    assign(application, make_user("ada"))
    api.patch(f"/applications/{application['id']}", {"settings": settings})
    assert list(Due.objects.values_list("priority", "cause")) == [(2, "set")] * marks, reason


def test_another_base_url_clears_the_secret_and_pauses(api, active):
    changed = api.patch(f"/applications/{active['id']}", {"base_url": ELSEWHERE})
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (False, "paused")
    assert row(active).secret is None


def test_a_trailing_slash_is_no_other_base_url(api, active):
    changed = api.patch(f"/applications/{active['id']}", {"base_url": active["base_url"] + "/"})
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (True, "active")


def test_another_base_url_with_its_token_goes_on(api, active):
    body = {"base_url": ELSEWHERE, "auth": {"type": "bearer", "token": "another-token"}}
    changed = api.patch(f"/applications/{active['id']}", body)
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (True, "active")


def test_a_configured_application_stays_configured_on_another_base_url(api, application):
    changed = api.patch(f"/applications/{application['id']}", {"base_url": ELSEWHERE})
    assert (changed["auth"]["token_set"], changed["provisioning"]) == (False, "configured")


def test_a_new_token_lets_a_failing_application_try_again(api, application):
    stopped = {"code": "unauthorised", "message": "401"}
    Application.objects.filter(id=application["id"]).update(provisioning="failing", stopped=stopped)
    changed = api.patch(f"/applications/{application['id']}", {"auth": {"token": "a-new-token"}})
    assert (changed["provisioning"], changed["stopped"]) == ("active", None)


REFUSED = [
    ({"name": None}, "name", "can't be cleared"),
    ({"base_url": None}, "base_url", "can't be cleared"),
    ({"auth": None}, "auth", "can't be cleared"),
    ({"connector": "slack"}, "connector", "unknown"),
    ({"provisioning": "active"}, "provisioning", "has its own calls"),
    ({"settings": {"takeover": "exact", "drift": "ignore"}}, "settings.drift", "not in the vocabulary"),
]


@pytest.mark.parametrize(("change", "field", "reason"), REFUSED)
def test_a_refused_change_changes_nothing(api, application, change, field, reason):
    _code, fields = api.problem("PATCH", f"/applications/{application['id']}", {"label": "New", **change}, 422)
    assert list(fields) == [field], reason
    assert row(application).label is None


def test_a_stale_version_is_refused(api, application):
    path, seen = f"/applications/{application['id']}", application["updated"]
    api.patch(path, {"label": "First"}, If_Match=seen)
    error = api.patch(path, {"label": "Second"}, If_Match=seen, expect=412)["error"]
    assert (error["code"], row(application).label) == ("stale", "First")


def test_the_base_url_of_another_application_needs_force(api, application, new_application):
    other = new_application(ELSEWHERE, name="Other")
    path = f"/applications/{other['id']}"
    assert api.problem("PATCH", path, {"base_url": application["base_url"]}, 409)[0] == "duplicate_base_url"
    assert api.patch(path, {"base_url": application["base_url"], "force": True})["base_url"] == application["base_url"]


def test_deleting_drops_all_but_the_events(api, active, make_user, make_link):
    ada = make_user("ada")
    assign(active, ada)
    key = {"application_id": active["id"]}
    make_link(active, ada)
    Tombstone.objects.create(remote_id="2", user_id=ada.id, username="former", at=timezone.now(), **key)
    api.post(f"/applications/{active['id']}/plan", expect=202)
    api.delete(f"/applications/{active['id']}")
    for model in (Application, Assignment, Link, Tombstone, Run, Due):
        assert not model.objects.exists(), model
    assert [event["type"] for event in api.events()] == ["application_delete", "application_create"]
    api.get(f"/applications/{active['id']}", expect=404)


def test_an_unknown_application_is_not_found(api):
    nowhere = "/applications/00000000-0000-4000-8000-000000000000"
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"label": "a"}), ("DELETE", "", None), ("POST", "/activate", {}),
        ("POST", "/deactivate", {}), ("POST", "/test", {}), ("POST", "/plan", {}), ("GET", "/mapping", None),
        ("GET", "/assignments", None), ("POST", "/assignments", {}), ("POST", "/holds:resolve", {}),
    ):  # fmt: skip
        assert api.problem(method, nowhere + path, body, 404)[0] == "not_found", path
