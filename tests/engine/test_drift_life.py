"""Drift of whole accounts and groups: leavers that somebody switched on again, what was deleted there, groups."""

from __future__ import annotations

import pytest
from tests.engine.drift_edits import MODES, told

from provisor.applications.models import Drift, Run
from provisor.audit.models import Operation
from provisor.directory import commands as directory
from provisor.directory.models import Group


@pytest.mark.parametrize("mode", ["repair", "adopt"])
def test_a_leaver_reactivated_there_is_deactivated_again(world, mode):
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.leave(ada)
    directory.suspend_user(world.actor, grace.id)
    world.work()
    for user in (ada, grace):
        world.sp.edit_user(world.account(user)["id"], active=True)
    world.run("reconcile")
    assert [world.account(user)["active"] for user in (ada, grace)] == [False, False]
    assert (told("ada"), told("grace")) == ({"repair"}, {"repair"})


def test_a_leaver_reactivated_there_is_only_told_of_where_that_is_the_setting(world):
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.configure(drift="report")
    world.sp.edit_user(world.account(ada)["id"], active=True)
    world.run("reconcile")
    assert world.account(ada)["active"] is True
    assert Drift.objects.get().changes == [{"name": "active", "from": False, "to": True}]


def test_the_guard_counts_leavers_that_were_reactivated_there(world):
    people = world.people(40)
    world.work()
    world.configure(guard={"max_percent": 100})
    world.leave(*people[:20])
    world.work()
    world.configure(guard={"max_percent": 5, "max_count": 5})
    for user in people[:20]:
        world.sp.edit_user(world.account(user)["id"], active=True)
    world.sp.clear_requests()
    world.run("reconcile")
    assert world.sp.writes == []
    assert Run.objects.get(kind="guard").counts == {"deactivate": 20}


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_account(world, mode):
    """Repaired: it comes back, once. Else it is told, and stays gone."""
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.sp.remove_user(world.account(ada)["id"])
    world.run("reconcile")
    world.run("reconcile")
    back = mode == "repair"
    assert len(world.sp.users) == 1 + back
    assert bool(world.account(ada)) is back
    assert world.account(grace)["active"] is True
    assert list(Drift.objects.values_list("name", "kind")) == ([] if back else [("ada", "missing")])
    assert told("ada") == (set() if back else {"report"})


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_account_of_a_leaver_stays_gone_and_nobody_minds(world, mode):
    ada = world.employee("ada")
    world.employee("grace")
    world.work()
    world.configure(drift=mode)
    world.leave(ada)
    world.work()
    world.sp.remove_user(world.account(ada)["id"])
    world.sp.clear_requests()
    world.run("reconcile")
    assert [user["userName"] for user in world.sp.users] == ["grace"]
    assert (world.sp.writes, told("ada"), world.link(ada).status) == ([], set(), "inactive")


@pytest.mark.parametrize("mode", MODES)
def test_groups(world, mode):
    world.configure(manage_groups=True, drift=mode)
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    group = world.group_there(world.staff)
    other = world.sp.put_user({"userName": "other", "active": True})
    members = [{"value": world.account(ada)["id"]}, {"value": other["id"]}]  # grace is out, somebody else is in
    world.sp.edit_group(group["id"], displayName="Crew", members=members)
    world.run("reconcile")
    repaired = mode == "repair"
    assert world.group_there(world.staff)["displayName"] == ("Staff" if repaired else "Crew")
    assert world.members_there(world.staff) == {"ada", "other"} | ({"grace"} if repaired else set())
    assert Group.objects.get(id=world.staff.id).name == "Staff"
    event = Operation.objects.get(type="drift_found")
    assert (event.group_id, event.group_name, event.outcome) == (
        world.staff.id,
        "Staff",
        "repair" if repaired else "report",
    )
    assert event.changes == [
        {"name": "displayName", "from": "Staff", "to": "Crew"},
        {"name": "members", "from": [str(grace.id)], "to": []},
    ]
    assert list(Drift.objects.values_list("name", "kind")) == ([] if repaired else [("Staff", "changed")])


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_group(world, mode):
    world.configure(manage_groups=True, drift=mode)
    world.employee("ada")
    world.work()
    world.sp.remove_group(world.group_there(world.staff)["id"])
    world.run("reconcile")
    assert len(world.sp.groups) == (mode == "repair")
    assert list(Drift.objects.values_list("name", "kind")) == ([] if mode == "repair" else [("Staff", "missing")])
    assert Operation.objects.get(type="drift_found").outcome == ("repair" if mode == "repair" else "report")


def test_what_was_told_is_forgotten_once_it_is_right_again(world):
    world.configure(manage_groups=True, drift="report")
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    group = world.group_there(world.staff)["id"]
    world.sp.edit_user(world.account(ada)["id"], title="Chief")
    world.sp.edit_group(group, displayName="Crew")
    world.run("reconcile")
    assert Drift.objects.count() == 2
    world.sp.edit_user(world.account(ada)["id"], title="Clerk")
    world.sp.edit_group(group, displayName="Staff")
    world.run("reconcile")
    assert not Drift.objects.exists()


def test_a_listing_that_leaves_active_out_ends_nobody(world):
    """Some show `active` only to who asks for one account: a leaver isn't taken to be back for that."""
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    world.sp.clear_requests()
    world.sp.edit_user(world.account(ada)["id"], active=None)
    world.run("reconcile")
    reads = [request.target for request in world.sp.requests if request.method == "GET"]
    assert any(target.split("?")[0].endswith(world.link(ada).remote_id) for target in reads)
