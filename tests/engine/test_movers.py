"""Movers, seen at the service providers: a department changes, and access follows in every application."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from provisor.applications import commands as applications
from provisor.applications.commands.group_values import set_group_values
from provisor.applications.models import Due, Link, Run
from provisor.directory import commands as directory
from provisor.directory.commands.rules import delete_rule, set_rule
from provisor.directory.models import Group
from provisor.directory.validation import GroupChanges
from provisor.testing import FakeServiceProvider

ROLE = {"scim": "userType", "source": {"expression": "values.role"}}


def group(world, name: str, rule: str | None = None) -> Group:
    made = Group.objects.create(name=name, name_key=name.casefold(), updated=world.staff.updated)
    if rule:
        set_rule(world.actor, made.id, rule)
    return made


def assign(world, application, *groups: Group) -> None:
    applications.change_assignments(world.actor, application.id, groups_add=[one.id for one in groups])


def send_role(world, application) -> None:
    rows = [row for row in application.mapping if row["scim"] != "userType"]
    applications.replace_mapping(world.actor, application.id, [*rows, ROLE])


def give(world, application, to: Group, priority: int = 0, **values) -> None:
    set_group_values(world.actor, application.id, to.id, values, priority)


def test_a_department_change_moves_access_in_three_applications(world, sp):
    sales, law = group(world, "Sales", 'user.department == "Sales"'), group(world, "Law", 'user.department == "Law"')
    with ExitStack() as stack:
        others = [stack.enter_context(FakeServiceProvider.in_thread()) for _ in range(2)]
        crm = world.make_application("CRM", others[0].base_url)
        cases = world.make_application("Cases", others[1].base_url)
        chat = world.application
        assign(world, crm, sales)
        assign(world, cases, law)
        assign(world, chat, sales, law)
        send_role(world, chat)
        give(world, chat, sales, role="seller")
        give(world, chat, law, role="counsel")
        ada, ben = world.person("ada", department="Law"), world.person("ben", department="Sales")
        for user in (ada, ben):
            directory.update_user(world.actor, user.id, _department("x"))
            directory.update_user(world.actor, user.id, _department("Sales"))
        world.work()
        id = str(ada.id)
        assert others[0].by_external_id(id)["active"] is True
        assert others[1].by_external_id(id) is None
        assert sp.by_external_id(id)["userType"] == "seller"

        world.edit(ada, department="Law")
        world.work()
        assert others[0].by_external_id(id)["active"] is False
        assert others[1].by_external_id(id)["active"] is True
        assert sp.by_external_id(id)["userType"] == "counsel"
        there = {one: one.by_external_id(str(ben.id)) for one in (others[0], sp)}
        assert (there[others[0]]["active"], there[sp]["userType"]) == (True, "seller")
        stack.callback(world.stop_worker)


def _department(name: str):
    from provisor.directory.validation import UserChanges

    return UserChanges(department=name)


def test_the_guard_asks_before_a_rule_ends_many_accounts(world):
    users = world.people(20)
    world.work()
    set_rule(world.actor, world.staff.id, 'user.department == "Sales"', confirm=20)
    world.work_off()
    assert sum(one["active"] is False for one in world.sp.users) == 0
    run = Run.objects.get(kind="guard")
    assert (run.status, run.counts) == ("waiting_approval", {"deactivate": 20})
    world.edit(users[0], department="Sales")
    world.work_off()
    assert Run.objects.get(kind="guard").counts == {"deactivate": 19}
    applications.approve_run(world.actor, run.id, hash=Run.objects.get(id=run.id).hash)
    world.work()
    active = [one["userName"] for one in world.sp.users if one["active"]]
    assert active == ["user0000"]


def test_the_filter_ends_accounts_and_gives_them_back(world):
    ada, ben = world.employee("ada", location="Germany"), world.employee("ben", location="France")
    world.work()
    scope = 'user.location == "Germany"'
    applications.update_application(world.actor, world.application.id, {"scope": scope})
    world.work()
    assert (world.account(ada)["active"], world.account(ben)["active"]) == (True, False)
    assert (world.status(ada), world.status(ben)) == ("synced", "inactive")
    world.edit(ben, location="Germany")
    world.work()
    assert world.account(ben)["active"] is True
    world.edit(ada, location=None)
    world.work()
    assert world.account(ada)["active"] is False
    applications.update_application(world.actor, world.application.id, {"scope": None})
    world.work()
    assert world.account(ada)["active"] is True


def test_a_member_whom_the_filter_leaves_out_is_not_in_the_group_there(world):
    world.configure(manage_groups=True)
    world.employee("ada", location="Germany")
    ben = world.employee("ben", location="France")
    world.work()
    assert world.members_there(world.staff) == {"ada", "ben"}
    applications.update_application(world.actor, world.application.id, {"scope": 'user.location == "Germany"'})
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    world.edit(ben, location="Germany")
    world.work()
    assert world.members_there(world.staff) == {"ada", "ben"}


def test_a_member_who_was_never_sent_gets_no_account(world):
    applications.update_application(world.actor, world.application.id, {"scope": 'user.location == "Germany"'})
    ben = world.person("ben", location="France")
    directory.update_user(world.actor, ben.id, _department("Law"))  # judged by now, as a created user is
    world.edit(ben, location="Peru")
    world.join(ben)
    world.work()
    assert (world.account(ben), Link.objects.count(), world.status(ben)) == (None, 0, "none")


def test_the_highest_priority_wins_and_every_change_of_it_is_sent(world):
    first, second = group(world, "First"), group(world, "Second")
    assign(world, world.application, first, second)
    send_role(world, world.application)
    ada = world.employee("ada")
    for one in (first, second):
        directory.change_members(world.actor, one.id, add=[ada.id])
    give(world, world.application, first, role="viewer", priority=1)
    give(world, world.application, second, role="editor", priority=2)
    world.work()
    assert world.account(ada)["userType"] == "editor"
    give(world, world.application, first, role="owner", priority=3)
    world.work()
    assert world.account(ada)["userType"] == "owner"
    directory.change_members(world.actor, first.id, remove=[ada.id])
    world.work()
    assert world.account(ada)["userType"] == "editor"
    give(world, world.application, second)
    world.work()
    assert "userType" not in world.account(ada)
    assert not Due.objects.exists()


def test_a_name_of_a_group_that_is_sent_follows_its_group(world):
    rows = [row for row in world.application.mapping if row["scim"] != "userType"]
    names = {"scim": "userType", "source": {"expression": 'join(user.groups, ", ")'}}
    applications.replace_mapping(world.actor, world.application.id, [*rows, names])
    ada = world.employee("ada")
    world.work()
    assert world.account(ada)["userType"] == "Staff"
    directory.update_group(world.actor, world.staff.id, GroupChanges(name="Crew"))
    world.work()
    assert world.account(ada)["userType"] == "Crew"


@pytest.mark.parametrize("taken_away", [True, False], ids=["rule taken away", "rule kept"])
def test_a_rule_that_goes_leaves_the_accounts(world, taken_away):
    ada = world.person("ada", department="Sales")
    set_rule(world.actor, world.staff.id, 'user.department == "Sales"')
    world.work()
    assert world.account(ada)["active"] is True
    if taken_away:
        delete_rule(world.actor, world.staff.id)
    world.edit(ada, department="Law")
    world.work()
    assert world.account(ada)["active"] is taken_away
