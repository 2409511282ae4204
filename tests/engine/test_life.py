"""The life of an account: created, changed, ended, brought back. What the SP holds is what counts."""

from __future__ import annotations

from dataclasses import replace

from provisor.applications.models import Change, Due, Run
from provisor.directory import commands as directory


def test_joining_creates_an_account_equal_to_the_user(world):
    ada = world.employee(
        "ada",
        job_title="Engineer",
        department="Research",
        phone_numbers=[{"type": "work", "number": "+49 30 1234"}, {"type": "mobile", "number": "+49 170 1"}],
    )
    world.work()
    account = world.account(ada)
    assert (account["userName"], account["active"], account["title"]) == ("ada", True, "Engineer")
    assert account["emails"] == [{"value": "ada@example.com", "type": "work", "primary": True}]
    assert [phone["value"] for phone in account["phoneNumbers"]] == ["+49 30 1234", "+49 170 1"]
    assert world.status(ada) == "synced"
    assert world.sp.findings == []


def test_who_has_no_access_causes_no_request(world):
    world.person("grace")
    world.work()
    assert world.sp.requests == []


def test_a_staged_user_waits(world):
    staged = world.employee("alan", state="staged")
    world.work()
    assert world.sp.users == []
    directory.activate_user(world.actor, staged.id)
    world.work()
    assert world.account(staged)["active"] is True


def test_an_edit_is_one_request_with_one_operation(world):
    ada = world.employee("ada")
    world.work()
    world.sp.clear_requests()
    world.edit(ada, jobTitle="Countess")
    world.work()
    (request,) = world.sp.requests
    assert request.body["Operations"] == [{"op": "replace", "path": "title", "value": "Countess"}]
    assert world.account(ada)["title"] == "Countess"


def test_a_second_sync_sends_nothing(world):
    world.people(40)
    world.work()
    world.sp.clear_requests()
    run = world.run("sync")
    assert world.sp.requests == []
    assert (run.status, run.counts) == ("done", {})


def test_leaving_deactivates_and_keeps_the_account(world):
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    assert world.account(ada)["active"] is False
    assert world.status(ada) == "inactive"


def test_coming_back_finds_the_old_account(world):
    ada = world.employee("ada")
    world.work()
    first = world.account(ada)["id"]
    world.leave(ada)
    world.work()
    world.join(ada)
    world.work()
    assert world.account(ada)["active"] is True
    assert [user["id"] for user in world.sp.users] == [first]


def test_suspending_deactivates_and_keeps_access(world):
    ada = world.employee("ada")
    world.work()
    directory.suspend_user(world.actor, ada.id)
    world.work()
    assert world.account(ada)["active"] is False
    assert world.status(ada) == "synced"
    directory.unsuspend_user(world.actor, ada.id)
    world.work()
    assert world.account(ada)["active"] is True


def test_deleting_a_user_deactivates_first_and_then_forgets(world):
    ada = world.employee("ada")
    world.work()
    directory.delete_user(world.actor, ada.id)
    with world.worker():
        world.until(lambda: not type(ada).objects.filter(id=ada.id).exists())
    assert world.account(ada)["active"] is False
    assert not Due.objects.exists()


def test_the_policy_may_say_delete(world):
    world.configure(deprovision="delete")
    ada = world.employee("ada")
    world.work()
    world.leave(ada)
    world.work()
    assert world.sp.users == []
    assert world.status(ada) == "inactive"


def test_the_policy_may_say_nothing(world):
    world.configure(deprovision="nothing")
    ada = world.employee("ada")
    world.work()
    world.sp.clear_requests()
    world.leave(ada)
    world.work()
    assert world.sp.requests == []
    assert world.account(ada)["active"] is True


def test_a_change_keeps_before_and_after(world):
    ada = world.employee("ada", job_title="Clerk")
    world.work()
    world.edit(ada, jobTitle="Countess")
    world.work()
    change = Change.objects.filter(kind="update").get()
    assert change.attributes == [{"name": "title", "from": "Clerk", "to": "Countess"}]
    assert change.outcome["result"] == "success"
    assert Run.objects.get(id=change.run_id).status == "done"


def test_a_private_address_added_there_survives_a_change_of_ours(world):
    """Where value paths aren't understood the whole list is replaced: after a fresh read."""
    world.configure(form={"value_path": False})
    ada = world.employee("ada")
    world.work()
    private = {"value": "ada@home.example", "type": "home"}
    account = world.account(ada)
    world.sp.edit_user(account["id"], emails=[*account["emails"], private])
    world.edit(ada, email="countess@example.com")
    world.work()
    assert [email["value"] for email in world.account(ada)["emails"]] == ["countess@example.com", "ada@home.example"]


def test_an_sp_that_leaves_out_active_holds_an_active_account(world):
    world.sp.profile = replace(world.sp.profile, active_in_answer=False)
    ada = world.employee("ada")
    world.work()
    assert world.link(ada).active is True
