"""The plan: what would be done, without a write; and a sync that does exactly that."""

from __future__ import annotations

from provisor.applications.models import Change
from provisor.directory import commands as directory


def changes(run):
    return [(c.kind, c.user_name, c.attributes) for c in Change.objects.filter(run=run).order_by("rank", "link_id")]


def test_a_plan_reads_and_writes_nothing(world):
    world.people(30)
    run = world.run_while_paused("plan")
    assert (run.status, run.counts) == ("done", {"create": 30})
    assert world.sp.writes == []
    assert world.sp.users == []


def test_a_sync_does_exactly_what_the_plan_said(world):
    people = world.people(30)
    world.work()
    world.edit(people[0], jobTitle="Countess")
    directory.suspend_user(world.actor, people[1].id)
    world.leave(people[2])
    world.employee("newcomer")
    plan = world.run_while_paused("plan")
    sync = world.run("sync")
    assert plan.counts == {"create": 1, "update": 1, "deactivate": 2}
    assert changes(plan) == changes(sync)
    assert plan.hash == sync.hash


def test_the_same_world_gives_the_same_hash(world):
    world.people(5)
    first, second = world.run_while_paused("plan"), world.run_while_paused("plan")
    assert first.hash == second.hash
    world.employee("one-more")
    assert world.run_while_paused("plan").hash != first.hash


def test_a_converged_world_has_an_empty_plan(world):
    world.people(5)
    world.work()
    run = world.run("plan")
    assert run.counts == {}


def test_a_plan_says_who_and_what(world):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.edit(ada, jobTitle="Countess")
    run = world.run_while_paused("plan")
    assert changes(run) == [("update", "ada", [{"name": "title", "from": "Clerk", "to": "Countess"}])]
