"""The guard's trip-wires: another mapping, a first run that takes over, several users at once, a read that broke off."""

from __future__ import annotations

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Application, Change, Run
from provisor.directory import commands as directory
from provisor.testing import Fault


def waiting(world):
    return Run.objects.get(kind="guard", status="waiting_approval")


def none_waits(world):
    return not Run.objects.filter(kind="guard", status="waiting_approval").exists()


def approve(world):
    run = waiting(world)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    run.refresh_from_db()
    return run


def titles(world):
    return sorted({user.get("title") for user in world.sp.users}, key=str)


# Another mapping -----------------------------------------------------------------------------------------------------


def map_title(world, value="Employee"):
    """Everybody's title becomes one constant."""
    rows = [row for row in Application.objects.get(id=world.application.id).mapping if row["scim"] != "title"]
    source = {"constant": value}
    rows.append({"scim": "title", "source": source, "required": False, "included": True, "when": "always"})
    return applications.replace_mapping(world.actor, world.application.id, rows)


def test_a_mapping_that_changes_many_accounts_waits_and_all_else_flows(world):
    people = world.people(30)
    world.work()
    before = Application.objects.get(id=world.application.id).mapping
    assert map_title(world).trip["count"] == 30
    world.sp.clear_requests()
    world.work()
    assert world.sp.writes == []
    assert waiting(world).counts == {"update": 30}
    late = world.employee("late")
    directory.suspend_user(world.actor, people[4].id)
    world.edit(people[5], lastname="Other")
    world.work()
    assert world.account(late)["title"] == "Employee", "who comes gets the new mapping at once"
    assert world.account(people[4])["active"] is False, "who goes, goes at once"
    assert "title" not in world.account(people[5])
    assert waiting(world).counts == {"update": 29}
    applications.replace_mapping(world.actor, world.application.id, before)
    world.work()
    assert none_waits(world), "taken back: nothing waits any more"
    assert world.account(people[5])["name"]["familyName"] == "Other"


def test_approval_sends_it_and_the_mapping_holds_from_then_on(world):
    people = world.people(12)
    world.work()
    map_title(world)
    world.work()
    run = approve(world)
    assert (run.status, run.done, titles(world)) == ("done", 12, ["Employee"])
    assert Application.objects.get(id=world.application.id).trip is None
    world.edit(people[3], lastname="Other")
    world.work()
    assert world.account(people[3])["name"]["familyName"] == "Other"
    assert none_waits(world)


def test_a_rejected_mapping_is_not_sent_by_and_by(world):
    people = world.people(12)
    world.work()
    map_title(world)
    world.work()
    applications.reject_run(world.actor, waiting(world).id)
    world.work()
    world.edit(people[3], lastname="Other")
    world.work()
    assert titles(world) == [None]
    world.run("sync")
    world.work()
    assert (titles(world), waiting(world).total) == ([None], 12)


def test_two_edits_in_a_row_are_judged_by_what_was_approved(world):
    world.people(12)
    world.work()
    first = map_title(world, "One").trip["rows"]
    assert map_title(world, "Two").trip["rows"] == first
    world.work()
    assert titles(world) == [None]
    assert approve(world).done == 12
    assert titles(world) == ["Two"]


def test_a_mapping_that_changes_few_flows(world):
    world.people(4)
    world.work()
    assert map_title(world).trip is None
    world.work()
    assert titles(world) == ["Employee"]


def test_an_approved_update_takes_nothing_from_the_count_of_what_ended(world):
    """Five ended without a person; their accounts come back and are updated with approval: five still count as sent."""
    people = world.people(40)
    world.work()
    world.leave(*people[:5])
    world.work()
    world.join(*people[:5])
    world.work()
    map_title(world)
    world.work()
    approve(world)
    world.leave(*people[10:12])
    world.work()
    assert sum(user["active"] for user in world.sp.users) == 40
    assert waiting(world).counts == {"deactivate": 2}


# A first run that takes over -----------------------------------------------------------------------------------------


def existing(world, count, **more):
    for n in range(count):
        email = {"value": f"user{n:04}@example.com", "type": "work", "primary": True}
        world.sp.put_user({"userName": f"user{n:04}", "emails": [email], "active": True, **more})


def adopted(world):
    return sum("externalId" in user for user in world.sp.users)


def test_a_first_run_takes_over_a_few_and_asks_about_the_rest(world):
    existing(world, 20)
    world.people(23)
    world.work()
    assert (len(world.sp.users), waiting(world).counts) == (23, {"adopt": 15}), "who isn't there is made meanwhile"
    assert adopted(world) == 5 + 3
    world.run("sync")
    assert adopted(world) == 5 + 3, "neither a sync nor a restart lets more through"
    assert approve(world).done == 15
    assert adopted(world) == 23


def test_it_is_no_first_run_for_ever(world):
    world.employee("first")
    world.work()
    assert Application.objects.get(id=world.application.id).first_run is False
    existing(world, 20)
    world.people(20)
    world.work()
    assert none_waits(world)
    assert adopted(world) == 21


def test_what_was_rejected_is_not_taken_over_later(world):
    existing(world, 12)
    people = world.people(12)
    world.work()
    applications.reject_run(world.actor, waiting(world).id)
    world.work()
    for person in people:
        world.edit(person, jobTitle="Engineer")
    world.work()
    assert adopted(world) == 5


def test_what_is_ours_by_its_mark_counts_not(world):
    people = world.people(20)
    for person in people:
        email = {"value": person.email, "type": "work", "primary": True}
        world.sp.put_user(
            {"userName": person.username, "emails": [email], "externalId": str(person.id), "active": True}
        )
    world.work()
    assert none_waits(world)
    assert Change.objects.filter(kind="adopt", outcome__result="success").count() == 20


def test_a_takeover_that_came_up_as_a_conflict_waits_too(world):
    """Nobody is there when it is looked up; somebody is when it is made."""
    world.configure(guard={"max_count": 0, "max_percent": 0})

    def meanwhile(request):
        if "emails" in request.query.get("filter", "") and not world.sp.users:
            existing(world, 1)

    world.sp.listen(meanwhile)
    world.people(1)
    world.work()
    assert [request.status for request in world.sp.writes] == [409]
    assert (adopted(world), waiting(world).counts) == (0, {"adopt": 1})
    assert approve(world).done == 1
    assert (adopted(world), len(world.sp.users)) == (1, 1)


def test_a_higher_limit_takes_over_more(world):
    world.configure(guard={"max_count": 50})
    existing(world, 20)
    world.people(20)
    world.work()
    assert (adopted(world), none_waits(world)) == (20, True)


# Several users at once -----------------------------------------------------------------------------------------------


def test_several_users_suspended_at_once_are_a_set(world):
    people = world.people(40)
    world.work()
    directory.suspend_users(world.actor, [person.id for person in people[:8]])
    world.work()
    assert sum(user["active"] for user in world.sp.users) == 40
    assert waiting(world).counts == {"deactivate": 8}
    directory.suspend_users(world.actor, [people[20].id])
    world.work()
    assert world.account(people[20])["active"] is False, "one alone is a person"


# A read that broke off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 200])
def test_an_incomplete_read_concludes_nothing(world, status):
    people = world.people(12)
    world.work()
    kind = "cut_json" if status == 200 else "status"
    world.sp.fault(Fault(kind, status=500, method="GET", path_contains="/Users"))
    run = world.run("reconcile")
    world.sp.clear_faults()
    assert (run.status, run.error["code"]) == ("failed", "incomplete_read")
    assert all(world.link(person).remote_id for person in people)
    assert all(user["active"] for user in world.sp.users)
    assert none_waits(world)
