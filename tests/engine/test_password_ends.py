"""How a waiting password ends: sent after trouble, or dropped and told. And nowhere is it left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from tests.engine.pushed import OWN, password_requests, set_password, told, work

from provisor import sealed_box, vault
from provisor.applications import commands as applications
from provisor.applications.models import AccountPassword, Change, Due
from provisor.applications.passwords.sealed import bound_to
from provisor.applications.passwords.statements import MARK_WAITING
from provisor.audit.models import Event, Operation
from provisor.directory import commands as directory
from provisor.scim import users
from provisor.testing.faults import Fault


@pytest.fixture
def pushing(world):
    """The world, with an application that gets passwords."""
    world.configure(push_passwords=True)
    return world


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


def test_a_protected_account_gets_none(world, pushing):
    ada = world.employee("ada")
    work(world)
    applications.change_protected(world.actor, world.application.id, add=["ada"])
    world.sp.clear_requests()
    set_password(world, ada)
    work(world)
    assert world.sp.requests == []
    assert (told(world, ada).status, told(world, ada).sealed) == ("dropped", None)


def marked_while_waiting(world):
    """What the once-a-second look at waiting passwords makes due."""
    before = Due.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(MARK_WAITING)
    return Due.objects.count() - before


def test_an_account_that_a_person_decides_about_is_not_asked_for_every_second(world, pushing):
    world.configure(takeover="review")
    emails = [{"value": "ada@example.com", "type": "work", "primary": True}]
    account = world.sp.put_user({"userName": "ada", "emails": emails, "active": True})
    ada = world.employee("ada")
    world.work()
    set_password(world, ada)
    with world.worker():
        world.until(lambda: not Due.objects.exists() and world.quiet())
    assert (world.status(ada), told(world, ada).status) == ("held", "waiting")
    assert marked_while_waiting(world) == 0
    applications.resolve_hold(world.actor, applications.Decision(world.link(ada).id, "adopt", account["id"]))
    work(world)
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


def test_an_account_that_is_tried_again_later_is_not_tried_every_second(world, pushing):
    world.sp.fault(Fault("status", status=500, method="POST"))
    ada = world.employee("ada")
    set_password(world, ada)
    with world.worker():
        world.until(lambda: world.status(ada) == "retrying" and world.quiet())
    Due.objects.update(not_before=timezone.now() + timedelta(minutes=5))
    assert marked_while_waiting(world) == 0
    world.sp.clear_faults()
    world.make_ready()
    work(world)
    assert (world.sp.password("ada"), told(world, ada).status) == (OWN, "pushed")


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


def test_a_mistake_of_ours_while_sending_tells_nothing(world, pushing, monkeypatch, capfd):
    ada, grace = world.employee("ada"), None
    work(world)

    async def broken(_client, _id, operations):
        raise RuntimeError(f"cannot send {operations}")

    async def broken_too(_client, body):
        raise RuntimeError(f"cannot send {body}")

    grace = world.employee("grace")
    set_password(world, ada)
    set_password(world, grace)
    with monkeypatch.context() as mistaken:
        mistaken.setattr(users, "patch", broken)
        mistaken.setattr(users, "create", broken_too)
        with world.worker():
            world.until(lambda: told(world, ada).attempts and world.status(grace) == "retrying")
    printed = "".join(capfd.readouterr())
    assert "could not be sent" in printed
    assert OWN not in printed + str(list(AccountPassword.objects.values_list("error", flat=True)))
    assert OWN not in str(world.link(grace).error)
    AccountPassword.objects.update(next_try=timezone.now())
    world.make_ready()
    with world.worker():
        world.until(lambda: [told(world, one).status for one in (ada, grace)] == ["pushed", "pushed"])
