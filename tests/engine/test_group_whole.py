"""Groups whose members are always said as a whole, by a PATCH that replaces the list (form.group_update: replace)."""

from __future__ import annotations

import pytest
from tests.engine.test_group_trouble import names

from provisor.directory import commands as directory
from provisor.directory.validation import GroupChanges


@pytest.fixture
def world(world):
    world.configure(manage_groups=True, form={"group_update": "replace"})
    return world


def sent_to_groups(world) -> list[tuple[str, list[str]]]:
    """Method and the operations of each write to a group that is there already."""
    return [
        (record.method, [f"{each['op']} {each['path']}" for each in (record.body or {}).get("Operations", [])])
        for record in world.sp.requests
        if "/Groups/" in record.path and record.method != "GET"
    ]


def test_members_come_and_go_in_one_replacement_each(world):
    people = world.people(20)
    world.work()
    assert world.members_there(world.staff) == names(people)
    world.leave(*people[:5])
    world.work()
    assert world.members_there(world.staff) == names(people[5:])
    assert sent_to_groups(world) == [("PATCH", ["replace members"])] * 2


def test_the_name_is_changed_by_a_patch_of_its_own(world):
    world.people(2)
    world.work()
    directory.update_group(world.actor, world.staff.id, GroupChanges(name="Everybody"))
    world.work()
    assert world.group_there(world.staff)["displayName"] == "Everybody"
    assert sent_to_groups(world)[1:] == [("PATCH", ["replace displayName"])]


def test_members_of_others_stay(world):
    stranger = world.sp.put_user({"userName": "stranger", "emails": [{"value": "stranger@example.org"}]})
    world.sp.put_group({"displayName": "Staff", "members": [{"value": stranger["id"]}]})
    world.employee("ada")
    world.work()
    assert world.members_there(world.staff) == {"ada", "stranger"}
