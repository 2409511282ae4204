"""Groups at the SP: made, filled, taken over, renamed, deleted, let go. What the SP holds is what counts."""

from __future__ import annotations

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Change, GroupLink, GroupMember, Run
from provisor.directory import commands as directory
from provisor.directory.validation import GroupChanges


@pytest.fixture
def world(world):
    world.configure(manage_groups=True)
    return world


def writes_to_groups(world):
    return [request for request in world.sp.requests if "/Groups" in request.target and request.method != "GET"]


def rename(world, group, name):
    directory.update_group(world.actor, group.id, GroupChanges(name=name))


def test_an_assigned_group_is_made_and_filled(world):
    world.employee("ada")
    world.employee("grace")
    world.work()
    assert world.group_there(world.staff)["displayName"] == "Staff"
    assert world.members_there(world.staff) == {"ada", "grace"}
    assert world.group_link(world.staff).status == "synced"
    assert world.sp.findings == []


def test_switched_off_no_request_on_groups_is_made(world):
    world.configure(manage_groups=False)
    world.employee("ada")
    world.work()
    world.run("reconcile")
    assert not [request for request in world.sp.requests if "Groups" in request.target]
    assert world.sp.groups == []
    world.configure(manage_groups=True)
    world.work()
    assert world.members_there(world.staff) == {"ada"}


def test_a_group_without_a_provisionable_member_is_not_made(world):
    world.employee("alan", state="staged")
    world.work()
    world.run("reconcile")
    assert world.sp.groups == []
    assert not GroupLink.objects.exists()


def test_joining_and_leaving_cost_one_request_each(world):
    people = [world.employee(name) for name in ("ada", "grace", "alan")]
    world.work()
    world.sp.clear_requests()
    linus = world.employee("linus")
    world.work()
    world.leave(people[0])
    world.work()
    assert world.members_there(world.staff) == {"grace", "alan", "linus"}
    added, removed = writes_to_groups(world)
    remote = world.link(linus).remote_id
    assert added.body["Operations"] == [{"op": "add", "path": "members", "value": [{"value": remote}]}]
    gone = world.link(people[0]).remote_id
    assert removed.body["Operations"] == [{"op": "remove", "path": f'members[value eq "{gone}"]'}]
    assert world.sp.findings == []


def test_a_second_sync_and_a_reconcile_write_nothing(world):
    world.people(30)
    world.work()
    world.run("reconcile")  # learns by then whether members are shown
    world.sp.clear_requests()
    world.run("sync")
    world.run("reconcile")
    assert [request for request in world.sp.requests if request.method != "GET"] == []


def test_ten_of_a_thousand_members_change_for_the_cost_of_ten(world):
    people = world.people(300)
    world.work()
    world.sp.clear_requests()
    world.leave(*people[:10])
    world.work()
    (request,) = writes_to_groups(world)
    assert len(request.body["Operations"]) == 10
    assert len(world.members_there(world.staff)) == 290


def test_250_members_in_chunks_of_the_providers_size(world):
    world.configure(form={"members_per_request": 100})
    world.people(250)
    world.work()
    assert len(world.members_there(world.staff)) == 250
    sizes = [
        len(op["value"])
        for request in writes_to_groups(world)
        if request.method == "PATCH"
        for op in request.body["Operations"]
    ]
    assert max(sizes) <= 100


def test_a_rename_arrives(world):
    world.employee("ada")
    world.work()
    rename(world, world.staff, "Everybody")
    world.work()
    assert world.group_there(world.staff)["displayName"] == "Everybody"
    assert world.members_there(world.staff) == {"ada"}


def test_a_provider_without_renames_keeps_the_old_name_in_peace(world):
    world.configure(form={"group_rename": False})
    world.employee("ada")
    world.work()
    rename(world, world.staff, "Everybody")
    world.work()
    assert world.group_there(world.staff)["displayName"] == "Staff"
    assert world.group_link(world.staff).status == "synced"


def test_a_group_that_we_made_is_deleted_with_the_directory_s(world):
    world.employee("ada")
    world.work()
    directory.delete_group(world.actor, world.staff.id)
    world.work()
    assert world.sp.groups == []
    assert not GroupLink.objects.exists()
    assert not GroupMember.objects.exists()


def test_unassigning_leaves_the_group_and_deactivates_who_has_no_other_path(world):
    ada, grace = world.employee("ada"), world.employee("grace")
    other = world.make_group("Other")
    directory.change_members(world.actor, other.id, add=[grace.id])
    world.work()
    world.sp.clear_requests()
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    assert [group["displayName"] for group in world.sp.groups] == ["Other", "Staff"] or len(world.sp.groups) == 2
    assert writes_to_groups(world) == []
    assert not GroupLink.objects.filter(group_id=world.staff.id).exists()
    assert world.account(ada)["active"] is False
    assert world.account(grace)["active"] is True


def test_a_group_of_the_same_name_is_taken_over_and_members_of_others_stay(world):
    stranger = world.sp.put_user({"userName": "stranger", "emails": [{"value": "stranger@example.org"}]})
    world.sp.put_group({"displayName": "staff", "members": [{"value": stranger["id"]}]})
    world.employee("ada")
    world.work()
    assert len(world.sp.groups) == 1
    assert world.members_there(world.staff) == {"ada", "stranger"}
    assert world.group_there(world.staff)["displayName"] == "Staff"
    world.run("reconcile")
    assert world.members_there(world.staff) == {"ada", "stranger"}


def test_members_that_are_there_already_are_not_added_again(world):
    ada = world.employee("ada")
    world.configure(manage_groups=False)
    world.work()
    world.sp.put_group({"displayName": "Staff", "members": [{"value": world.link(ada).remote_id}]})
    world.configure(manage_groups=True)
    world.work()
    assert all("members" not in str(request.body) for request in writes_to_groups(world))
    assert GroupMember.objects.count() == 1
    world.leave(ada)
    world.work()
    assert world.members_there(world.staff) == set()


@pytest.mark.parametrize(
    ("there", "settings", "code"),
    [
        ([{"displayName": "Staff"}, {"displayName": "STAFF"}], {}, "ambiguous"),
        ([{"displayName": "Staff", "externalId": "another-system"}], {}, "owned_elsewhere"),
        ([{"displayName": "Staff"}], {"takeover": "review"}, "match_found"),
        ([{"displayName": "Staff"}], {"takeover": "never"}, "exists"),
    ],
    ids=["two", "owned", "review", "never"],
)
def test_a_group_that_is_not_surely_ours_is_held(world, there, settings, code):
    world.configure(**settings)
    for group in there:
        world.sp.put_group(group)
    world.employee("ada")
    world.work()
    link = world.group_link(world.staff)
    assert (link.status, link.error["code"]) == ("held", code)
    assert link.candidates
    assert writes_to_groups(world) == []


def test_a_privileged_name_is_never_taken_over_without_a_person(world):
    world.sp.put_group({"displayName": "Administrators"})
    admins = world.make_group("Administrators")
    directory.change_members(world.actor, admins.id, add=[world.person("ada").id])
    world.work()
    link = world.group_link(admins)
    assert (link.status, link.error["code"]) == ("held", "privileged")
    applications.resolve_link(world.actor, applications.Decision(link.id, "adopt", link.candidates[0]["remote_id"]))
    world.work()
    assert world.group_link(admins).status == "synced"
    assert world.members_there(admins) == {"ada"}


def test_an_adopted_group_that_is_deleted_here_asks_first(world):
    world.sp.put_group({"displayName": "Staff"})
    world.employee("ada")
    world.work()
    directory.delete_group(world.actor, world.staff.id)
    world.work()
    link = GroupLink.objects.get()
    assert (link.status, link.error["code"]) == ("held", "confirm_delete")
    assert len(world.sp.groups) == 1
    applications.resolve_link(world.actor, applications.Decision(link.id, "delete"))
    world.work()
    assert world.sp.groups == []
    assert not GroupLink.objects.exists()


def test_a_group_that_vanished_there_is_made_again_with_its_members(world):
    world.people(3)
    world.work()
    world.sp.remove_group(world.group_there(world.staff)["id"])
    world.run("reconcile")
    world.work()
    assert len(world.members_there(world.staff)) == 3


def test_a_member_that_somebody_removed_there_is_put_back_by_a_reconcile(world):
    ada = world.employee("ada")
    world.employee("grace")
    world.work()
    group = world.group_there(world.staff)
    kept = [member for member in group["members"] if member["value"] != world.link(ada).remote_id]
    world.sp.edit_group(group["id"], members=kept)
    run = world.run("reconcile")
    world.work()
    assert world.members_there(world.staff) == {"ada", "grace"}
    assert run.status == "done"


def test_a_person_who_comes_later_follows_without_a_full_sync(world):
    world.employee("ada")
    alan = world.employee("alan", state="staged")
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    directory.activate_user(world.actor, alan.id)
    world.work()
    assert world.members_there(world.staff) == {"ada", "alan"}


def test_a_deleted_user_leaves_the_groups_there(world):
    ada = world.employee("ada")
    world.employee("grace")
    world.work()
    directory.delete_user(world.actor, ada.id)
    world.work()
    assert world.members_there(world.staff) == {"grace"}


def test_a_plan_shows_groups_and_members_and_sends_nothing(world):
    world.people(3)
    run = world.run_while_paused("plan")
    assert (run.counts["create"], run.counts["add_members"]) == (4, 3)
    assert world.sp.groups == []
    kinds = set(Change.objects.filter(run_id=run.id, group_id=world.staff.id).values_list("kind", flat=True))
    assert kinds == {"create", "add_members"}
    world.work()
    assert len(world.members_there(world.staff)) == 3


def test_the_history_tells_of_groups(world):
    world.employee("ada")
    world.work()
    change = Change.objects.get(kind="add_members")
    assert (change.user_name, change.group_id) == ("Staff", world.staff.id)
    assert Run.objects.get(id=change.run_id).status == "done"
