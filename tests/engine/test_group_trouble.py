"""Groups at SPs that refuse, lose answers, take only so many members, or show nothing. Nobody is in a group unseen."""

from __future__ import annotations

import random

import pytest

from provisor.applications.models import GroupMember
from provisor.directory import commands as directory
from provisor.testing import Fault


@pytest.fixture
def world(world):
    world.configure(manage_groups=True)
    return world


def names(people):
    return {person.username for person in people}


def settle(world, rounds=12):
    """Works until nothing is due, trying again at once what waits for its next try."""
    for _ in range(rounds):
        world.make_ready()
        world.work_off()
        if world.settled():
            return
    pytest.fail(world.describe())


def test_a_lost_answer_of_a_create_makes_no_second_group(world):
    world.sp.fault(Fault("lost_answer", method="POST", path_contains="/Groups", times=1))
    world.people(3)
    settle(world)
    assert len(world.sp.groups) == 1
    assert len(world.members_there(world.staff)) == 3


def test_who_was_added_by_a_lost_answer_and_left_meanwhile_is_removed_again(world):
    ada, grace = world.employee("ada"), world.employee("grace")
    world.leave(ada)
    world.work()
    world.sp.fault(Fault("lost_answer", method="PATCH", path_contains="/Groups"))
    world.join(ada)
    world.work_off()
    assert "ada" in world.members_there(world.staff)
    world.leave(ada)
    world.sp.clear_faults()
    settle(world)
    assert world.members_there(world.staff) == {"grace"}
    assert set(GroupMember.objects.values_list("user_id", flat=True)) == {grace.id}


def test_one_refused_member_keeps_nobody_else_out(world):
    people = world.people(40)
    world.configure(manage_groups=False)
    world.work()
    world.sp.remove_user(world.link(people[17]).remote_id)
    world.configure(manage_groups=True)
    world.work_off()
    world.make_ready()
    world.work_off()
    assert world.members_there(world.staff) == names(people) - {people[17].username}
    link = world.group_link(world.staff)
    assert (link.status, link.error["code"]) == ("retrying", "members_refused")
    assert str(people[17].id) in link.error["message"]
    world.edit(people[17], jobTitle="Back again")
    settle(world)
    assert world.members_there(world.staff) == names(people)


def test_too_many_at_once_are_halved_and_learned(world):
    world.sp.fault(Fault("status", status=413, method="PATCH", path_contains="/Groups", times=1))
    people = world.people(30)
    world.work()
    assert world.members_there(world.staff) == names(people)
    world.application.refresh_from_db()
    assert world.application.learned["members_per_request"] < 30


def test_a_provider_with_put_only(world):
    world.configure(form={"group_update": "put"})
    people = world.people(20)
    world.work()
    assert world.members_there(world.staff) == names(people)
    world.leave(*people[:5])
    world.work()
    assert world.members_there(world.staff) == names(people[5:])


def test_a_patch_that_is_not_offered_is_learned_and_said_as_put(world):
    world.sp.fault(Fault("status", status=501, method="PATCH", path_contains="/Groups"))
    people = world.people(5)
    world.work()
    assert world.members_there(world.staff) == names(people)
    world.application.refresh_from_db()
    assert world.application.learned["group_update"] == "put"
    assert "501" in world.application.evidence["group_update"]["evidence"]


def test_members_of_others_survive_a_put(world):
    stranger = world.sp.put_user({"userName": "stranger", "emails": [{"value": "stranger@example.org"}]})
    world.sp.put_group({"displayName": "Staff", "members": [{"value": stranger["id"]}]})
    world.configure(form={"group_update": "put"})
    world.employee("ada")
    world.work()
    assert world.members_there(world.staff) == {"ada", "stranger"}


def test_a_group_that_vanishes_between_two_edits_is_made_again(world):
    people = world.people(3)
    world.work()
    world.sp.remove_group(world.group_there(world.staff)["id"])
    linus = world.employee("linus")
    settle(world)
    assert world.members_there(world.staff) == names([*people, linus])


def test_random_joins_and_leaves_under_faults_end_in_the_last_set(world):
    """RT14: answers lost after the work is done, refusals, resets; in the end the group holds exactly who is a member."""
    chance = random.Random(20261124)
    people = world.people(60)
    world.leave(*people)
    world.configure(form={"members_per_request": 7})
    for kind in ("lost_answer", "reset", "status", "cut_json"):
        world.sp.fault(Fault(kind, method="PATCH", path_contains="/Groups", probability=0.15, status=500))
    members: set[str] = set()
    with world.worker():
        for _ in range(25):
            some = chance.sample(people, chance.randint(1, 15))
            if chance.random() < 0.55:
                world.join(*some)
                members |= names(some)
            else:
                world.leave(*some)
                members -= names(some)
            if chance.random() < 0.3:
                world.make_ready()
    world.sp.clear_faults()
    world.join(people[0])
    settle(world)
    assert world.members_there(world.staff) == members | {people[0].username}
    sizes = [
        max(len(op.get("value") or [1]) if op["op"] == "add" else len(request.body["Operations"])
            for op in request.body["Operations"])
        for request in world.sp.requests
        if request.method == "PATCH" and "/Groups" in request.target
    ]  # fmt: skip
    assert max(sizes) <= 7
    assert world.sp.findings == []


def test_the_deletion_of_the_application_forgets_its_groups(world):
    from provisor.applications import commands
    from provisor.applications.models import GroupLink

    world.people(2)
    world.work()
    commands.delete_application(world.actor, world.application.id)
    assert not GroupLink.objects.exists()
    assert not GroupMember.objects.exists()
    assert len(world.sp.groups) == 1
    directory.delete_group(world.actor, world.staff.id)
