"""Pausing one application, and stopping all writes: before the next request; what is due stays due and goes out later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications import group_store, statements
from provisor.applications.models import Application, Due, GroupDue, Run
from provisor.audit.models import Event
from provisor.directory import commands as directory
from provisor.engine.ports import Elsewhere
from provisor.errors import Conflict, Invalid, WrongState
from provisor.testing import Fault


def row(world):
    return Application.objects.get(id=world.application.id)


def pause(world, **more):
    return applications.pause_application(world.actor, world.application.id, **more)


def stop(world):
    return directory.stop_writes(world.actor, reason="Something is wrong")


HALTS = [pytest.param(pause, id="pause"), pytest.param(stop, id="stop")]


def go_on(world):
    if row(world).paused:
        applications.resume_application(world.actor, world.application.id)
    directory.start_writes(world.actor)


@pytest.mark.parametrize("halt", HALTS)
def test_edits_accumulate_and_go_out_afterwards(world, halt):
    ada = world.employee("ada")
    world.work()
    halt(world)
    world.sp.clear_requests()
    world.edit(ada, jobTitle="Engineer")
    bob = world.employee("bob")
    with world.worker():
        world.until(lambda: Due.objects.count() == 2)
        run = applications.start_run(world.actor, world.application.id, "plan")
        world.until(lambda: Run.objects.get(id=run.id).finished)
    assert world.sp.writes == []
    assert Run.objects.get(id=run.id).counts == {"update": 1, "create": 1}, "a plan reads, and goes on"
    go_on(world)
    world.work()
    assert (world.account(ada)["title"], world.account(bob)["active"]) == ("Engineer", True)


@pytest.mark.parametrize("halt", HALTS)
def test_not_one_more_write_leaves_but_what_is_in_flight(world, halt):
    """One connection, an SP that takes its time: while the first answer is out, everything else has to wait for it."""
    world.configure(concurrency=1)
    world.people(30)
    world.sp.fault(Fault("latency", method="POST", seconds=1.5, times=1))
    with world.worker():
        world.until(lambda: world.sp.writes)
        halt(world)
        world.until(world.quiet)
        asked = applications.start_run(world.actor, world.application.id, "plan")
        world.until(lambda: Run.objects.get(id=asked.id).finished)
    assert len(world.sp.writes) == 1
    go_on(world)
    world.work()
    assert len(world.sp.users) == 30, "nothing lost, nothing doubled"


@pytest.fixture
def blind(monkeypatch):
    """A worker that doesn't see that it may not write: only the statement before each write is left."""
    sending = statements.WAITING.replace("a.provisioning = 'active' AS sending", "true OR true AS sending")
    going_on = statements.STATE.replace("THEN 'stopped'", "THEN 'active'").replace(
        "ELSE a.provisioning END", "ELSE 'active' END"
    )
    assert sending != statements.WAITING
    monkeypatch.setattr(statements, "WAITING", sending)
    monkeypatch.setattr(statements, "STATE", going_on)


@pytest.fixture
def refusals(monkeypatch):
    """Every time that the group part of a pass was told that it may not write now."""
    found = []

    class Noted(Elsewhere):
        def __init__(self, message):
            super().__init__(message)
            found.append(message)

    monkeypatch.setattr(group_store, "Elsewhere", Noted)
    return found


@pytest.mark.parametrize("halt", HALTS)
@pytest.mark.parametrize("what", ["users", "groups", "members"])
def test_the_database_lets_no_intent_through(world, blind, refusals, halt, what):
    world.configure(manage_groups=True)
    ada = world.employee("ada")
    world.work()
    halt(world)
    world.sp.clear_requests()
    if what == "users":
        world.employee("bob")
    elif what == "groups":
        directory.change_members(world.actor, world.make_group("Others").id, add=[ada.id])
    else:
        world.leave(ada)
        Due.objects.all().delete()
    with world.worker():
        if what == "members":
            world.until(lambda: refusals)
        else:
            world.until(lambda: len(world.sp.requests) >= 6 or world.sp.writes)  # it tried twice
    assert world.sp.writes == []
    assert Due.objects.exists() or GroupDue.objects.exists()


def test_it_goes_on_by_itself_at_its_time(world):
    ada = world.employee("ada")
    until = timezone.now() + timedelta(seconds=1.5)
    pause(world, until=until, reason="Their maintenance")
    assert row(world).paused["reason"] == "Their maintenance"
    with world.worker():
        world.until(lambda: world.account(ada))
    assert timezone.now() >= until
    assert (row(world).provisioning, row(world).paused) == ("active", None)
    told = Event.objects.get(type="application_resumed")
    assert told.actor["name"] == "schedule"
    assert told.changes == [{"name": "provisioning", "from": "paused", "to": "active"}]


def test_a_failing_application_is_failing_again(world):
    Application.objects.filter(id=world.application.id).update(
        provisioning="failing",
        stopped={"code": "unauthorised", "message": "401"},
        probe_at=timezone.now() + timedelta(days=1),
    )
    assert pause(world).provisioning == "paused"
    assert applications.resume_application(world.actor, world.application.id).provisioning == "failing"


def test_what_cannot_be_paused_or_resumed(world):
    Application.objects.filter(id=world.application.id).update(provisioning="configured")
    with pytest.raises(WrongState):
        pause(world)
    with pytest.raises(WrongState):
        applications.resume_application(world.actor, world.application.id)
    Application.objects.filter(id=world.application.id).update(provisioning="active")
    with pytest.raises(Invalid) as wrong:
        pause(world, until=timezone.now() - timedelta(minutes=1), reason="\n")
    assert set(wrong.value.fields) == {"until", "reason"}
    assert applications.resume_application(world.actor, world.application.id).provisioning == "active"


def test_who_deactivates_a_paused_one_ends_the_pause_too(world):
    pause(world, until=timezone.now() + timedelta(hours=1))
    applications.deactivate_application(world.actor, world.application.id)
    assert (row(world).provisioning, row(world).paused) == ("paused", None)


def test_another_address_without_a_token_does_not_go_on_by_itself(world):
    pause(world, until=timezone.now() + timedelta(hours=1))
    given = {"base_url": "http://127.0.0.1:1/elsewhere"}
    applications.update_application(world.actor, world.application.id, given)
    assert (row(world).provisioning, row(world).paused, row(world).own_account) == ("paused", None, None)


def test_a_pause_is_told_and_can_be_prolonged(world):
    pause(world, reason="One")
    later = timezone.now() + timedelta(hours=2)
    pause(world, reason="Two", until=later)
    first, second = Event.objects.filter(type="application_paused").order_by("at")
    assert [change["name"] for change in first.changes] == ["provisioning", "reason"]
    assert {change["name"]: change["to"] for change in second.changes} == {"until": later.isoformat(), "reason": "Two"}


def test_while_all_is_stopped_a_sync_is_refused_and_nothing_is_scheduled(world):
    stop(world)
    with pytest.raises(Conflict) as refused:
        applications.start_run(world.actor, world.application.id, "sync")
    assert refused.value.code == "writes_stopped"
    with pytest.raises(Conflict) as refused:
        applications.try_writing(world.actor, world.application.id, "test@example.com")
    assert (refused.value.code, world.sp.writes) == ("writes_stopped", [])
    Application.objects.filter(id=world.application.id).update(reconciled_at=timezone.now() - timedelta(days=9))
    with world.worker():
        run = applications.start_run(world.actor, world.application.id, "plan")
        world.until(lambda: Run.objects.get(id=run.id).finished)
    assert not Run.objects.filter(kind="reconcile").exists()


def test_stopping_is_told_once(world):
    stop(world)
    stop(world)
    directory.start_writes(world.actor)
    directory.start_writes(world.actor)
    told = Event.objects.filter(type__startswith="writes_").order_by("at").values_list("type", flat=True)
    assert list(told) == ["writes_stopped", "writes_started"]


def test_a_reconcile_that_is_stopped_in_the_middle_concludes_nothing(world):
    world.people(5)
    world.work()
    world.sp.fault(Fault("latency", method="GET", path_contains="/Users", seconds=1.0, times=1))
    with world.worker():
        run = applications.start_run(world.actor, world.application.id, "reconcile")
        world.until(lambda: Run.objects.get(id=run.id).started)
        stop(world)
        world.until(lambda: Run.objects.get(id=run.id).finished)
    assert Run.objects.get(id=run.id).status in ("cancelled", "failed")
    assert row(world).reconciled_at is None
    assert all(user["active"] for user in world.sp.users)
