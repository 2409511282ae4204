"""Deleted users and groups that come back, as the SP sees it: the old accounts are theirs, and nobody else's."""

from __future__ import annotations

import pytest

from provisor.applications.models import Link, Tombstone
from provisor.directory import commands as directory
from provisor.directory.commands import restoring
from provisor.directory.models import Group, Trash, User
from provisor.directory.trash.queries import would_return


def gone(world, user) -> Trash:
    directory.delete_user(world.actor, user.id)
    with world.worker():
        world.until(lambda: not User.objects.filter(id=user.id).exists())
        world.settle()
    return Trash.objects.get(object_id=user.id)


def test_a_restored_user_has_the_same_account_again(world):
    ada = world.employee("ada", department="Research")
    world.work()
    first = world.account(ada)["id"]
    entry = gone(world, ada)
    found = would_return(entry).found
    assert (found.create, found.reactivate) == (0, 1)
    restored = restoring.restore(world.actor, entry.id)
    assert (restored.row.id, restored.row.department, restored.row.password_status) == (ada.id, "Research", "pending")
    world.work()
    assert [(user["id"], user["active"]) for user in world.sp.users] == [(first, True)]
    assert world.status(ada) == "synced"
    assert not Trash.objects.exists()


@pytest.mark.parametrize("keeps", [True, False], ids=["externalId kept", "externalId not kept"])
def test_even_where_the_sp_knows_no_external_id_and_takes_over_nobody(world, keeps):
    world.configure(takeover="never")
    ada = world.employee("ada")
    world.work()
    first = world.sp.users[0]["id"]
    entry = gone(world, ada)
    if not keeps:
        world.sp.edit_user(first, externalId=None)
    restoring.restore(world.actor, entry.id)
    world.work()
    assert [(user["id"], user["active"]) for user in world.sp.users] == [(first, True)]
    assert world.link(ada).remote_id == first


def test_another_person_of_that_name_still_doesn_t_get_it(world):
    ada = world.employee("ada")
    world.work()
    gone(world, ada)
    world.sp.edit_user(world.sp.users[0]["id"], externalId=None)
    other = world.employee("ada")
    world.work()
    assert world.link(other).error["code"] == "owned_elsewhere"
    assert world.sp.users[0]["active"] is False


def test_a_suspended_user_comes_back_suspended(world):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    world.work()
    entry = gone(world, ada)
    assert would_return(entry).found.total == 0
    restored = restoring.restore(world.actor, entry.id)
    world.work()
    assert restored.row.state == "suspended"
    assert world.sp.users[0]["active"] is False


def test_a_deletion_under_way_is_taken_back(world):
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    restored = restoring.restore(world.actor, Trash.objects.get().id)
    assert restored.row.state == "active"
    world.work()
    assert world.account(ada)["active"] is True
    assert (world.status(ada), Link.objects.count(), Tombstone.objects.count()) == ("synced", 1, 0)


def test_an_account_that_waits_for_its_deletion_comes_back(world):
    world.configure(delete_after_days=30)
    ada = world.employee("ada")
    world.work()
    entry = gone(world, ada)
    assert Link.objects.filter(user_id=ada.id).exists()
    restoring.restore(world.actor, entry.id)
    world.work()
    assert world.account(ada)["active"] is True
    assert world.link(ada).inactive_since is None


def test_who_was_restored_may_be_deleted_again(world):
    ada = world.employee("ada")
    world.work()
    for _ in range(2):
        restoring.restore(world.actor, gone(world, ada).id)
        world.work()
    gone(world, ada)
    assert [user["active"] for user in world.sp.users] == [False]
    assert Tombstone.objects.get().user_id == ada.id


def test_a_restored_group_gives_its_members_their_accounts_again(world):
    ada, grace = world.employee("ada"), world.employee("grace")
    world.work()
    directory.delete_group(world.actor, world.staff.id)
    world.work()
    assert {user["active"] for user in world.sp.users} == {False}
    entry = Trash.objects.get(kind="group")
    back = would_return(entry)
    assert (back.members, back.found.reactivate, back.found.create) == (2, 2, 0)
    assert [one["name"] for one in back.applications] == ["Sample app"]
    restoring.restore(world.actor, entry.id)
    world.work()
    assert Group.objects.get(id=world.staff.id).name == "Staff"
    assert all(world.account(user)["active"] for user in (ada, grace))


def test_a_restored_group_is_made_there_again(world):
    world.configure(manage_groups=True)
    ada = world.employee("ada")
    world.work()
    directory.delete_group(world.actor, world.staff.id)
    world.work()
    assert world.sp.groups == []
    restoring.restore(world.actor, Trash.objects.get(kind="group").id)
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    assert world.account(ada)["active"] is True
