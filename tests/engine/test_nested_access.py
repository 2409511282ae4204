"""Access through groups inside the assigned one, seen at the SP; and transactions that can't see each other."""

from __future__ import annotations

import pytest
from django.utils import timezone
from tests.engine.test_races import Open

from provisor.applications import commands as applications
from provisor.directory import commands as directory
from provisor.directory.models import Group


@pytest.fixture
def inner(world) -> Group:
    """A group that is assigned nowhere."""
    return Group.objects.create(name="Inner", name_key="inner", updated=timezone.now())


def put_in(world, inner: Group) -> None:
    directory.change_members(world.actor, world.staff.id, groups_add=[inner.id])


def take_out(world, inner: Group) -> None:
    directory.change_members(world.actor, world.staff.id, groups_remove=[inner.id])


def join(world, inner: Group, user) -> None:
    directory.change_members(world.actor, inner.id, add=[user.id])


def leave(world, inner: Group, user) -> None:
    directory.change_members(world.actor, inner.id, remove=[user.id])


def test_accounts_come_and_go_with_the_nesting(world, inner):
    ada = world.person("ada")
    join(world, inner, ada)
    world.work()
    assert world.account(ada) is None
    put_in(world, inner)
    world.work()
    assert world.account(ada)["active"] is True
    take_out(world, inner)
    world.work()
    assert (world.account(ada)["active"], world.status(ada)) == (False, "inactive")
    put_in(world, inner)
    world.work()
    assert (world.account(ada)["active"], world.status(ada)) == (True, "synced")
    directory.delete_group(world.actor, inner.id)
    world.work()
    assert world.account(ada)["active"] is False


def test_who_is_in_by_two_ways_keeps_the_account_until_the_last_one_ends(world, inner):
    ada = world.employee("ada")
    join(world, inner, ada)
    put_in(world, inner)
    world.work()
    writes = len(world.sp.requests)
    world.leave(ada)
    world.work()
    assert (world.account(ada)["active"], len(world.sp.requests)) == (True, writes)
    leave(world, inner, ada)
    world.work()
    assert world.account(ada)["active"] is False


# The first of the two commits last: what the second did was planned and sent without knowing of it.


def test_joining_while_the_group_is_put_in(world, inner):
    ada = world.person("ada")
    first = Open(lambda: join(world, inner, ada))
    put_in(world, inner)
    world.work()
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "synced")


def test_putting_in_while_somebody_joins(world, inner):
    ada = world.person("ada")
    first = Open(lambda: put_in(world, inner))
    join(world, inner, ada)
    world.work()
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "synced")


def test_leaving_while_the_group_is_put_in(world, inner):
    """The account is made, because she is a member yet; nobody who marks her leaving knows of the application."""
    ada = world.person("ada")
    join(world, inner, ada)
    first = Open(lambda: leave(world, inner, ada))
    put_in(world, inner)
    world.work()
    assert world.account(ada)["active"] is True
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "inactive")
    assert world.account(ada)["active"] is False


def test_taking_out_while_somebody_joins(world, inner):
    ada = world.person("ada")
    put_in(world, inner)
    first = Open(lambda: take_out(world, inner))
    join(world, inner, ada)
    world.work()
    assert world.account(ada)["active"] is True
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "inactive")
    assert world.account(ada)["active"] is False


def test_deleting_the_group_between_while_somebody_joins_inside(world, inner):
    ada = world.person("ada")
    middle = Group.objects.create(name="Middle", name_key="middle", updated=timezone.now())
    put_in(world, middle)
    directory.change_members(world.actor, middle.id, groups_add=[inner.id])
    first = Open(lambda: directory.delete_group(world.actor, middle.id))
    join(world, inner, ada)
    world.work()
    assert world.account(ada)["active"] is True
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "inactive")


def test_leaving_while_the_group_is_assigned(world, inner):
    ada = world.person("ada")
    join(world, inner, ada)
    first = Open(lambda: leave(world, inner, ada))
    applications.change_assignments(world.actor, world.application.id, groups_add=[inner.id])
    world.work()
    assert world.account(ada)["active"] is True
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "inactive")


def test_taking_an_assignment_back_while_somebody_joins(world, inner):
    ada = world.person("ada")
    applications.change_assignments(world.actor, world.application.id, groups_add=[inner.id])
    first = Open(lambda: applications.change_assignments(world.actor, world.application.id, groups_remove=[inner.id]))
    join(world, inner, ada)
    world.work()
    assert world.account(ada)["active"] is True
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "inactive")


def test_losing_another_way_while_the_group_is_put_in(world, inner):
    """Putting in marks only who has no access yet; here the access ended before it was committed."""
    ada = world.employee("ada")
    join(world, inner, ada)
    world.work()
    first = Open(lambda: put_in(world, inner))
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is False
    first.commit()
    with world.worker():
        world.until(lambda: world.status(ada) == "synced")
    assert world.account(ada)["active"] is True


# Where the application keeps groups: a group there holds everybody in it.


def test_a_group_there_holds_everybody_inside(world, inner):
    world.configure(manage_groups=True)
    world.employee("ada")
    grace, linus = world.person("grace"), world.person("linus")
    join(world, inner, grace)
    put_in(world, inner)
    world.work()
    assert world.members_there(world.staff) == {"ada", "grace"}
    join(world, inner, linus)
    world.work()
    assert world.members_there(world.staff) == {"ada", "grace", "linus"}
    leave(world, inner, grace)
    world.work()
    assert world.members_there(world.staff) == {"ada", "linus"}
    take_out(world, inner)
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    assert [each["displayName"] for each in world.sp.groups] == ["Staff"]
    assert world.sp.findings == []


def test_who_has_an_account_already_joins_the_group_there_too(world, inner):
    """Nothing becomes of the account, so only the group's own mark can bring it about."""
    world.configure(manage_groups=True)
    ada = world.employee("ada")
    outer = world.make_group("Outer")
    world.work()
    assert world.group_there(outer) is None
    join(world, inner, ada)
    directory.change_members(world.actor, outer.id, groups_add=[inner.id])
    world.work()
    assert world.members_there(outer) == {"ada"}
    directory.delete_group(world.actor, inner.id)
    world.work()
    assert (world.members_there(outer), world.members_there(world.staff)) == (set(), {"ada"})


def test_joining_while_a_group_is_put_in_reaches_the_group_there(world, inner):
    world.configure(manage_groups=True)
    ada, grace = world.employee("ada"), world.employee("grace")
    outer = world.make_group("Outer")
    join(world, inner, grace)
    first = Open(lambda: join(world, inner, ada))
    directory.change_members(world.actor, outer.id, groups_add=[inner.id])
    world.work()
    assert world.members_there(outer) == {"grace"}
    first.commit()
    with world.worker():
        world.until(lambda: world.members_there(outer) == {"ada", "grace"})
