"""The whole promise in one walk: an emptied group, a leaver, an approval, edits by others, an undo."""

from __future__ import annotations

from provisor.applications import commands as applications
from provisor.applications.models import Change, Run
from provisor.directory import commands as directory


def active(world):
    return {user["userName"] for user in world.sp.users if user.get("active", True)}


def test_eighty_percent_of_200_accounts_wait_and_everything_can_be_taken_back(world):
    world.configure(manage_groups=False)
    foreign = world.sp.put_user({"userName": "foreign", "emails": [{"value": "foreign@example.org"}], "active": True})
    people = world.people(200)
    leaving = people[:160]
    crowd = world.make_group("Crowd")
    directory.change_members(world.actor, crowd.id, add=[person.id for person in leaving])
    world.leave(*leaving)  # they keep their access through the other group
    world.work()
    assert len(active(world)) == 201
    world.sp.clear_requests()

    applications.change_assignments(world.actor, world.application.id, groups_remove=[crowd.id])
    world.work()
    assert world.sp.writes == []
    run = Run.objects.get(status="waiting_approval")
    assert run.counts == {"deactivate": 160}

    directory.suspend_user(world.actor, leaving[0].id)
    world.work()
    assert len(world.sp.writes) == 1
    assert leaving[0].username not in active(world)

    run.refresh_from_db()
    world.sp.clear_requests()
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    run.refresh_from_db()
    assert (run.status, run.done) == ("done", 159)
    assert len(world.sp.writes) == 159
    assert active(world) == {"foreign", *(person.username for person in people[160:])}

    kept = people[170]
    world.sp.edit_user(world.link(kept).remote_id, displayName="Somebody else")
    world.run("reconcile")
    world.work()
    assert world.account(kept).get("displayName") != "Somebody else"
    assert world.sp.user("foreign") == foreign

    undone = applications.undo_run(world.actor, run.id)
    undone.refresh_from_db()
    applications.approve_run(world.actor, undone.id, hash=undone.hash)
    world.work()
    assert len(active(world)) == 200
    assert leaving[0].username not in active(world)
    world.run("sync")
    world.run("reconcile")
    assert len(active(world)) == 200
    assert Change.objects.filter(run=undone, outcome__result="success").count() == 159
