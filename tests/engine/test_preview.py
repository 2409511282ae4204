"""A preview of access changes is a promise: in a settled world the worker then does exactly that."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from provisor.applications import commands as applications
from provisor.applications import queries
from provisor.applications.models import Assignment, Change
from provisor.directory import commands as directory
from provisor.directory.models import Group, User

ROUNDS = 8
KINDS = ("create", "reactivate", "deactivate")


def wished(chance, ids, assigned):
    """A random change: some of what is assigned goes, some of the rest comes."""
    some = [id for id in ids if chance.random() < 0.4]
    return [id for id in some if id not in assigned], [id for id in some if id in assigned]


def assigned_ids(world, side):
    return set(Assignment.objects.filter(application=world.application).values_list(side, flat=True)) - {None}


def random_change(world, chance, users):
    groups = list(Group.objects.values_list("id", flat=True))
    groups_add, groups_remove = wished(chance, groups, assigned_ids(world, "group"))
    users_add, users_remove = wished(chance, [user.id for user in users], assigned_ids(world, "user"))
    return {
        "groups_add": groups_add,
        "groups_remove": groups_remove,
        "users_add": users_add,
        "users_remove": users_remove,
    }


def random_turn(world, chance, users):
    """Somebody is suspended or comes back, and the worker is through with it."""
    user = User.objects.get(id=chance.choice(users).id)
    turn = directory.suspend_user if user.state == "active" else directory.unsuspend_user
    turn(world.actor, user.id)
    world.work()


def what_happened(world, what):
    """Applies the change, lets the worker work, and counts what it did."""
    before = Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
    applications.change_assignments(world.actor, world.application.id, **what)
    world.work()
    done = Counter(Change.objects.filter(id__gt=before).values_list("kind", flat=True))
    return {kind: done.get(kind, 0) for kind in KINDS}


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_promised_is_what_happens(world, seed):
    chance = random.Random(seed)
    users = [world.person(f"user{n}") for n in range(9)]
    for name in ("Sales", "Support", "Engineering"):
        group = Group.objects.create(name=name, name_key=name.lower(), updated=users[0].updated)
        directory.change_members(world.actor, group.id, add=[user.id for user in chance.sample(users, 4)])
    for _round in range(ROUNDS):
        random_turn(world, chance, users)
        what = random_change(world, chance, users)
        preview = queries.preview_assignments(world.application.id, **what)
        assert {kind: getattr(preview, kind).count for kind in KINDS} == what_happened(world, what)


def test_it_names_who_gets_in_and_who_loses_access(world):
    ada, ben = world.employee("ada"), world.person("ben")
    world.work()
    preview = queries.preview_assignments(world.application.id, groups_remove=[world.staff.id], users_add=[ben.id])
    assert [person.username for person in preview.create.people] == ["ben"]
    assert [person.id for person in preview.deactivate.people] == [ada.id]


def test_it_explains_a_number_that_surprises(world):
    ada = world.employee("ada")
    applications.change_assignments(world.actor, world.application.id, users_add=[ada.id])
    world.employee("ben")
    world.work()
    preview = queries.preview_assignments(world.application.id, groups_remove=[world.staff.id])
    (group,) = preview.groups
    assert (group.name, group.added, group.members, group.unchanged) == ("Staff", False, 2, 1)
    assert preview.deactivate.count == 1


def test_only_ten_are_named_and_all_are_counted(world):
    world.people(12)
    world.work()
    preview = queries.preview_assignments(world.application.id, groups_remove=[world.staff.id])
    assert (preview.deactivate.count, len(preview.deactivate.people), preview.deactivate.more) == (12, 10, 2)


def test_where_losing_access_does_nothing_nobody_is_deactivated(world):
    world.employee("ada")
    world.work()
    world.configure(deprovision="nothing")
    preview = queries.preview_assignments(world.application.id, groups_remove=[world.staff.id])
    assert (preview.ending, preview.changes) == ("nothing", 0)


def test_who_is_not_active_in_the_directory_gets_nothing(world):
    ada = world.person("ada", state="suspended")
    expired = world.person("ben", password_status="expired")
    preview = queries.preview_assignments(world.application.id, users_add=[ada.id, expired.id])
    assert preview.changes == 0
