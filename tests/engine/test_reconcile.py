"""The full reconcile: every page read, what drifted repaired, what is not ours left alone."""

from __future__ import annotations

from provisor.audit.models import Operation
from provisor.testing import Fault


def test_edits_by_hand_are_found_and_repaired(world):
    people = world.people(120)
    world.work()
    world.sp.edit_user(world.account(people[0])["id"], title="Hacker", active=False)
    run = world.run("reconcile")
    assert world.account(people[0])["active"] is True
    assert "title" not in world.account(people[0])
    assert run.counts == {"reactivate": 1}
    assert Operation.objects.filter(type="drift_found").count() == 1


def test_an_account_removed_by_hand_comes_back_once(world):
    people = world.people(5)
    world.work()
    world.sp.remove_user(world.account(people[0])["id"])
    world.run("reconcile")
    assert world.account(people[0])["active"] is True
    assert len(world.sp.users) == 5


def test_a_leaver_reactivated_by_hand_goes_out_again(world):
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.sp.edit_user(world.account(ada)["id"], active=True)
    world.run("reconcile")
    assert world.account(ada)["active"] is False


def test_foreign_accounts_are_left_alone(world):
    foreign = world.sp.put_user({"userName": "root", "active": True})
    world.people(5)
    world.work()
    world.run("reconcile")
    assert world.sp.user("root") == foreign


def test_nothing_is_concluded_from_a_read_that_broke_off(world):
    world.people(150)
    world.work()
    world.sp.clear_requests()
    world.sp.fault(Fault("status", 400, method="GET", path_contains="/Users", times=1))
    run = world.run("reconcile")
    assert (run.status, run.error["code"]) == ("failed", "incomplete_read")
    assert world.sp.writes == []


def test_an_sp_that_forgot_everything_is_filled_again(world):
    people = world.people(40)
    world.work()
    for user in world.sp.users:
        world.sp.remove_user(user["id"])
    world.run("reconcile")
    assert len(world.sp.users) == 40
    assert world.account(people[7])["active"] is True


def test_a_quiet_reconcile_writes_nothing(world):
    world.people(40)
    world.work()
    world.sp.clear_requests()
    run = world.run("reconcile")
    assert world.sp.writes == []
    assert (run.status, run.counts, run.total) == ("done", {}, 40)
