"""Protected accounts and groups: whatever leads to a write, nothing is sent, and the account is held with the reason."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from tests.core.conftest import account, case, link, policy

from provisor.applications import commands as applications
from provisor.applications.models import Application, Link, Run
from provisor.core.changes import Change, Kind
from provisor.core.group_links import GroupCase, GroupLink, RemoteGroup
from provisor.core.protected import as_listed
from provisor.core.resource import Difference
from provisor.directory import commands as directory
from provisor.engine.doing import Doing
from provisor.engine.groups.ports import GroupWork
from provisor.engine.groups.session import Doing as GroupDoing
from provisor.engine.ports import Untouchable, Work
from provisor.testing import Fault

BOSS = {"userName": "boss", "emails": [{"value": "boss@example.com", "type": "work", "primary": True}], "active": True}


def protect(world, *entries, remove=()):
    return applications.change_protected(world.actor, world.application.id, add=entries, remove=remove)


def held(world, user):
    found = world.link(user)
    return found.status, (found.error or {}).get("code")


# The door: right before a write, for every kind of change -----------------------------------------------------------


class Closed:
    """A store that nothing may reach."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked although the account is protected")


def behind_the_door(listed, own=None):
    mine = policy(protected=as_listed(listed, own))
    return SimpleNamespace(connection=SimpleNamespace(policy=mine), store=Closed())


BY_ID = {"own token": ((), {"remote_id": "r1"}), "id": (("r1",), None)}
BY_NAME = {"user name": (("ADA",), None), "e-mail": (("ada@example.com",), None)}


@pytest.mark.parametrize("kind", [Kind.ADOPT, Kind.UPDATE, Kind.REACTIVATE, Kind.DEACTIVATE, Kind.DELETE])
@pytest.mark.parametrize("by", [*BY_ID, *BY_NAME])
def test_no_kind_of_change_passes_the_door(kind, by):
    listed, own = {**BY_ID, **BY_NAME}[by]
    known = {"userName": {"sent": "ada", "echo": "ada"}, "emails": {"echo": [{"value": "ada@example.com"}]}}
    work = Work(case(link=link(remote_id="r1", known=known)), (), 0, "set")
    change = Change(kind, work.link.id, "why", "r1", account=account() if kind is Kind.ADOPT else None)
    with pytest.raises(Untouchable) as found:
        asyncio.run(Doing(work, change, behind_the_door(listed, own)).intend(kind))
    outcome = found.value.outcome
    assert (outcome.result, outcome.error["code"], outcome.link.status) == ("held", "protected", "held")
    assert outcome.link.remote_id == "r1"


@pytest.mark.parametrize("by", BY_NAME)
def test_nobody_is_made_under_a_protected_name(by):
    named = Difference("userName", None, "ada"), Difference("emails", None, [{"value": "ada@example.com"}])
    change = Change(Kind.CREATE, link().id, "why", attributes=named)
    with pytest.raises(Untouchable):
        asyncio.run(Doing(Work(case(), (), 1, "set"), change, behind_the_door(*BY_NAME[by])).intend(Kind.CREATE))


def test_an_adoption_that_came_up_on_the_way_meets_the_same_door():
    change = Change(Kind.ADOPT, link().id, "why", "r7", account=account("r7", user_name="other", emails=()))
    with pytest.raises(Untouchable):
        asyncio.run(Doing(Work(case(), (), 1, "set"), change, behind_the_door(("r7",))).intend(Kind.ADOPT))


GROUP_KINDS = [Kind.CREATE, Kind.ADOPT, Kind.UPDATE, Kind.DELETE, Kind.ADD_MEMBERS, Kind.REMOVE_MEMBERS]


@pytest.mark.parametrize("kind", GROUP_KINDS)
@pytest.mark.parametrize("listed", [("g1",), ("Admins there",), ("ADMINS",)], ids=["id", "name there", "name here"])
def test_no_change_of_a_group_passes_either(kind, listed):
    known = {"displayName": {"echo": "Admins there"}}
    work = GroupWork(
        GroupCase("d1", "Admins", True, True, True, GroupLink(link().id, remote_id="g1", known=known), policy()),
        (), 1, "set",
    )  # fmt: skip
    remote = RemoteGroup("g1", "Admins there", None, None, {}) if kind is Kind.ADOPT else None
    change = Change(kind, work.link.id, "why", "g1", group=remote)
    doing = GroupDoing(work, behind_the_door(listed))
    members = kind in (Kind.ADD_MEMBERS, Kind.REMOVE_MEMBERS)
    with pytest.raises(Untouchable) as found:
        asyncio.run(doing.intend_members(change, [], joining=True) if members else doing.intend(change))
    assert found.value.outcome.error["code"] == "protected"


# In the world --------------------------------------------------------------------------------------------------------


def test_a_protected_account_is_not_changed_not_deactivated_and_not_deleted(world):
    ada, bob = world.employee("ada"), world.employee("bob")
    world.work()
    protect(world, world.link(ada).remote_id)
    world.work()
    world.sp.clear_requests()
    world.edit(ada, jobTitle="Engineer")
    world.edit(bob, jobTitle="Engineer")
    world.work()
    assert world.account(bob)["title"] == "Engineer"
    assert held(world, ada) == ("held", "protected")
    directory.suspend_user(world.actor, ada.id)
    world.work()
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is True
    assert "title" not in world.account(ada)
    assert len(world.sp.writes) == 1


def test_taken_off_the_list_it_follows(world):
    ada = world.employee("ada")
    world.work()
    protect(world, "ada@example.com")
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert (world.account(ada)["active"], held(world, ada)) == (True, ("held", "protected"))
    protect(world, remove=["ADA@example.com"])
    world.work()
    assert (world.account(ada)["active"], world.status(ada)) == (False, "synced")


@pytest.mark.parametrize("entry", ["boss", "Boss@Example.com", "by id"])
def test_a_protected_account_is_never_adopted(world, entry):
    there = world.sp.put_user(dict(BOSS))
    protect(world, there["id"] if entry == "by id" else entry)
    boss = world.employee("boss")
    world.work()
    assert world.sp.writes == []
    assert held(world, boss) == ("held", "protected")
    decision = applications.Decision(world.link(boss).id, "adopt", there["id"])
    applications.resolve_hold(world.actor, decision)
    world.work()
    assert (world.sp.writes, held(world, boss)) == ([], ("held", "protected"))


def test_nor_when_it_shows_only_as_a_conflict(world):
    world.configure(form={"filter_user_name": True, "filter_email": False})
    there = world.sp.put_user({**BOSS, "userName": "the-boss"})
    protect(world, there["id"])
    boss = world.employee("boss")
    world.sp.edit_user(there["id"], userName="boss")
    world.work()
    assert world.sp.user("boss") == {**world.sp.user("boss"), "id": there["id"]}
    assert "externalId" not in world.sp.user("boss")
    assert held(world, boss)[0] == "held"


def test_an_approved_plan_leaves_out_who_was_protected_since(world):
    people = world.people(20)
    world.work()
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    run = Run.objects.get(status="waiting_approval")
    protect(world, world.link(people[3]).remote_id)
    applications.approve_run(world.actor, run.id, hash=run.hash)
    world.work()
    assert [user["userName"] for user in world.sp.users if user["active"]] == [people[3].username]
    assert held(world, people[3]) == ("held", "protected")


def test_members_of_a_protected_group_stay_as_they_are(world):
    world.configure(manage_groups=True)
    ada, bob = world.employee("ada"), world.person("bob")
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    protect(world, "STAFF")
    world.join(bob)
    world.leave(ada)
    world.work()
    assert world.members_there(world.staff) == {"ada"}
    assert world.group_link(world.staff).error["code"] == "protected"
    directory.delete_group(world.actor, world.staff.id)
    world.work()
    assert [group["displayName"] for group in world.sp.groups] == ["Staff"]


def test_a_protected_group_is_never_adopted_nor_made(world):
    world.configure(manage_groups=True)
    world.sp.put_group({"displayName": "Billing"})
    protect(world, "billing", "Auditors")
    groups = [world.make_group("Billing"), world.make_group("Auditors")]
    ada = world.employee("ada")
    for group in groups:
        directory.change_members(world.actor, group.id, add=[ada.id])
    world.work()
    assert sorted(group["displayName"] for group in world.sp.groups) == ["Billing", "Staff"]
    assert [world.group_link(group).error["code"] for group in groups] == ["protected", "protected"]
    assert not world.sp.group("Billing").get("members")


def test_a_pass_under_way_cannot_write_by_the_former_list(world):
    """The door in the database: settings that changed since the pass began let no intent through."""
    ada = world.employee("ada")
    world.work()
    before = Application.objects.get(id=world.application.id).settings_version
    protect(world, world.link(ada).remote_id)
    after = Application.objects.get(id=world.application.id).settings_version
    assert after == before + 1
    assert protect(world, world.link(ada).remote_id).settings_version == after, "nothing new: nothing changes"


def test_the_list_is_kept_as_typed_and_once(world):
    found = protect(world, "Ada", " ada ", "u-1")
    assert found.protected == ["Ada", "u-1"] or found.protected == ["ada", "u-1"]
    assert protect(world, "x", remove=["ADA", "unknown"]).protected == ["u-1", "x"]


def test_a_preview_shows_it(world):
    ada = world.employee("ada")
    world.work()
    protect(world, "ada")
    world.leave(ada)
    run = world.run_while_paused("plan")
    assert run.counts == {"hold": 1}
    assert Link.objects.get(user_id=ada.id).active is True


# The account that our own token belongs to ---------------------------------------------------------------------------


def me(world, status=200, **body):
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], **body} if status == 200 else None
    world.sp.fault(Fault("status", status=status, method="GET", path_contains="/Me", body=body))


def own(world):
    return Application.objects.get(id=world.application.id).own_account


def test_it_is_found_at_activation_and_never_touched(world):
    there = world.sp.put_user(dict(BOSS))
    me(world, **there)
    Application.objects.filter(id=world.application.id).update(provisioning="configured")
    applications.activate_application(world.actor, world.application.id)
    assert (own(world)["remote_id"], own(world)["user_name"]) == (there["id"], "boss")
    world.sp.clear_requests()
    boss = world.employee("boss")
    world.work()
    assert (world.sp.writes, held(world, boss)) == ([], ("held", "protected"))
    assert "our own token" in world.link(boss).error["message"]


def test_a_reconcile_asks_once_a_day(world):
    there = world.sp.put_user(dict(BOSS))
    me(world, **there)
    world.run("reconcile")
    assert own(world)["remote_id"] == there["id"]
    world.run("reconcile")
    assert [request.path for request in world.sp.requests].count("/Me") == 1
    Application.objects.update(own_account={**own(world), "at": "2020-01-01T00:00:00+00:00"})
    world.run("reconcile")
    assert [request.path for request in world.sp.requests].count("/Me") == 2


@pytest.mark.parametrize("status", [404, 501, 403, 400])
def test_a_provider_without_it_is_no_problem(world, status):
    me(world, status)
    assert world.run("reconcile").status == "done"
    assert own(world)["remote_id"] is None


def test_a_provider_in_trouble_is_asked_again(world):
    world.sp.fault(Fault("status", status=503, method="GET", path_contains="/Me", times=1))
    world.run("reconcile")
    assert own(world) is None


def test_an_answer_that_is_no_account_tells_nothing(world):
    world.sp.fault(Fault("html", status=200, method="GET", path_contains="/Me"))
    assert world.run("reconcile").status == "done"
    assert own(world)["remote_id"] is None
