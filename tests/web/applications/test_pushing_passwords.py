"""settings.push_passwords: who may switch it on, what goes with it, and what is told of a password, never the password."""

from __future__ import annotations

import pytest

from provisor.administrators.actor import shell
from provisor.applications.commands.passwords import keep_password
from provisor.applications.models import AccountPassword, Application, Assignment, Due, Link
from provisor.audit.models import Event
from provisor.directory.models import Organisation

ELSEWHERE = "http://127.0.0.1:10/scim/v2"
SECRET = "Correct-Horse-Battery-7"
ON, OFF = {"settings": {"push_passwords": True}}, {"settings": {"push_passwords": False}}


@pytest.fixture
def pushing(api, application):
    """An application that gets passwords, and the path to it."""
    api.patch(f"/applications/{application['id']}", ON)
    return application


def path(application):
    return f"/applications/{application['id']}"


def is_on(application):
    return bool(Application.objects.get(id=application["id"]).settings.get("push_passwords"))


def types():
    names = Event.objects.filter(type__startswith="application_passwords").order_by("at")
    return list(names.values_list("type", flat=True))


def test_an_owner_switches_it_on_and_off_and_both_are_told(api, application):
    assert api.patch(path(application), ON)["settings"]["push_passwords"] is True
    assert api.patch(path(application), ON)["settings"]["push_passwords"] is True
    assert api.patch(path(application), OFF)["settings"]["push_passwords"] is False
    assert types() == ["application_passwords_on", "application_passwords_off"]


@pytest.mark.parametrize("role", ["admin", "operator", "auditor"])
def test_nobody_else_switches_it_on(as_role, application, role):
    answer = as_role(role).call("PATCH", path(application), ON)
    assert answer.status_code == 403
    assert not is_on(application)
    assert types() == []


def test_an_admin_neither_makes_an_application_with_it(as_role, application):
    given = {"name": "Mine", "base_url": ELSEWHERE, "auth": {"type": "bearer", "token": "x"}, **ON}
    assert as_role("admin").call("POST", "/applications", given).status_code == 403
    assert not Application.objects.filter(name="Mine").exists()
    assert as_role("owner").call("POST", "/applications", given).status_code == 201
    assert types() == ["application_passwords_on"]


def test_an_admin_switches_it_off_and_changes_what_else_there_is(as_role, pushing):
    admin = as_role("admin")
    assert admin.call("PATCH", path(pushing), {"settings": {"concurrency": 3}}).status_code == 200
    assert is_on(pushing)
    assert admin.call("PATCH", path(pushing), OFF).status_code == 200
    assert not is_on(pushing)


def test_another_address_switches_it_off_even_with_a_token(as_role, pushing):
    token = {"type": "bearer", "token": "another"}
    answer = as_role("admin").call("PATCH", path(pushing), {"base_url": ELSEWHERE, "auth": token})
    assert answer.json()["settings"]["push_passwords"] is False
    assert types()[-1] == "application_passwords_off"


def test_only_an_owner_moves_it_and_leaves_it_on(as_role, pushing):
    moved = {"base_url": ELSEWHERE, "auth": {"type": "bearer", "token": "another"}, **ON}
    assert as_role("admin").call("PATCH", path(pushing), moved).status_code == 403
    assert as_role("owner").call("PATCH", path(pushing), moved).json()["settings"]["push_passwords"] is True


def test_it_can_not_be_switched_on_where_none_is_taken(as_role, application):
    given = {"settings": {"push_passwords": True, "form": {"password": "none"}}}
    error = as_role("owner").call("PATCH", path(application), given).json()["error"]
    assert "takes no passwords" in error["fields"]["settings.push_passwords"]
    assert not is_on(application)


def test_a_new_password_waits_sealed_and_is_told_by_state_alone(api, as_role, pushing, make_user):
    ada = make_user("ada")
    Assignment.objects.create(application_id=pushing["id"], user=ada)
    Due.objects.all().delete()
    caller = as_role("owner")
    assert caller.call("PUT", f"/users/{ada.id}/password", {"password": SECRET}).status_code == 200
    row = AccountPassword.objects.get(user_id=ada.id)
    assert row.status == "waiting"
    assert SECRET.encode() not in bytes(row.sealed)
    assert Due.objects.filter(user_id=ada.id, priority=1, cause="person").exists()
    (account,) = caller.call("GET", f"/users/{ada.id}/accounts").json()["items"]
    assert (account["password"]["status"], account["password"]["error"]) == ("waiting", None)
    why = caller.call("GET", f"/users/{ada.id}/why?application={pushing['id']}")
    assert why.json()["password"]["status"] == "waiting"
    assert SECRET not in why.content.decode()


def test_a_refusal_reads_with_its_words(api, as_role, pushing, make_user, make_link):
    ada = make_user("ada")
    Assignment.objects.create(application_id=pushing["id"], user=ada)
    make_link(pushing, ada, status="synced", remote_id="1")
    error = {"code": "refused", "message": "The service provider answered 400: too short", "hint": "Set another one."}
    AccountPassword.objects.create(
        application_id=pushing["id"], user_id=ada.id, status="refused", at=ada.updated, error=error
    )
    link = Link.objects.get(user=ada)
    told = as_role("auditor").call("GET", f"/accounts/{link.id}").json()["password"]
    assert (told["status"], told["error"]) == ("refused", error)


@pytest.mark.parametrize("state", ["suspended", "deleting"])
def test_who_is_off_gets_none_kept(pushing, make_user, state):
    ada = make_user("ada", state=state)
    Assignment.objects.create(application_id=pushing["id"], user=ada)
    keep_password(shell(), ada.id, SECRET)
    assert not AccountPassword.objects.exists()


def test_without_access_none_is_kept(pushing, make_user):
    keep_password(shell(), make_user("ada").id, SECRET)
    assert not AccountPassword.objects.exists()
    assert not Due.objects.exists()


def test_a_password_that_is_refused_here_goes_nowhere(as_role, pushing, make_user):
    ada = make_user("ada")
    Assignment.objects.create(application_id=pushing["id"], user=ada)
    Organisation.objects.update(settings={"password": {"min_length": 40}})
    assert as_role("owner").call("PUT", f"/users/{ada.id}/password", {"password": SECRET}).status_code == 422
    assert not AccountPassword.objects.exists()


def test_it_is_kept_for_every_application_that_takes_it_and_for_no_other(pushing, make_user, make_application):
    ada = make_user("ada")
    Assignment.objects.create(application_id=pushing["id"], user=ada)
    second = make_application("Second", ada, settings={"push_passwords": True})
    make_application("Off", ada)
    make_application("None taken", ada, settings={"push_passwords": True, "form": {"password": "none"}})
    make_application("Refuses", ada, settings={"push_passwords": True}, connector="aws-iam-identity-center")
    keep_password(shell(), ada.id, SECRET)
    kept = {str(id) for id in AccountPassword.objects.values_list("application_id", flat=True)}
    assert kept == {pushing["id"], str(second.id)}
    boxes = [bytes(row.sealed) for row in AccountPassword.objects.all()]
    assert boxes[0] != boxes[1]
