"""Accounts that exist already: adopted where it is safe, otherwise held with the candidates shown to a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisor.applications import commands as applications
from provisor.applications.models import Application, Change, Tombstone
from provisor.directory import commands as directory


def existing(world, username="ada", email="ada@example.com", **more):
    return world.sp.put_user(
        {"userName": username, "emails": [{"value": email, "type": "work", "primary": True}], "active": True, **more}
    )


def test_same_user_name_and_email_is_taken_over(world):
    account = existing(world, title="Old")
    ada = world.employee("ada", job_title="New")
    world.work()
    assert [user["id"] for user in world.sp.users] == [account["id"]]
    assert (world.account(ada)["title"], world.link(ada).created_here) == ("New", False)
    assert Change.objects.get().kind == "adopt"


def test_external_id_is_written_first_and_alone(world):
    existing(world, title="Old")
    world.employee("ada", job_title="New")
    world.work()
    first, second = world.sp.writes
    assert [op["path"] for op in first.body["Operations"]] == ["externalId"]
    assert "externalId" not in [op["path"] for op in second.body["Operations"]]


def test_another_case_is_the_same_user_name(world):
    account = existing(world, username="ADA", email="Ada@Example.com")
    ada = world.employee("ada")
    world.work()
    assert world.link(ada).remote_id == account["id"]


@pytest.mark.parametrize(
    ("username", "email", "more", "code"),
    [
        pytest.param("ada", "other@example.com", {}, "partial_match", id="user name alone"),
        pytest.param("other", "ada@example.com", {}, "partial_match", id="e-mail alone"),
        pytest.param("ada", "ada@example.com", {"externalId": "someone"}, "owned_elsewhere", id="another system's"),
    ],
)
def test_anything_else_is_held_and_not_touched(world, username, email, more, code):
    account = existing(world, username, email, **more)
    ada = world.employee("ada")
    world.work()
    assert world.sp.writes == []
    link = world.link(ada)
    assert (link.status, link.error["code"]) == ("held", code)
    assert [candidate["remote_id"] for candidate in link.candidates] == [account["id"]]


def test_two_hits_are_ambiguous(world):
    existing(world, "ada", "first@example.com")
    existing(world, "other", "ada@example.com")
    ada = world.employee("ada")
    world.work()
    assert world.link(ada).error["code"] == "ambiguous"


@pytest.mark.parametrize(("policy", "code"), [("review", "match_found"), ("never", "exists")])
def test_the_policy_may_ask_first(world, policy, code):
    world.configure(takeover=policy)
    existing(world)
    ada = world.employee("ada")
    world.work()
    assert world.link(ada).error["code"] == code
    assert world.sp.writes == []


def test_a_person_adopts_a_held_account(world):
    account = existing(world, email="private@example.com")
    ada = world.employee("ada")
    world.work()
    decision = applications.Decision(world.link(ada).id, "adopt", account["id"])
    applications.resolve_hold(world.actor, decision)
    world.work()
    assert world.account(ada)["id"] == account["id"]
    assert world.account(ada)["emails"][0]["value"] == "ada@example.com"


def test_a_person_insists_on_a_new_account(world):
    existing(world, "other", "ada@example.com")
    ada = world.employee("ada")
    world.work()
    applications.resolve_hold(world.actor, applications.Decision(world.link(ada).id, "create"))
    world.work()
    assert world.account(ada)["userName"] == "ada"
    assert len(world.sp.users) == 2


def test_ignored_until_the_user_changes(world):
    existing(world, "ada", "private@example.com")
    ada = world.employee("ada")
    world.work()
    applications.resolve_hold(world.actor, applications.Decision(world.link(ada).id, "ignore"))
    world.run("reconcile")
    assert world.link(ada).error["code"] == "ignored"
    world.edit(ada, email="private@example.com")
    world.work()
    assert world.status(ada) == "synced"


def test_a_leavers_account_is_not_handed_to_a_new_person(world):
    first = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, first.id)
    with world.worker():
        world.until(lambda: Tombstone.objects.exists())
        world.until(lambda: not type(first).objects.filter(id=first.id).exists())
    second = world.employee("ada")
    world.sp.clear_requests()
    world.work()
    assert world.link(second).error["code"] == "owned_elsewhere"
    assert world.sp.writes == []


def test_a_deleted_and_made_again_application_finds_its_accounts(world):
    ada = world.employee("ada")
    world.work()
    applications.delete_application(world.actor, world.application.id)
    world.application = world.make_application("Again")
    applications.change_assignments(world.actor, world.application.id, groups_add=[world.staff.id])
    world.sp.clear_requests()
    world.work()
    assert len(world.sp.users) == 1
    assert world.status(ada) == "synced"
    assert world.sp.writes == []


def test_an_sp_that_ignores_filters_is_read_as_a_whole(world):
    world.sp.profile = replace(world.sp.profile, ignore_filter=True)
    others = [existing(world, f"other{n}", f"other{n}@example.com") for n in range(130)]
    account = existing(world)
    ada, bob = world.employee("ada"), world.employee("bob")
    world.work()
    assert world.link(ada).remote_id == account["id"]
    assert world.account(bob)["userName"] == "bob"
    assert len(world.sp.users) == len(others) + 2


def test_an_sp_without_a_filter_on_emails(world):
    world.sp.profile = replace(world.sp.profile, filter_emails=False, filter_external_id=False)
    ada = world.employee("ada")
    world.work()
    assert world.status(ada) == "synced"
    learned = Application.objects.get().learned
    assert (learned["filter_email"], learned["filter_external_id"]) == (False, False)
