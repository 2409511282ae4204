"""The guard: what a set would end waits above the limit; what names its user passes; approval sends exactly the rest."""

from __future__ import annotations

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Application, Change, Run
from provisor.directory import commands as directory
from provisor.errors import Conflict, WrongState


def active(world):
    return sum(user.get("active", True) for user in world.sp.users)


def waiting(world):
    return Run.objects.get(kind="guard", status="waiting_approval")


def unassign(world):
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])


def test_an_emptied_group_waits_and_nothing_is_sent(world):
    world.people(40)
    world.work()
    world.sp.clear_requests()
    unassign(world)
    world.work()
    assert world.sp.writes == []
    run = waiting(world)
    assert (run.counts, run.total) == ({"deactivate": 40}, 40)
    assert len(run.hash) == 64
    assert Change.objects.filter(run=run, outcome__isnull=True).count() == 40
    assert {change.actor["kind"] for change in Change.objects.filter(run=run)} == {world.actor.kind}


def test_few_pass_and_slices_do_not_get_more_through(world):
    people = world.people(40)
    world.work()
    for start in range(0, 15, 3):
        world.leave(*people[start : start + 3])
        world.work()
    assert active(world) == 40 - 3
    world.leave(*people[15:17])
    world.work()
    assert active(world) == 40 - 3
    assert waiting(world).counts == {"deactivate": 14}


def test_a_suspended_person_goes_out_at_once_and_leaves_the_plan(world):
    people = world.people(40)
    world.work()
    unassign(world)
    world.work()
    directory.suspend_user(world.actor, people[3].id)
    world.work()
    assert world.account(people[3])["active"] is False
    assert active(world) == 39
    assert waiting(world).counts == {"deactivate": 39}


def test_all_else_flows(world):
    people = world.people(40)
    world.work()
    world.leave(*people[:20])
    grace = world.employee("grace")
    world.edit(people[30], jobTitle="Engineer")
    world.work()
    assert world.account(grace)["active"] is True
    assert world.account(people[30])["title"] == "Engineer"
    assert active(world) == 41


def test_approval_names_the_hash_and_sends_exactly_the_rest(world):
    people = world.people(40)
    world.work()
    unassign(world)
    world.work()
    run = waiting(world)
    with pytest.raises(Conflict):
        applications.approve_run(world.actor, run.id, hash="0" * 64)
    late = world.person("late")
    applications.change_assignments(world.actor, world.application.id, users_add=[people[7].id, late.id])
    world.work()
    run.refresh_from_db()
    assert run.total == 39
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    run.refresh_from_db()
    assert (run.status, run.done) == ("done", 39)
    assert world.account(people[7])["active"] is True
    assert world.account(late)["active"] is True
    assert active(world) == 2
    assert set(Change.objects.filter(run=run).values_list("outcome__result", flat=True)) == {"success"}


def test_what_changed_since_it_was_shown_is_skipped_and_said(world):
    people = world.people(40)
    world.work()
    unassign(world)
    world.work()
    run = waiting(world)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    applications.change_assignments(world.actor, world.application.id, users_add=[people[5].id])
    world.work()
    assert world.account(people[5])["active"] is True
    assert Change.objects.get(run=run, user_id=people[5].id).outcome["result"] == "skipped"
    run.refresh_from_db()
    assert run.status == "done"


def test_a_rejected_plan_stays_rejected_until_it_is_asked_for_again(world):
    people = world.people(40)
    world.work()
    unassign(world)
    world.work()
    applications.reject_run(world.actor, waiting(world).id)
    world.work()
    assert world.link(people[0]).error["code"] == "rejected"
    world.edit(people[0], jobTitle="Somebody")
    world.work()
    assert (active(world), Run.objects.filter(status="waiting_approval").count()) == (40, 0)
    world.run("sync")
    world.work()
    assert waiting(world).total == 40
    assert active(world) == 40


def test_who_comes_back_takes_the_plan_away(world):
    world.people(20)
    world.work()
    unassign(world)
    world.work()
    run = waiting(world)
    applications.change_assignments(world.actor, world.application.id, groups_add=[world.staff.id])
    world.work()
    run.refresh_from_db()
    assert run.status == "superseded"
    assert not Change.objects.filter(run=run).exists()
    assert active(world) == 20


def test_calls_that_name_their_user_pass_up_to_five_times_the_limit(world):
    people = world.people(40)
    world.work()
    for person in people[:27]:
        directory.suspend_user(world.actor, person.id)
    world.work()
    assert active(world) >= 40 - 25
    assert waiting(world).counts["deactivate"] >= 2


def test_deleted_groups_count(world):
    world.configure(manage_groups=True, guard={"max_percent": 0, "max_count": 1})
    groups = [world.make_group(f"Team {n}") for n in range(3)]
    ada = world.employee("ada")
    for group in groups:
        directory.change_members(world.actor, group.id, add=[ada.id])
    world.work()
    for group in groups:
        directory.delete_group(world.actor, group.id)
    world.work()
    assert len(world.sp.groups) == 4
    run = waiting(world)
    assert run.counts == {"delete": 3}
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    assert [group["displayName"] for group in world.sp.groups] == ["Staff"]


def test_a_pause_leaves_the_plan_where_it_is(world):
    world.people(40)
    world.work()
    unassign(world)
    world.work()
    run = waiting(world)
    applications.deactivate_application(world.actor, world.application.id)
    assert waiting(world).id == run.id
    Application.objects.filter(id=world.application.id).update(provisioning="active")
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    assert active(world) == 0


def test_a_plan_that_waits_is_decided_and_not_cancelled(world):
    world.people(40)
    world.work()
    unassign(world)
    world.work()
    with pytest.raises(WrongState):
        applications.cancel_run(world.actor, waiting(world).id)
    assert waiting(world).total == 40
