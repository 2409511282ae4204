"""Undo: what a run did goes back as an approved plan; what has changed since is left alone, and said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from provisor.applications import commands as applications
from provisor.applications.models import Change, Run
from provisor.directory import commands as directory
from provisor.directory.validation import GroupChanges
from provisor.errors import Conflict, WrongState
from provisor.testing.faults import Fault


def last_run(world):
    """The last pass that changed something."""
    changed = Change.objects.filter(outcome__result="success").exclude(run__kind__in=["undo", "guard"])
    return changed.order_by("-id").first().run


def approve(world, run):
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    run.refresh_from_db()
    return run


def undo(world, run):
    planned = applications.undo_run(world.actor, run.id)
    planned.refresh_from_db()
    return approve(world, planned) if planned.status == "waiting_approval" else planned


def outcomes(run):
    return sorted(Change.objects.filter(run=run).values_list("kind", "outcome__result"))


def without_version(account):
    return {name: value for name, value in account.items() if name != "meta"}


def test_attributes_go_back_and_stay_back(world):
    ada = world.employee("ada", job_title="Engineer", department="Labs")
    world.work()
    before = world.account(ada)
    world.edit(ada, jobTitle="Director", department=None)
    world.work()
    world.sp.clear_requests()
    planned = applications.undo_run(world.actor, last_run(world).id)
    assert (planned.kind, planned.status, planned.counts) == ("undo", "waiting_approval", {"update": 1})
    with pytest.raises(Conflict):
        applications.approve_run(world.actor, planned.id, hash="0" * 64)
    assert world.sp.writes == []
    run = approve(world, planned)
    assert (run.status, run.done, run.total) == ("done", 1, 1)
    assert without_version(world.account(ada)) == without_version(before)
    assert (world.link(ada).status, world.link(ada).error["code"]) == ("held", "undone")
    world.run("sync")
    world.run("reconcile")
    assert without_version(world.account(ada)) == without_version(before)
    assert Change.objects.filter(run=run).get().outcome == {"result": "success", "error": None}


def test_who_was_made_is_deactivated_not_deleted(world):
    people = world.people(3)
    world.work()
    run = undo(world, last_run(world))
    assert outcomes(run) == [("deactivate", "success")] * 3
    assert [account["active"] for account in world.sp.users] == [False] * 3
    world.run("reconcile")
    assert [world.link(person).error["code"] for person in people] == ["undone"] * 3
    assert [account["active"] for account in world.sp.users] == [False] * 3


def test_who_was_deactivated_is_active_again_and_the_guard_lets_it_pass(world):
    people = world.people(10)
    world.work()
    world.leave(*people[:5])
    world.work()
    run = undo(world, last_run(world))
    assert outcomes(run) == [("reactivate", "success")] * 5
    assert all(account["active"] for account in world.sp.users)
    world.run("reconcile")
    assert all(account["active"] for account in world.sp.users)


def test_an_undo_beyond_the_limit_passes_as_approved(world):
    world.people(20)
    world.work()
    run = undo(world, last_run(world))
    assert (run.status, run.done) == ("done", 20)
    assert not any(account["active"] for account in world.sp.users)
    assert not Run.objects.filter(kind="guard").exists()


def test_who_was_adopted_gets_its_attributes_back_and_is_let_go(world):
    work = {"value": "ada@example.com", "type": "work", "primary": True}
    before = world.sp.put_user({"userName": "ada", "title": "Countess", "emails": [work], "active": True})
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    assert world.sp.user("ada")["externalId"] == str(ada.id)
    run = undo(world, last_run(world))
    assert outcomes(run) == [("update", "success")]
    assert without_version(world.sp.user("ada")) == without_version(before)
    link = world.link(ada)
    assert (link.remote_id, link.status, link.error["code"]) == (None, "held", "undone")
    world.sp.clear_requests()
    world.run("sync")
    world.run("reconcile")
    assert world.sp.writes == []
    assert without_version(world.sp.user("ada")) == without_version(before)


def test_other_peoples_addresses_get_their_marks_back(world):
    private = {"value": "ada@private.example", "type": "home", "primary": True}
    ada = world.person("ada")
    before = world.sp.put_user({"userName": "ada", "externalId": str(ada.id), "emails": [private], "active": True})
    world.join(ada)
    world.work()
    assert len(world.account(ada)["emails"]) == 2
    undo(world, last_run(world))
    assert without_version(world.account(ada)) == without_version(before)


def test_a_deleted_account_cannot_come_back_and_that_is_said(world):
    world.configure(deprovision="delete")
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    run = undo(world, last_run(world))
    assert run.status == "done"
    told = Change.objects.get(run=run).outcome
    assert (told["result"], told["error"]["code"]) == ("left", "deleted_there")
    assert world.sp.users == []


def test_what_a_later_run_changed_is_left_and_said(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director", displayname="Ada D.")
    world.work()
    first = last_run(world)
    world.edit(ada, jobTitle="President")
    world.work()
    run = undo(world, first)
    assert outcomes(run) == [("update", "left"), ("update", "success")]
    left = Change.objects.get(run=run, outcome__result="left")
    assert (left.attributes[0]["name"], left.outcome["error"]["code"]) == ("title", "changed_since")
    assert world.account(ada)["title"] == "President"
    assert "displayName" not in world.account(ada)


def test_what_others_changed_there_is_left_and_said(world):
    ada, ben = world.employee("ada", job_title="Engineer"), world.employee("ben", job_title="Engineer")
    world.work()
    for user in (ada, ben):
        world.edit(user, jobTitle="Director", displayname="D.")
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    world.sp.edit_user(world.account(ada)["id"], title="Admiral")
    world.sp.edit_user(world.account(ben)["id"], title="Admiral", displayName="B.")
    run = approve(world, run)
    assert (world.account(ada)["title"], world.account(ada).get("displayName")) == ("Admiral", None)
    assert (world.account(ben)["title"], world.account(ben)["displayName"]) == ("Admiral", "B.")
    told = {row.user_name: row.outcome for row in Change.objects.filter(run=run)}
    assert (told["ada"]["result"], told["ben"]["result"]) == ("success", "skipped")
    assert "title" in told["ada"]["error"]["message"]
    assert world.link(ben).error is None


def test_an_edit_that_was_not_sent_yet_goes_first(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    world.edit(ada, jobTitle="President")
    run = approve(world, run)
    assert outcomes(run) == [("update", "skipped")]
    assert world.account(ada)["title"] == "President"


def test_retry_and_an_edit_take_it_back_to_the_directory(world):
    ada, ben = world.employee("ada", job_title="Engineer"), world.employee("ben", job_title="Engineer")
    world.work()
    for user in (ada, ben):
        world.edit(user, jobTitle="Director")
    world.work()
    undo(world, last_run(world))
    assert {account["title"] for account in world.sp.users} == {"Engineer"}
    applications.retry_account(world.actor, world.link(ada).id)
    world.edit(ben, displayname="Ben")
    world.work()
    assert {account["title"] for account in world.sp.users} == {"Director"}
    assert world.account(ben)["displayName"] == "Ben"
    assert {world.status(ada), world.status(ben)} == {"synced"}


def test_a_suspended_person_goes_out_all_the_same(world):
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    undo(world, last_run(world))
    assert world.account(ada)["active"] is True
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert world.account(ada)["active"] is False


def test_drift_does_not_undo_the_undo(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    undo(world, last_run(world))
    world.sp.edit_user(world.account(ada)["id"], displayName="Somebody")
    world.run("reconcile")
    assert (world.account(ada)["title"], world.account(ada)["displayName"]) == ("Engineer", "Somebody")
    assert world.link(ada).error["code"] == "undone"


def test_a_rejected_or_cancelled_undo_sends_nothing(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    run = last_run(world)
    applications.reject_run(world.actor, applications.undo_run(world.actor, run.id).id)
    planned = applications.undo_run(world.actor, run.id)
    applications.approve_run(world.actor, planned.id, hash=planned.hash)
    applications.cancel_run(world.actor, planned.id)
    world.work()
    assert world.account(ada)["title"] == "Director"
    assert world.status(ada) == "synced"


def test_only_what_has_ended_and_is_no_undo_can_be_undone(world):
    ada = world.employee("ada")
    with pytest.raises(WrongState):
        applications.undo_run(world.actor, applications.start_run(world.actor, world.application.id, "sync").id)
    world.work()
    first = applications.undo_run(world.actor, last_run(world).id)
    second = applications.undo_run(world.actor, last_run(world).id)
    first.refresh_from_db()
    assert (first.status, second.status, first.hash) == ("superseded", "waiting_approval", second.hash)
    with pytest.raises(WrongState):
        applications.undo_run(world.actor, second.id)
    assert world.account(ada)["active"] is True


def test_a_lost_answer_is_looked_at_before_anything_is_sent_again(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.sp.clear_requests()
    world.sp.fault(Fault("lost_answer", method="PATCH", times=1))
    with world.worker():
        world.until(lambda: Run.objects.get(id=run.id).status == "done" or world.make_ready())
    assert world.account(ada)["title"] == "Engineer"
    assert len(world.sp.writes) == 1
    assert outcomes(run) == [("update", "success")]


def test_a_write_that_never_arrived_is_sent_again(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.sp.fault(Fault("reset", method="PATCH", times=1))
    with world.worker():
        world.until(lambda: Run.objects.get(id=run.id).status == "done" or world.make_ready())
    assert world.account(ada)["title"] == "Engineer"
    assert outcomes(run) == [("update", "success")]


def test_an_approval_ends_after_an_hour(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    Run.objects.filter(id=run.id).update(started=timezone.now() - timedelta(hours=2))
    world.work()
    assert world.account(ada)["title"] == "Director"
    assert Run.objects.get(id=run.id).status in ("expired", "applying")


# Groups ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def team(world):
    """A group with ada and ben in it, there as here."""
    world.configure(manage_groups=True)
    group = world.make_group("Team")
    people = [world.employee(name) for name in ("ada", "ben", "cleo")]
    directory.change_members(world.actor, group.id, add=[user.id for user in people[:2]])
    world.work()
    assert world.members_there(group) == {"ada", "ben"}
    return group, people


@pytest.mark.parametrize("form", [{}, {"group_update": "put"}, {"group_update": "replace"}])
def test_members_go_back_and_stay_back(world, team, form):
    group, (ada, _, cleo) = team
    world.configure(manage_groups=True, form=form)
    world.work()
    directory.change_members(world.actor, group.id, add=[cleo.id], remove=[ada.id])
    directory.update_group(world.actor, group.id, GroupChanges(name="Crew"))
    world.work()
    assert world.members_there(group) == {"ben", "cleo"}
    run = undo(world, last_run(world))
    assert [kind for kind, _ in outcomes(run)] == ["add_members", "remove_members", "update"]
    assert {result for _, result in outcomes(run)} == {"success"}
    assert world.members_there(group) == {"ada", "ben"}
    assert world.group_there(group)["displayName"] == "Team"
    world.run("sync")
    world.run("reconcile")
    assert world.members_there(group) == {"ada", "ben"}
    assert world.group_link(group).error["code"] == "undone"


def test_a_group_opens_again_when_the_directory_changes_it_or_by_retry(world, team):
    group, (_, ben, cleo) = team
    for again in (
        lambda: applications.retry_link(world.actor, world.group_link(group).id),
        lambda: directory.change_members(world.actor, group.id, add=[ben.id], remove=[cleo.id]),
    ):
        directory.change_members(world.actor, group.id, add=[cleo.id], remove=[ben.id])
        world.work()
        undo(world, last_run(world))
        assert world.members_there(group) == {"ada", "ben"}
        again()
        world.work()
        assert world.group_link(group).status == "synced"
        directory.change_members(world.actor, group.id, add=[ben.id], remove=[cleo.id])
        world.work()
    assert world.members_there(group) == {"ada", "ben"}


def test_a_group_that_was_made_is_emptied_and_stays(world):
    world.configure(manage_groups=True)
    world.employee("ada")
    world.work()
    run = undo(world, last_run(world))
    told = set(Change.objects.filter(run=run, group_id=world.staff.id).values_list("kind", "outcome__error__code"))
    assert ("update", "group_stays") in told
    assert world.group_there(world.staff) is not None
    assert world.members_there(world.staff) == set()


def test_a_group_that_was_taken_over_is_let_go(world):
    world.configure(manage_groups=True)
    world.sp.put_group({"displayName": "Staff"})
    world.employee("ada")
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    undo(world, last_run(world))
    there = world.sp.group("Staff")
    assert (there.get("externalId"), there.get("members") or []) == (None, [])
    assert (world.group_link(world.staff).remote_id, world.group_link(world.staff).error["code"]) == (None, "undone")
    world.run("reconcile")
    assert world.sp.group("Staff").get("externalId") is None


def test_members_that_others_changed_are_left_alone(world, team):
    group, (ada, _, cleo) = team
    directory.change_members(world.actor, group.id, add=[cleo.id], remove=[ada.id])
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    directory.change_members(world.actor, group.id, add=[ada.id])
    world.work()
    again = applications.undo_run(world.actor, run.undoes)
    left = Change.objects.get(run=again, outcome__result="left")
    assert (left.kind, left.outcome["error"]["code"]) == ("add_members", "changed_since")
    approve(world, again)
    assert world.members_there(group) == {"ada", "ben"}


def test_what_a_person_approved_against_the_guard_can_be_undone(world):
    people = world.people(20)
    world.work()
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    guarded = approve(world, Run.objects.get(kind="guard", status="waiting_approval"))
    assert not any(account["active"] for account in world.sp.users)
    run = undo(world, guarded)
    assert (run.status, run.counts) == ("done", {"reactivate": 20})
    assert all(account["active"] for account in world.sp.users)
    ada = world.person("ada")
    applications.change_assignments(world.actor, world.application.id, users_add=[ada.id, people[0].id])
    world.work()
    applications.change_assignments(world.actor, world.application.id, users_remove=[ada.id, people[0].id])
    for person in people:
        world.edit(person, jobTitle=None, locale="en")  # looked at again, and still left alone
    world.work()
    assert not Run.objects.filter(kind="guard", status="waiting_approval").exists()
    assert (world.account(ada)["active"], world.account(people[0])["active"]) == (False, False)
    assert sum(account["active"] for account in world.sp.users) == 19


def test_another_mapping_opens_it_again(world):
    ada = world.employee("ada", job_title="Engineer", location="Berlin")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    undo(world, last_run(world))
    rows = [*world.application.mapping, {"scim": "nickName", "source": {"attribute": "location"}}]
    applications.replace_mapping(world.actor, world.application.id, rows)
    world.work()
    assert (world.account(ada)["title"], world.account(ada)["nickName"]) == ("Director", "Berlin")


def test_a_protected_account_is_not_touched_by_an_undo_either(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    applications.change_protected(world.actor, world.application.id, add=["ada"])
    world.work()
    run = undo(world, last_run(world))
    assert world.account(ada)["title"] == "Director"
    assert outcomes(run) == [("update", "held")]
    assert world.link(ada).error["code"] == "protected"


def test_a_cancelled_undo_of_a_paused_application_ends(world):
    ada = world.employee("ada", job_title="Engineer")
    world.work()
    world.edit(ada, jobTitle="Director")
    world.work()
    planned = applications.undo_run(world.actor, last_run(world).id)
    applications.approve_run(world.actor, planned.id, hash=planned.hash)
    applications.deactivate_application(world.actor, world.application.id)
    with world.worker():
        world.until(lambda: Run.objects.get(id=planned.id).status == "cancelled")
    assert world.account(ada)["title"] == "Director"


def test_members_that_others_put_there_stay(world, team):
    group, (ada, _, cleo) = team
    stranger = world.sp.put_user({"userName": "stranger", "active": True})
    directory.change_members(world.actor, group.id, add=[cleo.id], remove=[ada.id])
    world.work()
    run = applications.undo_run(world.actor, last_run(world).id)
    there = world.group_there(group)
    ben = next(user for user in world.sp.users if user["userName"] == "ben")
    world.sp.edit_group(there["id"], members=[{"value": ben["id"]}, {"value": stranger["id"]}])
    run = approve(world, run)
    assert {result for _, result in outcomes(run)} == {"success"}
    assert world.members_there(group) == {"ada", "ben", "stranger"}
