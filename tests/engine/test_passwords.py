"""Passwords on their way to an SP: what it holds, what the database still holds, and what people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from provisor import sealed_box, vault
from provisor.applications import commands as applications
from provisor.applications.commands.passwords import keep_password
from provisor.applications.models import AccountPassword, Application, Change
from provisor.applications.sealed_passwords import bound_to
from provisor.audit.models import Event, Operation
from provisor.directory import commands as directory
from provisor.directory.models import User
from provisor.testing.faults import Fault

OWN = "Correct-Horse-Battery-7"


def set_password(world, user, password=OWN):
    with transaction.atomic():
        keep_password(world.actor, user.id, password)


@pytest.fixture
def pushing(world):
    """The world, with an application that gets passwords."""
    world.configure(push_passwords=True)
    return world


def password_requests(world):
    """What was sent that had a password in it: method, and the names of what went with it."""
    found = []
    for request in world.sp.requests:
        body = request.body or {}
        operations = body.get("Operations")
        names = [operation.get("path") for operation in operations] if operations else sorted(body)
        if "password" in names:
            found.append((request.method, names))
    return found


def told(world, user):
    return AccountPassword.objects.get(user_id=user.id, application_id=world.application.id)


def work(world):
    """A worker until nothing is due and no password may be sent any more."""
    with world.worker():
        world.until(lambda: not world.ready() and not world.running() and not waiting())


def waiting():
    return AccountPassword.objects.filter(status="waiting", next_try__lte=timezone.now()).exists()


def test_a_new_account_gets_a_password_that_nobody_knows(world, pushing):
    ada, grace = world.employee("ada"), world.employee("grace")
    work(world)
    made = [world.sp.password("ada"), world.sp.password("grace")]
    assert all(len(password) >= 20 for password in made)
    assert len(set(made)) == 2
    assert [told(world, user).status for user in (ada, grace)] == ["temporary", "temporary"]


def test_without_the_setting_none_is_sent_and_none_is_kept(world):
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert world.sp.password("ada") is None
    assert not AccountPassword.objects.exists()


def test_a_set_password_goes_in_a_patch_of_its_own(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    (request,) = world.sp.requests
    assert request.body["Operations"] == [{"op": "replace", "path": "password", "value": OWN}]
    assert world.sp.password("ada") == OWN
    row = told(world, ada)
    assert (row.status, row.sealed, row.error) == ("pushed", None, None)
    assert world.link(ada).intent is None
    assert world.status(ada) == "synced"


def test_a_password_that_waits_goes_with_the_new_account(world, pushing):
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert [method for method, _ in password_requests(world)] == ["POST"]
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_an_adopted_account_gets_no_temporary_password(world, pushing):
    world.sp.put_user({"userName": "ada", "emails": [{"value": "ada@example.com", "primary": True}]})
    ada = world.employee("ada")
    work(world)
    assert world.account(ada) is not None
    assert password_requests(world) == []
    set_password(world, ada)
    work(world)
    assert world.sp.password("ada") == OWN


def test_a_refused_password_stops_nothing_else_and_its_words_tell_nothing(world, pushing):
    ada = world.employee("ada")
    work(world)
    before = world.sp.password("ada")
    world.sp.profile = replace(world.sp.profile, password_policy=("min:60",), echo_passwords=True)
    set_password(world, ada)
    world.edit(ada, jobTitle="Countess")
    work(world)
    assert world.account(ada)["title"] == "Countess"
    assert world.sp.password("ada") == before
    row = told(world, ada)
    assert (row.status, row.sealed, row.error["code"]) == ("refused", None, "refused")
    assert "breaks the policy: min:60" in row.error["message"]
    assert OWN not in row.error["message"]
    event = Event.objects.get(type="user_password_refused")
    assert (event.user_name, event.outcome, event.status) == ("ada", "failure", 400)
    assert world.status(ada) == "synced"


def test_words_that_tell_nothing_are_shown(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, password_policy=("min:60",))
    set_password(world, ada)
    work(world)
    assert "breaks the policy: min:60" in told(world, ada).error["message"]


def test_a_refused_change_does_not_stop_the_password(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, formats=("title:short_name_21",))
    world.edit(ada, jobTitle="A title that is much too long for it")
    set_password(world, ada)
    work(world)
    assert world.status(ada) == "held"
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_who_is_suspended_is_deactivated_and_gets_no_password(world, pushing):
    ada = world.employee("ada")
    work(world)
    before = world.sp.password("ada")
    set_password(world, ada)
    directory.suspend_user(world.actor, ada.id)
    work(world)
    assert world.account(ada)["active"] is False
    assert world.sp.password("ada") == before
    row = told(world, ada)
    assert (row.status, row.sealed, row.error["code"]) == ("dropped", None, "not_wanted")


def test_who_loses_access_gets_no_password_either(world, pushing):
    ada = world.employee("ada")
    work(world)
    set_password(world, ada)
    world.leave(ada)
    work(world)
    assert world.account(ada)["active"] is False
    assert (told(world, ada).status, told(world, ada).sealed) == ("dropped", None)


def test_a_new_password_after_expiry_makes_active_first(world, pushing):
    ada = world.employee("ada")
    work(world)
    directory.expire_password(world.actor, ada.id)
    work(world)
    assert world.account(ada)["active"] is False
    world.sp.clear_requests()
    with transaction.atomic():
        User.objects.filter(id=ada.id).update(password_status="active")
        keep_password(world.actor, ada.id, OWN)
    work(world)
    paths = [request.body["Operations"][0]["path"] for request in world.sp.requests if request.method == "PATCH"]
    assert paths == ["active", "password"]
    assert (world.account(ada)["active"], world.sp.password("ada")) == (True, OWN)


def test_what_could_not_be_sent_in_time_is_dropped_and_told(world, pushing):
    ada = world.employee("ada")
    work(world)
    applications.pause_application(world.actor, world.application.id)
    set_password(world, ada)
    AccountPassword.objects.update(expires=timezone.now() - timedelta(seconds=1))
    with world.worker():
        world.until(lambda: told(world, ada).status == "dropped")
    row = told(world, ada)
    assert (row.sealed, row.expires, row.error["code"]) == (None, None, "expired")
    assert "Set the password again" in row.error["hint"]
    assert Event.objects.filter(type="user_password_dropped", user_id=ada.id).count() == 1
    assert world.sp.password("ada") != OWN


def test_a_paused_application_gets_it_when_it_goes_on(world, pushing):
    ada = world.employee("ada")
    work(world)
    applications.pause_application(world.actor, world.application.id)
    set_password(world, ada)
    with world.worker():
        world.until(lambda: told(world, ada).status == "waiting" and world.quiet())
    assert world.sp.password("ada") != OWN
    applications.resume_application(world.actor, world.application.id)
    work(world)
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("lost_answer", method="PATCH", times=1),
        Fault("reset", method="PATCH", times=1),
        Fault("cut_json", method="PATCH", times=1),
        Fault("status", status=500, method="PATCH", times=1),
        Fault("status", status=429, retry_after=1, method="PATCH", times=1),
    ],
    ids=lambda fault: f"{fault.kind}{fault.status}",
)
def test_a_lost_answer_is_no_reason_to_give_up(world, pushing, fault):
    ada = world.employee("ada")
    work(world)
    world.sp.fault(fault)
    set_password(world, ada)
    with world.worker():
        world.until(lambda: told(world, ada).status == "pushed")
    assert world.sp.password("ada") == OWN
    assert world.link(ada).intent is None
    assert not Event.objects.filter(type="user_password_refused").exists()


def test_a_worker_that_dies_takes_no_password_with_it(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.fault(Fault("latency", method="PATCH", seconds=1.0, times=1))
    world.sp.clear_requests()
    set_password(world, ada)
    with world.worker() as worker:
        world.until(lambda: world.sp.requests)
        worker.kill()
    assert told(world, ada).status == "waiting"
    with world.worker():
        world.until(lambda: told(world, ada).status == "pushed")
    assert world.sp.password("ada") == OWN
    assert world.link(ada).intent is None


def test_a_newer_password_replaces_one_that_waits(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.clear_requests()
    set_password(world, ada, "An-Older-Password-1")
    set_password(world, ada, OWN)
    work(world)
    assert len(password_requests(world)) == 1
    assert world.sp.password("ada") == OWN


def test_an_account_that_is_gone_there_is_made_again_with_the_password(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.remove_user(world.account(ada)["id"])
    set_password(world, ada)
    with world.worker():
        world.until(lambda: told(world, ada).status == "pushed")
    assert world.sp.password("ada") == OWN


def test_a_service_provider_without_patch_gets_the_whole_account(world, pushing):
    ada = world.employee("ada", job_title="Countess")
    work(world)
    world.sp.profile = replace(world.sp.profile, patch=False)
    set_password(world, ada)
    work(world)
    assert world.sp.requests[-1].method == "PUT"
    assert (world.sp.password("ada"), world.account(ada)["title"]) == (OWN, "Countess")


def test_who_takes_no_path_gets_none(world, pushing):
    ada = world.employee("ada")
    work(world)
    world.sp.profile = replace(world.sp.profile, patch_path="forbidden")
    set_password(world, ada)
    work(world)
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_an_account_is_made_without_a_password_where_one_is_refused(world, pushing):
    world.sp.profile = replace(world.sp.profile, passwords="change", echo_passwords=True)
    ada, grace = world.employee("ada"), None
    work(world)
    assert world.account(ada) is not None
    assert world.sp.password("ada") is None
    assert Application.objects.get(id=world.application.id).learned["password"] == "change"
    world.sp.clear_requests()
    grace = world.employee("grace")
    set_password(world, grace)
    work(world)
    assert password_requests(world) == [("PATCH", ["password"])]
    assert world.sp.password("grace") == OWN


def test_a_policy_that_refuses_the_own_password_gets_a_temporary_one(world, pushing):
    world.sp.profile = replace(world.sp.profile, password_policy=("min:24",))
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    assert world.account(ada) is not None
    assert len(world.sp.password("ada")) == 24
    assert told(world, ada).status == "refused"
    assert "password" not in Application.objects.get(id=world.application.id).learned


def test_a_password_that_is_known_to_be_too_short_is_not_sent(world, pushing):
    world.configure(form={"password_length_min": 30})
    ada = world.employee("ada")
    work(world)
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    assert world.sp.requests == []
    assert (told(world, ada).status, "30 characters" in told(world, ada).error["message"]) == ("refused", True)


def test_where_none_is_taken_none_is_kept(world, pushing):
    ada = world.employee("ada")
    world.configure(form={"password": "none"})
    set_password(world, ada)
    work(world)
    assert (password_requests(world), AccountPassword.objects.count()) == ([], 0)


def test_a_protected_account_gets_none(world, pushing):
    ada = world.employee("ada")
    work(world)
    applications.change_protected(world.actor, world.application.id, add=["ada"])
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    assert world.sp.requests == []
    assert (told(world, ada).status, told(world, ada).sealed) == ("dropped", None)


def test_switching_it_off_drops_what_waits(world, pushing):
    ada = world.employee("ada")
    applications.pause_application(world.actor, world.application.id)
    set_password(world, ada)
    world.configure(push_passwords=False)
    row = told(world, ada)
    assert (row.status, row.sealed, row.error["code"]) == ("dropped", None, "switched_off")
    world.configure(push_passwords=True)
    assert told(world, ada).sealed is None


def test_deleting_the_user_or_the_application_leaves_nothing(world, pushing):
    ada = world.employee("ada")
    applications.deactivate_application(world.actor, world.application.id)
    set_password(world, ada)
    assert AccountPassword.objects.count() == 1
    applications.delete_application(world.actor, world.application.id)
    assert AccountPassword.objects.count() == 0


def test_who_waits_to_start_keeps_the_password_within_its_time(world, pushing):
    alan = world.employee("alan", state="staged")
    set_password(world, alan)
    work_off(world)
    assert world.sp.requests == []
    directory.activate_user(world.actor, alan.id)
    work(world)
    assert (world.sp.password("alan"), told(world, alan).status) == (OWN, "pushed")


def work_off(world):
    with world.worker():
        world.until(lambda: not world.ready() and not world.running())


def test_no_change_and_no_attempt_tells_it(world, pushing):
    ada = world.employee("ada")
    set_password(world, ada)
    work(world)
    world.sp.profile = replace(world.sp.profile, password_policy=("max:3",), echo_passwords=True)
    set_password(world, ada, "Another-Password-8")
    work(world)
    kept = [*Change.objects.values_list("attributes", "outcome"), *Operation.objects.values_list("message", "changes")]
    kept += [*Event.objects.values_list("message", "changes"), *AccountPassword.objects.values_list("error", "actor")]
    assert not [row for row in kept if "Password-8" in str(row) or OWN in str(row)]
    assert world.link(ada).known.get("password") is None


def test_a_box_opens_in_its_row_only_and_with_this_key_only(world, pushing, monkeypatch):
    ada = world.employee("ada")
    applications.deactivate_application(world.actor, world.application.id)
    set_password(world, ada)
    row = told(world, ada)
    where = bound_to(row.id, world.application.id, ada.id)
    assert sealed_box.unseal(row.sealed, bound_to=where) == OWN
    with pytest.raises(vault.CannotOpen):
        sealed_box.unseal(row.sealed, bound_to=bound_to(row.id, world.application.id, row.id))
    monkeypatch.setenv("PROVISOR_SECRET_KEY", "another master key, also 32 bytes and more")
    with pytest.raises(vault.CannotOpen):
        sealed_box.unseal(row.sealed, bound_to=where)
