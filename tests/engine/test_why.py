"""Why an account is as it is: each step as it really is, in the directory, in the database and at the SP."""

from __future__ import annotations

import pytest

from provisor.applications import commands as applications
from provisor.applications import queries
from provisor.directory import commands as directory
from provisor.errors import NotFound
from provisor.testing.faults import Fault


def why(world, user, *, look=False):
    return queries.why(user.id, world.application.id, look=look)


def test_nobody_gave_access(world):
    ada = world.person("ada")
    told = why(world, ada)
    assert (told["access"]["access"], told["access"]["paths"]) == (False, [])
    assert (told["decision"]["kind"], told["matched"], told["last"]) == ("nothing", None, None)


def test_by_which_group_and_what_would_be_sent(world):
    ada, inner = world.person("ada"), world.make_group("Inner")
    applications.change_assignments(world.actor, world.application.id, groups_remove=[inner.id])
    directory.change_members(world.actor, inner.id, add=[ada.id])
    directory.change_members(world.actor, world.staff.id, groups_add=[inner.id])
    told = why(world, ada)
    assert "by the group Staff, as a member of Inner in it" in told["access"]["text"]
    assert told["decision"]["kind"] == "look"
    assert world.sp.requests == []
    told = why(world, ada, look=True)
    (request,) = told["decision"]["requests"]
    assert (told["decision"]["kind"], request["method"], request["path"]) == ("create", "POST", "/Users")
    assert world.sp.writes == []
    assert [wait["code"] for wait in told["waits"]] == ["due"]
    world.work()
    (sent,) = world.sp.writes
    assert sent.body == request["body"]
    told = why(world, ada, look=True)
    assert (told["matched"]["how"], told["last"]["status"], told["decision"]["kind"]) == ("create", 201, "nothing")
    assert told["looked"]["accounts"][0]["remote_id"] == world.link(ada).remote_id


def test_a_patch_is_shown_as_it_is_sent(world):
    ada = world.employee("ada")
    world.work()
    world.sp.clear_requests()
    world.edit(ada, jobTitle="Director")
    (request,) = why(world, ada)["decision"]["requests"]
    assert world.sp.requests == []
    world.work()
    (sent,) = world.sp.writes
    assert (sent.method, sent.path, sent.body) == ("PATCH", request["path"], request["body"])


def test_why_it_was_taken_over(world):
    mail = [{"value": "ada@example.com", "type": "work", "primary": True}]
    world.sp.put_user({"userName": "ada", "emails": mail, "active": True})
    ada = world.employee("ada")
    told = why(world, ada, look=True)
    assert told["decision"]["kind"] == "adopt"
    world.work()
    assert why(world, ada)["matched"]["how"] == "adopt"


def test_what_belongs_to_somebody_else_is_not_taken(world):
    ben = world.employee("ben")
    world.work()
    ada = world.employee("ada")
    world.sp.edit_user(world.account(ben)["id"], userName="ada", externalId=None)
    told = why(world, ada, look=True)
    assert (told["decision"]["kind"], told["decision"]["code"]) == ("hold", "owned_elsewhere")


def test_what_waits_for_the_guard_names_the_plan(world):
    people = world.people(20)
    world.work()
    applications.change_assignments(world.actor, world.application.id, groups_remove=[world.staff.id])
    world.work()
    told = why(world, people[0])
    (wait,) = told["waits"]
    waiting = queries.get_application(world.application.id).waiting_run
    assert (wait["code"], wait["run"]) == ("guard", waiting)
    assert (told["guard"]["set"], told["guard"]["limit"]) == (20, 5)
    assert told["decision"]["kind"] == "deactivate"


def test_an_sp_that_does_not_answer_is_said(world):
    ada = world.employee("ada")
    world.sp.fault(Fault("status", status=503))
    told = why(world, ada, look=True)
    assert (told["looked"]["ok"], told["decision"]["kind"]) == (False, "unknown")


def test_nobody_is_not_found(world):
    with pytest.raises(NotFound):
        queries.why(world.application.id, world.application.id)


def test_one_person_is_tried_again_at_once(world):
    ada = world.employee("ada")
    world.sp.fault(Fault("status", status=503, method="POST", times=1))
    world.work_off()
    assert (world.status(ada), world.account(ada)) == ("retrying", None)
    assert why(world, ada)["waits"][0]["until"] is not None
    applications.sync_account(world.actor, world.application.id, ada.id)
    world.work()
    assert world.account(ada) is not None
